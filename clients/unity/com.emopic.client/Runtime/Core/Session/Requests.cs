using System;
using System.Collections.Generic;

namespace Emopic
{
    /// <summary>
    /// What a client has asked for: requests without an answer yet, and what it wants to keep.
    /// </summary>
    /// <remarks>
    /// After a lost connection nobody knows which requests arrived. So every request that gets an
    /// answer stays here until the answer is in, and is sent again on the next connection; an answer
    /// that then comes twice is recognised. Watching has no answer of its own: a ping goes behind
    /// it, and its pong is the answer, for a server takes messages in order.
    ///
    /// Changes to one character (put, drop, watch, unwatch) are asked one after another, so that each
    /// gets its own answer. When the session itself is lost, the characters and watches that were
    /// agreed on are asked for again first, and whatever concerns a character waits for its face.
    /// </remarks>
    internal sealed class Requests
    {
        /// <summary>Seconds between looks for a watched character that is not there.</summary>
        public const double UnseenSeconds = 5;

        private const string BarrierPrefix = "barrier:";

        private readonly int _most;
        private readonly double _patience;
        private readonly Func<string, byte[]> _ping;
        private readonly List<Request> _pending = new List<Request>();
        private readonly List<Request> _waiting = new List<Request>();
        private readonly Dictionary<string, Request> _characters = new Dictionary<string, Request>();
        private readonly Dictionary<string, Request> _watches = new Dictionary<string, Request>();
        private readonly Dictionary<string, List<Request>> _held = new Dictionary<string, List<Request>>();
        private readonly Dictionary<string, Request> _barriers = new Dictionary<string, Request>();
        private readonly List<string> _again = new List<string>();
        private readonly Request _resumed = new Request(RequestKind.Ping, null, "", null);
        private readonly List<byte[]> _outgoing = new List<byte[]>();
        private bool _open;
        private long _barrier;

        /// <summary>
        /// At most <paramref name="most"/> requests wait, each for <paramref name="patience"/>
        /// seconds; <paramref name="ping"/> writes a ping with a token.
        /// </summary>
        public Requests(int most, double patience, Func<string, byte[]> ping)
        {
            _most = most;
            _patience = patience;
            _ping = ping;
        }

        /// <summary>What to send, in order; whoever sends it clears it.</summary>
        public List<byte[]> Outgoing { get { return _outgoing; } }

        /// <summary>The session's clock, in seconds.</summary>
        public double Now { get; set; }

        /// <summary>Whether states of a character are wanted.</summary>
        public bool IsWatched(string character)
        {
            if (_watches.ContainsKey(character)) return true;
            for (int i = 0; i < _pending.Count; i++) // asked with every frame: no closure, no garbage
            {
                if (_pending[i].Is(RequestKind.Watch, character)) return true;
            }
            return false;
        }

        // ── asking ──────────────────────────────────────────────────────────────────────────────

        /// <summary>
        /// Ask, now or when the connection and earlier changes allow. False if too much waits already.
        /// </summary>
        public bool TryAdd(Request request)
        {
            if (request.Kind == RequestKind.Line && FindLine(request.Character, request.Id) != null)
            {
                throw new ArgumentException("line " + request.Id + " waits for an answer already");
            }
            if (_pending.Count + _waiting.Count >= _most) return false;
            if (request.IsChange && IsChanging(request.Character)) Wait(request);
            else Start(request);
            return true;
        }

        private bool IsChanging(string character)
        {
            foreach (Request other in _pending)
            {
                if (other.IsChange && !other.Restoring && other.Character == character) return true;
            }
            return false;
        }

        /// <summary>A newer wish of the same kind takes the place of the last one that waits.</summary>
        private void Wait(Request request)
        {
            int last = _waiting.FindLastIndex(other => other.Character == request.Character);
            if (last >= 0 && _waiting[last].Kind == request.Kind) _waiting[last] = request;
            else _waiting.Add(request);
        }

        private void Start(Request request)
        {
            Request same = request.IsChange ? Find(request.Kind, request.Character) : null;
            if (same != null) _pending.Remove(same); // the client's own; this one takes its place
            _pending.Add(request);
            if (request.Kind == RequestKind.Unwatch)
            {
                _watches.Remove(request.Character);
                Request watch = Find(RequestKind.Watch, request.Character);
                if (watch != null) _pending.Remove(watch);
            }
            if (_open) Send(request);
        }

