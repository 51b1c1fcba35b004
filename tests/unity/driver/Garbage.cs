using System;

namespace Emopic.Tests
{
    /// <summary>Counts what reading a frame allocates.</summary>
    internal static class Garbage
    {
        private const int Rounds = 400000;

        /// <summary>
        /// Read one message over and over, and tell how often the collector ran. Its nursery has
        /// 4 MiB: one small object a message would fill it several times.
        /// </summary>
        public static int Measure(string hex)
        {
            byte[] data = Program.FromHex(hex);
            var reader = new WireReader();
            for (int i = 0; i < 1000; i++) reader.Read(data, 0, data.Length);
            GC.Collect();
            int before = GC.CollectionCount(0);
            for (int i = 0; i < Rounds; i++) reader.Read(data, 0, data.Length);
            Program.Out.WriteLine(GC.CollectionCount(0) - before);
            return 0;
        }
    }
}
