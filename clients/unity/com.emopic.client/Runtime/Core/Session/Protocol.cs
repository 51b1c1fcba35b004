using System;
using System.Collections.Generic;

namespace Emopic
{
    internal enum Phase
    {
        Idle,
        Greeting,
        Opening,
        Open,
        Stopped,
    }

    /// <summary>How a connection ended.</summary>
    internal sealed class Ending
    {
        public readonly int Code;
        public readonly string Reason;
        public readonly bool Reconnect;

        public Ending(int code, string reason, bool reconnect)
        {
            Code = code;
            Reason = reason;
            Reconnect = reconnect;
        }
    }

    /// <summary>
    /// The client's side of the conversation, without sockets or clocks: feed in, drain out.
    /// </summary>
    /// <remarks>
    /// <code>
    /// idle ──Connected──▶ greeting ──hello──▶ opening ──ready──▶ open
    ///   ▲                    │                   │                │
    ///   └──────────── Disconnected (may reconnect) ───────────────┘
    ///                        └── Disconnected (must not) ──▶ stopped
    /// </code>
    /// Events reach the program once and in order: one that came before is dropped, and a gap closes
    /// the connection, so that a resume fills it. A message that cannot be read ends the
    /// conversation for good, for the server would send its like again.
    /// </remarks>
    internal sealed class Protocol
    {
        public const int Version = 1;
        public const int MostRequests = 256;
        private const int ProtocolError = 1002;
        private const int IdentifyTimeout = 4001;

        private readonly Identity _identity;
        private readonly WireReader _reader = new WireReader();
        private readonly WireWriter _writer = new WireWriter();
        private readonly Dictionary<BlendshapeSet, string[]> _names = new Dictionary<BlendshapeSet, string[]>();
        private Bye _bye;
        private Ending _fault;
        private string _complaint;

        public Protocol(Identity identity, double patience)
        {
            _identity = identity;
            Requests = new Requests(MostRequests, patience, _writer.Ping);
            Phase = Phase.Idle;
        }

        public Phase Phase { get; private set; }

        /// <summary>The latest hello, null before the first.</summary>
        public Hello Hello { get; private set; }

        /// <summary>The session's id, null before the first.</summary>
        public string Session { get; private set; }

        /// <summary>The number of the last event taken in.</summary>
        public long Seq { get; private set; }

        /// <summary>The latest opening, null before the first.</summary>
        public Ready Opening { get; private set; }

        /// <summary>Set when the connection should be closed with this.</summary>
        public Ending ToClose { get { return _fault; } }

        public Requests Requests { get; private set; }

        public LatestStates States { get; } = new LatestStates();

        /// <summary>The pictures that frames need not bring.</summary>
        public Shelves Shelves { get; } = new Shelves();

        /// <summary>Events for the program, in order; whoever hands them out takes them.</summary>
        public Queue<ServerMessage> Events { get; } = new Queue<ServerMessage>();

        public WireWriter Writer { get { return _writer; } }

        /// <summary>A websocket is open; the server speaks first.</summary>
        public void Connected()
        {
            if (Phase != Phase.Idle) throw new InvalidOperationException("connected while " + Phase);
            Phase = Phase.Greeting;
            _bye = null;
            _fault = null;
            _complaint = null;
        }

        /// <summary>The websocket is gone, or never opened; says whether to open another.</summary>
        public Ending Disconnected(int code, string reason)
        {
            Ending ending = _fault ?? Judge(code, reason);
            Phase = ending.Reconnect ? Phase.Idle : Phase.Stopped;
            Requests.Disconnected();
            States.Clear();
            Shelves.Clear();
            return ending;
        }

        private Ending Judge(int code, string reason)
        {
            if (code == IdentifyTimeout && Session != null)
            {
                return new Ending(code, "the opening took too long", true); // we do identify; we were slow
            }
            if (_bye != null) return new Ending(_bye.Code, _complaint ?? _bye.Reason, _bye.Reconnect);
            string text = _complaint ?? (string.IsNullOrEmpty(reason) ? "connection lost" : reason);
            return new Ending(code, text, MayReconnect(code));
        }

        /// <summary>The table of section 12 of the protocol.</summary>
        private static bool MayReconnect(int code)
        {
            if (code >= 4000) return code == 4005 || code == 4008 || code == 4009;
            return !(code == 1002 || code == 1003 || code >= 1007 && code <= 1010);
        }