        private void StartWaiting(string character)
        {
            int next = _waiting.FindIndex(other => other.Character == character);
            if (next < 0 || IsChanging(character)) return;
            Request request = _waiting[next];
            _waiting.RemoveAt(next);
            Start(request);
        }

        private void Send(Request request)
        {
            if (!_pending.Contains(request)) return;
            request.RetryAt = Request.Never;
            request.Deadline = request.Restoring ? Request.Never : Now + _patience;
            _outgoing.Add(request.Data);
            if (request.Kind == RequestKind.Watch || request.Kind == RequestKind.Unwatch) AddBarrier(request);
        }

        private void AddBarrier(Request request)
        {
            string token = BarrierPrefix + ++_barrier;
            _barriers[token] = request;
            _outgoing.Add(_ping(token));
        }

        /// <summary>Do what is due, and give the requests nobody has answered in time.</summary>
        public void Tick(List<Request> late)
        {
            if (!_open) return;
            for (int i = _pending.Count - 1; i >= 0; i--)
            {
                if (i >= _pending.Count) continue; // forgetting one may have started others
                Request request = _pending[i];
                if (request.RetryAt <= Now) Send(request);
                if (request.Deadline > Now) continue;
                late.Add(request);
                Settle(request);
            }
        }

        // ── after a lost connection ─────────────────────────────────────────────────────────────

        /// <summary>What was about to be sent is sent when the next connection is open.</summary>
        public void Disconnected()
        {
            _open = false;
            foreach (Request request in _pending) request.Deadline = Request.Never;
            _outgoing.Clear();
            _held.Clear();
            _barriers.Clear();
        }

        /// <summary>The session goes on: behind a barrier, for missed answers come before its pong.</summary>
        public void Resumed()
        {
            _open = true;
            if (_pending.Count > 0) AddBarrier(_resumed);
        }

        /// <summary>The session is a new one: restore what was agreed, then ask everything again.</summary>
        public void Restart()
        {
            _open = true;
            foreach (Request put in _characters.Values) Restore(put);
            foreach (Request watch in _watches.Values) Restore(watch);
            List<Request> all = new List<Request>(_pending);
            foreach (Request face in all)
            {
                if (face.Kind != RequestKind.Put) continue;
                SendAgain(face);
                _held[face.Character] = new List<Request>();
            }
            foreach (Request request in all)
            {
                if (request.Kind == RequestKind.Put) continue;
                List<Request> held;
                if (request.Character != null && _held.TryGetValue(request.Character, out held)) held.Add(request);
                else SendAgain(request);
            }
        }

        private Request Restore(Request agreed)
        {
            Request request = Find(agreed.Kind, agreed.Character);
            if (request != null) return request;
            request = agreed.ToRestore();
            _pending.Add(request);
            return request;
        }

        private void SendAgain(Request request)
        {
            if (request.Kind == RequestKind.Line)
            {
                if (_again.Count >= _most) _again.RemoveAt(0);
                _again.Add(LineKey(request.Character, request.Id));
            }
            Send(request);
        }

        // ── answers ─────────────────────────────────────────────────────────────────────────────

        /// <summary>
        /// Settle what a message answers. True to hide it from the program: it has seen it before,
        /// or the client tries again by itself.
        /// </summary>
        public bool Answered(ServerMessage message)
        {
            var emotion = message as Emotion;
            if (emotion != null) return emotion.Final && OnEmotion(emotion);
            var reading = message as Reading;
            if (reading != null) OnReading(reading);
            var ready = message as CharacterReady;
            if (ready != null) OnReady(ready.Character);
            var dropped = message as CharacterDropped;
            if (dropped != null) OnDropped(dropped);
            var pong = message as Pong;
            if (pong != null) OnPong(pong.Token);
            var error = message as RequestError;
            return error != null && OnError(error);
        }

        private bool OnEmotion(Emotion emotion)
        {
            Request line = FindLine(emotion.Character, emotion.Line);
            if (line != null) _pending.Remove(line);
            return line == null && _again.Contains(LineKey(emotion.Character, emotion.Line));
        }

