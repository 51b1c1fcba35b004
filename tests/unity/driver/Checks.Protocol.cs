using System;
using System.Collections.Generic;
using System.Linq;

namespace Emopic.Tests
{
    /// <summary>The conversation with a server that says exactly what a check wants.</summary>
    internal static partial class Checks
    {
        private sealed class FakeTransport : ITransport
        {
            public readonly Queue<byte[]> ToClient = new Queue<byte[]>();
            public readonly List<byte[]> FromClient = new List<byte[]>();
            public int Closed;
            public bool IsFull;
            private readonly MessagePool _pool = new MessagePool();

            public TransportState State { get; set; } = TransportState.Open;
            public int CloseCode { get; set; } = 1006;
            public string CloseReason { get; set; } = "";

            public bool TryReceive(out ReceivedMessage message)
            {
                message = null;
                if (ToClient.Count == 0) return false;
                byte[] data = ToClient.Dequeue();
                message = _pool.Rent();
                message.Reserve(data.Length);
                Buffer.BlockCopy(data, 0, message.Bytes, 0, data.Length);
                message.Count = data.Length;
                return true;
            }

            public bool TrySend(byte[] message)
            {
                if (IsFull) return false;
                FromClient.Add(message);
                return true;
            }

            public void Close(int code, string reason)
            {
                Closed = code;
                State = TransportState.Closed;
            }

            public void Dispose()
            {
            }
        }

        /// <summary>A session over fake transports, and everything it has told.</summary>
        private sealed class Fixture
        {
            public readonly List<FakeTransport> Transports = new List<FakeTransport>();
            public readonly List<string> Told = new List<string>();
            public readonly EmopicSession Session;
            public double Now;

            public Fixture(double silence = 0, Backoff reconnect = null)
            {
                Session = new EmopicSession(new SessionOptions
                {
                    Transport = Dial,
                    SilenceTimeout = silence,
                    RequestTimeout = 5,
                    Reconnect = reconnect ?? new Backoff(1, 1, 0),
                });
                Session.Opened += o => Told.Add("opened " + o.Again + " " + o.Resumed);
                Session.Lost += l => Told.Add("lost " + l.Code + " " + (l.RetrySeconds != null));
                Session.ErrorReceived += e => Told.Add("error " + e.Code + " " + (e.Line ?? e.Character));
                Session.EmotionReceived += e => Told.Add("emotion " + e.Line);
                Session.FrameReceived += f => Told.Add("frame " + f.Number + (f.IsPatch ? " patch" : ""));
                Session.Start();
            }

            public FakeTransport Line { get { return Transports[Transports.Count - 1]; } }

            private ITransport Dial(Uri url, string subprotocol)
            {
                Transports.Add(new FakeTransport());
                return Line;
            }

            public void Pump(double seconds = 0.01)
            {
                Now += seconds;
                Session.Pump(Now);
            }

            public void Open(bool resumed = false)
            {
                Pump();
                Say("hello", "server", "s", "protocol", 1);
                Say("ready", "session", "id", "seq", 0, "resumed", resumed);
                Line.FromClient.Clear();
            }

            /// <summary>One message of the server, from pairs of names and values.</summary>
            public void Say(string type, params object[] fields)
            {
                Line.ToClient.Enqueue(Server.Message(type, fields));
                Pump();
            }

            /// <summary>The types of what the client has said, pings left out.</summary>
            public string Said()
            {
                string said = string.Join(" ", Line.FromClient.Select(Server.TypeOf).Where(t => t != "ping"));
                Line.FromClient.Clear();
                return said;
            }

            public string Heard()
            {
                string heard = string.Join(", ", Told);
                Told.Clear();
                return heard;
            }
        }

        [Check]
        private static void ChangesToOneCharacterAreAskedOneAfterAnother()
        {
            var f = new Fixture();
            f.Open();
            f.Session.PutBuiltin("a", "x");
            f.Session.Watch("a", null);
            f.Session.PutBuiltin("b", "x");
            Same("character.put character.put", f.Said(), "one change to each");
            f.Say("character.ready", "seq", 1, "character", "a");
            Same("watch", f.Said(), "the next");
            for (int i = 0; i < 5; i++) f.Session.PutBuiltin("b", "x" + i);
            f.Say("character.ready", "seq", 2, "character", "b");
            Same("character.put", f.Said(), "only the latest wish of one kind");
        }

