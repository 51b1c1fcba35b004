using System;
using System.Threading;

namespace Emopic
{
    /// <summary>Decodes the pictures of one character on the thread pool, latest first.</summary>
    /// <remarks>
    /// Three calls, all from one thread: <see cref="Post"/> takes in a frame, <see cref="TryTake"/>
    /// gives the canvas when it shows something new, and <see cref="Resume"/> gives the canvas back.
    /// Between the last two the worker does not touch it. While it works, newer frames take the place
    /// of older ones that wait; a full frame stays in front of its patch.
    /// </remarks>
    internal sealed class PictureWorker
    {
        private const int Idle = 0;
        private const int Working = 1;
        private const int Done = 2;

        private sealed class Job
        {
            public byte[] Bytes = new byte[0];
            public int Count;
            public FrameShape Shape;
            public bool IsThere;

            public void Set(Frame frame)
            {
                if (Bytes.Length < frame.Count) Bytes = new byte[frame.Count];
                System.Buffer.BlockCopy(frame.Data, frame.Offset, Bytes, 0, frame.Count);
                Count = frame.Count;
                Shape = FrameShape.Of(frame);
                IsThere = true;
            }
        }

        private static readonly WaitCallback RunWorker = state => ((PictureWorker)state).Work();

        private readonly bool _inline;
        private readonly JpegDecoder _jpeg = new JpegDecoder();
        private readonly FrameCanvas _canvas = new FrameCanvas();
        private Job _full = new Job();
        private Job _patch = new Job();
        private Job _fullAtWork = new Job();
        private Job _patchAtWork = new Job();
        private volatile int _state = Idle;
        private bool _drawn;
        private string _problem;

        /// <summary><paramref name="inline"/>: work in <see cref="Post"/>, for places without threads.</summary>
        public PictureWorker(bool inline = false)
        {
            _inline = inline;
        }

        /// <summary>Take in a frame; its picture is copied.</summary>
        public void Post(Frame frame)
        {
            if (frame.IsPatch)
            {
                _patch.Set(frame);
            }
            else
            {
                _full.Set(frame);
                _patch.IsThere = false;
            }
            if (_state == Idle) Begin();
        }

        /// <summary>
        /// The canvas, if it has changed, and what went wrong since the last call, or null. A call
        /// that gives either must be followed by <see cref="Resume"/>.
        /// </summary>
        public bool TryTake(out FrameCanvas canvas, out string problem)
        {
            canvas = null;
            problem = null;
            if (_state != Done) return false;
            canvas = _drawn ? _canvas : null;
            problem = _problem;
            return true;
        }

        /// <summary>The canvas may be drawn on again.</summary>
        public void Resume()
        {
            _state = Idle;
            if (_full.IsThere || _patch.IsThere) Begin();
        }

        private void Begin()
        {
            Swap(ref _full, ref _fullAtWork);
            Swap(ref _patch, ref _patchAtWork);
            _state = Working;
            if (_inline) Work();
            else ThreadPool.QueueUserWorkItem(RunWorker, this);
        }

        private static void Swap(ref Job waiting, ref Job atWork)
        {
            Job free = atWork;
            atWork = waiting;
            waiting = free;
            waiting.IsThere = false;
        }

        private void Work()
        {
            _drawn = false;
            _problem = null;
            try
            {
                if (_fullAtWork.IsThere) Draw(_fullAtWork);
                if (_patchAtWork.IsThere) Draw(_patchAtWork);
            }
            catch (PictureException error)
            {
                _problem = error.Message;
            }
            catch (Exception error) // a bug of ours: told, and the next frame gets its chance
            {
                _problem = error.ToString();
            }
            _state = Done;
        }

        private void Draw(Job job)
        {
            FrameCanvas.Check(job.Shape);
            if (job.Shape.Format == PictureFormat.Raw) DrawRaw(job);
            else if (job.Shape.Format == PictureFormat.Jpeg) DrawJpeg(job);
            else throw new PictureException(Names.Of(job.Shape.Format) + " is not decoded in the background");
        }

        private void DrawRaw(Job job)
        {
            PictureRect rect = job.Shape.Rect;
            if (job.Count != rect.Width * rect.Height * 4) throw new PictureException("a raw picture of a wrong length");
            _drawn |= _canvas.Draw(job.Shape, job.Bytes, 0);
        }

        private void DrawJpeg(Job job)
        {
            _jpeg.Decode(job.Bytes, 0, job.Count);
            PictureRect rect = job.Shape.Rect;
            if (_jpeg.Width != rect.Width || _jpeg.Height != rect.Height)
            {
                throw new PictureException("a picture of another size than its frame says");
            }
            _drawn |= _canvas.Draw(job.Shape, _jpeg.Pixels, 0);
        }
    }
}
