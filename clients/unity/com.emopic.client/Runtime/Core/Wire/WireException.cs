using System;

namespace Emopic
{
    /// <summary>A message cannot be read or written.</summary>
    /// <remarks>
    /// <see cref="Code"/> is <c>bad_message</c> (not MessagePack, or past a bound),
    /// <c>unknown_type</c> or <c>bad_field</c> (a value is missing, mistyped or out of range).
    /// </remarks>
    public sealed class WireException : Exception
    {
        /// <summary>The stable code.</summary>
        public string Code { get; }

        internal WireException(string code, string message) : base(message)
        {
            Code = code;
        }

        internal static WireException BadMessage(string message)
        {
            return new WireException("bad_message", message);
        }

        internal static WireException BadField(string field, string why)
        {
            return new WireException("bad_field", "bad field " + field + ": " + why);
        }
    }
}