        private void OnReading(Reading reading)
        {
            _pending.RemoveAll(other => other.Kind == RequestKind.Read && other.Id == reading.Id);
        }

        private void OnReady(string character)
        {
            Request put = Find(RequestKind.Put, character);
            if (put == null) return;
            _characters[character] = put;
            Settle(put);
        }

        private void OnDropped(CharacterDropped dropped)
        {
            if (dropped.Reason == "replaced") return;
            string name = dropped.Character;
            Request watch;
            _watches.TryGetValue(name, out watch);
            _characters.Remove(name);
            _watches.Remove(name);
            Request drop = Find(RequestKind.Drop, name);
            if (drop != null) Settle(drop);
            else if (watch != null) LookAgain(watch); // it may come back, as an overlay's owner does
        }

        private void LookAgain(Request watch)
        {
            Restore(watch).RetryAt = Now + UnseenSeconds;
        }

        private void OnPong(string token)
        {
            Request request;
            if (!_barriers.TryGetValue(token, out request)) request = FindPing(token);
            else _barriers.Remove(token);
            if (request == _resumed)
            {
                foreach (Request unsure in _pending.ToArray()) SendAgain(unsure);
            }
            else if (request != null && _pending.Contains(request))
            {
                if (request.Kind == RequestKind.Watch) _watches[request.Character] = request;
                Settle(request);
            }
        }

        private bool OnError(RequestError error)
        {
            Request request = Blamed(error);
            if (request == null) return OnStrayError(error);
            error.Asked = request.Kind;
            error.Character = request.Character;
            error.Line = request.Kind == RequestKind.Line ? request.Id : null;
            if (request.Restoring) return OnRestoreFailed(request, error);
            Settle(request);
            return false;
        }

        /// <summary>What is watched here and unknown there has gone without our seeing it.</summary>
        private bool OnStrayError(RequestError error)
        {
            Request watch;
            if (error.Ref == null || !_watches.TryGetValue(error.Ref, out watch)) return false;
            error.Character = error.Ref;
            if (error.Code == "unknown_character") LookAgain(watch);
            return false;
        }

        private bool OnRestoreFailed(Request request, RequestError error)
        {
            double? seconds = error.RetryMs / 1000.0;
            bool watch = request.Kind == RequestKind.Watch;
            if (watch && error.Code == "unknown_character") seconds = UnseenSeconds;
            if (seconds.HasValue)
            {
                ForgetBarriers(request);
                request.RetryAt = Now + seconds.Value;
                return true;
            }
            (watch ? _watches : _characters).Remove(request.Character);
            Settle(request);
            return false;
        }

        private void ForgetBarriers(Request request)
        {
            foreach (string token in new List<string>(_barriers.Keys))
            {
                if (_barriers[token] == request) _barriers.Remove(token);
            }
        }

        /// <summary>The request an error is about; ids first, for they are the most exact.</summary>
        private Request Blamed(RequestError error)
        {
            if (error.Ref == null) return null;
            Request exact = _pending.Find(r => !r.IsChange && r.Kind != RequestKind.Ping && r.Id == error.Ref);
            if (exact != null) return exact;
            bool notOfAPut = error.Code == "unknown_character" || error.Code == "unknown_emotion";
            return _pending.Find(r => r.IsChange && r.Character == error.Ref
                && !(notOfAPut && r.Kind == RequestKind.Put));
        }

        /// <summary>A request is over: what waited for it goes on.</summary>
        private void Settle(Request request)
        {
            _pending.Remove(request);
            if (request.Kind == RequestKind.Put) SendHeld(request.Character);
            if (request.IsChange) StartWaiting(request.Character);
        }

        private void SendHeld(string character)
        {
            List<Request> held;
            if (!_held.TryGetValue(character, out held)) return;
            _held.Remove(character);
            foreach (Request request in held) SendAgain(request);
        }

        private Request Find(RequestKind kind, string character)
        {
            return _pending.Find(other => other.Is(kind, character));
        }

        private Request FindLine(string character, string id)
        {
            return _pending.Find(r => r.Is(RequestKind.Line, character) && r.Id == id);
        }

        private Request FindPing(string token)
        {
            return _pending.Find(other => other.Kind == RequestKind.Ping && other.Id == token);
        }

        private static string LineKey(string character, string id)
        {
            return character + "\n" + id;
        }
    }
}
