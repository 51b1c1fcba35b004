using UnityEditor;
using UnityEngine;
using UnityEngine.UI;

namespace Emopic.Editors
{
    /// <summary>GameObject → Emopic: ready-made objects.</summary>
    internal static class EmopicMenu
    {
        [MenuItem("GameObject/Emopic/Client", false, 10)]
        private static void AddClient(MenuCommand command)
        {
            Place(new GameObject("Emopic Client", typeof(EmopicClient)), command);
        }

        [MenuItem("GameObject/Emopic/Face on a Canvas", false, 11)]
        private static void AddFace(MenuCommand command)
        {
            var face = new GameObject("Emopic Face", typeof(RectTransform), typeof(RawImage));
            face.AddComponent<EmopicCharacter>();
            face.AddComponent<EmopicFaceTexture>();
            Place(face, command);
        }

        [MenuItem("GameObject/Emopic/Face as a Sprite", false, 12)]
        private static void AddSprite(MenuCommand command)
        {
            var face = new GameObject("Emopic Face", typeof(SpriteRenderer));
            face.AddComponent<EmopicCharacter>();
            face.AddComponent<EmopicFaceTexture>();
            Place(face, command);
        }

        private static void Place(GameObject made, MenuCommand command)
        {
            GameObjectUtility.SetParentAndAlign(made, command.context as GameObject);
            Undo.RegisterCreatedObjectUndo(made, "Create " + made.name);
            Selection.activeObject = made;
        }
    }
}
