using System;
using UnityEngine;

namespace Emopic
{
    /// <summary>One character's picture as a texture. The two ways to make it stand side by side.</summary>
    internal abstract class FacePicture : IDisposable
    {
        /// <summary>The picture; null before the first frame, another object when the size changes.</summary>
        public Texture2D Texture { get; protected set; }

        /// <summary>Take in a frame, which is borrowed.</summary>
        public abstract void Show(Frame frame);

        /// <summary>Bring the texture up to date. True if it changed; call once a game frame.</summary>
        public abstract bool Update(out string problem);

        /// <inheritdoc/>
        public virtual void Dispose()
        {
            Objects.Destroy(Texture);
            Texture = null;
        }

        /// <summary>A texture without mipmaps for pictures of this size.</summary>
        protected static Texture2D New(int width, int height, TextureFormat format)
        {
            return new Texture2D(width, height, format, false)
            {
                name = "Emopic face",
                wrapMode = TextureWrapMode.Clamp,
                hideFlags = HideFlags.DontSave,
            };
        }
    }

    /// <summary>JPEG and raw frames, decoded on the thread pool; only the upload is left to Unity.</summary>
    internal sealed class BackgroundPicture : FacePicture
    {
        private readonly PictureWorker _worker;

        public BackgroundPicture(bool inline)
        {
            _worker = new PictureWorker(inline);
        }

        public override void Show(Frame frame)
        {
            _worker.Post(frame);
        }

        public override bool Update(out string problem)
        {
            FrameCanvas canvas;
            if (!_worker.TryTake(out canvas, out problem)) return false;
            if (canvas != null) Upload(canvas);
            _worker.Resume();
            return canvas != null;
        }

        private void Upload(FrameCanvas canvas)
        {
            if (Texture == null || Texture.width != canvas.Width || Texture.height != canvas.Height)
            {
                Objects.Destroy(Texture);
                Texture = New(canvas.Width, canvas.Height, TextureFormat.RGBA32);
            }
            Texture.LoadRawTextureData(canvas.Pixels);
            Texture.Apply(false);
        }
    }

    /// <summary>JPEG and PNG frames, decoded by Unity on the main thread.</summary>
    /// <remarks>
    /// A patch is copied over the last full frame on the graphics card. Where that is impossible
    /// (<see cref="CanPatch"/>), frames must be asked for without patches.
    /// </remarks>
    internal sealed class UnityPicture : FacePicture
    {
        private Texture2D _full;
        private Texture2D _patch;
        private PictureRect _patched;
        private bool _isPatched;
        private bool _changed;
        private string _problem;

        /// <summary>Whether this device copies between textures.</summary>
        public static bool CanPatch
        {
            get { return SystemInfo.copyTextureSupport != UnityEngine.Rendering.CopyTextureSupport.None; }
        }

        public override void Show(Frame frame)
        {
            Texture2D place = frame.IsPatch ? Loader(ref _patch) : Loader(ref _full);
            if (!place.LoadImage(frame.CopyPicture()))
            {
                _problem = "Unity cannot read a picture of " + frame.Count + " bytes";
            }
            else if (frame.IsPatch)
            {
                ShowPatch(frame);
            }
            else
            {
                ShowFull();
            }
        }

        public override bool Update(out string problem)
        {
            bool changed = _changed;
            problem = _problem;
            _changed = false;
            _problem = null;
            return changed;
        }

        public override void Dispose()
        {
            base.Dispose();
            Objects.Destroy(_full);
            Objects.Destroy(_patch);
            _full = _patch = null;
        }

        private void ShowFull()
        {
            if (Texture == null || Texture.width != _full.width || Texture.height != _full.height
                || Texture.format != _full.format)
            {
                Objects.Destroy(Texture);
                Texture = New(_full.width, _full.height, _full.format);
            }
            if (CanPatch) Graphics.CopyTexture(_full, Texture);
            else Copy(_full, Texture);
            _isPatched = false;
            _changed = true;
        }

        private void ShowPatch(Frame frame)
        {
            PictureRect rect = frame.Rect;
            bool fits = Texture != null && Texture.width == frame.Width && Texture.height == frame.Height;
            if (!fits || !CanPatch || _patch.format != Texture.format) return; // a full frame will follow
            bool elsewhere = _isPatched && (rect.X != _patched.X || rect.Y != _patched.Y
                || rect.Width != _patched.Width || rect.Height != _patched.Height);
            if (elsewhere) Graphics.CopyTexture(_full, Texture);
            int bottom = frame.Height - rect.Y - rect.Height; // textures begin at the bottom
            Graphics.CopyTexture(_patch, 0, 0, 0, 0, rect.Width, rect.Height, Texture, 0, 0, rect.X, bottom);
            _patched = rect;
            _isPatched = true;
            _changed = true;
        }

        private static void Copy(Texture2D from, Texture2D to)
        {
            to.LoadRawTextureData(from.GetRawTextureData<byte>());
            to.Apply(false);
        }

        private static Texture2D Loader(ref Texture2D place)
        {
            if (place == null) place = New(2, 2, TextureFormat.RGBA32);
            return place;
        }
    }
}
