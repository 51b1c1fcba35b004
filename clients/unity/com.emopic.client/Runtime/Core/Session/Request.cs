namespace Emopic
{
    internal enum RequestKind
    {
        Put,
        Drop,
        Watch,
        Unwatch,
        Line,
        Read,
        Ping,
    }

    /// <summary>Something that gets an answer, kept until the answer is in.</summary>
    internal sealed class Request
    {
        public const double Never = double.PositiveInfinity;

        public readonly RequestKind Kind;
        public readonly string Character;
        public readonly string Id; // of a line or a reading, or the token of a ping
        public readonly byte[] Data;

        /// <summary>The client asks by itself, after a lost session; nobody waits for the answer.</summary>
        public bool Restoring;

        /// <summary>When to give up waiting for the answer, in the session's seconds.</summary>
        public double Deadline = Never;

        /// <summary>When to try again something that was refused for the time being.</summary>
        public double RetryAt = Never;

        public Request(RequestKind kind, string character, string id, byte[] data)
        {
            Kind = kind;
            Character = character;
            Id = id;
            Data = data;
        }

        /// <summary>Whether it changes what the server knows of a character: one at a time.</summary>
        public bool IsChange { get { return Kind <= RequestKind.Unwatch; } }

        public bool Is(RequestKind kind, string character)
        {
            return Kind == kind && Character == character;
        }

        /// <summary>The same request to be made by the client itself.</summary>
        public Request ToRestore()
        {
            return new Request(Kind, Character, Id, Data) { Restoring = true };
        }

        public override string ToString()
        {
            return Kind.ToString().ToLowerInvariant() + " " + (Character ?? Id);
        }
    }
}
