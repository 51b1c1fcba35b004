using System;

namespace Emopic
{
    internal sealed partial class JpegDecoder
    {
        private int[] _mixed = new int[0];
        private byte[] _cb = new byte[0];
        private byte[] _cr = new byte[0];

        /// <summary>From planes to RGBA rows.</summary>
        private void Colour()
        {
            int bytes = Width * Height * 4;
            if (Pixels.Length < bytes) Pixels = new byte[bytes];
            if (_cb.Length < Width + 1)
            {
                _cb = new byte[Width + 1];
                _cr = new byte[Width + 1];
                _mixed = new int[Width + 1];
            }
            for (int y = 0; y < Height; y++)
            {
                if (_count == 1) GreyRow(y);
                else ColourRow(y);
            }
        }

        private void GreyRow(int y)
        {
            Component light = _components[0];
            int from = y * light.Stride;
            int to = y * Width * 4;
            for (int x = 0; x < Width; x++, to += 4)
            {
                byte value = light.Plane[from + x];
                Pixels[to] = Pixels[to + 1] = Pixels[to + 2] = value;
                Pixels[to + 3] = 255;
            }
        }

        /// <summary>JFIF's YCbCr, with 16 bits of fraction.</summary>
        private void ColourRow(int y)
        {
            Component light = _components[0];
            if (light.Across != _mostAcross || light.Down != _mostDown)
            {
                throw new PictureException("this sampling of colours is not supported");
            }
            Widen(_components[1], y, _cb);
            Widen(_components[2], y, _cr);
            int from = y * light.Stride;
            int to = y * Width * 4;
            for (int x = 0; x < Width; x++, to += 4)
            {
                int whole = (light.Plane[from + x] << 16) + 32768;
                int blue = _cb[x] - 128;
                int red = _cr[x] - 128;
                Pixels[to] = Clamp(whole + 91881 * red);
                Pixels[to + 1] = Clamp(whole - 22554 * blue - 46802 * red);
                Pixels[to + 2] = Clamp(whole + 116130 * blue);
                Pixels[to + 3] = 255;
            }
        }

        private static byte Clamp(int value)
        {
            value >>= 16;
            return (byte)(value < 0 ? 0 : value > 255 ? 255 : value);
        }

        /// <summary>A row of a halved plane at full width: three parts the near, one the far.</summary>
        private void Widen(Component plane, int y, byte[] row)
        {
            bool halfAcross = plane.Across < _mostAcross;
            bool halfDown = plane.Down < _mostDown;
            int width = halfAcross ? (Width + 1) / 2 : Width;
            int last = (halfDown ? (Height + 1) / 2 : Height) - 1;
            int near = halfDown ? y / 2 : y;
            int far = halfDown ? Math.Min(last, Math.Max(0, y % 2 == 0 ? near - 1 : near + 1)) : near;
            near *= plane.Stride;
            far *= plane.Stride;
            for (int x = 0; x < width; x++) _mixed[x] = 3 * plane.Plane[near + x] + plane.Plane[far + x];
            if (halfAcross) WidenAcross(width, row);
            else for (int x = 0; x < width; x++) row[x] = (byte)(_mixed[x] + 2 >> 2);
        }

        private void WidenAcross(int width, byte[] row)
        {
            for (int x = 0; x < width; x++)
            {
                int here = 3 * _mixed[x];
                int left = _mixed[Math.Max(0, x - 1)];
                int right = _mixed[Math.Min(width - 1, x + 1)];
                row[2 * x] = (byte)(here + left + 8 >> 4);
                row[2 * x + 1] = (byte)(here + right + 7 >> 4);
            }
        }
    }
}
