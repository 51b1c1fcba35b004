using System;
using System.Collections.Generic;
using UnityEngine;

namespace Emopic
{
    /// <summary>Where a character's base face comes from.</summary>
    public enum FaceSource
    {
        /// <summary>One of the faces that come with the server.</summary>
        Builtin,

        /// <summary>A texture of this project.</summary>
        Texture,

        /// <summary>A shared character that somebody else registers: it is only watched.</summary>
        Shared,
    }

    /// <summary>A character: give it lines, and its face follows.</summary>
    /// <remarks>
    /// Add <see cref="EmopicFaceTexture"/> to see its picture, or <see cref="EmopicBlendShapes"/> to
    /// move a 3D head. All events are raised on the main thread.
    /// </remarks>
    [AddComponentMenu("Emopic/Emopic Character")]
    [DisallowMultipleComponent]
    public sealed class EmopicCharacter : MonoBehaviour
    {
        [SerializeField, Tooltip("The connection; empty: the nearest above, else the first of the scene")]
        private EmopicClient client;

        [SerializeField, Tooltip("The name on the server; empty: one of its own")]
        private string characterName = "";

        [SerializeField, Tooltip("Where the base face comes from")]
        private FaceSource source = FaceSource.Builtin;

        [SerializeField, Tooltip("One of the server's own faces")]
        private string builtin = "minji";

        [SerializeField, Tooltip("A picture with one face. It need not be readable; it is sent as PNG or JPEG.")]
        private Texture2D face;

        [SerializeField, Tooltip("Let others with the same token see the character, too")]
        private bool shared;

        [SerializeField, Tooltip("How the face follows the emotions")]
        private CharacterSettings settings = new CharacterSettings();

        [SerializeField, Tooltip("What a line means, partial lines included")]
        private EmotionEvent onEmotion = new EmotionEvent();

        [SerializeField, Tooltip("The name of the strongest emotion of a finished line, such as joy")]
        private TextEvent onEmotionName = new TextEvent();

        [SerializeField, Tooltip("A picture came. It is borrowed: see Frame.")]
        private FrameEvent onFrame = new FrameEvent();

        [SerializeField, Tooltip("A request about this character was refused or failed")]
        private RequestErrorEvent onError = new RequestErrorEvent();

        private const float LookSeconds = 5; // between looks for a shared character that is not there

        private readonly HashSet<string> _lines = new HashSet<string>();
        private readonly WatchWishes _wishes = new WatchWishes();
        private readonly Dictionary<string, float> _expression = new Dictionary<string, float>();
        private EmopicSession _session;
        private string _name; // made once, for it is compared with every frame's
        private bool _mustPut;
        private bool _mustWatch;
        private bool _isMissed;
        private float _untilWatch;
        private bool _hasPut;

        /// <summary>Weights for a 3D head came. Borrowed: see <see cref="Emopic.Blendshapes"/>.</summary>
        public event Action<Blendshapes> BlendshapesReceived;

        /// <summary>A picture came. Borrowed: see <see cref="Frame"/>.</summary>
        public event Action<Frame> FrameReceived;

        /// <summary>What a line means, partial lines included.</summary>
        public EmotionEvent OnEmotion { get { return onEmotion; } }

        /// <summary>The name of the strongest emotion of a finished line.</summary>
        public TextEvent OnEmotionName { get { return onEmotionName; } }

        /// <summary>A picture came; the same as <see cref="FrameReceived"/>, for the inspector.</summary>
        public FrameEvent OnFrame { get { return onFrame; } }

        /// <summary>A request about this character was refused or failed.</summary>
        public RequestErrorEvent OnError { get { return onError; } }

        /// <summary>The connection in use.</summary>
        public EmopicClient Client { get { return client; } }

        /// <summary>The name on the server.</summary>
        public string CharacterName
        {
            get { return _name ?? (_name = string.IsNullOrEmpty(characterName) ? OwnName() : characterName); }
        }

        /// <summary>How the face follows the emotions; call <see cref="Apply"/> after a change.</summary>
        public CharacterSettings Settings { get { return settings; } }

        /// <summary>Whether the server has the face.</summary>
        public bool IsReady { get; private set; }

        /// <summary>What the latest finished line meant; null before the first.</summary>
        public Emotion LatestEmotion { get; private set; }

