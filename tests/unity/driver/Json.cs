using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Emopic.Tests
{
    /// <summary>Writes one line of JSON.</summary>
    internal sealed class Json
    {
        private readonly StringBuilder _out = new StringBuilder("{");

        public Json Add(string key, object value)
        {
            if (_out.Length > 1) _out.Append(',');
            Text(key);
            _out.Append(':');
            Value(value);
            return this;
        }

        /// <summary>Leaves out what has its default.</summary>
        public Json AddIf(bool there, string key, object value)
        {
            return there ? Add(key, value) : this;
        }

        public override string ToString()
        {
            return _out + "}";
        }

        private void Value(object value)
        {
            if (value == null) _out.Append("null");
            else if (value is bool) _out.Append((bool)value ? "true" : "false");
            else if (value is string) Text((string)value);
            else if (value is Json) _out.Append(value);
            else if (value is float) _out.Append(((float)value).ToString("R", CultureInfo.InvariantCulture));
            else if (value is double) _out.Append(((double)value).ToString("R", CultureInfo.InvariantCulture));
            else if (value is IDictionary<string, string>) Map((IDictionary<string, string>)value);
            else if (value is IDictionary<string, double>) Map((IDictionary<string, double>)value);
            else if (value is IEnumerable) List((IEnumerable)value);
            else _out.Append(System.Convert.ToString(value, CultureInfo.InvariantCulture));
        }

        private void Map<T>(IDictionary<string, T> map)
        {
            var json = new Json();
            foreach (KeyValuePair<string, T> pair in map) json.Add(pair.Key, pair.Value);
            _out.Append(json);
        }

        private void List(IEnumerable items)
        {
            _out.Append('[');
            bool first = true;
            foreach (object item in items)
            {
                if (!first) _out.Append(',');
                first = false;
                Value(item);
            }
            _out.Append(']');
        }

        private void Text(string text)
        {
            _out.Append('"');
            foreach (char letter in text)
            {
                if (letter == '"' || letter == '\\') _out.Append('\\').Append(letter);
                else if (letter < ' ') _out.Append("\\u").Append(((int)letter).ToString("x4"));
                else _out.Append(letter);
            }
            _out.Append('"');
        }
    }
}
