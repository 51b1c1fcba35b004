using System;

namespace Emopic
{
    /// <summary>One received websocket message in a buffer that is used again.</summary>
    public sealed class ReceivedMessage
    {
        private readonly MessagePool _pool;

        internal ReceivedMessage(MessagePool pool, int room)
        {
            _pool = pool;
            Bytes = new byte[room];
        }

        /// <summary>The buffer; the message is its first <see cref="Count"/> bytes.</summary>
        public byte[] Bytes { get; private set; }

        /// <summary>How long the message is.</summary>
        public int Count { get; internal set; }

        /// <summary>Whether it came as text, which the protocol's binary encoding never does.</summary>
        public bool IsText { get; internal set; }

        /// <summary>Give the buffer back. Do not touch it afterwards.</summary>
        public void Release()
        {
            _pool.Return(this);
        }

        /// <summary>Make room for so many bytes; what was there is lost.</summary>
        internal void Reserve(int length)
        {
            if (Bytes.Length < length) Bytes = new byte[length];
        }

        /// <summary>Make room behind what is there, by doubling.</summary>
        internal void Grow(int most)
        {
            byte[] wider = new byte[(int)Math.Min((long)Bytes.Length * 2, most)];
            System.Buffer.BlockCopy(Bytes, 0, wider, 0, Count);
            Bytes = wider;
        }
    }

    /// <summary>Buffers that are used again. Thread-safe.</summary>
    /// <remarks>Keeps at most <see cref="Kept"/> buffers of at most <see cref="KeptBytes"/> each.</remarks>
    internal sealed class MessagePool
    {
        public const int Kept = 16;
        public const int KeptBytes = 2 * 1024 * 1024;
        private const int FirstBytes = 16 * 1024;

        private readonly ReceivedMessage[] _free = new ReceivedMessage[Kept];
        private int _count;

        public ReceivedMessage Rent()
        {
            lock (_free)
            {
                if (_count > 0)
                {
                    ReceivedMessage message = _free[--_count];
                    _free[_count] = null;
                    message.Count = 0;
                    message.IsText = false;
                    return message;
                }
            }
            return new ReceivedMessage(this, FirstBytes);
        }

        public void Return(ReceivedMessage message)
        {
            lock (_free)
            {
                if (_count < Kept && message.Bytes.Length <= KeptBytes) _free[_count++] = message;
            }
        }
    }
}
