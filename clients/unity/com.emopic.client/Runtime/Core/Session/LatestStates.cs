using System;
using System.Collections.Generic;

namespace Emopic
{
    /// <summary>The latest frames and weights of each character, until they are handed out.</summary>
    /// <remarks>
    /// A patch is drawn over the last full frame, so a full frame that was not handed out yet stays
    /// in front of the patch that follows it. Everything else that is older is skipped. Objects and
    /// buffers go round: taking in a frame gives the spare one to read the next into.
    /// </remarks>
    internal sealed class LatestStates
    {
        private sealed class Slot
        {
            public readonly string Character;
            public Frame Full = new Frame();
            public Frame Patch = new Frame();
            public Blendshapes Shapes = new Blendshapes();
            public bool HasFull;
            public bool HasPatch;
            public bool HasShapes;

            public Slot(string character)
            {
                Character = character;
            }
        }

        private readonly List<Slot> _slots = new List<Slot>();

        /// <summary>Keep a frame whose owner holds its picture; gives the spare.</summary>
        public Frame Put(Frame frame)
        {
            Slot slot = SlotOf(frame.Character);
            if (frame.IsPatch)
            {
                slot.HasPatch = true;
                return Swap(ref slot.Patch, frame);
            }
            DropPatch(slot);
            slot.HasFull = true;
            return Swap(ref slot.Full, frame);
        }

        /// <summary>Keep weights; gives the spare.</summary>
        public Blendshapes Put(Blendshapes shapes)
        {
            Slot slot = SlotOf(shapes.Character);
            Blendshapes spare = slot.Shapes;
            slot.Shapes = shapes;
            slot.HasShapes = true;
            return spare;
        }

        /// <summary>
        /// Hand everything out that <paramref name="wanted"/> still wants, and forget the rest.
        /// </summary>
        public void Flush(Func<string, bool> wanted, Action<Frame> onFrame, Action<Blendshapes> onShapes)
        {
            for (int i = _slots.Count - 1; i >= 0; i--)
            {
                Slot slot = _slots[i];
                if (!wanted(slot.Character))
                {
                    Empty(slot);
                    _slots.RemoveAt(i);
                    continue;
                }
                if (Take(ref slot.HasShapes)) onShapes(slot.Shapes);
                if (Take(ref slot.HasFull)) HandOut(slot.Full, onFrame);
                if (Take(ref slot.HasPatch)) HandOut(slot.Patch, onFrame);
            }
        }

        /// <summary>Forget everything, as after a lost connection.</summary>
        public void Clear()
        {
            foreach (Slot slot in _slots) Empty(slot);
            _slots.Clear();
        }

        private static void HandOut(Frame frame, Action<Frame> onFrame)
        {
            try
            {
                onFrame(frame);
            }
            finally
            {
                Release(frame);
            }
        }

        private static Frame Swap(ref Frame place, Frame frame)
        {
            Frame spare = place;
            Release(spare);
            place = frame;
            return spare;
        }

        private static void DropPatch(Slot slot)
        {
            slot.HasPatch = false;
            Release(slot.Patch);
        }

        private static void Empty(Slot slot)
        {
            slot.HasFull = slot.HasShapes = false;
            Release(slot.Full);
            DropPatch(slot);
        }

        private static void Release(Frame frame)
        {
            ReceivedMessage owner = frame.Owner;
            frame.Owner = null;
            frame.Data = null;
            if (owner != null) owner.Release();
        }

        private static bool Take(ref bool flag)
        {
            bool was = flag;
            flag = false;
            return was;
        }

        private Slot SlotOf(string character)
        {
            foreach (Slot slot in _slots)
            {
                if (slot.Character == character) return slot;
            }
            var fresh = new Slot(character);
            _slots.Add(fresh);
            return fresh;
        }
    }
}
