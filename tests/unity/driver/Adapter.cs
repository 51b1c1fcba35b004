using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;

namespace Emopic.Tests
{
    /// <summary>The adapter that the conformance kit drives a client through: docs/clients/conformance.md.</summary>
    internal sealed class Adapter
    {
        private sealed class Newest
        {
            public long Number;
            public int Bytes;
        }

        private readonly ConcurrentQueue<string> _commands = new ConcurrentQueue<string>();
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private readonly Dictionary<string, Newest> _newest = new Dictionary<string, Newest>();
        private EmopicSession _session;
        private volatile bool _ended;

        public int Run()
        {
            new Thread(Read) { IsBackground = true }.Start();
            while (!_ended || !_commands.IsEmpty)
            {
                string line;
                while (_commands.TryDequeue(out line)) Do(FlatJson.Read(line));
                if (_session != null) _session.Pump(_clock.Elapsed.TotalSeconds);
                Thread.Sleep(2);
            }
            Close();
            Thread.Sleep(100);
            return 0;
        }

        private void Read()
        {
            string line;
            while ((line = Program.In.ReadLine()) != null) _commands.Enqueue(line);
            _ended = true;
        }

        private void Do(Dictionary<string, string> command)
        {
            string name;
            command.TryGetValue("character", out name);
            switch (command["do"])
            {
                case "open": Open(command); break;
                case "mark": Tell("mark", "id", command["id"]); break;
                case "close": Close(); break;
                case "latest": Latest(name); break;
                case "put": _session?.PutBuiltin(name, command["builtin"]); break;
                case "watch": Watch(name, command); break;
                case "line": _session?.SendLine(name, command["text"], command["id"]); break;
            }
        }

        private void Open(Dictionary<string, string> command)
        {
            Close();
            string token;
            command.TryGetValue("token", out token);
            _session = new EmopicSession(new SessionOptions { Url = command["url"], Token = token, ClientName = "conformance" });
            _session.Opened += o => Tell("open", "resumed", o.Resumed);
            _session.Lost += l => Tell("closed", "final", l.RetrySeconds == null);
            _session.CharacterReadyReceived += r =>
                Tell("character", "character", r.Character, "width", r.Width, "height", r.Height);
            _session.EmotionReceived += e =>
                Tell("emotion", "line", e.Line, "top", e.Top, "scores", e.Scores, "final", e.Final);
            _session.NoticeReceived += n => Tell("notice", "code", n.Code);
            _session.ErrorReceived += OnError;
            _session.FrameReceived += f => _newest[f.Character] = new Newest { Number = f.Number, Bytes = f.Count };
            _session.Start();
        }

        private void Watch(string name, Dictionary<string, string> command)
        {
            string keep;
            command.TryGetValue("keep", out keep);
            var frames = new FrameOptions { Keep = keep == null ? 0 : int.Parse(keep) };
            _session?.Watch(name, new WatchOptions { Frames = frames });
        }

        private static void OnError(RequestError e)
        {
            string fault = e.IsClientFault ? "client" : "server";
            Tell("error", "code", e.Code, "fault", fault, "ref", e.Ref, "retry_ms", e.RetryMs);
        }

        private void Close()
        {
            if (_session != null) _session.Dispose();
            _session = null;
            _newest.Clear();
        }

        private void Latest(string name)
        {
            Newest newest;
            bool there = _newest.TryGetValue(name, out newest);
            Tell("latest", "character", name, "n", there ? (object)newest.Number : null, "bytes", there ? newest.Bytes : 0);
        }

        private static void Tell(string kind, params object[] pairs)
        {
            Json json = new Json().Add("is", kind);
            for (int i = 0; i < pairs.Length; i += 2) json.Add((string)pairs[i], pairs[i + 1]);
            Program.Out.WriteLine(json);
        }
    }
}
