using System;
using System.IO;
using System.Text;

namespace Emopic.Tests
{
    /// <summary>What the Python tests run under mono: one verb, lines in, lines out.</summary>
    internal static class Program
    {
        public static TextReader In;
        public static TextWriter Out;

        private static int Main(string[] words)
        {
            var utf8 = new UTF8Encoding(false);
            In = new StreamReader(Console.OpenStandardInput(), utf8);
            Out = TextWriter.Synchronized(new StreamWriter(Console.OpenStandardOutput(), utf8) { AutoFlush = true });
            switch (words[0])
            {
                case "read": return Wire.Read();
                case "write": return Wire.Write();
                case "garbage": return Garbage.Measure(words[1], words[2], words[words.Length - 1]);
                case "pictures": return Pictures.Run();
                case "checks": return Checks.Run();
                case "adapter": return new Adapter().Run();
                case "talk": return new Talker(words[1], words.Length > 2 ? words[2] : null).Run();
                default: throw new ArgumentException("no verb " + words[0]);
            }
        }

        public static byte[] FromHex(string hex)
        {
            byte[] bytes = new byte[hex.Length / 2];
            for (int i = 0; i < bytes.Length; i++) bytes[i] = Convert.ToByte(hex.Substring(2 * i, 2), 16);
            return bytes;
        }

        public static string ToHex(byte[] bytes)
        {
            var hex = new StringBuilder();
            foreach (byte value in bytes) hex.Append(value.ToString("x2"));
            return hex.ToString();
        }
    }
}
