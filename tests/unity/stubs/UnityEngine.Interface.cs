using System;

namespace UnityEngine
{
    public enum RenderMode { ScreenSpaceOverlay }

    public sealed class Canvas : Behaviour
    {
        public RenderMode renderMode { get; set; }
    }

    public enum EventType { KeyDown, KeyUp, Repaint }

    public enum KeyCode { None, Return, Space }

    public sealed class Event
    {
        public static Event current { get; set; } = new Event();
        public EventType type { get; set; }
        public KeyCode keyCode { get; set; }
    }

    public sealed class GUILayoutOption { }

    public static class GUI
    {
        public static void Box(Rect place, string text) { }
    }

    public static class GUILayout
    {
        public static void BeginArea(Rect place) { }
        public static void EndArea() { }
        public static void BeginHorizontal() { }
        public static void EndHorizontal() { }
        public static void Label(string text) { }
        public static string TextField(string text, int most) { return text; }
        public static bool Button(string text, params GUILayoutOption[] options) { return false; }
        public static float HorizontalSlider(float value, float left, float right) { return value; }
        public static GUILayoutOption Width(float width) { return null; }
    }
}

namespace UnityEngine.UI
{
    public sealed class RawImage : Behaviour
    {
        public Texture texture { get; set; }
    }

    public sealed class CanvasScaler : Behaviour { }
}
