using System;
using System.Collections.Generic;

namespace Emopic
{
    /// <summary>A session with an Emopic server that survives lost connections.</summary>
    /// <remarks>
    /// Call <see cref="Pump"/> often (each game frame) from one thread; every event is raised there,
    /// and every other member belongs to that thread, too. Network work happens elsewhere. Requests
    /// made without a connection are sent when there is one; an unanswered one is sent again after a
    /// loss, and its answer told once. What is only of the moment (<see cref="Express"/>, partial
    /// lines) is dropped without a connection.
    ///
    /// Methods throw <see cref="ArgumentException"/> for values outside the protocol's ranges and
    /// <see cref="ObjectDisposedException"/> after <see cref="Dispose"/>. Everything else that goes
    /// wrong comes as <see cref="ErrorReceived"/> or <see cref="Lost"/>.
    /// </remarks>
    public sealed partial class EmopicSession : IDisposable
    {
        private const double SteadySeconds = 10; // a connection that lasted this long is a good one

        private readonly SessionOptions _options;
        private readonly Uri _url;
        private readonly TransportFactory _factory;
        private readonly Protocol _protocol;
        private readonly PartialLines _partials = new PartialLines();
        private readonly Random _chance = new Random();
        private readonly string _prefix = Guid.NewGuid().ToString("N").Substring(0, 8);
        private readonly List<Request> _late = new List<Request>();
        private readonly Func<string, bool> _isWatched;
        private readonly Action<Frame> _raiseFrame;
        private readonly Action<Blendshapes> _raiseBlendshapes;
        private readonly Action<string, string, string> _sendPartial;
        private ITransport _transport;
        private double _now;
        private double _dialAt;
        private double _dialled;
        private double _heard;
        private bool _asked;
        private int _failures;
        private long _lines;
        private bool _opened;
        private bool _everOpened;
        private bool _disposed;

        /// <summary>A session that is not started yet. Throws for an address that is none.</summary>
        public EmopicSession(SessionOptions options)
        {
            _options = options ?? throw new ArgumentNullException("options");
            _url = SessionOptions.FullUrl(options.Url);
            _factory = options.Transport ?? DefaultTransport.Open;
            var identity = new Identity
            {
                Client = options.ClientName,
                Token = string.IsNullOrEmpty(options.Token) ? null : options.Token,
                Guard = options.Guard,
                History = options.History,
            };
            _protocol = new Protocol(identity, options.RequestTimeout);
            _isWatched = _protocol.Requests.IsWatched;
            _raiseFrame = frame => Raise(FrameReceived, frame);
            _raiseBlendshapes = shapes => Raise(BlendshapesReceived, shapes);
            _sendPartial = SendPartialNow;
        }

        /// <summary>Where the session stands.</summary>
        public SessionStatus Status { get; private set; }

        /// <summary>What the server said about itself; null before the first connection.</summary>
        public Hello Hello { get { return _protocol.Hello; } }

        /// <summary>Whether the token only allows to watch: everything else is refused.</summary>
        public bool IsReadOnly { get { return _protocol.Opening != null && _protocol.Opening.ReadOnly; } }

        /// <summary>What really happens to profane lines of this session, once it is open.</summary>
        public LineGuard Guard { get { return _protocol.Opening == null ? LineGuard.Default : _protocol.Opening.Guard; } }

        /// <summary>What is really kept of its lines to characters that wish nothing, once it is open.</summary>
        public LineHistory History
        {
            get { return _protocol.Opening == null ? LineHistory.Default : _protocol.Opening.History; }
        }

        /// <summary>The latest reason for a lost or refused connection, for people; empty at first.</summary>
        public string LastProblem { get; private set; } = "";

        /// <summary>Begin to connect, at the next <see cref="Pump"/>.</summary>
        public void Start()
        {
            ThrowIfDisposed();
            if (Status != SessionStatus.Idle) return;
            _dialAt = double.NegativeInfinity;
            Become(SessionStatus.Connecting);
        }

