using System;
using UnityEngine;

namespace UnityEditor
{
    public class Editor : ScriptableObject
    {
        public UnityEngine.Object target { get; set; }
        public SerializedObject serializedObject { get; set; }
        public virtual bool RequiresConstantRepaint() { return false; }
        public virtual void OnInspectorGUI() { }
        public bool DrawDefaultInspector() { return false; }
        protected static void DrawPropertiesExcluding(SerializedObject what, params string[] names) { }
    }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class CustomEditor : Attribute { public CustomEditor(Type type) { } }

    [AttributeUsage(AttributeTargets.Method)]
    public sealed class MenuItem : Attribute { public MenuItem(string path, bool validate, int priority) { } }

    public sealed class MenuCommand { public UnityEngine.Object context; }

    public sealed class SerializedObject
    {
        public void Update() { }
        public bool ApplyModifiedProperties() { return false; }
        public SerializedProperty FindProperty(string name) { return new SerializedProperty(); }
    }

    public sealed class SerializedProperty { public int enumValueIndex { get; set; } }

    public enum MessageType { Info, Warning }

    public sealed class GUIStyle { }

    public static class EditorStyles { public static GUIStyle boldLabel { get { return null; } } }

    public static class EditorGUILayout
    {
        public static void Space() { }
        public static void LabelField(string text, GUIStyle style) { }
        public static void LabelField(string label, string text) { }
        public static void HelpBox(string text, MessageType type) { }
        public static void BeginHorizontal() { }
        public static void EndHorizontal() { }
        public static string TextField(string text) { return text; }
        public static Rect GetControlRect() { return new Rect(); }
        public static UnityEngine.Object ObjectField(string label, UnityEngine.Object what, Type type, bool scene)
        {
            return what;
        }
    }

    public static class EditorGUI { public static void ProgressBar(Rect place, float value, string text) { } }

    public static class EditorUtility { public static void SetDirty(UnityEngine.Object what) { } }

    public static class Undo
    {
        public static void RecordObject(UnityEngine.Object what, string name) { }
        public static void RegisterCreatedObjectUndo(UnityEngine.Object what, string name) { }
    }

    public static class GameObjectUtility { public static void SetParentAndAlign(GameObject child, GameObject parent) { } }

    public static class Selection { public static UnityEngine.Object activeObject { get; set; } }
}
