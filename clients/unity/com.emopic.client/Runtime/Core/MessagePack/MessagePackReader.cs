using System;
using System.Text;

namespace Emopic
{
    /// <summary>
    /// Reads MessagePack values one after another, without allocating anything but the texts.
    /// </summary>
    /// <remarks>
    /// Bounded: counts are checked against the bytes that are left before anything is believed,
    /// skipping goes at most <see cref="MostDepth"/> levels deep, and a message has at most
    /// <see cref="MostItems"/> values. Every failure is a <see cref="WireException"/>.
    /// Format: https://github.com/msgpack/msgpack/blob/master/spec.md
    /// </remarks>
    internal struct MessagePackReader
    {
        public const int MostDepth = 16;
        public const int MostItems = 100000;
        public const long MostCount = (1L << 53) - 1;

        private static readonly UTF8Encoding Utf8 = new UTF8Encoding(false, true);

        private readonly byte[] _data;
        private readonly int _end;
        private readonly TextCache _texts;
        private int _at;
        private int _items;

        public MessagePackReader(byte[] data, int offset, int count, TextCache texts)
        {
            _data = data;
            _at = offset;
            _end = offset + count;
            _texts = texts;
            _items = 0;
        }

        /// <summary>The place in the array where the next value begins.</summary>
        public int At { get { return _at; } }

        /// <summary>Refuse bytes behind the value.</summary>
        public void End()
        {
            if (_at != _end)
            {
                throw WireException.BadMessage((_end - _at) + " trailing bytes");
            }
        }

        /// <summary>The number of pairs in the map that begins here.</summary>
        public int ReadMapHeader(string field)
        {
            byte tag = NextTag();
            if ((tag & 0xf0) == 0x80) return Counted(tag & 0x0f, 2);
            if (tag == 0xde) return Counted(Unsigned(2), 2);
            if (tag == 0xdf) return Counted(Unsigned(4), 2);
            throw Unexpected(tag, field, "a map");
        }

        /// <summary>The number of items in the array that begins here.</summary>
        public int ReadArrayHeader(string field)
        {
            byte tag = NextTag();
            if ((tag & 0xf0) == 0x90) return Counted(tag & 0x0f, 1);
            if (tag == 0xdc) return Counted(Unsigned(2), 1);
            if (tag == 0xdd) return Counted(Unsigned(4), 1);
            throw Unexpected(tag, field, "a list");
        }

        /// <summary>Step over a nil if one is next, and say whether it was.</summary>
        public bool TryReadNil()
        {
            if (_at >= _end || _data[_at] != 0xc0) return false;
            NextTag();
            return true;
        }

        /// <summary>Whether a text is next.</summary>
        public bool NextIsText { get { return _at < _end && IsText(_data[_at]); } }

        /// <summary>A boolean.</summary>
        public bool ReadBool(string field)
        {
            byte tag = NextTag();
            if (tag == 0xc2) return false;
            if (tag == 0xc3) return true;
            throw Unexpected(tag, field, "true or false");
        }

        /// <summary>An integer within these bounds.</summary>
        public long ReadInteger(string field, long least, long most)
        {
            byte tag = NextTag();
            long value;
            if (!TryInteger(tag, field, out value)) throw Unexpected(tag, field, "an integer");
            if (value < least || value > most)
            {
                throw WireException.BadField(field, value + " is not within " + least + " and " + most);
            }
            return value;
        }

        /// <summary>A finite number within these bounds; integers are numbers, too.</summary>
        public double ReadNumber(string field, double least, double most)
        {
            double value = AnyNumber(field);
            if (!(value >= least && value <= most)) // NaN fails both
            {
                throw WireException.BadField(field, value + " is not within " + least + " and " + most);
            }
            return value;
        }

        /// <summary>A text; the same bytes give the same string object most of the time.</summary>
        public string ReadText(string field)
        {
            byte tag = NextTag();
            if (!IsText(tag)) throw Unexpected(tag, field, "a text");
            int length = TextLength(tag);
            int start = Take(length);
            try
            {
                return _texts.Get(_data, start, length, Utf8);
            }
            catch (DecoderFallbackException)
            {
                throw WireException.BadMessage("a text of " + length + " bytes is not UTF-8");
            }
        }

        /// <summary>A text of this many code points.</summary>
        public string ReadText(string field, int least, int most)
        {
            string text = ReadText(field);
            int length = CodePoints(text);
            if (length < least || length > most)
            {
                throw WireException.BadField(field, length + " characters are not within " + least + " and " + most);
            }
            return text;
        }

        /// <summary>Where binary data lies in the array; nothing is copied.</summary>
        public void ReadBinary(string field, out int start, out int length)
        {
            byte tag = NextTag();
            if (tag < 0xc4 || tag > 0xc6) throw Unexpected(tag, field, "binary data");
            length = Length(Unsigned(1 << (tag - 0xc4)));
            start = Take(length);
        }

        /// <summary>Step over whatever value comes next.</summary>
        public void Skip()
        {
            Skip(1);
        }

        /// <summary>How many code points a text has; half a surrogate pair counts as one.</summary>
        public static int CodePoints(string text)
        {
            int count = text.Length;
            for (int i = 1; i < text.Length; i++)
            {
                if (char.IsLowSurrogate(text[i]) && char.IsHighSurrogate(text[i - 1])) count--;
            }
            return count;
        }

