using System.Collections;
using UnityEngine;
using UnityEngine.UI;

namespace Emopic.Samples
{
    /// <summary>An NPC whose answer arrives word by word, as from a language model.</summary>
    /// <remarks>
    /// The face follows while the answer still grows: see <see cref="Answer"/>. To use a language
    /// model, call Append with each piece of text it gives, and Finish at its end.
    /// </remarks>
    public sealed class ChatNpc : MonoBehaviour
    {
        [SerializeField] private string serverUrl = "ws://127.0.0.1:8765";
        [SerializeField] private string builtin = "junho";
        [SerializeField, Range(1, 30)] private float wordsPerSecond = 4;

        private static readonly string[,] Talk =
        {
            { "오늘 기분 어때?", "완전 좋아! 방금 시험 붙었다는 연락 받았거든. 오늘은 내가 쏠게!" },
            { "어제 그 일은 어떻게 됐어?", "말도 마. 약속을 또 어겼어. 이번엔 정말 화가 나서 참을 수가 없더라." },
            { "요즘 왜 이렇게 조용해?", "키우던 강아지가 떠났어. 집에 들어가면 아직도 기다리고 있을 것 같아서… 눈물이 나." },
            { "뒤에 뭐가 있는데?", "헉, 깜짝이야! 뭐야, 진짜 놀랐잖아!" },
            { "내일 발표 준비는 됐어?", "아직 반도 못 했어. 실수하면 어떡하지, 걱정돼서 잠이 안 와." },
        };

        private EmopicClient _client;
        private EmopicCharacter _npc;
        private Coroutine _speaking;
        private string _subtitle = "";
        private string _feeling = "";

        private void Awake()
        {
            _client = gameObject.AddComponent<EmopicClient>();
            _client.Url = serverUrl;
            _client.Connect();
            var canvas = new GameObject("Canvas", typeof(Canvas), typeof(CanvasScaler));
            canvas.GetComponent<Canvas>().renderMode = RenderMode.ScreenSpaceOverlay;
            var portrait = new GameObject("Npc", typeof(RectTransform), typeof(RawImage));
            portrait.transform.SetParent(canvas.transform, false);
            portrait.GetComponent<RectTransform>().sizeDelta = new Vector2(420, 420);
            _npc = portrait.AddComponent<EmopicCharacter>();
            portrait.AddComponent<EmopicFaceTexture>();
            _npc.UseBuiltin(builtin);
            _npc.OnEmotion.AddListener(emotion => _feeling = emotion.Top);
        }

        /// <summary>Say an answer word by word; the face follows each.</summary>
        private IEnumerator Answer(string text)
        {
            GrowingLine line = _npc.BeginLine();
            foreach (string word in text.Split(' '))
            {
                line.Append(line.Text.Length == 0 ? word : " " + word);
                _subtitle = line.Text;
                yield return new WaitForSeconds(1 / wordsPerSecond);
            }
            line.Finish();
            _speaking = null;
        }

        private void OnGUI()
        {
            GUILayout.BeginArea(new Rect(16, 16, 300, Screen.height - 32));
            GUILayout.Label("Emopic: " + _client.Status + "  " + _feeling);
            for (int i = 0; i < Talk.GetLength(0); i++)
            {
                if (GUILayout.Button(Talk[i, 0]) && _speaking == null)
                {
                    _speaking = StartCoroutine(Answer(Talk[i, 1]));
                }
            }
            GUILayout.EndArea();
            GUI.Box(new Rect(Screen.width * 0.15f, Screen.height - 90, Screen.width * 0.7f, 60), _subtitle);
        }
    }
}
