using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Threading;

namespace Emopic.Tests
{
    /// <summary>
    /// A session that does what stdin says and tells everything on stdout, pumped as by a game that
    /// runs at 250 frames a second. A command is words between tabs.
    /// </summary>
    internal sealed class Talker
    {
        private readonly ConcurrentQueue<string[]> _commands = new ConcurrentQueue<string[]>();
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private readonly EmopicSession _session;
        private bool _quit;
        private bool _throw;

        public Talker(string url, string token)
        {
            _session = new EmopicSession(new SessionOptions
            {
                Url = url,
                Token = token,
                ClientName = "unity-test",
                Reconnect = new Backoff(0.01, 0.05),
                SilenceTimeout = 3,
            });
            Listen();
        }

        public int Run()
        {
            new Thread(ReadCommands) { IsBackground = true }.Start();
            _session.Start();
            while (!_quit)
            {
                string[] command;
                while (_commands.TryDequeue(out command)) Try(command);
                _session.Pump(_clock.Elapsed.TotalSeconds);
                Thread.Sleep(4);
            }
            _session.Dispose();
            Thread.Sleep(100); // a game goes on for a moment, too; the goodbye is on its way
            return 0;
        }

        private void ReadCommands()
        {
            string line;
            while ((line = Program.In.ReadLine()) != null) _commands.Enqueue(line.Split('\t'));
            _commands.Enqueue(new[] { "quit" });
        }

        private void Try(string[] command)
        {
            try
            {
                Do(command);
            }
            catch (ArgumentException error)
            {
                Tell(new Json().Add("event", "argument").Add("message", error.Message));
            }
        }

        private void Do(string[] c)
        {
            switch (c[0])
            {
                case "put": _session.PutBuiltin(c[1], c[2]); break;
                case "face": _session.PutCharacter(c[1], File.ReadAllBytes(c[2])); break;
                case "drop": _session.DropCharacter(c[1]); break;
                case "watch": _session.Watch(c[1], Watch(c)); break;
                case "unwatch": _session.Unwatch(c[1]); break;
                case "line": _session.SendLine(c[1], c[3], c[2]); break;
                case "partial": _session.SendPartial(c[1], c[2], c[3]); break;
                case "express": _session.Express(c[1], new Dictionary<string, float> { { c[2], 1 } }); break;
                case "throw": _throw = true; break;
                case "sleep": Thread.Sleep(int.Parse(c[1])); break;
                case "say": Tell(new Json().Add("event", "said").Add("text", c[1])); break;
                case "quit": _quit = true; break;
                default: throw new InvalidOperationException("no command " + c[0]);
            }
        }

        private static WatchOptions Watch(string[] c)
        {
            var watch = new WatchOptions();
            foreach (string word in c)
            {
                if (word == "frames") watch.Frames = new FrameOptions { Size = 64 };
                if (word == "raw") watch.Frames = new FrameOptions { Size = 64, Format = PictureFormat.Raw };
                if (word == "arkit") watch.Blendshapes = BlendshapeSet.ARKit;
            }
            return watch;
        }

        private void Listen()
        {
            _session.StatusChanged += s => Tell(new Json().Add("event", "status").Add("status", s.ToString()));
            _session.Opened += o => Tell(new Json().Add("event", "opened").Add("again", o.Again).Add("resumed", o.Resumed));
            _session.Lost += l => Tell(new Json().Add("event", "lost").Add("code", l.Code).Add("reason", l.Reason)
                .Add("again", l.RetrySeconds != null));
            _session.CharacterReadyReceived += r => Tell(new Json().Add("event", "ready").Add("seq", r.Seq)
                .Add("character", r.Character).Add("width", r.Width).Add("source", r.Source));
            _session.CharacterDroppedReceived += d => Tell(new Json().Add("event", "dropped").Add("seq", d.Seq)
                .Add("character", d.Character).Add("reason", d.Reason));
            _session.EmotionReceived += OnEmotion;
            _session.NoticeReceived += n => Tell(new Json().Add("event", "notice").Add("seq", n.Seq).Add("code", n.Code));
            _session.ErrorReceived += e => Tell(new Json().Add("event", "error").Add("seq", e.Seq).Add("code", e.Code)
                .Add("message", e.Message).Add("character", e.Character).Add("line", e.Line));
            _session.FrameReceived += f => Tell(new Json().Add("event", "frame").Add("character", f.Character)
                .Add("n", f.Number).Add("width", f.Width).Add("patch", f.IsPatch).Add("bytes", f.Count)
                .Add("begin", Program.ToHex(new[] { f.Data[f.Offset], f.Data[f.Offset + 1] })).Add("line", f.Line)
                .Add("expression", f.Expression));
            _session.BlendshapesReceived += b => Tell(new Json().Add("event", "blendshapes").Add("character", b.Character)
                .Add("names", b.Names).Add("values", b.Values));
            _session.HandlerFailed += e => Tell(new Json().Add("event", "handler").Add("message", e.Message));
        }

        private void OnEmotion(Emotion e)
        {
            Tell(new Json().Add("event", "emotion").Add("seq", e.Seq).Add("character", e.Character)
                .Add("line", e.Line).Add("top", e.Top).Add("final", e.Final).Add("scores", e.Scores));
            if (!_throw) return;
            _throw = false;
            throw new InvalidOperationException("a handler of the game failed");
        }

        private static void Tell(Json json)
        {
            Program.Out.WriteLine(json);
        }
    }
}
