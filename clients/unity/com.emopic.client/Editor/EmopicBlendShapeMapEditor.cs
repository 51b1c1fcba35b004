using System.Collections.Generic;
using UnityEditor;
using UnityEngine;

namespace Emopic.Editors
{
    /// <summary>Fills a map from the blend shapes of a mesh.</summary>
    [CustomEditor(typeof(EmopicBlendShapeMap))]
    internal sealed class EmopicBlendShapeMapEditor : Editor
    {
        private Mesh _mesh;

        public override void OnInspectorGUI()
        {
            DrawDefaultInspector();
            EditorGUILayout.Space();
            EditorGUILayout.LabelField("Fill from a mesh", EditorStyles.boldLabel);
            _mesh = (Mesh)EditorGUILayout.ObjectField("Mesh", _mesh, typeof(Mesh), false);
            if (_mesh != null && GUILayout.Button("Add its blend shapes")) Fill((EmopicBlendShapeMap)target);
            EditorGUILayout.HelpBox("Blend shapes that end like a name of VRM (Fcl_ALL_Joy) get that name; "
                + "give the others one, or delete them.", MessageType.Info);
        }

        private void Fill(EmopicBlendShapeMap map)
        {
            Undo.RecordObject(map, "Fill blend shape map");
            var entries = new List<EmopicBlendShapeMap.Entry>(map.Entries);
            for (int i = 0; i < _mesh.blendShapeCount; i++)
            {
                string shape = _mesh.GetBlendShapeName(i);
                if (entries.Exists(entry => entry.target == shape)) continue;
                entries.Add(new EmopicBlendShapeMap.Entry { source = BlendShapeNames.GuessVrm(shape), target = shape });
            }
            map.Entries = entries.ToArray();
            EditorUtility.SetDirty(map);
        }
    }
}
