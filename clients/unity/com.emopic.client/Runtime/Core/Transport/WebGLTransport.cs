#if UNITY_WEBGL
using System;
using System.Runtime.InteropServices;
using System.Text;

namespace Emopic
{
    /// <summary>A websocket of the browser, for WebGL builds.</summary>
    /// <remarks>
    /// The browser's half is <c>Plugins/WebGL/EmopicWebSocket.jslib</c>. Nothing calls back into C#:
    /// messages wait there, bounded, and are fetched. A page that does not run (a hidden tab) stops
    /// fetching; when the bound is reached the socket is closed, and the session resumes later.
    /// A browser allows only the close codes 1000 and 3000 … 4999; others are said as 1000.
    /// </remarks>
    public sealed class WebGLTransport : ITransport
    {
        private const int MostReasonBytes = 256;

        private readonly MessagePool _pool = new MessagePool();
        private readonly int _socket;
        private bool _closed;

        /// <summary>Begin to connect.</summary>
        public WebGLTransport(Uri url, string subprotocol)
        {
            _socket = EmopicSocketOpen(url.AbsoluteUri, subprotocol);
        }

        /// <inheritdoc/>
        public TransportState State
        {
            get { return _closed ? TransportState.Closed : (TransportState)EmopicSocketState(_socket); }
        }

        /// <inheritdoc/>
        public int CloseCode { get { return _closed ? 1000 : EmopicSocketCloseCode(_socket); } }

        /// <inheritdoc/>
        public string CloseReason
        {
            get
            {
                if (_closed) return "";
                byte[] text = new byte[MostReasonBytes];
                return Encoding.UTF8.GetString(text, 0, EmopicSocketCloseReason(_socket, text, text.Length));
            }
        }

        /// <inheritdoc/>
        public bool TryReceive(out ReceivedMessage message)
        {
            message = null;
            int length = _closed ? -1 : EmopicSocketNextLength(_socket);
            if (length < 0) return false;
            message = _pool.Rent();
            message.Reserve(length);
            message.IsText = EmopicSocketTake(_socket, message.Bytes) != 0;
            message.Count = length;
            return true;
        }

        /// <inheritdoc/>
        public bool TrySend(byte[] message)
        {
            return _closed || EmopicSocketSend(_socket, message, message.Length) != 0;
        }

        /// <inheritdoc/>
        public void Close(int code, string reason)
        {
            if (_closed) return;
            _closed = true;
            EmopicSocketClose(_socket, code, reason);
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            Close(1000, "");
        }

        [DllImport("__Internal")]
        private static extern int EmopicSocketOpen(string url, string subprotocol);

        [DllImport("__Internal")]
        private static extern int EmopicSocketState(int socket);

        [DllImport("__Internal")]
        private static extern int EmopicSocketCloseCode(int socket);

        [DllImport("__Internal")]
        private static extern int EmopicSocketCloseReason(int socket, byte[] buffer, int room);

        [DllImport("__Internal")]
        private static extern int EmopicSocketNextLength(int socket);

        [DllImport("__Internal")]
        private static extern int EmopicSocketTake(int socket, byte[] buffer);

        [DllImport("__Internal")]
        private static extern int EmopicSocketSend(int socket, byte[] message, int length);

        [DllImport("__Internal")]
        private static extern void EmopicSocketClose(int socket, int code, string reason);
    }
}
#endif
