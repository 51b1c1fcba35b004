using System;

namespace Emopic
{
    internal sealed partial class JpegDecoder
    {
        private const int FirstRestart = 0xd0;

        private uint _bits; // the next bits, left-aligned
        private int _held; // how many of them there are

        private void ReadScan()
        {
            if (_count == 0) throw Broken("the scan comes before the frame");
            if (Byte() != _count) throw new PictureException("only JPEGs of one scan are supported");
            for (int i = 0; i < _count; i++)
            {
                if (Byte() != _components[i].Id) throw Broken("the scan's channels are not the frame's");
                int tables = Byte();
                _components[i].Dc = tables >> 4 & 3;
                _components[i].Ac = tables & 3;
            }
            _at += 3; // the spectral selection, which baseline does not use
            ReadUnits();
            _isDone = true;
        }

        private void ReadUnits()
        {
            int units = UnitsAcross * UnitsDown;
            Restart();
            for (int unit = 0; unit < units; unit++)
            {
                if (_restart > 0 && unit > 0 && unit % _restart == 0) SkipRestartMarker(unit / _restart - 1);
                ReadUnit(unit % UnitsAcross, unit / UnitsAcross);
            }
        }

        private void Restart()
        {
            _bits = 0;
            _held = 0;
            for (int i = 0; i < _count; i++) _components[i].Last = 0;
        }

        private void SkipRestartMarker(int number)
        {
            if (Byte() != 0xff || Byte() != FirstRestart + number % 8) throw Broken("a restart marker is missing");
            Restart();
        }

        private void ReadUnit(int unitX, int unitY)
        {
            for (int i = 0; i < _count; i++)
            {
                Component component = _components[i];
                for (int y = 0; y < component.Down; y++)
                {
                    for (int x = 0; x < component.Across; x++)
                    {
                        ReadBlock(component);
                        int row = (unitY * component.Down + y) * 8;
                        int place = row * component.Stride + (unitX * component.Across + x) * 8;
                        InverseCosine.Transform(_block, component.Plane, place, component.Stride);
                    }
                }
            }
        }

        /// <summary>The coefficients of one block, dequantised, row by row.</summary>
        private void ReadBlock(Component component)
        {
            Array.Clear(_block, 0, 64);
            int[] table = _quantisation[component.Table];
            int size = Symbol(_dc[component.Dc]);
            if (size > 11) throw Broken("a difference is too large");
            component.Last += Extended(size);
            _block[0] = component.Last * table[0];
            HuffmanTable ac = _ac[component.Ac];
            for (int k = 1; k < 64; k++)
            {
                int symbol = Symbol(ac);
                int run = symbol >> 4;
                size = symbol & 15;
                if (size == 0 && run != 15) return;
                k += run;
                if (k > 63) throw Broken("a block has too many numbers");
                if (size > 0) _block[ZigZag[k]] = Extended(size) * table[ZigZag[k]];
            }
        }

        private int Symbol(HuffmanTable table)
        {
            Fill(16);
            int found = table.Look((int)(_bits >> 16));
            if (found < 0) throw Broken("a code is not in its table");
            Drop(found >> 8);
            return found & 0xff;
        }

        /// <summary>A signed number of so many bits (T.81, F.2.2.1).</summary>
        private int Extended(int size)
        {
            if (size == 0) return 0;
            Fill(size);
            int value = (int)(_bits >> 32 - size);
            Drop(size);
            return value < 1 << size - 1 ? value - (1 << size) + 1 : value;
        }

        /// <summary>Have at least so many bits at hand; zeros follow behind the end of the scan.</summary>
        private void Fill(int wanted)
        {
            while (_held < wanted)
            {
                int next = 0;
                if (_at < _end)
                {
                    next = _data[_at];
                    bool marker = next == 0xff && (_at + 1 >= _end || _data[_at + 1] != 0);
                    if (marker) next = 0;
                    else _at += next == 0xff ? 2 : 1;
                }
                _bits |= (uint)next << 24 - _held;
                _held += 8;
            }
        }

        private void Drop(int count)
        {
            _bits <<= count;
            _held -= count;
        }
    }
}
