namespace Emopic
{
    /// <summary>Where a session stands.</summary>
    public enum SessionStatus
    {
        /// <summary>Not started.</summary>
        Idle,

        /// <summary>A connection is being opened.</summary>
        Connecting,

        /// <summary>The server listens.</summary>
        Open,

        /// <summary>The connection was lost or could not be opened; another one follows.</summary>
        Waiting,

        /// <summary>Over: stopped by the program, or there is a reason not to connect again.</summary>
        Stopped,
    }

    /// <summary>The session is open.</summary>
    public struct SessionOpened
    {
        internal SessionOpened(bool again, bool resumed) : this()
        {
            Again = again;
            Resumed = resumed;
        }

        /// <summary>Whether it was open before.</summary>
        public bool Again { get; private set; }

        /// <summary>
        /// Whether the server still knew it and nothing is lost. If it was open before and is not
        /// resumed, events of the meantime are lost, and the session has put and watched its
        /// characters again.
        /// </summary>
        public bool Resumed { get; private set; }
    }

    /// <summary>A connection ended or could not be opened.</summary>
    public struct ConnectionLost
    {
        internal ConnectionLost(int code, string reason, double? delay) : this()
        {
            Code = code;
            Reason = reason;
            RetrySeconds = delay;
        }

        /// <summary>The close code; 1006 where there was none.</summary>
        public int Code { get; private set; }

        /// <summary>For people.</summary>
        public string Reason { get; private set; }

        /// <summary>When the next attempt follows; null when the session is over.</summary>
        public double? RetrySeconds { get; private set; }
    }
}
