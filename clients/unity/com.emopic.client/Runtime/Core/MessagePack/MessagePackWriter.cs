using System;
using System.Text;

namespace Emopic
{
    /// <summary>Writes MessagePack values in their shortest form into one growing buffer.</summary>
    /// <remarks>
    /// Reusable: <see cref="ToArray"/> gives the message away and starts anew. At most
    /// <see cref="MostBytes"/> a message. Not thread-safe.
    /// </remarks>
    internal sealed class MessagePackWriter
    {
        public const int MostBytes = 32 * 1024 * 1024;
        private const int KeptBytes = 64 * 1024;

        private static readonly UTF8Encoding Utf8 = new UTF8Encoding(false, true);

        private byte[] _data = new byte[256];
        private int _at;

        /// <summary>Begin a map of this many pairs.</summary>
        public void WriteMapHeader(int count)
        {
            if (count < 0x10) Byte((byte)(0x80 | count));
            else Tagged(0xde, 2, (ulong)count);
        }

        /// <summary>A text key and its text.</summary>
        public void WritePair(string key, string value)
        {
            WriteText(key);
            WriteText(value);
        }

        /// <summary>A text key and its truth.</summary>
        public void WritePair(string key, bool value)
        {
            WriteText(key);
            Byte(value ? (byte)0xc3 : (byte)0xc2);
        }

        /// <summary>A text key and its integer.</summary>
        public void WritePair(string key, long value)
        {
            WriteText(key);
            WriteInteger(value);
        }

        /// <summary>A text key and its number, as a double.</summary>
        public void WritePair(string key, double value)
        {
            WriteText(key);
            Tagged(0xcb, 8, (ulong)BitConverter.DoubleToInt64Bits(value));
        }

        /// <summary>A text key and its binary data.</summary>
        public void WritePair(string key, byte[] value)
        {
            WriteText(key);
            if (value.Length < 0x100) Tagged(0xc4, 1, (ulong)value.Length);
            else if (value.Length < 0x10000) Tagged(0xc5, 2, (ulong)value.Length);
            else Tagged(0xc6, 4, (ulong)value.Length);
            int start = Room(value.Length);
            System.Buffer.BlockCopy(value, 0, _data, start, value.Length);
        }

        /// <summary>A text. Throws <see cref="ArgumentException"/> for half a surrogate pair.</summary>
        public void WriteText(string text)
        {
            int length = Utf8.GetByteCount(text);
            if (length < 0x20) Byte((byte)(0xa0 | length));
            else if (length < 0x100) Tagged(0xd9, 1, (ulong)length);
            else if (length < 0x10000) Tagged(0xda, 2, (ulong)length);
            else Tagged(0xdb, 4, (ulong)length);
            int start = Room(length);
            Utf8.GetBytes(text, 0, text.Length, _data, start);
        }

        /// <summary>The message, and an empty buffer for the next.</summary>
        public byte[] ToArray()
        {
            byte[] message = new byte[_at];
            System.Buffer.BlockCopy(_data, 0, message, 0, _at);
            Clear();
            return message;
        }

        /// <summary>Forget what was written; a large buffer is given back.</summary>
        public void Clear()
        {
            _at = 0;
            if (_data.Length > KeptBytes) _data = new byte[256];
        }

        private void WriteInteger(long value)
        {
            if (value < 0) throw new ArgumentOutOfRangeException("value", value, "the wire has no negative integers");
            if (value < 0x80) Byte((byte)value);
            else if (value < 0x100) Tagged(0xcc, 1, (ulong)value);
            else if (value < 0x10000) Tagged(0xcd, 2, (ulong)value);
            else if (value < 0x100000000) Tagged(0xce, 4, (ulong)value);
            else Tagged(0xcf, 8, (ulong)value);
        }

        private void Byte(byte value)
        {
            int start = Room(1);
            _data[start] = value;
        }

        private void Tagged(byte tag, int size, ulong value)
        {
            int start = Room(1 + size);
            _data[start] = tag;
            for (int i = size; i > 0; i--, value >>= 8) _data[start + i] = (byte)value;
        }

        private int Room(int count)
        {
            if (count > MostBytes - _at)
            {
                throw new ArgumentException("the message is larger than " + MostBytes + " bytes");
            }
            int start = _at;
            _at = start + count;
            if (_at > _data.Length) Array.Resize(ref _data, Math.Max(_at, _data.Length * 2));
            return start;
        }
    }
}
