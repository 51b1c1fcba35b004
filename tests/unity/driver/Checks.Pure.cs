using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading.Tasks;

namespace Emopic.Tests
{
    internal static partial class Checks
    {
        // ── addresses and waits ─────────────────────────────────────────────────────────────────

        [Check]
        private static void Addresses()
        {
            Func<string, string> full = url => SessionOptions.FullUrl(url).ToString();
            Same("ws://127.0.0.1:8765/v1/stream", full("127.0.0.1:8765"), "host and port");
            Same("ws://localhost:1/v1/stream", full(" http://localhost:1/ "), "http");
            Same("wss://a.kr/v1/stream", full("https://a.kr").Replace(":443", ""), "https");
            Same("ws://a.kr:9/x?y=1", full("ws://a.kr:9/x?y=1#z"), "a path of its own");
            foreach (string bad in new[] { null, "", "ftp://a", "ws://", "://", "ws:// a" })
            {
                Throws<ArgumentException>(() => SessionOptions.FullUrl(bad), "'" + bad + "'");
            }
        }

        [Check]
        private static void WaitsDoubleUpToTheMost()
        {
            var backoff = new Backoff(0.25, 10, 0.5, 8);
            Near(0.25, backoff.Delay(1, 0).Value, "first");
            Near(0.5, backoff.Delay(2, 0).Value, "second");
            Near(10, backoff.Delay(7, 0).Value, "the most");
            Near(5, backoff.Delay(7, 1).Value, "the most, jittered");
            Same(null, backoff.Delay(9, 0), "after all attempts");
            Near(10, new Backoff().Delay(int.MaxValue, 0).Value, "for ever");
            Throws<ArgumentException>(() => new Backoff(0), "no wait at all");
        }

        // ── pictures ────────────────────────────────────────────────────────────────────────────

        private static FrameShape Shape(int width, int height, params int[] rect)
        {
            var shape = new FrameShape { Width = width, Height = height, IsPatch = rect.Length == 4 };
            shape.Rect = shape.IsPatch
                ? new PictureRect(rect[0], rect[1], rect[2], rect[3])
                : new PictureRect(0, 0, width, height);
            return shape;
        }

        private static byte[] Plain(int count, byte value)
        {
            return Enumerable.Repeat(value, count * 4).ToArray();
        }

        /// <summary>The first channel of each pixel, rows from the top.</summary>
        private static string Rows(FrameCanvas canvas)
        {
            var text = new StringBuilder();
            for (int y = canvas.Height - 1; y >= 0; y--)
            {
                for (int x = 0; x < canvas.Width; x++) text.Append(canvas.Pixels[(y * canvas.Width + x) * 4]);
                if (y > 0) text.Append('/');
            }
            return text.ToString();
        }

        [Check]
        private static void PatchesLieOverTheLastFullFrame()
        {
            var canvas = new FrameCanvas();
            That(!canvas.Draw(Shape(3, 2, 0, 0, 1, 1), Plain(1, 9), 0), "a patch before a full frame");
            That(canvas.Draw(Shape(3, 2), Plain(6, 1), 0), "a full frame");
            That(canvas.Draw(Shape(3, 2, 1, 0, 2, 1), Plain(2, 5), 0), "a patch at the top");
            Same("155/111", Rows(canvas), "the top row");
            canvas.Draw(Shape(3, 2, 1, 0, 2, 1), Plain(2, 6), 0);
            Same("166/111", Rows(canvas), "the same place");
            canvas.Draw(Shape(3, 2, 0, 1, 2, 1), Plain(2, 7), 0);
            Same("111/771", Rows(canvas), "patches do not build on each other");
            That(!canvas.Draw(Shape(4, 2, 0, 0, 1, 1), Plain(1, 9), 0), "a patch of another picture");
            canvas.Draw(Shape(2, 1), Plain(2, 3), 0);
            Same("33", Rows(canvas), "another size");
        }

        [Check]
        private static void HugePicturesAreRefusedBeforeMemoryIs()
        {
            Throws<PictureException>(() => FrameCanvas.Check(Shape(65535, 65535)), "4 gigapixels");
            Throws<PictureException>(() => FrameCanvas.Check(Shape(0, 5)), "no pixels");
        }

        private static Frame RawFrame(int width, int height, byte value, params int[] rect)
        {
            FrameShape shape = Shape(width, height, rect);
            byte[] data = Plain(shape.Rect.Width * shape.Rect.Height, value);
            return new Frame
            {
                Format = PictureFormat.Raw, Width = width, Height = height, Rect = shape.Rect,
                IsPatch = shape.IsPatch, Data = data, Count = data.Length,
            };
        }

        [Check]
        private static void TheWorkerSkipsWhatIsOutdated()
        {
            var worker = new PictureWorker(inline: true);
            FrameCanvas canvas;
            string problem;
            worker.Post(RawFrame(2, 1, 1));
            worker.Post(RawFrame(2, 1, 2)); // the first is done and not taken yet
            worker.Post(RawFrame(2, 1, 3, 1, 0, 1, 1));
            worker.Post(RawFrame(2, 1, 4, 1, 0, 1, 1));
            That(worker.TryTake(out canvas, out problem), "the first is done");
            Same("11", Rows(canvas), "the first");
            worker.Resume();
            That(worker.TryTake(out canvas, out problem), "the next is done");
            Same("24", Rows(canvas), "a full frame and the latest patch");
            worker.Resume();
            That(!worker.TryTake(out canvas, out problem), "nothing more");
            Frame wrong = RawFrame(2, 1, 5);
            wrong.Count--;
            worker.Post(wrong);
            That(worker.TryTake(out canvas, out problem) && canvas == null && problem.Contains("length"), "told");
            worker.Resume();
            worker.Post(RawFrame(2, 1, 6));
            That(worker.TryTake(out canvas, out problem) && problem == null, "and it goes on");
        }

