using System;
using System.Collections.Generic;

namespace Emopic.Tests
{
    /// <summary>Writes what a server says, with defaults for fields that a check does not care about.</summary>
    internal static class Server
    {
        private static readonly Dictionary<string, object[]> Defaults = new Dictionary<string, object[]>
        {
            { "character.ready", new object[] { "width", 8, "height", 8, "source", "builtin" } },
            { "emotion", new object[] { "scores", new object[] { 1.0 }, "top", "joy", "intensity", 1.0, "final", true } },
        };

        public static byte[] Message(string type, params object[] fields)
        {
            var all = new List<object> { "type", type };
            all.AddRange(fields);
            object[] more;
            if (Defaults.TryGetValue(type, out more)) all.AddRange(more);
            if (type == "hello") all.AddRange(Hello());
            var bytes = new List<byte>();
            Map(bytes, all.ToArray());
            return bytes.ToArray();
        }

        public static byte[] Frame(string character, int number, bool patch)
        {
            object rect = patch ? (object)new object[] { 1, 1, 2, 2 } : null;
            return Message(
                "frame", "character", character, "n", number, "expression", new object[] { 1.0 }, "format", "jpeg",
                "width", 8, "height", 8, "data", new byte[] { 1, 2, 3 }, "rect", rect);
        }

        /// <summary>The type of a message: our writer puts it first.</summary>
        public static string TypeOf(byte[] message)
        {
            return System.Text.Encoding.UTF8.GetString(message, 7, message[6] & 0x1f);
        }

        private static object[] Hello()
        {
            var engine = new Pairs(
                "backend", "", "device", "", "precision", "", "text_model", "", "face_model", "", "versions", new Pairs());
            return new object[]
            {
                "emotions", new object[] { new Pairs("id", "joy", "ko", "기쁨") }, "engine", engine,
                "builtins", new object[0], "limits", new Pairs(), "auth", false,
            };
        }

        private sealed class Pairs
        {
            public readonly object[] Items;
            public Pairs(params object[] items) { Items = items; }
        }

        private static void Map(List<byte> to, object[] pairs)
        {
            to.Add(0xde);
            to.Add(0);
            to.Add((byte)(pairs.Length / 2));
            foreach (object item in pairs) Value(to, item);
        }

        private static void Value(List<byte> to, object value)
        {
            if (value == null) to.Add(0xc0);
            else if (value is bool) to.Add((bool)value ? (byte)0xc3 : (byte)0xc2);
            else if (value is int) to.Add((byte)(int)value); // small ones only
            else if (value is double) Number(to, (double)value);
            else if (value is string) Text(to, (string)value);
            else if (value is byte[]) Binary(to, (byte[])value);
            else if (value is Pairs) Map(to, ((Pairs)value).Items);
            else List(to, (object[])value);
        }

        private static void Number(List<byte> to, double value)
        {
            byte[] bytes = BitConverter.GetBytes(value);
            Array.Reverse(bytes);
            to.Add(0xcb);
            to.AddRange(bytes);
        }

        private static void Text(List<byte> to, string text)
        {
            byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);
            to.Add(0xd9);
            to.Add((byte)bytes.Length);
            to.AddRange(bytes);
        }

        private static void Binary(List<byte> to, byte[] bytes)
        {
            to.Add(0xc4);
            to.Add((byte)bytes.Length);
            to.AddRange(bytes);
        }

        private static void List(List<byte> to, object[] items)
        {
            to.Add(0xdc);
            to.Add(0);
            to.Add((byte)items.Length);
            foreach (object item in items) Value(to, item);
        }
    }
}
