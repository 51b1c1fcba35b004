using System;
using System.Net.WebSockets;
using System.Threading;
using System.Threading.Tasks;

namespace Emopic
{
    /// <summary>A websocket by <c>System.Net.WebSockets</c>: every platform but WebGL.</summary>
    /// <remarks>
    /// Reading and writing happen on the thread pool, never on the caller's thread. Messages are
    /// read into buffers that are used again; what the class library allocates for each receive
    /// (a task and its result) cannot be avoided from here.
    /// </remarks>
    public sealed class WebSocketTransport : ITransport
    {
        /// <summary>The largest message that is received: a raw frame of 2,048² pixels has 16 MiB.</summary>
        public const int MostMessageBytes = 32 * 1024 * 1024;

        private const int Abnormal = 1006;
        private const int TooLarge = 1009;
        private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(2);

        private readonly Uri _url;
        private readonly string _subprotocol;
        private readonly MessagePool _pool = new MessagePool();
        private readonly Inbox _inbox = new Inbox();
        private readonly Outbox _outbox = new Outbox();
        private readonly CancellationTokenSource _cancel = new CancellationTokenSource();
        private volatile TransportState _state = TransportState.Connecting;
        private volatile string _closeReason = "";
        private volatile int _closeCode = Abnormal;
        private volatile int _goodbye = 1000;
        private volatile string _goodbyeReason = "";

        /// <summary>Begin to connect.</summary>
        public WebSocketTransport(Uri url, string subprotocol)
        {
            _url = url;
            _subprotocol = subprotocol;
            Task.Run((Func<Task>)RunAsync);
        }

        /// <inheritdoc/>
        public TransportState State { get { return _state; } }

        /// <inheritdoc/>
        public int CloseCode { get { return _closeCode; } }

        /// <inheritdoc/>
        public string CloseReason { get { return _closeReason; } }

        /// <inheritdoc/>
        public bool TryReceive(out ReceivedMessage message)
        {
            return _inbox.TryDequeue(out message);
        }

        /// <inheritdoc/>
        public bool TrySend(byte[] message)
        {
            return _outbox.TryEnqueue(message);
        }

        /// <inheritdoc/>
        public void Close(int code, string reason)
        {
            _goodbye = code;
            _goodbyeReason = reason;
            _outbox.Complete();
            _inbox.Discard();
            _cancel.CancelAfter(ClosePatience);
        }

        /// <summary>End the connection now, without a goodbye.</summary>
        public void Dispose()
        {
            _cancel.Cancel();
            _inbox.Discard();
        }

        private async Task RunAsync()
        {
            using (var socket = new ClientWebSocket())
            {
                try
                {
                    socket.Options.AddSubProtocol(_subprotocol);
                    await socket.ConnectAsync(_url, _cancel.Token).ConfigureAwait(false);
                    _state = TransportState.Open;
                    await TalkAsync(socket).ConfigureAwait(false);
                }
                catch (Exception error) // whatever ended it, the session has to hear of it
                {
                    _closeReason = Innermost(error);
                }
                _state = TransportState.Closed; // last: code and reason are in place when it is seen
            }
        }

        private async Task TalkAsync(ClientWebSocket socket)
        {
            Task sending = SendAsync(socket);
            try
            {
                await ReceiveAsync(socket).ConfigureAwait(false);
            }
            finally
            {
                _outbox.Complete();
                _cancel.CancelAfter(ClosePatience);
                try
                {
                    await sending.ConfigureAwait(false);
                }
                catch (Exception)
                {
                    // The reader has told why the connection ended; the writer only noticed, too.
                }
            }
        }

        private async Task SendAsync(ClientWebSocket socket)
        {
            byte[] message;
            while ((message = await _outbox.TakeAsync(_cancel.Token).ConfigureAwait(false)) != null)
            {
                var segment = new ArraySegment<byte>(message);
                await socket.SendAsync(segment, WebSocketMessageType.Binary, true, _cancel.Token)
                    .ConfigureAwait(false);
            }
            var code = (WebSocketCloseStatus)_goodbye;
            await socket.CloseOutputAsync(code, _goodbyeReason, _cancel.Token).ConfigureAwait(false);
        }

        private async Task ReceiveAsync(ClientWebSocket socket)
        {
            while (true)
            {
                await _inbox.RoomAsync().ConfigureAwait(false); // a closing transport makes room
                _cancel.Token.ThrowIfCancellationRequested();
                ReceivedMessage message = await ReceiveMessageAsync(socket).ConfigureAwait(false);
                if (message == null) return;
                _inbox.Enqueue(message);
            }
        }

        /// <summary>One whole message; null when the server closed or one was too large.</summary>
        private async Task<ReceivedMessage> ReceiveMessageAsync(ClientWebSocket socket)
        {
            ReceivedMessage message = _pool.Rent();
            while (true)
            {
                if (message.Count == message.Bytes.Length)
                {
                    if (message.Count == MostMessageBytes) return Refuse(message);
                    message.Grow(MostMessageBytes);
                }
                var room = new ArraySegment<byte>(message.Bytes, message.Count, message.Bytes.Length - message.Count);
                WebSocketReceiveResult result = await socket.ReceiveAsync(room, _cancel.Token).ConfigureAwait(false);
                if (result.MessageType == WebSocketMessageType.Close) return Closed(socket, message);
                message.Count += result.Count;
                message.IsText = result.MessageType == WebSocketMessageType.Text;
                if (result.EndOfMessage) return message;
            }
        }

        private ReceivedMessage Closed(ClientWebSocket socket, ReceivedMessage message)
        {
            message.Release();
            _closeCode = (int)(socket.CloseStatus ?? (WebSocketCloseStatus)Abnormal);
            _closeReason = socket.CloseStatusDescription ?? "";
            return null;
        }

        private ReceivedMessage Refuse(ReceivedMessage message)
        {
            message.Release();
            _goodbye = _closeCode = TooLarge;
            _goodbyeReason = _closeReason = "a message is larger than " + MostMessageBytes + " bytes";
            return null;
        }

        private static string Innermost(Exception error)
        {
            while (error.InnerException != null) error = error.InnerException;
            return error is OperationCanceledException ? "closed by this program" : error.Message;
        }
    }
}