        /// <summary>Take in one message and its buffer. Never throws: a bad one ends the connection.</summary>
        public void Receive(ReceivedMessage message)
        {
            bool kept = false;
            try
            {
                if (_fault != null) return;
                if (message.IsText) throw WireException.BadMessage("a text message on a binary connection");
                kept = Take(_reader.Read(message.Bytes, 0, message.Count), message);
            }
            catch (WireException error)
            {
                Break("the server sent something unreadable: " + error.Message, false);
            }
            finally
            {
                if (!kept) message.Release();
            }
        }

        /// <summary>True if the buffer is kept for the picture in it.</summary>
        private bool Take(ServerMessage message, ReceivedMessage owner)
        {
            var error = message as RequestError;
            if (message is Bye) _bye = (Bye)message;
            else if (error != null && error.Seq == null) OnErrorWithoutSeq(error);
            else if (message is Hello && Phase == Phase.Greeting) OnHello((Hello)message);
            else if (message is Ready && Phase == Phase.Opening) OnReady((Ready)message);
            else if (Phase != Phase.Open || message is Hello || message is Ready) Unexpected(message);
            else if (message is Frame) return OnFrame((Frame)message, owner);
            else if (message is Blendshapes) OnBlendshapes((Blendshapes)message);
            else if (message is Pong) Requests.Answered(message);
            else OnEvent(message);
            return false;
        }

        private void Break(string reason, bool reconnect)
        {
            _fault = new Ending(ProtocolError, reason, reconnect);
        }

        /// <summary>The connection cannot keep up with what is said.</summary>
        public void SendQueueIsFull()
        {
            Break("the send queue is full", true);
        }

        private void Unexpected(ServerMessage message)
        {
            Break("the server sent " + message.GetType().Name + " while " + Phase, false);
        }

        private void OnErrorWithoutSeq(RequestError error)
        {
            _complaint = error.Message;
            if (Phase == Phase.Open) Deliver(error);
        }

        private void OnHello(Hello hello)
        {
            if (hello.Protocol != Version)
            {
                Break("the server speaks protocol " + hello.Protocol + ", this client " + Version, false);
                return;
            }
            Hello = hello;
            Phase = Phase.Opening;
            Requests.Outgoing.Add(_writer.Identify(_identity, Session, Seq));
        }

        private void OnReady(Ready ready)
        {
            if (ready.Resumed && (ready.Session != Session || ready.From != Seq))
            {
                Break("the server resumed another session or place", false);
                return;
            }
            Phase = Phase.Open;
            Session = ready.Session;
            Seq = ready.From;
            Opening = ready;
            _names.Clear();
            if (ready.Resumed) Requests.Resumed();
            else Requests.Restart();
            Events.Enqueue(ready);
        }

        private void OnEvent(ServerMessage message)
        {
            long seq = message.Seq.Value;
            if (seq <= Seq) return;
            if (seq != Seq + 1)
            {
                Break("event " + seq + " came after " + Seq + "; resuming from there", true);
                return;
            }
            Seq = seq;
            if (message is CharacterDropped) Shelves.Forget(((CharacterDropped)message).Character);
            Deliver(message);
        }

        private void Deliver(ServerMessage message)
        {
            if (!Requests.Answered(message)) Events.Enqueue(message);
        }

        private bool OnFrame(Frame frame, ReceivedMessage owner)
        {
            if (!Requests.IsWatched(frame.Character) || !Shelves.Fill(frame)) return false;
            frame.Owner = owner;
            _reader.Exchange(States.Put(frame));
            return true;
        }

        /// <summary>Names come once a connection; the program gets them every time.</summary>
        private void OnBlendshapes(Blendshapes shapes)
        {
            if (!Requests.IsWatched(shapes.Character)) return;
            if (shapes.Names != null) _names[shapes.Set] = shapes.Names;
            string[] names;
            _names.TryGetValue(shapes.Set, out names);
            if (names == null || names.Length != shapes.Values.Length)
            {
                throw WireException.BadField("values", "their names are not known");
            }
            shapes.Names = names;
            _reader.Exchange(States.Put(shapes));
        }
    }
}