        private void Skip(int depth)
        {
            if (depth > MostDepth) throw WireException.BadMessage("nested deeper than " + MostDepth);
            byte tag = NextTag();
            int children = SkipScalar(tag);
            for (int i = 0; i < children; i++) Skip(depth + 1);
        }

        /// <summary>Steps over a value without its children, and says how many those are.</summary>
        private int SkipScalar(byte tag)
        {
            if (tag < 0x80 || tag >= 0xe0 || tag == 0xc0 || tag == 0xc2 || tag == 0xc3) return 0;
            if (tag < 0x90) return Counted(tag & 0x0f, 2) * 2;
            if (tag < 0xa0) return Counted(tag & 0x0f, 1);
            if (IsText(tag)) return Over(TextLength(tag));
            if (tag >= 0xc4 && tag <= 0xc6) return Over(Length(Unsigned(1 << (tag - 0xc4))));
            if (tag == 0xca) return Over(4);
            if (tag == 0xcb) return Over(8);
            if (tag >= 0xcc && tag <= 0xcf) return Over(1 << (tag - 0xcc));
            if (tag >= 0xd0 && tag <= 0xd3) return Over(1 << (tag - 0xd0));
            if (tag == 0xdc || tag == 0xdd) return Counted(Unsigned(tag == 0xdc ? 2 : 4), 1);
            if (tag == 0xde || tag == 0xdf) return Counted(Unsigned(tag == 0xde ? 2 : 4), 2) * 2;
            throw WireException.BadMessage("type byte 0x" + tag.ToString("x2") + " is not used here");
        }

        private int Over(int length)
        {
            Take(length);
            return 0;
        }

        private byte NextTag()
        {
            if (++_items > MostItems) throw WireException.BadMessage("more than " + MostItems + " values");
            return _data[Take(1)];
        }

        private int Take(int count)
        {
            int start = _at;
            if (count > _end - start) throw WireException.BadMessage("the message ends too early");
            _at = start + count;
            return start;
        }

        private ulong Unsigned(int size)
        {
            int start = Take(size);
            ulong value = 0;
            for (int i = 0; i < size; i++) value = value << 8 | _data[start + i];
            return value;
        }

        private int Length(ulong length)
        {
            if (length > (ulong)(_end - _at)) throw WireException.BadMessage("the message ends too early");
            return (int)length;
        }

        private int Counted(int count, int bytesEach)
        {
            return Counted((ulong)count, bytesEach);
        }

        /// <summary>A count is only believed when that many values fit into what is left.</summary>
        private int Counted(ulong count, int bytesEach)
        {
            if (count * (ulong)bytesEach > (ulong)(_end - _at))
            {
                throw WireException.BadMessage(count + " items do not fit into the message");
            }
            return (int)count;
        }

        private static bool IsText(byte tag)
        {
            return (tag & 0xe0) == 0xa0 || tag >= 0xd9 && tag <= 0xdb;
        }

        private int TextLength(byte tag)
        {
            return tag < 0xd9 ? tag & 0x1f : Length(Unsigned(1 << (tag - 0xd9)));
        }

        private double AnyNumber(string field)
        {
            byte tag = NextTag();
            if (tag == 0xca) return Single((uint)Unsigned(4));
            if (tag == 0xcb) return BitConverter.Int64BitsToDouble((long)Unsigned(8));
            long value;
            if (TryInteger(tag, field, out value)) return value;
            throw Unexpected(tag, field, "a number");
        }

        /// <summary>The float with these bits, by widening them to a double's.</summary>
        private static double Single(uint bits)
        {
            long sign = (long)(bits >> 31) << 63;
            int exponent = (int)(bits >> 23 & 0xff);
            long fraction = bits & 0x7fffff;
            if (exponent == 0) // zero and subnormals
            {
                double small = fraction * 1.401298464324817e-45;
                return sign == 0 ? small : -small;
            }
            long wide = exponent == 255 ? 0x7ff : exponent - 127 + 1023;
            return BitConverter.Int64BitsToDouble(sign | wide << 52 | fraction << 29);
        }

        private bool TryInteger(byte tag, string field, out long value)
        {
            if (tag < 0x80) value = tag;
            else if (tag >= 0xe0) value = (sbyte)tag;
            else if (tag >= 0xcc && tag <= 0xcf) value = Positive(Unsigned(1 << (tag - 0xcc)), field);
            else if (tag == 0xd0) value = (sbyte)Unsigned(1);
            else if (tag == 0xd1) value = (short)Unsigned(2);
            else if (tag == 0xd2) value = (int)Unsigned(4);
            else if (tag == 0xd3) value = (long)Unsigned(8);
            else
            {
                value = 0;
                return false;
            }
            return true;
        }

        private static long Positive(ulong value, string field)
        {
            if (value > long.MaxValue) throw WireException.BadField(field, value + " is out of range");
            return (long)value;
        }

        private static WireException Unexpected(byte tag, string field, string wanted)
        {
            return WireException.BadField(field, "type byte 0x" + tag.ToString("x2") + " is not " + wanted);
        }
    }
}