        /// <summary>Use one of the server's own faces from now on.</summary>
        public void UseBuiltin(string id)
        {
            source = FaceSource.Builtin;
            builtin = id;
            Apply();
        }

        /// <summary>Use this picture from now on.</summary>
        public void UseFace(Texture2D picture)
        {
            source = FaceSource.Texture;
            face = picture;
            Apply();
        }

        /// <summary>Send changed settings or a changed face to the server.</summary>
        public void Apply()
        {
            _mustPut = true;
        }

        /// <summary>Say a finished line. Gives its id, or null if it could not be sent.</summary>
        /// <param name="text">What is said; a line over the server's limit is cut.</param>
        /// <param name="id">The id of the partial lines it finishes; null for a new one.</param>
        public string SendLine(string text, string id = null)
        {
            EmopicSession session = Usable("line");
            if (session == null) return null;
            string line = id ?? session.NewLineId();
            return Try(() => session.SendLine(CharacterName, text, Known(line), true), "line") ? line : null;
        }

        /// <summary>Begin a line whose text is still to come.</summary>
        public GrowingLine BeginLine()
        {
            string id = _session == null ? Guid.NewGuid().ToString("N") : _session.NewLineId();
            return new GrowingLine(this, id);
        }

        /// <summary>Show an emotion at once, without a line.</summary>
        /// <param name="emotion">Its id, such as <c>joy</c>.</param>
        /// <param name="weight">0 … 1.</param>
        /// <param name="holdSeconds">How long; below 0 for the character's own time.</param>
        /// <param name="locked">Lines leave the face alone meanwhile.</param>
        public void Express(string emotion, float weight = 1, float holdSeconds = -1, bool locked = false)
        {
            _expression.Clear();
            _expression[emotion] = weight;
            Express(_expression, holdSeconds, locked);
        }

        /// <summary>Show a mix of emotions at once; neutral is what the weights leave over.</summary>
        public void Express(
            IReadOnlyDictionary<string, float> expression, float holdSeconds = -1, bool locked = false)
        {
            EmopicSession session = Usable("express");
            if (session == null) return;
            int? hold = holdSeconds < 0 ? (int?)null : (int)(holdSeconds * 1000);
            Try(() => session.Express(CharacterName, expression, hold, locked), "express");
        }

        /// <summary>Set from outside what the inspector sets; to be called while disabled.</summary>
        internal void Configure(EmopicClient connection, string called, FaceSource from, string builtinId)
        {
            client = connection;
            characterName = called;
            source = from;
            builtin = builtinId;
        }

        internal void SendPartial(string id, string text)
        {
            EmopicSession session = _session;
            if (session == null) return; // a newer text will follow
            Try(() => session.SendPartial(CharacterName, Known(id), text), "line");
        }

        /// <summary>What a component needs of this character; null for nothing any more.</summary>
        internal void Want(object who, WatchOptions wish)
        {
            _wishes.Set(who, wish);
            _mustWatch = true;
        }

        private string OwnName()
        {
            string own = name.Length <= 40 ? name : name.Substring(0, 40);
            return own + "#" + GetInstanceID();
        }

        // ── life ────────────────────────────────────────────────────────────────────────────────

        private void OnEnable()
        {
            if (client == null) client = FindClient();
            if (client == null)
            {
                Debug.LogError("Emopic: there is no EmopicClient in the scene", this);
                return;
            }
            client.SessionStarted += Begin;
            if (client.Session != null) Begin(client.Session);
        }

        private EmopicClient FindClient()
        {
            EmopicClient above = GetComponentInParent<EmopicClient>();
            if (above != null) return above;
#if UNITY_2023_1_OR_NEWER
            return FindFirstObjectByType<EmopicClient>();
#else
            return FindObjectOfType<EmopicClient>();
#endif
        }

        private void Begin(EmopicSession session)
        {
            End();
            _session = session;
            session.CharacterReadyReceived += OnCharacterReady;
            session.CharacterDroppedReceived += OnCharacterDropped;
            session.EmotionReceived += OnSessionEmotion;
            session.ErrorReceived += OnSessionError;
            session.FrameReceived += OnSessionFrame;
            session.BlendshapesReceived += OnSessionBlendshapes;
            _mustPut = _mustWatch = true;
        }

        private void Update()
        {
            if (_session == null || _session != client.Session) return;
            if (_mustPut && source != FaceSource.Shared) Put();
            if (_isMissed && (_untilWatch -= Time.unscaledDeltaTime) <= 0) _mustWatch = true;
            if (_mustWatch) Watch();
            _mustPut = _mustWatch = false;
        }

