using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Emopic
{
    /// <summary>The one queue of messages to send. Bounded: a full one refuses. Thread-safe.</summary>
    internal sealed class Outbox
    {
        public const int MostMessages = 1024;
        public const long MostBytes = 64 * 1024 * 1024;

        private readonly Queue<byte[]> _queue = new Queue<byte[]>();
        private readonly SemaphoreSlim _more = new SemaphoreSlim(0);
        private long _bytes;
        private bool _completed;

        /// <summary>
        /// Add a message; false if there is no room. After the end a message is dropped: the
        /// connection is over, and what needs an answer is said again on the next.
        /// </summary>
        public bool TryEnqueue(byte[] message)
        {
            lock (_queue)
            {
                if (_completed) return true;
                if (_queue.Count >= MostMessages || _bytes >= MostBytes) return false;
                _queue.Enqueue(message);
                _bytes += message.Length;
            }
            _more.Release();
            return true;
        }

        /// <summary>Nothing more will come; what is there is still given out.</summary>
        public void Complete()
        {
            lock (_queue)
            {
                if (_completed) return;
                _completed = true;
            }
            _more.Release();
        }

        /// <summary>The oldest message when there is one; null after the last.</summary>
        public async Task<byte[]> TakeAsync(CancellationToken cancel)
        {
            await _more.WaitAsync(cancel).ConfigureAwait(false);
            lock (_queue)
            {
                if (_queue.Count == 0) return null;
                byte[] message = _queue.Dequeue();
                _bytes -= message.Length;
                return message;
            }
        }
    }
}
