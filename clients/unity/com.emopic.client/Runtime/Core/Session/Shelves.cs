using System.Collections.Generic;

namespace Emopic
{
    /// <summary>The pictures that a client keeps for the frames that come without theirs.</summary>
    /// <remarks>At most 256 of a character: as many as a server can number.</remarks>
    internal sealed class Shelves
    {
        private readonly Dictionary<string, Dictionary<int, byte[]>> _shelves =
            new Dictionary<string, Dictionary<int, byte[]>>();

        /// <summary>
        /// Give a frame its picture. False where it is missing: the frame is of an earlier watch, and
        /// a full one of the present watch follows it.
        /// </summary>
        /// <remarks>
        /// An array that lies here is never written again, since a frame that waits may point to it.
        /// </remarks>
        public bool Fill(Frame frame)
        {
            if (frame.Slot < 0) return true;
            Dictionary<int, byte[]> shelf = ShelfOf(frame.Character);
            if (frame.Count > 0)
            {
                shelf[frame.Slot] = frame.CopyPicture();
                return true;
            }
            byte[] picture;
            if (!shelf.TryGetValue(frame.Slot, out picture)) return false;
            frame.Data = picture;
            frame.Offset = 0;
            frame.Count = picture.Length;
            return true;
        }

        /// <summary>A watch has ended; what it kept will not be asked for.</summary>
        public void Forget(string character)
        {
            _shelves.Remove(character);
        }

        /// <summary>The connection has ended.</summary>
        public void Clear()
        {
            _shelves.Clear();
        }

        private Dictionary<int, byte[]> ShelfOf(string character)
        {
            Dictionary<int, byte[]> shelf;
            if (_shelves.TryGetValue(character, out shelf)) return shelf;
            return _shelves[character] = new Dictionary<int, byte[]>();
        }
    }
}
