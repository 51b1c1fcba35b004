using System;
using System.Collections.Generic;
using UnityEngine;

namespace Emopic
{
    /// <summary>Moves the blend shapes of a 3D head as a character's expression says.</summary>
    /// <remarks>
    /// Names from the server find blend shapes of the same name, however a modelling tool spells
    /// them (<c>blendShape1.mouthSmile_L</c> is <c>mouthSmileLeft</c>); a map names others. Weights
    /// arrive at most 30 times a second and are smoothed to the game's pace. Shapes that no name
    /// moves are left to animations.
    /// </remarks>
    [AddComponentMenu("Emopic/Emopic Blend Shapes")]
    public sealed class EmopicBlendShapes : MonoBehaviour
    {
        private struct Target
        {
            public SkinnedMeshRenderer Renderer;
            public int Shape;
            public float Written;
        }

        private struct Link
        {
            public int Name;
            public int Target;
            public float Scale;
        }

        private static readonly EmopicBlendShapeMap.Entry[] NoEntries = new EmopicBlendShapeMap.Entry[0];

        [SerializeField, Tooltip("Whose expression; empty: the nearest character above")]
        private EmopicCharacter character;

        [SerializeField, Tooltip("Which names to ask the server for")]
        private BlendshapeSet names = BlendshapeSet.ARKit;

        [SerializeField, Tooltip("The meshes to move; empty: all below this object")]
        private SkinnedMeshRenderer[] renderers = new SkinnedMeshRenderer[0];

        [SerializeField, Tooltip("Names that differ from those of the model; empty: none do")]
        private EmopicBlendShapeMap map;

        [SerializeField, Range(0, 0.5f), Tooltip("Seconds after which 63 % of a change is shown")]
        private float smoothing = 0.06f;

        [SerializeField, Range(0, 2), Tooltip("Scales all weights")]
        private float strength = 1;

        private readonly BlendShapeMixer _mixer = new BlendShapeMixer();
        private readonly List<Target> _targets = new List<Target>();
        private string[] _bound;

        /// <summary>The names of the weights; empty before the first came.</summary>
        public IReadOnlyList<string> Names { get { return _mixer.Names; } }

        /// <summary>How many blend shapes of the model are moved.</summary>
        public int TargetCount { get { return _targets.Count; } }

        /// <summary>Seconds after which 63 % of a change is shown; 0 follows at once.</summary>
        public float Smoothing
        {
            get { return smoothing; }
            set { smoothing = value; }
        }

        /// <summary>Scales all weights.</summary>
        public float Strength
        {
            get { return strength; }
            set { strength = value; }
        }

        /// <summary>Names that differ from those of the model.</summary>
        public EmopicBlendShapeMap Map
        {
            get { return map; }
            set
            {
                map = value;
                Rebind();
            }
        }

        /// <summary>Hold a name at a weight 0 … 1, whatever the server says, such as a blink.</summary>
        public void SetOverride(string blendshape, float weight)
        {
            _mixer.Override(blendshape, Mathf.Clamp01(weight));
        }

        /// <summary>Let the server move a name again.</summary>
        public void ClearOverride(string blendshape)
        {
            _mixer.Release(blendshape);
        }

        /// <summary>Let the server move everything again.</summary>
        public void ClearOverrides()
        {
            _mixer.ReleaseAll();
        }

        /// <summary>The smoothed weight of a name; for models that are moved in another way.</summary>
        public float GetWeight(string blendshape)
        {
            return _mixer.Shown(blendshape) * strength;
        }

        /// <summary>Look for the blend shapes again, after a change of meshes or map.</summary>
        public void Rebind()
        {
            if (_bound != null) Bind(_bound);
        }

        /// <summary>Set from outside what the inspector sets; to be called while disabled.</summary>
        internal void Configure(EmopicCharacter whose, BlendshapeSet set, params SkinnedMeshRenderer[] meshes)
        {
            character = whose;
            names = set;
            renderers = meshes;
        }

