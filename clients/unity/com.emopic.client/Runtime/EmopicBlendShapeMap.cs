using System;
using UnityEngine;

namespace Emopic
{
    /// <summary>Which names from the server move which blend shapes of a model.</summary>
    [CreateAssetMenu(menuName = "Emopic/Blend Shape Map", fileName = "BlendShapeMap")]
    public sealed class EmopicBlendShapeMap : ScriptableObject
    {
        /// <summary>One name moves one blend shape.</summary>
        [Serializable]
        public sealed class Entry
        {
            /// <summary>A name from the server, such as mouthSmileLeft (ARKit), Joy (VRM 0.x) or happy (VRM 1.0).</summary>
            [Tooltip("A name from the server, such as mouthSmileLeft (ARKit), Joy (VRM 0.x) or happy (VRM 1.0)")]
            public string source = "";

            /// <summary>The blend shape of the model, such as Fcl_ALL_Joy.</summary>
            [Tooltip("The blend shape of the model, such as Fcl_ALL_Joy")]
            public string target = "";

            /// <summary>How far; below 0 it takes from what other names add.</summary>
            [Range(-2, 2), Tooltip("How far; below 0 it takes from what other names add")]
            public float scale = 1;
        }

        [SerializeField, Tooltip("Names that are not listed move the blend shape of the same name")]
        private bool sameNames = true;

        [SerializeField]
        private Entry[] entries = new Entry[0];

        /// <summary>Whether names that are not listed move the blend shape of the same name.</summary>
        public bool SameNames
        {
            get { return sameNames; }
            set { sameNames = value; }
        }

        /// <summary>What moves what; call <see cref="EmopicBlendShapes.Rebind"/> after a change.</summary>
        public Entry[] Entries
        {
            get { return entries; }
            set { entries = value ?? new Entry[0]; }
        }
    }
}
