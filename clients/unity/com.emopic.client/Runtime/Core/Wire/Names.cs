using System;

namespace Emopic
{
    /// <summary>What enumerations are called on the wire.</summary>
    internal static class Names
    {
        private static readonly string[] Formats = { "jpeg", "webp", "png", "raw" };
        private static readonly string[] Sets = { null, "arkit", "vrm0", "vrm1" };
        private static readonly string[] Guards = { null, "off", "mask", "refuse" };
        private static readonly string[] Marks = { "off", "metadata", "visible" };
        private static readonly string[] Histories = { null, "off", "scores", "text" };

        public static string Of(PictureFormat format)
        {
            return Formats[(int)format];
        }

        public static string Of(BlendshapeSet set)
        {
            return Sets[(int)set];
        }

        public static string Of(LineGuard guard)
        {
            return Guards[(int)guard];
        }

        public static string Of(PictureMark mark)
        {
            return Marks[(int)mark];
        }

        public static string Of(LineHistory history)
        {
            return Histories[(int)history];
        }

        public static LineGuard Guard(string field, string name)
        {
            return (LineGuard)Find(Guards, field, name);
        }

        public static LineHistory History(string field, string name)
        {
            return (LineHistory)Find(Histories, field, name);
        }

        public static PictureFormat Format(string field, string name)
        {
            return (PictureFormat)Find(Formats, field, name);
        }

        public static BlendshapeSet Set(string field, string name)
        {
            return (BlendshapeSet)Find(Sets, field, name);
        }

        private static int Find(string[] names, string field, string name)
        {
            int place = Array.IndexOf(names, name);
            if (place < 0) throw WireException.BadField(field, "'" + name + "' is unknown");
            return place;
        }
    }
}