        private void OnDisable()
        {
            if (client != null) client.SessionStarted -= Begin;
            if (_session != null && client != null && _session == client.Session) Leave();
            End();
        }

        /// <summary>Tell a session that goes on without this component.</summary>
        private void Leave()
        {
            if (_hasPut && !shared) _session.DropCharacter(CharacterName);
            else _session.Unwatch(CharacterName);
        }

        private void End()
        {
            IsReady = _hasPut = false;
            _lines.Clear();
            if (_session == null) return;
            _session.CharacterReadyReceived -= OnCharacterReady;
            _session.CharacterDroppedReceived -= OnCharacterDropped;
            _session.EmotionReceived -= OnSessionEmotion;
            _session.ErrorReceived -= OnSessionError;
            _session.FrameReceived -= OnSessionFrame;
            _session.BlendshapesReceived -= OnSessionBlendshapes;
            _session = null;
        }

        // ── asking ──────────────────────────────────────────────────────────────────────────────

        private void Put()
        {
            if (source == FaceSource.Builtin)
            {
                _hasPut = Try(() => _session.PutBuiltin(CharacterName, builtin, settings.ToOptions(), shared), "face");
            }
            else if (face == null)
            {
                Fail("no_face", "the character has no face: set one, or use a builtin");
            }
            else
            {
                Limits limits = _session.Hello == null ? new Limits() : _session.Hello.Limits;
                byte[] picture = FaceEncoder.Encode(face, limits.FaceBytes, limits.FaceSide);
                _hasPut = Try(() => _session.PutCharacter(CharacterName, picture, settings.ToOptions(), shared), "face");
            }
        }

        private void Watch()
        {
            _isMissed = false;
            Try(() => _session.Watch(CharacterName, _wishes.Merged()), "watch");
        }

        private EmopicSession Usable(string what)
        {
            if (_session == null) Fail("not_connected", "the " + what + " was not sent: there is no session");
            return _session;
        }

        private bool Try(Action action, string what)
        {
            try
            {
                action();
                return true;
            }
            catch (ArgumentException error)
            {
                Fail("bad_field", "the " + what + " was not sent: " + error.Message);
                return false;
            }
        }

        private void Fail(string code, string message)
        {
            onError.Invoke(new RequestError
            {
                Code = code,
                Message = message,
                IsClientFault = true,
                Character = CharacterName,
            });
        }

        private string Known(string line)
        {
            if (_lines.Count > 1000) _lines.Clear(); // only errors about very old lines go astray
            _lines.Add(line);
            return line;
        }

        // ── what comes ──────────────────────────────────────────────────────────────────────────

        private void OnCharacterReady(CharacterReady ready)
        {
            if (ready.Character != CharacterName) return;
            IsReady = true;
            if (_isMissed) _mustWatch = true;
        }

        private void OnCharacterDropped(CharacterDropped dropped)
        {
            if (dropped.Character == CharacterName) IsReady = false;
        }

        private void OnSessionEmotion(Emotion emotion)
        {
            if (emotion.Character != CharacterName) return;
            if (emotion.Final)
            {
                _lines.Remove(emotion.Line);
                LatestEmotion = emotion;
            }
            onEmotion.Invoke(emotion);
            if (emotion.Final) onEmotionName.Invoke(emotion.Top);
        }

        private void OnSessionError(RequestError error)
        {
            bool mine = error.Character == CharacterName || error.Ref == CharacterName;
            if (mine && error.Asked == RequestKind.Watch && error.Code == "unknown_character") LookAgain();
            else if (mine || error.Ref != null && _lines.Contains(error.Ref)) onError.Invoke(error);
        }

        /// <summary>The character is not there yet, or its face was refused: that was told already.</summary>
        private void LookAgain()
        {
            _isMissed = true;
            _untilWatch = LookSeconds;
        }

        private void OnSessionFrame(Frame frame)
        {
            if (frame.Character != CharacterName) return;
            if (FrameReceived != null) FrameReceived(frame);
            onFrame.Invoke(frame);
        }

        private void OnSessionBlendshapes(Blendshapes shapes)
        {
            if (shapes.Character == CharacterName && BlendshapesReceived != null) BlendshapesReceived(shapes);
        }
    }
}
