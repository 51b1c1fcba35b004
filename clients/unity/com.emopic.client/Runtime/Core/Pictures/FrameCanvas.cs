using System;

namespace Emopic
{
    /// <summary>The picture a watcher sees, put together from full frames and patches.</summary>
    /// <remarks>
    /// Pixels are RGBA, 8 bits a channel, rows from the bottom as textures have them. A patch is
    /// drawn over the last full frame, so what an earlier patch covered is brought back first.
    /// </remarks>
    internal sealed class FrameCanvas
    {
        /// <summary>More pixels than any server sends; guards the memory.</summary>
        public const int MostPixels = 4096 * 4096;

        private byte[] _full = new byte[0];
        private PictureRect _patch;
        private bool _isPatched;
        private bool _hasFull;

        /// <summary>RGBA; exactly 4 × width × height bytes.</summary>
        public byte[] Pixels { get; private set; } = new byte[0];

        public int Width { get; private set; }

        public int Height { get; private set; }

        /// <summary>
        /// Draw the pixels of a frame, given as RGBA rows from the top. False for a patch without its
        /// full frame, which is left alone.
        /// </summary>
        public bool Draw(FrameShape shape, byte[] rgba, int offset)
        {
            if (!shape.IsPatch) return DrawFull(shape, rgba, offset);
            if (!_hasFull || shape.Width != Width || shape.Height != Height) return false;
            PictureRect rect = shape.Rect;
            if (_isPatched && !Same(rect, _patch)) Restore(_patch);
            Copy(rgba, offset, Pixels, rect);
            _patch = rect;
            _isPatched = true;
            return true;
        }

        /// <summary>Refuse sizes that no server sends.</summary>
        public static void Check(FrameShape shape)
        {
            long pixels = (long)shape.Width * shape.Height;
            if (pixels > 0 && pixels <= MostPixels) return;
            throw new PictureException("a picture of " + shape.Width + " x " + shape.Height + " pixels");
        }

        private bool DrawFull(FrameShape shape, byte[] rgba, int offset)
        {
            Check(shape);
            int bytes = shape.Width * shape.Height * 4;
            if (Pixels.Length != bytes)
            {
                Pixels = new byte[bytes];
                _full = new byte[bytes];
            }
            Width = shape.Width;
            Height = shape.Height;
            Copy(rgba, offset, Pixels, shape.Rect);
            System.Buffer.BlockCopy(Pixels, 0, _full, 0, bytes);
            _hasFull = true;
            _isPatched = false;
            return true;
        }

        /// <summary>Rows from the top into the canvas, whose rows begin at the bottom.</summary>
        private void Copy(byte[] rows, int offset, byte[] pixels, PictureRect rect)
        {
            for (int y = 0; y < rect.Height; y++)
            {
                System.Buffer.BlockCopy(rows, offset + y * rect.Width * 4, pixels, Place(rect, y), rect.Width * 4);
            }
        }

        private void Restore(PictureRect rect)
        {
            for (int y = 0; y < rect.Height; y++)
            {
                int place = Place(rect, y);
                System.Buffer.BlockCopy(_full, place, Pixels, place, rect.Width * 4);
            }
        }

        private int Place(PictureRect rect, int y)
        {
            return ((Height - 1 - rect.Y - y) * Width + rect.X) * 4;
        }

        private static bool Same(PictureRect a, PictureRect b)
        {
            return a.X == b.X && a.Y == b.Y && a.Width == b.Width && a.Height == b.Height;
        }
    }

    /// <summary>Where a frame's pixels belong: a copy of what a borrowed frame says.</summary>
    internal struct FrameShape
    {
        public PictureFormat Format;
        public int Width;
        public int Height;
        public PictureRect Rect;
        public bool IsPatch;

        public static FrameShape Of(Frame frame)
        {
            return new FrameShape
            {
                Format = frame.Format,
                Width = frame.Width,
                Height = frame.Height,
                Rect = frame.Rect,
                IsPatch = frame.IsPatch,
            };
        }
    }
}
