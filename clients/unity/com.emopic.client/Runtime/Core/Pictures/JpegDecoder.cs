using System;

namespace Emopic
{
    /// <summary>
    /// Decodes baseline JPEG, so that pictures need not be decoded on Unity's main thread.
    /// </summary>
    /// <remarks>
    /// What the server sends and a little more: 8 bits, Huffman coding, grey or YCbCr, chroma whole
    /// or halved in either direction, restart intervals. Progressive and other JPEGs are refused with
    /// a <see cref="PictureException"/>, as is anything broken. The buffers are used again for the
    /// next picture. Source: ITU-T T.81 (1992) and JFIF 1.02.
    /// </remarks>
    internal sealed partial class JpegDecoder
    {
        private sealed class Component
        {
            public int Id;
            public int Across; // sampling factors
            public int Down;
            public int Table;
            public int Dc;
            public int Ac;
            public int Last; // the DC value of the block before
            public int Stride;
            public byte[] Plane = new byte[0];
        }

        private readonly int[][] _quantisation = { new int[64], new int[64], new int[64], new int[64] };
        private readonly HuffmanTable[] _dc = { new HuffmanTable(), new HuffmanTable(), new HuffmanTable(), new HuffmanTable() };
        private readonly HuffmanTable[] _ac = { new HuffmanTable(), new HuffmanTable(), new HuffmanTable(), new HuffmanTable() };
        private readonly Component[] _components = { new Component(), new Component(), new Component() };
        private readonly int[] _block = new int[64];
        private byte[] _data;
        private int _at;
        private int _end;
        private int _count; // of components; 0 before the frame header
        private int _mostAcross;
        private int _mostDown;
        private int _restart;
        private bool _isDone;

        /// <summary>Width of the last picture in pixels.</summary>
        public int Width { get; private set; }

        /// <summary>Height of the last picture in pixels.</summary>
        public int Height { get; private set; }

        /// <summary>The last picture as RGBA rows from the top; the array may be longer.</summary>
        public byte[] Pixels { get; private set; } = new byte[0];

        /// <summary>Decode a picture into <see cref="Pixels"/>.</summary>
        public void Decode(byte[] data, int offset, int count)
        {
            _data = data;
            _at = offset;
            _end = offset + count;
            _count = _restart = 0;
            _isDone = false;
            try
            {
                if (Word() != 0xffd8) throw Broken("it does not begin like one");
                while (!_isDone) ReadSegment();
            }
            catch (IndexOutOfRangeException)
            {
                throw Broken("its numbers do not fit together");
            }
            Colour();
        }

        // ── segments ────────────────────────────────────────────────────────────────────────────

        private void ReadSegment()
        {
            if (Byte() != 0xff) throw Broken("a marker is missing");
            int marker = Byte();
            while (marker == 0xff) marker = Byte();
            if (marker == 0xd9) throw Broken("it ends without a picture");
            int end = _at + Word();
            if (end > _end) throw Broken("it ends too early");
            switch (marker)
            {
                case 0xc0:
                case 0xc1: ReadFrameHeader(); break;
                case 0xc4: ReadHuffmanTables(end); break;
                case 0xdb: ReadQuantisation(end); break;
                case 0xdd: _restart = Word(); break;
                case 0xda: ReadScan(); return;
                default: Refuse(marker); break;
            }
            _at = end;
        }

        /// <summary>Comments and application data are skipped; other kinds of JPEG are not ours.</summary>
        private static void Refuse(int marker)
        {
            if (marker < 0xc0 || marker > 0xcf) return;
            throw new PictureException("this kind of JPEG (0x" + marker.ToString("x2") + ") is not supported");
        }

        private void ReadQuantisation(int end)
        {
            while (_at < end)
            {
                int head = Byte();
                int[] table = _quantisation[head & 3];
                for (int i = 0; i < 64; i++) table[ZigZag[i]] = head >> 4 == 0 ? Byte() : Word();
            }
        }

        private void ReadHuffmanTables(int end)
        {
            while (_at < end)
            {
                int head = Byte();
                HuffmanTable table = (head >> 4 == 0 ? _dc : _ac)[head & 3];
                int used = table.Read(_data, _at, Math.Min(end, _end));
                if (used < 0) throw Broken("a Huffman table makes no sense");
                _at += used;
            }
        }

        private void ReadFrameHeader()
        {
            if (_count != 0) throw Broken("it has two frames");
            if (Byte() != 8) throw new PictureException("only JPEGs of 8 bits are supported");
            Height = Word();
            Width = Word();
            _count = Byte();
            if (_count != 1 && _count != 3) throw new PictureException("a JPEG of " + _count + " channels is not supported");
            if ((long)Width * Height > FrameCanvas.MostPixels || Width == 0 || Height == 0)
            {
                throw new PictureException("a JPEG of " + Width + " x " + Height + " pixels");
            }
            _mostAcross = _mostDown = 1;
            for (int i = 0; i < _count; i++) ReadComponent(_components[i]);
            for (int i = 0; i < _count; i++) Reserve(_components[i]);
        }

        private void ReadComponent(Component component)
        {
            component.Id = Byte();
            int sampling = Byte();
            component.Across = _count == 1 ? 1 : sampling >> 4;
            component.Down = _count == 1 ? 1 : sampling & 15;
            component.Table = Byte() & 3;
            if (component.Across < 1 || component.Across > 2 || component.Down < 1 || component.Down > 2)
            {
                throw new PictureException("this sampling of colours is not supported");
            }
            _mostAcross = Math.Max(_mostAcross, component.Across);
            _mostDown = Math.Max(_mostDown, component.Down);
        }

        private void Reserve(Component component)
        {
            component.Stride = UnitsAcross * component.Across * 8;
            int bytes = component.Stride * UnitsDown * component.Down * 8;
            if (component.Plane.Length < bytes) component.Plane = new byte[bytes];
        }

        private int UnitsAcross { get { return (Width + _mostAcross * 8 - 1) / (_mostAcross * 8); } }

        private int UnitsDown { get { return (Height + _mostDown * 8 - 1) / (_mostDown * 8); } }

        private int Byte()
        {
            if (_at >= _end) throw Broken("it ends too early");
            return _data[_at++];
        }

        private int Word()
        {
            int high = Byte();
            return high << 8 | Byte();
        }

        private static PictureException Broken(string why)
        {
            return new PictureException("the JPEG is broken: " + why);
        }

        private static readonly int[] ZigZag =
        {
            0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
            12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
            35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
            58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
        };
    }
}
