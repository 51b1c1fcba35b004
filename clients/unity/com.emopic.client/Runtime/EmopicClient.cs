using System;
using UnityEngine;
using UnityEngine.Events;

namespace Emopic
{
    /// <summary>The connection to an Emopic server, shared by the characters of a scene.</summary>
    /// <remarks>
    /// Everything happens on the main thread: the session is pumped in <c>Update</c>, before other
    /// scripts, and every event is raised there. Disabling the component says goodbye to the server.
    /// After a domain reload in the editor a new session begins, and characters announce themselves.
    /// </remarks>
    [AddComponentMenu("Emopic/Emopic Client")]
    [DisallowMultipleComponent]
    [DefaultExecutionOrder(-100)]
    public sealed class EmopicClient : MonoBehaviour
    {
        [SerializeField, Tooltip("The server's address, for example ws://127.0.0.1:8765 or wss://emopic.example.com")]
        private string url = "ws://127.0.0.1:8765";

        [SerializeField, Tooltip("The server's token. It ends up in the build: set Token from a script for public games.")]
        private string token = "";

        [SerializeField, Tooltip("Connect as soon as the component is enabled")]
        private bool connectOnEnable = true;

        [SerializeField, Tooltip("Connect again after a lost connection, and resume the session")]
        private bool autoReconnect = true;

        [SerializeField, Tooltip("What happens to profane lines; the server may be stricter")]
        private LineGuard guard = LineGuard.Default;

        [SerializeField, Tooltip("What the server may keep of lines; it may keep less")]
        private LineHistory history = LineHistory.Default;

        [SerializeField, Tooltip("The session is open, for the first time or again")]
        private UnityEvent onOpened = new UnityEvent();

        [SerializeField, Tooltip("A connection was lost or could not be opened; carries the reason")]
        private TextEvent onLost = new TextEvent();

        [SerializeField, Tooltip("A request was refused or failed, whichever character it was about")]
        private RequestErrorEvent onError = new RequestErrorEvent();

        private EmopicSession _session;

        /// <summary>A new session has been started: characters announce themselves.</summary>
        public event Action<EmopicSession> SessionStarted;

        /// <summary>The server's address; a change counts from the next <see cref="Connect"/>.</summary>
        public string Url
        {
            get { return url; }
            set { url = value; }
        }

        /// <summary>The server's token; a change counts from the next <see cref="Connect"/>.</summary>
        public string Token
        {
            get { return token; }
            set { token = value; }
        }

        /// <summary>Whether lost connections are opened again, from the next <see cref="Connect"/> on.</summary>
        public bool AutoReconnect
        {
            get { return autoReconnect; }
            set { autoReconnect = value; }
        }

        /// <summary>What happens to profane lines, from the next <see cref="Connect"/> on.</summary>
        public LineGuard Guard
        {
            get { return guard; }
            set { guard = value; }
        }

        /// <summary>What the server may keep of lines, from the next <see cref="Connect"/> on.</summary>
        public LineHistory History
        {
            get { return history; }
            set { history = value; }
        }

        /// <summary>The session, for everything the components do not cover; null when disconnected.</summary>
        public EmopicSession Session { get { return _session; } }

        /// <summary>Where the connection stands.</summary>
        public SessionStatus Status { get { return _session == null ? SessionStatus.Idle : _session.Status; } }

        /// <summary>What the server said about itself; null before the first connection.</summary>
        public Hello Hello { get { return _session == null ? null : _session.Hello; } }

        /// <summary>The session is open, for the first time or again.</summary>
        public UnityEvent OnOpened { get { return onOpened; } }

        /// <summary>A connection was lost or could not be opened; carries the reason.</summary>
        public TextEvent OnLost { get { return onLost; } }

        /// <summary>A request was refused or failed, whichever character it was about.</summary>
        public RequestErrorEvent OnError { get { return onError; } }

        /// <summary>Opens websockets; null for the platform's own. For tests.</summary>
        internal TransportFactory Transport { get; set; }

        /// <summary>Begin a new session, ending the present one.</summary>
        public void Connect()
        {
            Disconnect();
            try
            {
                _session = new EmopicSession(Options());
            }
            catch (ArgumentException error)
            {
                Debug.LogError("Emopic: " + error.Message, this);
                onLost.Invoke(error.Message);
                return;
            }
            Subscribe(_session);
            _session.Start();
            if (SessionStarted != null) SessionStarted(_session);
        }

        /// <summary>Say goodbye and end the session.</summary>
        public void Disconnect()
        {
            if (_session == null) return;
            EmopicSession session = _session;
            _session = null;
            session.Dispose();
        }

        private SessionOptions Options()
        {
            return new SessionOptions
            {
                Url = url,
                Token = token,
                ClientName = ClientName(),
                Guard = guard,
                History = history,
                Reconnect = autoReconnect ? new Backoff() : null,
                Transport = Transport,
            };
        }

        private static string ClientName()
        {
            string name = "unity " + Application.productName;
            return name.Length <= 64 ? name : name.Substring(0, 64);
        }

        private void Subscribe(EmopicSession session)
        {
            session.Opened += _ => onOpened.Invoke();
            session.Lost += OnSessionLost;
            session.ErrorReceived += onError.Invoke;
            session.NoticeReceived += notice => Debug.LogWarning("Emopic: " + notice.Text + " [" + notice.Code + "]", this);
            session.HandlerFailed += error => Debug.LogException(error, this);
        }

        private void OnSessionLost(ConnectionLost lost)
        {
            if (lost.RetrySeconds == null) Debug.LogWarning("Emopic: the session is over: " + lost.Reason, this);
            onLost.Invoke(lost.Reason);
        }

        private void OnEnable()
        {
            if (connectOnEnable) Connect();
        }

        private void Update()
        {
            if (_session != null) _session.Pump(Time.realtimeSinceStartupAsDouble);
        }

        private void OnDisable()
        {
            Disconnect();
        }
    }
}
