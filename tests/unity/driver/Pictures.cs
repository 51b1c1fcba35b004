using System;
using System.IO;

namespace Emopic.Tests
{
    /// <summary>Decodes JPEG files; each line on stdin is a path and where to put the pixels.</summary>
    internal static class Pictures
    {
        public static int Run()
        {
            var decoder = new JpegDecoder();
            string line;
            while ((line = Program.In.ReadLine()) != null)
            {
                string[] paths = line.Split('\t');
                Program.Out.WriteLine(Decode(decoder, paths[0], paths[1]));
            }
            return 0;
        }

        private static string Decode(JpegDecoder decoder, string from, string to)
        {
            byte[] data = File.ReadAllBytes(from);
            try
            {
                decoder.Decode(data, 0, data.Length);
            }
            catch (PictureException error)
            {
                return "!" + error.Message;
            }
            byte[] pixels = new byte[decoder.Width * decoder.Height * 4];
            Buffer.BlockCopy(decoder.Pixels, 0, pixels, 0, pixels.Length);
            File.WriteAllBytes(to, pixels);
            return decoder.Width + " " + decoder.Height;
        }
    }
}