        [Check]
        private static void AGapBetweenEventsIsFilledByAResume()
        {
            var f = new Fixture();
            f.Open();
            f.Session.SendLine("a", "text", "1");
            f.Say("emotion", "seq", 1, "character", "a", "line", "1");
            f.Say("emotion", "seq", 1, "character", "a", "line", "1");
            Same("opened False False, emotion 1", f.Heard(), "one told once");
            f.Say("emotion", "seq", 3, "character", "a", "line", "3");
            Same("lost 1002 True", f.Heard(), "a gap");
            Same(1002, f.Transports[0].Closed, "close code");
            f.Pump(2);
            f.Say("hello", "server", "s", "protocol", 1);
            That(Program.ToHex(f.Line.FromClient[0]).EndsWith("a373657101"), "resumes behind event 1");
        }

        [Check]
        private static void BadBytesEndTheSession()
        {
            var f = new Fixture();
            f.Open();
            f.Heard();
            f.Line.ToClient.Enqueue(new byte[] { 0xc1, 0xff });
            f.Pump();
            Same("lost 1002 False", f.Heard(), "bad bytes");
            Same(SessionStatus.Stopped, f.Session.Status, "status");
            f.Session.SendLine("a", "text", "9");
            f.Pump();
            Same("error stopped 9", f.Heard(), "a line afterwards");
        }

        [Check]
        private static void AnotherVersionIsNotSpoken()
        {
            var f = new Fixture();
            f.Pump();
            f.Say("hello", "server", "s", "protocol", 2);
            Same("lost 1002 False", f.Heard(), "version 2");
            That(f.Session.LastProblem.Contains("protocol 2"), "it says why: " + f.Session.LastProblem);
        }

        [Check]
        private static void ALineWithoutAnAnswerIsToldAndASecondAnswerIsNot()
        {
            var f = new Fixture();
            f.Open();
            f.Session.SendLine("a", "text", "1");
            f.Pump(6);
            Same("opened False False, error timeout 1", f.Heard(), "no answer");
            f.Session.SendLine("a", "text", "2");
            Throws<ArgumentException>(() => f.Session.SendLine("a", "text", "2"), "the same line twice");
            f.Line.State = TransportState.Closed;
            f.Pump();
            f.Pump(2);
            f.Open();
            f.Say("emotion", "seq", 1, "character", "a", "line", "2");
            f.Say("emotion", "seq", 2, "character", "a", "line", "2");
            Same("lost 1006 True, opened True False, emotion 2", f.Heard(), "answered twice, told once");
        }

        [Check]
        private static void AfterALostSessionALineWaitsForItsFace()
        {
            var f = new Fixture();
            f.Open();
            f.Session.PutBuiltin("a", "x");
            f.Say("character.ready", "seq", 1, "character", "a");
            f.Line.State = TransportState.Closed;
            f.Pump();
            f.Session.SendLine("a", "text", "1");
            f.Session.SendLine("b", "text", "2");
            f.Pump(2);
            f.Pump();
            f.Say("hello", "server", "s", "protocol", 1);
            f.Line.FromClient.Clear();
            f.Say("ready", "session", "other", "seq", 0, "resumed", false);
            Same("character.put line", f.Said(), "the face, and the other's line");
            f.Say("character.ready", "seq", 1, "character", "a");
            Same("line", f.Said(), "then its line");
        }

        [Check]
        private static void FramesAreTheLatestAndOnlyOfTheWatched()
        {
            var f = new Fixture();
            f.Open();
            f.Session.Watch("a", null);
            f.Heard();
            f.Line.ToClient.Enqueue(Server.Frame("a", 1, false));
            f.Line.ToClient.Enqueue(Server.Frame("a", 2, true));
            f.Line.ToClient.Enqueue(Server.Frame("b", 3, false));
            f.Line.ToClient.Enqueue(Server.Frame("a", 4, true));
            f.Pump();
            Same("frame 1, frame 4 patch", f.Heard(), "a full frame and the latest patch");
            f.Line.ToClient.Enqueue(Server.Frame("a", 5, true));
            f.Line.ToClient.Enqueue(Server.Frame("a", 6, false));
            f.Pump();
            Same("frame 6", f.Heard(), "a full frame replaces everything");
        }

        [Check]
        private static void AFullSendQueueLosesNothing()
        {
            var f = new Fixture();
            f.Open();
            f.Heard();
            f.Line.IsFull = true;
            f.Session.SendLine("a", "text", "1");
            f.Pump();
            Same("lost 1002 True", f.Heard(), "a new connection");
            f.Pump(2);
            f.Open();
            f.Pump();
            Same("opened True False", f.Heard(), "opened again");
            f.Say("emotion", "seq", 1, "character", "a", "line", "1");
            Same("emotion 1", f.Heard(), "the line was said again");
        }

