using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Emopic.Tests
{
    /// <summary>Reads a JSON object of texts and numbers, which is all that the conformance kit says.</summary>
    internal static class FlatJson
    {
        public static Dictionary<string, string> Read(string line)
        {
            var fields = new Dictionary<string, string>();
            int at = line.IndexOf('"');
            while (at >= 0)
            {
                string key = Text(line, ref at);
                at = line.IndexOf(':', at) + 1;
                while (line[at] == ' ') at++;
                fields[key] = line[at] == '"' ? Text(line, ref at) : Number(line, ref at);
                at = line.IndexOf('"', at);
            }
            return fields;
        }

        private static string Number(string line, ref int at)
        {
            int begin = at;
            at = line.IndexOfAny(new[] { ',', '}' }, at);
            return line.Substring(begin, at - begin);
        }

        /// <summary>The text whose opening quote is at this place; moves behind its closing one.</summary>
        private static string Text(string line, ref int at)
        {
            var text = new StringBuilder();
            for (at++; line[at] != '"'; at++)
            {
                if (line[at] == '\\') text.Append(Escaped(line, ref at));
                else text.Append(line[at]);
            }
            at++;
            return text.ToString();
        }

        private static char Escaped(string line, ref int at)
        {
            char letter = line[++at];
            if (letter == 'n') return '\n';
            if (letter == 't') return '\t';
            if (letter == 'r') return '\r';
            if (letter == 'b') return '\b';
            if (letter == 'f') return '\f';
            if (letter != 'u') return letter;
            at += 4;
            return (char)int.Parse(line.Substring(at - 3, 4), NumberStyles.HexNumber);
        }
    }
}