        private void OnEnable()
        {
            if (character == null) character = GetComponentInParent<EmopicCharacter>();
            if (character == null)
            {
                Debug.LogError("Emopic: there is no EmopicCharacter for these blend shapes", this);
                return;
            }
            if (renderers.Length == 0) renderers = GetComponentsInChildren<SkinnedMeshRenderer>();
            character.BlendshapesReceived += OnBlendshapes;
            character.Want(this, new WatchOptions { Blendshapes = names });
        }

        private void OnDisable()
        {
            if (character == null) return;
            character.BlendshapesReceived -= OnBlendshapes;
            character.Want(this, null);
        }

        private void OnBlendshapes(Blendshapes shapes)
        {
            if (shapes.Set != names) return; // another component's
            if (shapes.Names != _bound) Bind(shapes.Names);
            _mixer.Want(shapes.Values);
        }

        /// <summary>After animations, so that they do not write over it.</summary>
        private void LateUpdate()
        {
            if (_bound == null) return;
            _mixer.Step(Time.deltaTime, smoothing);
            for (int i = 0; i < _targets.Count; i++) Write(i);
        }

        private void Write(int i)
        {
            Target target = _targets[i];
            if (target.Renderer == null) return;
            float weight = Mathf.Clamp01(_mixer.Weights[i] * strength) * 100;
            if (Mathf.Abs(weight - target.Written) < 0.01f) return;
            target.Renderer.SetBlendShapeWeight(target.Shape, weight);
            target.Written = weight;
            _targets[i] = target;
        }

        // ── which name moves what ───────────────────────────────────────────────────────────────

        private void Bind(string[] from)
        {
            _bound = from;
            _targets.Clear();
            var links = new List<Link>();
            for (int name = 0; name < from.Length; name++) BindName(from[name], name, links);
            _mixer.Reset(from, _targets.Count);
            foreach (Link link in links) _mixer.Connect(link.Name, link.Target, link.Scale);
            if (_targets.Count > 0 || renderers.Length == 0) return; // without meshes, GetWeight is all
            Debug.LogWarning("Emopic: the meshes have no blend shape of these names", this);
        }

        private void BindName(string name, int index, List<Link> links)
        {
            bool listed = false;
            EmopicBlendShapeMap.Entry[] entries = map == null ? NoEntries : map.Entries;
            foreach (EmopicBlendShapeMap.Entry entry in entries)
            {
                if (!string.Equals(entry.source, name, StringComparison.OrdinalIgnoreCase)) continue;
                BindShape(index, entry.target, entry.scale, links);
                listed = true;
            }
            if (!listed && (map == null || map.SameNames)) BindShape(index, name, 1, links);
        }

        private void BindShape(int name, string shapeName, float scale, List<Link> links)
        {
            foreach (SkinnedMeshRenderer renderer in renderers)
            {
                int shape = renderer == null ? -1 : FindShape(renderer.sharedMesh, shapeName);
                if (shape < 0) continue;
                links.Add(new Link { Name = name, Target = TargetOf(renderer, shape), Scale = scale });
            }
        }

        private int TargetOf(SkinnedMeshRenderer renderer, int shape)
        {
            int known = _targets.FindIndex(other => other.Renderer == renderer && other.Shape == shape);
            if (known >= 0) return known;
            _targets.Add(new Target { Renderer = renderer, Shape = shape, Written = -1 });
            return _targets.Count - 1;
        }

        private static int FindShape(Mesh mesh, string name)
        {
            if (mesh == null) return -1;
            int exact = mesh.GetBlendShapeIndex(name);
            if (exact >= 0) return exact;
            string wanted = BlendShapeNames.Normalise(name);
            for (int i = 0; i < mesh.blendShapeCount; i++)
            {
                if (BlendShapeNames.Normalise(mesh.GetBlendShapeName(i)) == wanted) return i;
            }
            return -1;
        }
    }
}
