namespace Emopic
{
    /// <summary>A Huffman table of a JPEG: from bits to symbols (ITU-T T.81, annex C and F.2.2.3).</summary>
    internal sealed class HuffmanTable
    {
        /// <summary>Codes of at most so many bits are found with one look.</summary>
        public const int QuickBits = 9;

        private readonly byte[] _symbols = new byte[256];
        private readonly int[] _past = new int[18]; // by length: the first code, left-aligned to 16 bits, that is longer
        private readonly int[] _shift = new int[17]; // by length: symbol index minus code
        private readonly short[] _quick = new short[1 << QuickBits]; // length << 8 | symbol, or -1

        /// <summary>Read a table and say how many bytes it takes; -1 if it makes no sense.</summary>
        public int Read(byte[] data, int start, int end)
        {
            if (end - start < 16) return -1;
            int total = 0;
            for (int i = 0; i < 16; i++) total += data[start + i];
            if (total > 256 || end - start < 16 + total) return -1;
            System.Buffer.BlockCopy(data, start + 16, _symbols, 0, total);
            return Build(data, start) ? 16 + total : -1;
        }

        private bool Build(byte[] data, int start)
        {
            for (int i = 0; i < _quick.Length; i++) _quick[i] = -1;
            int code = 0;
            int index = 0;
            for (int length = 1; length <= 16; length++)
            {
                _shift[length] = index - code;
                int count = data[start + length - 1];
                for (int i = 0; i < count; i++) Quick(code + i, length, _symbols[index + i]);
                code += count;
                index += count;
                if (code > 1 << length) return false;
                _past[length] = code << 16 - length;
                code <<= 1;
            }
            _past[17] = int.MaxValue;
            return true;
        }

        private void Quick(int code, int length, byte symbol)
        {
            if (length > QuickBits || code >= 1 << length) return;
            int first = code << QuickBits - length;
            for (int i = 0; i < 1 << QuickBits - length; i++) _quick[first + i] = (short)(length << 8 | symbol);
        }

        /// <summary>The length and symbol that begin these 16 bits, as length &lt;&lt; 8 | symbol; -1 for none.</summary>
        public int Look(int bits16)
        {
            int quick = _quick[bits16 >> 16 - QuickBits];
            if (quick >= 0) return quick;
            int length = QuickBits + 1;
            while (bits16 >= _past[length]) length++;
            if (length > 16) return -1;
            return length << 8 | _symbols[(bits16 >> 16 - length) + _shift[length] & 0xff];
        }
    }
}