        // ── heads ───────────────────────────────────────────────────────────────────────────────

        [Check]
        private static void SpellingsOfOneShape()
        {
            foreach (string name in new[] { "mouthSmileLeft", "MouthSmile_L", "blendShape1.mouthSmile_L", "mouth smile left" })
            {
                Same("mouthsmileleft", BlendShapeNames.Normalise(name), name);
            }
            Same("Joy", BlendShapeNames.GuessVrm("Fcl_ALL_Joy"), "VRoid");
            Same("", BlendShapeNames.GuessVrm("Fcl_HA_Hide"), "another");
        }

        [Check]
        private static void WeightsAreMixedAndSmoothed()
        {
            var mixer = new BlendShapeMixer();
            mixer.Reset(new[] { "a", "b" }, 3);
            mixer.Connect(0, 0, 1);
            mixer.Connect(1, 0, 1);
            mixer.Connect(1, 1, 0.5f);
            mixer.Connect(0, 2, -1);
            mixer.Want(new[] { 0.75f, 0.5f });
            mixer.Step(1, 0);
            Near(1, mixer.Weights[0], "two names add up to 1 at most");
            Near(0.25, mixer.Weights[1], "scaled");
            Near(0, mixer.Weights[2], "never below 0");
            mixer.Want(new[] { 0f, 0f });
            mixer.Step(0.1f, 0.1f);
            Near(0.75 / Math.E, mixer.Shown("a"), "after its time a part of 1/e is left");
            float whole = mixer.Shown("b");
            mixer.Step(0.03f, 0.1f);
            mixer.Step(0.07f, 0.1f);
            Near(whole / Math.E, mixer.Shown("b"), "however long the steps are");
            mixer.Override("a", 1);
            mixer.Step(1, 0);
            Near(1, mixer.Shown("a"), "held");
            mixer.Release("a");
            mixer.Step(1, 0);
            Near(0, mixer.Shown("a"), "released");
            Near(0, mixer.Shown("unknown"), "an unknown name");
        }

        // ── queues ──────────────────────────────────────────────────────────────────────────────

        [Check]
        private static void AFullInboxMakesItsReaderWait()
        {
            var pool = new MessagePool();
            var inbox = new Inbox();
            for (int i = 0; i < Inbox.MostMessages; i++)
            {
                That(inbox.RoomAsync().IsCompleted, "room for message " + i);
                inbox.Enqueue(pool.Rent());
            }
            Task room = inbox.RoomAsync();
            That(!room.IsCompleted, "no room");
            ReceivedMessage message;
            inbox.TryDequeue(out message);
            That(room.Wait(5000), "room again");
            ReceivedMessage large = pool.Rent();
            large.Count = (int)Inbox.MostBytes;
            inbox.Enqueue(large);
            room = inbox.RoomAsync();
            That(!room.IsCompleted, "too many bytes");
            inbox.Discard();
            That(room.Wait(5000), "a closing reader goes on");
            inbox.Enqueue(pool.Rent());
            That(!inbox.TryDequeue(out message), "what comes after is discarded");
        }

        [Check]
        private static void AFullOutboxRefuses()
        {
            var outbox = new Outbox();
            for (int i = 0; i < Outbox.MostMessages; i++) That(outbox.TryEnqueue(new byte[1]), "room for " + i);
            That(!outbox.TryEnqueue(new byte[1]), "no room");
            outbox = new Outbox();
            outbox.TryEnqueue(new byte[] { 1 });
            outbox.Complete();
            That(outbox.TryEnqueue(new byte[2]), "after the end it is dropped");
            Same(1, outbox.TakeAsync(default(System.Threading.CancellationToken)).Result.Length, "the last message");
            Same(null, outbox.TakeAsync(default(System.Threading.CancellationToken)).Result, "the end");
        }

        [Check]
        private static void BuffersGoRound()
        {
            var pool = new MessagePool();
            ReceivedMessage first = pool.Rent();
            first.Count = 5;
            first.Release();
            ReceivedMessage again = pool.Rent();
            That(ReferenceEquals(first, again) && again.Count == 0, "the same buffer, empty");
            again.Reserve(MessagePool.KeptBytes + 1);
            again.Release();
            That(!ReferenceEquals(again, pool.Rent()), "a huge one is not kept");
        }

        [Check]
        private static void GrowingLinesLeaveRoomForFinishedOnes()
        {
            var partials = new PartialLines();
            var sent = new List<string>();
            Action<string, string, string> send = (character, id, words) => sent.Add(id + ":" + words);
            partials.Put("c", "0", "before there are limits");
            partials.Send(0, send);
            Same(0, sent.Count, "sent without limits");
            partials.Clear();
            partials.Follow(new Limits()); // 120 a minute, 40 at once; half of it is for these
            partials.Send(1000, send);
            for (int i = 0; i < 30; i++) partials.Put("c", i.ToString(), "words");
            partials.Send(1000, send);
            Same(20, sent.Count, "at once");
            partials.Put("c", "29", "newer words");
            partials.Remove("c", "20"); // finished
            partials.Send(1008, send);
            Same(28, sent.Count, "one a second");
            That(!sent.Contains("20:words"), "a finished line is outdated");
            partials.Send(1010, send);
            Same("29:newer words", sent.Last(), "only the latest words");
        }

        private static void Throws<T>(Action action, string what) where T : Exception
        {
            try
            {
                action();
            }
            catch (T)
            {
                return;
            }
            throw new InvalidOperationException(what + " was taken");
        }
    }
}
