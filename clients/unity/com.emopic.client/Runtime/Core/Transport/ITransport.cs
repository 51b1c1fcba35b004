using System;

namespace Emopic
{
    /// <summary>Where a transport stands.</summary>
    public enum TransportState
    {
        /// <summary>The websocket is being opened.</summary>
        Connecting,

        /// <summary>Messages go both ways.</summary>
        Open,

        /// <summary>It is over; messages that came before may still be received.</summary>
        Closed,
    }

    /// <summary>One websocket, from its opening to its end. It is asked, and never calls back.</summary>
    /// <remarks>
    /// All members are called from one thread and return at once. A transport begins to connect when
    /// it is made. Both directions are bounded: a full inbox makes the transport stop reading (or
    /// close, where it cannot), and a full outbox refuses.
    /// </remarks>
    public interface ITransport : IDisposable
    {
        /// <summary>Where it stands now.</summary>
        TransportState State { get; }

        /// <summary>The close code when closed; 1006 where there was none.</summary>
        int CloseCode { get; }

        /// <summary>Why it closed, or could not be opened; for people.</summary>
        string CloseReason { get; }

        /// <summary>The next whole message, oldest first. The caller releases it.</summary>
        bool TryReceive(out ReceivedMessage message);

        /// <summary>
        /// Queue a binary message; false when the queue is full. A message for a connection that has
        /// ended is dropped, and that is no failure. The array must not change afterwards.
        /// </summary>
        bool TrySend(byte[] message);

        /// <summary>
        /// Send what is queued, then close, in the background and within two seconds. Nothing more is
        /// received, and nothing is left to be done with the transport.
        /// </summary>
        void Close(int code, string reason);
    }

    /// <summary>Opens a websocket that offers one subprotocol.</summary>
    public delegate ITransport TransportFactory(Uri url, string subprotocol);
}
