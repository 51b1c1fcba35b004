using UnityEditor;
using UnityEngine;

namespace Emopic.Editors
{
    /// <summary>Hides what the chosen face does not need, and lets you say a line while playing.</summary>
    [CustomEditor(typeof(EmopicCharacter))]
    internal sealed class EmopicCharacterEditor : Editor
    {
        private string _line = "오늘 진짜 최고야!";

        public override bool RequiresConstantRepaint()
        {
            return Application.isPlaying;
        }

        public override void OnInspectorGUI()
        {
            serializedObject.Update();
            DrawPropertiesExcluding(serializedObject, Hidden());
            serializedObject.ApplyModifiedProperties();
            EditorGUILayout.Space();
            EditorGUILayout.LabelField("Try it", EditorStyles.boldLabel);
            if (Application.isPlaying) DrawTest((EmopicCharacter)target);
            else EditorGUILayout.HelpBox("Press Play to say a line here.", MessageType.Info);
        }

        private string[] Hidden()
        {
            var source = (FaceSource)serializedObject.FindProperty("source").enumValueIndex;
            if (source == FaceSource.Builtin) return new[] { "m_Script", "face" };
            if (source == FaceSource.Texture) return new[] { "m_Script", "builtin" };
            return new[] { "m_Script", "face", "builtin", "shared", "settings" };
        }

        private void DrawTest(EmopicCharacter character)
        {
            EditorGUILayout.BeginHorizontal();
            _line = EditorGUILayout.TextField(_line);
            if (GUILayout.Button("Say", GUILayout.Width(60)) && _line.Length > 0) character.SendLine(_line);
            EditorGUILayout.EndHorizontal();
            Hello hello = character.Client == null ? null : character.Client.Hello;
            if (hello == null) return;
            DrawExpressions(character, hello);
            if (character.LatestEmotion != null) DrawScores(character.LatestEmotion, hello);
            if (GUILayout.Button("Send changed settings")) character.Apply();
        }

        private static void DrawExpressions(EmopicCharacter character, Hello hello)
        {
            EditorGUILayout.BeginHorizontal();
            foreach (EmotionLabel label in hello.Emotions)
            {
                if (GUILayout.Button(label.Korean)) character.Express(label.Id);
            }
            EditorGUILayout.EndHorizontal();
        }

        private static void DrawScores(Emotion emotion, Hello hello)
        {
            for (int i = 0; i < emotion.Scores.Count && i < hello.Emotions.Count; i++)
            {
                EmotionLabel label = hello.Emotions[i];
                Rect place = EditorGUILayout.GetControlRect();
                EditorGUI.ProgressBar(place, emotion.Scores[i], label.Korean + " " + label.Id);
            }
        }
    }
}
