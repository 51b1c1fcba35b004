using UnityEngine;

namespace Emopic.Samples
{
    /// <summary>A 3D head that follows the lines you type, by ARKit blend shapes.</summary>
    /// <remarks>
    /// The head is made in code. With a model of your own: put <see cref="EmopicCharacter"/> and
    /// <see cref="EmopicBlendShapes"/> on it, and nothing else is needed if its shapes have ARKit's
    /// names. Space bar: blink, an override that the server does not know of.
    /// </remarks>
    public sealed class BlendShapeDemo : MonoBehaviour
    {
        [SerializeField] private string serverUrl = "ws://127.0.0.1:8765";

        private EmopicClient _client;
        private EmopicCharacter _character;
        private EmopicBlendShapes _shapes;
        private string _line = "헐 대박, 진짜야?";

        private void Awake()
        {
            _client = gameObject.AddComponent<EmopicClient>();
            _client.Url = serverUrl;
            _client.Connect();
            GameObject head = ProceduralHead.Create("Head");
            _character = head.AddComponent<EmopicCharacter>();
            _shapes = head.AddComponent<EmopicBlendShapes>();
            PrepareView();
        }

        private static void PrepareView()
        {
            Camera camera = Camera.main;
            if (camera == null) camera = new GameObject("Camera", typeof(Camera)).GetComponent<Camera>();
            camera.transform.position = new Vector3(0, 0, -4);
            camera.transform.rotation = Quaternion.identity;
            camera.fieldOfView = 45;
            var light = new GameObject("Light", typeof(Light));
            light.GetComponent<Light>().type = LightType.Directional;
            light.transform.rotation = Quaternion.Euler(35, -25, 0);
        }

        private void OnGUI()
        {
            GUILayout.BeginArea(new Rect(16, 16, 320, Screen.height - 32));
            GUILayout.Label("Emopic: " + _client.Status);
            _line = GUILayout.TextField(_line, 500);
            if (GUILayout.Button("Say") && _line.Length > 0) _character.SendLine(_line);
            if (_client.Hello != null) DrawEmotions(_client.Hello);
            GUILayout.EndArea();
            Blink(Event.current);
        }

        private void DrawEmotions(Hello hello)
        {
            foreach (EmotionLabel label in hello.Emotions)
            {
                if (GUILayout.Button(label.Korean)) _character.Express(label.Id);
            }
        }

        private void Blink(Event what)
        {
            if (what.keyCode != KeyCode.Space) return;
            foreach (string lid in new[] { "eyeBlinkLeft", "eyeBlinkRight" })
            {
                if (what.type == EventType.KeyDown) _shapes.SetOverride(lid, 1);
                if (what.type == EventType.KeyUp) _shapes.ClearOverride(lid);
            }
        }
    }
}
