using UnityEngine;
using UnityEngine.UI;

namespace Emopic.Samples
{
    /// <summary>A 2D face that follows the lines you type. Start <c>emopic serve</c> and press Play.</summary>
    /// <remarks>Everything is made in code, so that the sample needs no prefabs; read Awake first.</remarks>
    public sealed class FaceDemo : MonoBehaviour
    {
        [SerializeField] private string serverUrl = "ws://127.0.0.1:8765";
        [SerializeField] private string builtin = "minji";
        [SerializeField, Tooltip("A picture with one face; empty: the built-in one")] private Texture2D face;

        private EmopicClient _client;
        private EmopicCharacter _character;
        private string _line = "오늘 진짜 최고야!";
        private string _problem = "";

        private void Awake()
        {
            _client = gameObject.AddComponent<EmopicClient>();
            _client.Url = serverUrl;
            _client.Connect();

            RawImage image = NewImage();
            _character = image.gameObject.AddComponent<EmopicCharacter>();
            image.gameObject.AddComponent<EmopicFaceTexture>();
            if (face != null) _character.UseFace(face);
            else _character.UseBuiltin(builtin);

            _client.OnLost.AddListener(reason => _problem = reason);
            _client.OnOpened.AddListener(() => _problem = "");
            _character.OnError.AddListener(error => _problem = error.ToString());
        }

        private static RawImage NewImage()
        {
            var canvas = new GameObject("Canvas", typeof(Canvas), typeof(CanvasScaler));
            canvas.GetComponent<Canvas>().renderMode = RenderMode.ScreenSpaceOverlay;
            var image = new GameObject("Face", typeof(RectTransform), typeof(RawImage));
            image.transform.SetParent(canvas.transform, false);
            image.GetComponent<RectTransform>().sizeDelta = new Vector2(512, 512);
            return image.GetComponent<RawImage>();
        }

        private void OnGUI()
        {
            GUILayout.BeginArea(new Rect(16, 16, 360, Screen.height - 32));
            GUILayout.Label("Emopic: " + _client.Status + "  " + _problem);
            _line = GUILayout.TextField(_line, 500);
            bool enter = Event.current.type == EventType.KeyUp && Event.current.keyCode == KeyCode.Return;
            if ((GUILayout.Button("Say") || enter) && _line.Length > 0) _character.SendLine(_line);
            if (_client.Hello != null) DrawEmotions(_client.Hello);
            GUILayout.EndArea();
        }

        private void DrawEmotions(Hello hello)
        {
            Emotion latest = _character.LatestEmotion;
            for (int i = 0; i < hello.Emotions.Count; i++)
            {
                GUILayout.BeginHorizontal();
                if (GUILayout.Button(hello.Emotions[i].Korean, GUILayout.Width(80)))
                {
                    _character.Express(hello.Emotions[i].Id);
                }
                if (latest != null) GUILayout.HorizontalSlider(latest.Scores[i], 0, 1);
                GUILayout.EndHorizontal();
            }
        }
    }
}
