using System.Text;

namespace Emopic
{
    /// <summary>
    /// Gives the same string object for the same UTF-8 bytes, so that the keys and names which
    /// come with every frame make no garbage.
    /// </summary>
    /// <remarks>
    /// A fixed table: a text has <see cref="Ways"/> places, and takes the oldest of them when none
    /// holds it. Texts over <see cref="MostBytes"/> are never kept. Not thread-safe.
    /// </remarks>
    internal sealed class TextCache
    {
        public const int MostBytes = 128;
        private const int Sets = 128;
        private const int Ways = 4;

        private readonly byte[][] _keys = new byte[Sets * Ways][];
        private readonly string[] _texts = new string[Sets * Ways];
        private readonly byte[] _oldest = new byte[Sets];

        /// <summary>The text of these bytes. Throws what <paramref name="utf8"/> throws.</summary>
        public string Get(byte[] data, int start, int length, UTF8Encoding utf8)
        {
            if (length == 0) return "";
            if (length > MostBytes) return utf8.GetString(data, start, length);
            int set = Hash(data, start, length) % Sets;
            for (int place = set * Ways; place < (set + 1) * Ways; place++)
            {
                if (Same(_keys[place], data, start, length)) return _texts[place];
            }
            string text = utf8.GetString(data, start, length);
            Keep(set, data, start, length, text);
            return text;
        }

        private void Keep(int set, byte[] data, int start, int length, string text)
        {
            int place = set * Ways + _oldest[set];
            _oldest[set] = (byte)((_oldest[set] + 1) % Ways);
            byte[] key = new byte[length];
            System.Buffer.BlockCopy(data, start, key, 0, length);
            _keys[place] = key;
            _texts[place] = text;
        }

        private static bool Same(byte[] key, byte[] data, int start, int length)
        {
            if (key == null || key.Length != length) return false;
            for (int i = 0; i < length; i++)
            {
                if (key[i] != data[start + i]) return false;
            }
            return true;
        }

        /// <summary>FNV-1a, without the sign bit.</summary>
        private static int Hash(byte[] data, int start, int length)
        {
            uint hash = 2166136261;
            for (int i = start; i < start + length; i++) hash = unchecked((hash ^ data[i]) * 16777619);
            return (int)(hash ^ hash >> 16) & 0x7fffffff;
        }
    }
}