        /// <summary>Say goodbye and end the session. It cannot be started again.</summary>
        public void Dispose()
        {
            if (_disposed) return;
            _disposed = true;
            if (_transport != null) CloseTransport();
            _protocol.States.Clear();
            Become(SessionStatus.Stopped);
        }

        /// <summary>
        /// Take in what has arrived, send what waits, and raise events. <paramref name="now"/> is in
        /// seconds of any clock that never goes back.
        /// </summary>
        public void Pump(double now)
        {
            if (_disposed || Status == SessionStatus.Idle) return;
            if (Status == SessionStatus.Stopped)
            {
                RaiseEvents();
                return;
            }
            _now = now;
            _protocol.Requests.Now = now;
            if (_transport == null && now >= _dialAt) Dial();
            if (_transport != null) PumpTransport();
            RaiseEvents();
            if (!_disposed) _protocol.States.Flush(_isWatched, _raiseFrame, _raiseBlendshapes);
        }

        // ── the connection ──────────────────────────────────────────────────────────────────────

        private void Dial()
        {
            _dialled = _heard = _now;
            _asked = false;
            _opened = false;
            Become(SessionStatus.Connecting);
            _transport = _factory(_url, SessionOptions.Subprotocol);
            _protocol.Connected();
        }

        private void PumpTransport()
        {
            TransportState state = _transport.State; // before the last messages are taken
            ReceivedMessage message;
            while (_protocol.ToClose == null && _transport.TryReceive(out message))
            {
                _heard = _now;
                _asked = false;
                _protocol.Receive(message);
                Flush();
            }
            if (_protocol.ToClose != null) Lose(_protocol.ToClose.Code, _protocol.ToClose.Reason);
            else if (state == TransportState.Closed) Lose(_transport.CloseCode, _transport.CloseReason);
            else if (_protocol.Phase != Phase.Open) CheckOpening();
            else CheckOpen();
        }

        private void CheckOpening()
        {
            if (_now - _dialled <= _options.OpenTimeout) return;
            Lose(1006, "no session within " + _options.OpenTimeout + " s");
        }

        private void CheckOpen()
        {
            _partials.Send(_now, _sendPartial);
            _protocol.Requests.Tick(_late);
            foreach (Request request in _late) _protocol.Events.Enqueue(NoAnswer(request));
            _late.Clear();
            CheckSilence();
            Flush();
        }

        private void CheckSilence()
        {
            double silence = _options.SilenceTimeout;
            if (silence <= 0 || _now - _heard <= silence) return;
            if (_now - _heard > 2 * silence && _asked) Lose(1006, "the server has been silent for too long");
            else if (!_asked) _protocol.Requests.Outgoing.Add(_protocol.Writer.Ping("silence"));
            _asked = true;
        }

        private void Lose(int code, string reason)
        {
            CloseTransport();
            Ending ending = _protocol.Disconnected(code, reason);
            _failures = _opened && _now - _dialled > SteadySeconds ? 1 : _failures + 1;
            double? delay = null;
            if (ending.Reconnect && _options.Reconnect != null)
            {
                delay = _options.Reconnect.Delay(_failures, _chance.NextDouble());
            }
            LastProblem = ending.Reason;
            _dialAt = _now + (delay ?? 0);
            _partials.Clear();
            RaiseEvents();
            Become(delay == null ? SessionStatus.Stopped : SessionStatus.Waiting);
            Raise(Lost, new ConnectionLost(ending.Code, ending.Reason, delay));
        }

        private void CloseTransport()
        {
            Ending why = _protocol.ToClose;
            _transport.Close(why == null ? 1000 : why.Code, why == null ? "" : Clip(why.Reason));
            _transport = null;
        }

        /// <summary>A close reason has at most 123 bytes.</summary>
        private static string Clip(string reason)
        {
            return reason.Length <= 40 ? reason : reason.Substring(0, 40);
        }
    }
}