        [Check]
        private static void ASilentServerIsAskedAndThenLeft()
        {
            var f = new Fixture(silence: 10);
            f.Open();
            f.Heard();
            f.Pump(11);
            Same("ping", Server.TypeOf(f.Line.FromClient.Single()), "are you there");
            f.Say("pong", "token", "silence");
            f.Pump(9);
            Same("", f.Heard(), "it is");
            f.Pump(2);
            f.Pump(11);
            Same("lost 1006 True", f.Heard(), "it is not");
        }

        [Check]
        private static void ItGivesUpAfterItsAttempts()
        {
            var f = new Fixture(reconnect: new Backoff(1, 1, 0, 2));
            for (int i = 0; i < 10 && f.Session.Status != SessionStatus.Stopped; i++)
            {
                f.Pump(2);
                f.Line.State = TransportState.Closed;
            }
            Same(3, f.Transports.Count, "attempts");
            Same("lost 1006 True, lost 1006 True, lost 1006 False", f.Heard(), "what it told");
        }

        [Check]
        private static void TooManyRequestsAreRefusedAtOnce()
        {
            var f = new Fixture();
            f.Pump();
            for (int i = 0; i < Protocol.MostRequests; i++) f.Session.SendLine("a", "text", i.ToString());
            f.Session.SendLine("a", "text", "one more");
            f.Pump();
            Same("error overflow one more", f.Heard(), "the bound");
        }

        [Check]
        private static void APictureIsReadOnce()
        {
            var f = new Fixture();
            f.Open();
            string read = null;
            f.Session.ReadingReceived += reading => read = reading.Id + " " + reading.Text;
            string id = f.Session.ReadPicture(new byte[] { 1 });
            Same("read", f.Said(), "asked");
            f.Say("reading", "seq", 1, "id", id, "text", "말", "confidence", 0.5);
            Same(id + " 말", read, "read");
            f.Pump(6);
            f.Session.ReadPicture(new byte[] { 2 });
            f.Heard();
            f.Pump(6);
            That(f.Heard().StartsWith("error timeout"), "the other has no answer");
        }

        [Check]
        private static void WishesAreSaidWhenIdentifying()
        {
            var who = new Identity { Client = "c", Guard = LineGuard.Mask, History = LineHistory.Scores };
            string hex = Program.ToHex(new WireWriter().Identify(who, null, 0));
            That(hex.EndsWith(Hex("guard", "mask") + Hex("history", "scores")), hex);
            var options = new CharacterOptions { History = LineHistory.Text };
            hex = Program.ToHex(new WireWriter().Put("c", new FaceOrigin { Builtin = "b" }, options, false));
            That(hex.EndsWith(Hex("history", "text")), hex);
        }

        private static string Hex(params string[] texts)
        {
            var writer = new MessagePackWriter();
            foreach (string text in texts) writer.WriteText(text);
            return Program.ToHex(writer.ToArray());
        }

        [Check]
        private static void OneWatchServesAllViewers()
        {
            var wishes = new WatchWishes();
            Same(null, wishes.Merged().Frames, "nobody wants pictures");
            object[] viewers = { "a", "b", "c" };
            wishes.Set(viewers[0], new WatchOptions { Frames = new FrameOptions { Size = 64, Fps = 60 } });
            wishes.Set(viewers[1], new WatchOptions { Frames = new FrameOptions { Size = 256, Format = PictureFormat.Png } });
            wishes.Set(viewers[2], new WatchOptions { Blendshapes = BlendshapeSet.Vrm0, Text = true });
            WatchOptions all = wishes.Merged();
            Same("256 60 Jpeg", all.Frames.Size + " " + all.Frames.Fps + " " + all.Frames.Format, "pictures");
            Same("Vrm0 True", all.Blendshapes + " " + all.Text, "the rest");
            wishes.Set(viewers[0], new WatchOptions { Frames = new FrameOptions { Size = 0 } });
            Same("0 Png", wishes.Merged().Frames.Size + " " + wishes.Merged().Frames.Format, "its own size");
            foreach (object viewer in viewers) wishes.Set(viewer, null);
            Same(null, wishes.Merged().Frames, "nobody any more");
        }

        [Check]
        private static void DisposedIsDisposed()
        {
            var f = new Fixture();
            f.Open();
            f.Session.Dispose();
            f.Session.Dispose();
            Same(1000, f.Line.Closed, "goodbye");
            Throws<ObjectDisposedException>(() => f.Session.SendLine("a", "text"), "a line");
            f.Pump();
        }
    }
}
