using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;

namespace UnityEngine
{
    /// <summary>Plays the engine's part: keeps objects, calls their messages, counts time.</summary>
    public static class World
    {
        private static readonly List<GameObject> Objects = new List<GameObject>();
        private static readonly HashSet<Behaviour> Awoken = new HashSet<Behaviour>();
        private static readonly HashSet<Behaviour> Enabled = new HashSet<Behaviour>();
        private static readonly List<IEnumerator> Routines = new List<IEnumerator>();
        private static readonly Dictionary<IEnumerator, double> Due = new Dictionary<IEnumerator, double>();

        internal static double Now;
        internal static float Delta;

        /// <summary>What was logged as warning, error or exception.</summary>
        public static readonly List<string> Log = new List<string>();

        /// <summary>One game frame, so many seconds after the last.</summary>
        public static void Step(float seconds)
        {
            Now += seconds;
            Delta = seconds;
            Tell("Update");
            foreach (IEnumerator routine in Routines.ToArray()) Advance(routine);
            Tell("LateUpdate");
        }

        /// <summary>Everything is destroyed, as when a scene ends.</summary>
        public static void End()
        {
            foreach (GameObject one in Objects.ToArray()) Destroy(one);
        }

        internal static void Add(GameObject one) { Objects.Add(one); }

        internal static IEnumerable<T> All<T>()
        {
            return Objects.Where(o => o.activeInHierarchy).SelectMany(o => o.Parts).OfType<T>();
        }

        internal static Coroutine Start(IEnumerator routine)
        {
            Routines.Add(routine);
            Advance(routine);
            return new Coroutine();
        }

        private static void Advance(IEnumerator routine)
        {
            double due;
            if (Due.TryGetValue(routine, out due) && due > Now) return;
            if (!routine.MoveNext())
            {
                Routines.Remove(routine);
                return;
            }
            var wait = routine.Current as WaitForSeconds;
            Due[routine] = Now + (wait == null ? 0 : wait.Seconds);
        }

        /// <summary>Awake and OnEnable, or OnDisable, when they are due.</summary>
        internal static void Refresh(Behaviour one)
        {
            if (!(one is MonoBehaviour)) return;
            bool active = !one.Gone && one.isActiveAndEnabled;
            if (active && Awoken.Add(one)) Call(one, "Awake");
            if (active && Enabled.Add(one)) Call(one, "OnEnable");
            if (!active && Enabled.Remove(one)) Call(one, "OnDisable");
        }

        internal static void Destroy(Object what)
        {
            if (ReferenceEquals(what, null) || what.Gone) return;
            var whole = what as GameObject;
            if (whole != null) DestroyWhole(whole);
            else if (what is Behaviour) DestroyPart((Behaviour)what);
            what.Gone = true;
        }

        private static void DestroyWhole(GameObject whole)
        {
            foreach (Transform child in whole.transform.Children.ToArray()) Destroy(child.gameObject);
            foreach (Component part in whole.Parts.ToArray()) Destroy(part);
            Objects.Remove(whole);
        }

        private static void DestroyPart(Behaviour part)
        {
            if (Enabled.Remove(part)) Call(part, "OnDisable");
            if (Awoken.Remove(part)) Call(part, "OnDestroy");
        }

        private static void Tell(string message)
        {
            foreach (Behaviour one in Enabled.OrderBy(Order).ToArray())
            {
                if (Enabled.Contains(one)) Call(one, message);
            }
        }

        private static int Order(Behaviour one)
        {
            var order = one.GetType().GetCustomAttribute<DefaultExecutionOrder>();
            return order == null ? 0 : order.Order;
        }

        private static void Call(Behaviour one, string message)
        {
            const BindingFlags any = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
            MethodInfo method = one.GetType().GetMethod(message, any);
            if (method == null) return;
            try
            {
                method.Invoke(one, null);
            }
            catch (TargetInvocationException error)
            {
                Log.Add(message + ": " + error.InnerException);
            }
        }
    }

    public static class Debug
    {
        public static void Log(object what) { }
        public static void LogWarning(object what, Object about) { World.Log.Add("warning: " + what); }
        public static void LogError(object what, Object about) { World.Log.Add("error: " + what); }
        public static void LogException(Exception what, Object about) { World.Log.Add("exception: " + what.Message); }
    }

    public static class Time
    {
        public static float deltaTime { get { return World.Delta; } }
        public static float unscaledDeltaTime { get { return World.Delta; } }
        public static double realtimeSinceStartupAsDouble { get { return World.Now; } }
    }

    public enum RuntimePlatform { LinuxPlayer, WebGLPlayer }

    public static class Application
    {
        public static bool isPlaying { get { return true; } }
        public static string productName { get { return "a game"; } }
        public static RuntimePlatform platform { get; set; }
    }

    public static class Screen
    {
        public static int width { get { return 1280; } }
        public static int height { get { return 720; } }
    }

    public static class SystemInfo
    {
        public static Rendering.CopyTextureSupport copyTextureSupport { get; set; } = Rendering.CopyTextureSupport.Basic;
    }

    namespace Rendering
    {
        [Flags]
        public enum CopyTextureSupport { None = 0, Basic = 1 }
    }

    [AttributeUsage(AttributeTargets.Field)]
    public sealed class SerializeField : Attribute { }

    [AttributeUsage(AttributeTargets.Field)]
    public sealed class TooltipAttribute : Attribute { public TooltipAttribute(string text) { } }

    [AttributeUsage(AttributeTargets.Field)]
    public sealed class RangeAttribute : Attribute { public RangeAttribute(float least, float most) { } }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class AddComponentMenu : Attribute { public AddComponentMenu(string path) { } }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class DisallowMultipleComponent : Attribute { }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class DefaultExecutionOrder : Attribute
    {
        public readonly int Order;
        public DefaultExecutionOrder(int order) { Order = order; }
    }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class CreateAssetMenuAttribute : Attribute
    {
        public string menuName { get; set; }
        public string fileName { get; set; }
    }
}

namespace UnityEngine.Events
{
    [Serializable]
    public class UnityEvent
    {
        private Action _all = delegate { };
        public void AddListener(UnityAction call) { _all += () => call(); }
        public void Invoke() { _all(); }
    }

    [Serializable]
    public class UnityEvent<T>
    {
        private Action<T> _all = delegate { };
        public void AddListener(UnityAction<T> call) { _all += what => call(what); }
        public void Invoke(T what) { _all(what); }
    }

    public delegate void UnityAction();

    public delegate void UnityAction<T>(T what);
}
