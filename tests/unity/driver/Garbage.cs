using System;

namespace Emopic.Tests
{
    /// <summary>Counts what happens with each frame by how often the collector runs.</summary>
    /// <remarks>
    /// Its nursery has 4 MiB: in 200,000 rounds, one object of 24 bytes in each would fill it.
    /// </remarks>
    internal static class Garbage
    {
        private const int Rounds = 200000;

        /// <summary>
        /// A message, and what to do with it again and again: read it, or let a session hand it out
        /// after the <paramref name="first"/>. <c>mix</c> needs none.
        /// </summary>
        public static int Measure(string what, string hex, string first)
        {
            byte[] data = Program.FromHex(hex);
            Action once = what == "read" ? Reading(data)
                : what == "session" ? Session(data, Program.FromHex(first)) : Mixing();
            for (int i = 0; i < 1000; i++) once();
            GC.Collect();
            int before = GC.CollectionCount(0);
            for (int i = 0; i < Rounds; i++) once();
            Program.Out.WriteLine(GC.CollectionCount(0) - before);
            return 0;
        }

        private static Action Reading(byte[] data)
        {
            var reader = new WireReader();
            return () => reader.Read(data, 0, data.Length);
        }

        /// <summary>A whole game frame: a message comes, is read, kept and handed to a listener.</summary>
        private static Action Session(byte[] data, byte[] first)
        {
            var transport = new Repeating();
            var session = new EmopicSession(new SessionOptions { Transport = (url, protocol) => transport });
            transport.Next = Server.Message("hello", "server", "s", "protocol", 1);
            session.Start();
            session.Pump(0);
            transport.Next = Server.Message("ready", "session", "id", "seq", 0, "resumed", false);
            session.Pump(0);
            session.Watch("민지", null);
            transport.Next = first;
            session.Pump(0);
            long seen = 0;
            session.FrameReceived += frame => seen += frame.Count;
            session.BlendshapesReceived += shapes => seen += shapes.Values.Length;
            return () =>
            {
                transport.Next = data;
                long before = seen;
                session.Pump(0);
                if (seen == before) throw new InvalidOperationException("nothing was handed out");
            };
        }

        private static Action Mixing()
        {
            var mixer = new BlendShapeMixer();
            mixer.Reset(new[] { "a", "b" }, 2);
            mixer.Connect(0, 0, 1);
            mixer.Connect(1, 1, 1);
            mixer.Override("b", 1);
            float[] values = { 0.5f, 0.25f };
            return () =>
            {
                mixer.Want(values);
                mixer.Step(0.016f, 0.06f);
            };
        }

        private sealed class Repeating : ITransport
        {
            private readonly MessagePool _pool = new MessagePool();

            public byte[] Next { get; set; }
            public TransportState State { get { return TransportState.Open; } }
            public int CloseCode { get { return 1006; } }
            public string CloseReason { get { return ""; } }

            public bool TryReceive(out ReceivedMessage message)
            {
                message = null;
                if (Next == null) return false;
                message = _pool.Rent();
                message.Reserve(Next.Length);
                Buffer.BlockCopy(Next, 0, message.Bytes, 0, Next.Length);
                message.Count = Next.Length;
                Next = null;
                return true;
            }

            public bool TrySend(byte[] message) { return true; }
            public void Close(int code, string reason) { }
            public void Dispose() { }
        }
    }
}
