using System.Collections.Generic;
using System.Threading.Tasks;

namespace Emopic
{
    /// <summary>
    /// Received messages on their way from the socket's thread to the session's. Bounded: the
    /// reader waits for room, and so, through TCP, does the server. Thread-safe.
    /// </summary>
    internal sealed class Inbox
    {
        public const int MostMessages = 256;
        public const long MostBytes = 32 * 1024 * 1024;

        private readonly Queue<ReceivedMessage> _queue = new Queue<ReceivedMessage>();
        private long _bytes;
        private TaskCompletionSource<bool> _room;
        private bool _discarding;

        /// <summary>Add a message, whatever room there is.</summary>
        public void Enqueue(ReceivedMessage message)
        {
            lock (_queue)
            {
                if (_discarding)
                {
                    message.Release();
                    return;
                }
                _queue.Enqueue(message);
                _bytes += message.Count;
            }
        }

        /// <summary>Done as soon as there is room for more.</summary>
        public Task RoomAsync()
        {
            lock (_queue)
            {
                if (!Full) return Task.CompletedTask;
                const TaskCreationOptions later = TaskCreationOptions.RunContinuationsAsynchronously;
                if (_room == null) _room = new TaskCompletionSource<bool>(later);
                return _room.Task;
            }
        }

        /// <summary>Take the oldest message.</summary>
        public bool TryDequeue(out ReceivedMessage message)
        {
            TaskCompletionSource<bool> room = null;
            lock (_queue)
            {
                message = _queue.Count == 0 ? null : _queue.Dequeue();
                if (message != null) _bytes -= message.Count;
                if (!Full)
                {
                    room = _room;
                    _room = null;
                }
            }
            if (room != null) room.SetResult(true);
            return message != null;
        }

        /// <summary>Give all buffers back, now and from now on; a waiting reader goes on.</summary>
        public void Discard()
        {
            lock (_queue) _discarding = true;
            ReceivedMessage message;
            while (TryDequeue(out message)) message.Release();
        }

        private bool Full
        {
            get { return _queue.Count >= MostMessages || _bytes >= MostBytes; }
        }
    }
}
