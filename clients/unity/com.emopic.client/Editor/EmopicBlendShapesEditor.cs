using UnityEditor;
using UnityEngine;

namespace Emopic.Editors
{
    /// <summary>Shows which weights move while playing.</summary>
    [CustomEditor(typeof(EmopicBlendShapes))]
    internal sealed class EmopicBlendShapesEditor : Editor
    {
        public override bool RequiresConstantRepaint()
        {
            return Application.isPlaying;
        }

        public override void OnInspectorGUI()
        {
            DrawDefaultInspector();
            if (!Application.isPlaying) return;
            var shapes = (EmopicBlendShapes)target;
            EditorGUILayout.Space();
            EditorGUILayout.LabelField("Moved blend shapes", shapes.TargetCount.ToString());
            for (int i = 0; i < shapes.Names.Count; i++)
            {
                float weight = shapes.GetWeight(shapes.Names[i]);
                if (weight < 0.005f) continue;
                EditorGUI.ProgressBar(EditorGUILayout.GetControlRect(), weight, shapes.Names[i]);
            }
            if (GUILayout.Button("Look for blend shapes again")) shapes.Rebind();
        }
    }
}
