using System;
using System.Collections.Generic;

namespace Emopic
{
    /// <summary>What several viewers want of one character, as the one watch that serves all.</summary>
    internal sealed class WatchWishes
    {
        private readonly List<KeyValuePair<object, WatchOptions>> _wishes =
            new List<KeyValuePair<object, WatchOptions>>();

        /// <summary>What a viewer wants from now on; null for nothing any more.</summary>
        public void Set(object who, WatchOptions wish)
        {
            _wishes.RemoveAll(other => ReferenceEquals(other.Key, who));
            if (wish != null) _wishes.Add(new KeyValuePair<object, WatchOptions>(who, wish));
        }

        /// <summary>
        /// The larger picture and the faster pace serve everybody; the format and the set of names
        /// are those of whoever came first.
        /// </summary>
        public WatchOptions Merged()
        {
            var all = new WatchOptions();
            foreach (KeyValuePair<object, WatchOptions> wish in _wishes)
            {
                if (all.Blendshapes == BlendshapeSet.None) all.Blendshapes = wish.Value.Blendshapes;
                all.Frames = Merge(all.Frames, wish.Value.Frames);
                all.Text |= wish.Value.Text;
            }
            return all;
        }

        private static FrameOptions Merge(FrameOptions one, FrameOptions other)
        {
            if (one == null || other == null) return one ?? other;
            bool own = one.Size == 0 || other.Size == 0; // 0 is the face's own size
            return new FrameOptions
            {
                Format = one.Format,
                Size = own ? 0 : Math.Max(one.Size, other.Size),
                Fps = Math.Max(one.Fps, other.Fps),
                Quality = Math.Max(one.Quality, other.Quality),
                Patches = one.Patches && other.Patches,
                Keep = Math.Max(one.Keep, other.Keep),
            };
        }
    }
}
