// Stand-ins for the parts of UnityEngine that the package uses: enough of their behaviour to run
// the components, none of the engine.
using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;

namespace UnityEngine
{
    [Flags]
    public enum HideFlags { None = 0, DontSave = 52 }

    public class Object
    {
        private static int _last = 100;
        private readonly int _id = ++_last;
        internal bool Gone;

        public string name { get; set; } = "";
        public HideFlags hideFlags { get; set; }
        public int GetInstanceID() { return _id; }
        public static void Destroy(Object what) { World.Destroy(what); }
        public static void DestroyImmediate(Object what) { World.Destroy(what); }
        public static T FindObjectOfType<T>() where T : Object { return World.All<T>().FirstOrDefault(); }
        public static T FindFirstObjectByType<T>() where T : Object { return World.All<T>().FirstOrDefault(); }
        public static implicit operator bool(Object what) { return what != null; }
        public static bool operator ==(Object a, Object b) { return Null(a) ? Null(b) : ReferenceEquals(a, b); }
        public static bool operator !=(Object a, Object b) { return !(a == b); }
        public override bool Equals(object other) { return ReferenceEquals(this, other); }
        public override int GetHashCode() { return _id; }
        private static bool Null(Object what) { return ReferenceEquals(what, null) || what.Gone; }
    }

    public class ScriptableObject : Object
    {
        public static T CreateInstance<T>() where T : ScriptableObject, new() { return new T(); }
    }

    public class Component : Object
    {
        public GameObject gameObject { get; internal set; }
        public Transform transform { get { return gameObject.transform; } }
        public T GetComponent<T>() { return gameObject.GetComponent<T>(); }
        public T GetComponentInParent<T>() where T : Component { return gameObject.GetComponentInParent<T>(); }
        public T[] GetComponentsInChildren<T>() where T : Component { return gameObject.GetComponentsInChildren<T>(); }
    }

    public class Behaviour : Component
    {
        private bool _enabled = true;

        public bool enabled
        {
            get { return _enabled; }
            set
            {
                _enabled = value;
                World.Refresh(this);
            }
        }

        public bool isActiveAndEnabled { get { return _enabled && gameObject.activeInHierarchy; } }
    }

    public class MonoBehaviour : Behaviour
    {
        public Coroutine StartCoroutine(IEnumerator routine) { return World.Start(routine); }
    }

    public sealed class Coroutine
    {
    }

    public sealed class WaitForSeconds
    {
        public readonly float Seconds;
        public WaitForSeconds(float seconds) { Seconds = seconds; }
    }

    public sealed class GameObject : Object
    {
        private readonly List<Component> _parts = new List<Component>();
        private bool _active = true;

        public GameObject(string name, params Type[] parts)
        {
            this.name = name;
            World.Add(this);
            if (!parts.Contains(typeof(RectTransform))) Attach(new Transform());
            foreach (Type part in parts) AddComponent(part);
        }

        internal IEnumerable<Component> Parts { get { return _parts; } }
        public Transform transform { get { return _parts.OfType<Transform>().First(); } }
        public bool activeSelf { get { return _active; } }

        public bool activeInHierarchy
        {
            get { return _active && (transform.parent == null || transform.parent.gameObject.activeInHierarchy); }
        }

        public void SetActive(bool active)
        {
            _active = active;
            foreach (Behaviour part in GetComponentsInChildren<Behaviour>()) World.Refresh(part);
        }

        public T AddComponent<T>() where T : Component { return (T)AddComponent(typeof(T)); }

        public Component AddComponent(Type type)
        {
            return Attach((Component)Activator.CreateInstance(type));
        }

        private Component Attach(Component part)
        {
            part.gameObject = this;
            part.name = name;
            _parts.Add(part);
            var behaviour = part as Behaviour;
            if (behaviour != null) World.Refresh(behaviour);
            return part;
        }

        public T GetComponent<T>() { return _parts.OfType<T>().FirstOrDefault(); }

        public T GetComponentInParent<T>() where T : Component
        {
            for (Transform at = transform; at != null; at = at.parent)
            {
                T found = at.gameObject.GetComponent<T>();
                if (found != null) return found;
            }
            return null;
        }

        public T[] GetComponentsInChildren<T>() where T : Component
        {
            IEnumerable<T> own = _parts.OfType<T>();
            return own.Concat(transform.Children.SelectMany(c => c.gameObject.GetComponentsInChildren<T>())).ToArray();
        }

        public static GameObject CreatePrimitive(PrimitiveType type)
        {
            var made = new GameObject(type.ToString(), typeof(MeshRenderer));
            made.GetComponent<MeshRenderer>().sharedMaterial = new Material((Shader)null);
            return made;
        }
    }

    public enum PrimitiveType { Sphere }

    public class Transform : Component
    {
        internal readonly List<Transform> Children = new List<Transform>();
        public Transform parent { get; private set; }
        public Vector3 localPosition { get; set; }
        public Vector3 position { get; set; }
        public Quaternion rotation { get; set; }

        public void SetParent(Transform other, bool worldPositionStays)
        {
            if (parent != null) parent.Children.Remove(this);
            parent = other;
            if (other != null) other.Children.Add(this);
        }
    }

    public sealed class RectTransform : Transform
    {
        public Vector2 sizeDelta { get; set; }
    }

    public sealed class Camera : Behaviour
    {
        public static Camera main { get { return World.All<Camera>().FirstOrDefault(); } }
        public float fieldOfView { get; set; }
    }

    public enum LightType { Directional }

    public sealed class Light : Behaviour
    {
        public LightType type { get; set; }
    }
}
