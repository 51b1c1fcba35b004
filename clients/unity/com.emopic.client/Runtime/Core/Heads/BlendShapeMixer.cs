using System;
using System.Collections.Generic;

namespace Emopic
{
    /// <summary>From the server's named weights to the weights of a model's shapes, over time.</summary>
    /// <remarks>
    /// Targets are numbered by whoever owns the model. Several names may move one target (their
    /// weights add up, at most 1), and one name several targets. An override holds a name at a
    /// weight, whatever the server says. Allocates only when names or targets change.
    /// </remarks>
    internal sealed class BlendShapeMixer
    {
        private struct Link
        {
            public int Name;
            public int Target;
            public float Scale;
        }

        private readonly List<Link> _links = new List<Link>();
        private readonly Dictionary<string, float> _overrides = new Dictionary<string, float>();
        private string[] _names = new string[0];
        private float[] _wanted = new float[0];
        private float[] _shown = new float[0];
        private float[] _weights = new float[0];

        /// <summary>Names of the weights, in their order.</summary>
        public string[] Names { get { return _names; } }

        /// <summary>Weights of the targets, 0 … 1, after <see cref="Step"/>.</summary>
        public float[] Weights { get { return _weights; } }

        /// <summary>
        /// Use these names and so many targets from now on; links are forgotten, weights of the same
        /// names kept.
        /// </summary>
        public void Reset(string[] names, int targets)
        {
            if (names != _names)
            {
                _names = names;
                _wanted = new float[names.Length];
                _shown = new float[names.Length];
            }
            _weights = new float[targets];
            _links.Clear();
        }

        /// <summary>Let a name move a target; a negative scale takes from what others add.</summary>
        public void Connect(int name, int target, float scale)
        {
            _links.Add(new Link { Name = name, Target = target, Scale = scale });
        }

        /// <summary>What the server wants the face to show.</summary>
        public void Want(float[] values)
        {
            Array.Copy(values, _wanted, Math.Min(values.Length, _wanted.Length));
        }

        /// <summary>Hold a name at a weight until it is released.</summary>
        public void Override(string name, float weight)
        {
            _overrides[name] = weight;
        }

        /// <summary>Let the server move a name again.</summary>
        public void Release(string name)
        {
            _overrides.Remove(name);
        }

        /// <summary>Let the server move everything again.</summary>
        public void ReleaseAll()
        {
            _overrides.Clear();
        }

        /// <summary>The weight a name has now; 0 for an unknown one.</summary>
        public float Shown(string name)
        {
            int place = Array.IndexOf(_names, name);
            return place < 0 ? 0 : _shown[place];
        }

        /// <summary>
        /// Move on by so many seconds. After <paramref name="smoothing"/> seconds 63 % of a change
        /// is done, however long the steps are; 0 follows at once.
        /// </summary>
        public void Step(float seconds, float smoothing)
        {
            float part = smoothing <= 0 ? 1 : 1 - (float)Math.Exp(-seconds / smoothing);
            for (int i = 0; i < _names.Length; i++)
            {
                float wanted = _wanted[i];
                float held;
                if (_overrides.Count > 0 && _overrides.TryGetValue(_names[i], out held)) wanted = held;
                _shown[i] += (wanted - _shown[i]) * part;
            }
            Mix();
        }

        private void Mix()
        {
            Array.Clear(_weights, 0, _weights.Length);
            for (int i = 0; i < _links.Count; i++)
            {
                Link link = _links[i];
                _weights[link.Target] += _shown[link.Name] * link.Scale;
            }
            for (int i = 0; i < _weights.Length; i++)
            {
                _weights[i] = Math.Max(0, Math.Min(1, _weights[i]));
            }
        }
    }
}
