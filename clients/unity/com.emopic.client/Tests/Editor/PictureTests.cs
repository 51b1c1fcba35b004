using NUnit.Framework;
using UnityEngine;

namespace Emopic.Tests
{
    /// <summary>What only Unity itself can show: which way up its textures are, and its copies.</summary>
    public sealed class PictureTests
    {
        private static readonly Color32 Red = new Color32(255, 0, 0, 255);
        private static readonly Color32 Blue = new Color32(0, 0, 255, 255);

        /// <summary>A PNG whose upper half is of one colour and whose lower half of another.</summary>
        private static byte[] Halves(int width, int height, Color32 above, Color32 below)
        {
            var texture = new Texture2D(width, height, TextureFormat.RGBA32, false);
            var pixels = new Color32[width * height];
            for (int i = 0; i < pixels.Length; i++) pixels[i] = i / width < height / 2 ? below : above;
            texture.SetPixels32(pixels);
            byte[] png = texture.EncodeToPNG();
            Object.DestroyImmediate(texture);
            return png;
        }

        private static Frame FrameOf(byte[] data, PictureFormat format, int side, PictureRect rect, bool patch)
        {
            return new Frame
            {
                Format = format, Width = side, Height = side, Rect = rect, IsPatch = patch,
                Data = data, Count = data.Length,
            };
        }

        /// <summary>What the graphics card holds, from the bottom left.</summary>
        private static Color32 PixelOnTheCard(Texture2D texture, int x, int y)
        {
            RenderTexture drawn = RenderTexture.GetTemporary(texture.width, texture.height);
            Graphics.Blit(texture, drawn);
            RenderTexture.active = drawn;
            var copy = new Texture2D(texture.width, texture.height, TextureFormat.RGBA32, false);
            copy.ReadPixels(new Rect(0, 0, texture.width, texture.height), 0, 0);
            RenderTexture.active = null;
            RenderTexture.ReleaseTemporary(drawn);
            Color32 pixel = copy.GetPixels32()[y * texture.width + x];
            Object.DestroyImmediate(copy);
            return pixel;
        }

        [Test]
        public void PatchesByUnityLieWhereTheyBelong()
        {
            if (!UnityPicture.CanPatch) Assert.Ignore("this device does not copy between textures");
            using (var picture = new UnityPicture())
            {
                var all = new PictureRect(0, 0, 16, 16);
                picture.Show(FrameOf(Halves(16, 16, Red, Red), PictureFormat.Png, 16, all, false));
                var above = new PictureRect(4, 2, 8, 4);
                picture.Show(FrameOf(Halves(8, 4, Blue, Blue), PictureFormat.Png, 16, above, true));
                string problem;
                Assert.IsTrue(picture.Update(out problem), problem);
                Assert.AreEqual(Blue, PixelOnTheCard(picture.Texture, 5, 12));
                Assert.AreEqual(Red, PixelOnTheCard(picture.Texture, 5, 3));
                Assert.AreEqual(Red, PixelOnTheCard(picture.Texture, 1, 12));
            }
        }

        [Test]
        public void RawPicturesAreTheRightWayUp()
        {
            byte[] rows = new byte[2 * 2 * 4];
            for (int i = 0; i < 8; i++) rows[i] = i % 4 == 0 || i % 4 == 3 ? (byte)255 : (byte)0; // red on top
            for (int i = 8; i < 16; i++) rows[i] = i % 4 >= 2 ? (byte)255 : (byte)0; // blue below
            using (var picture = new BackgroundPicture(true))
            {
                picture.Show(FrameOf(rows, PictureFormat.Raw, 2, new PictureRect(0, 0, 2, 2), false));
                string problem;
                Assert.IsTrue(picture.Update(out problem), problem);
                Assert.AreEqual(Red, PixelOnTheCard(picture.Texture, 0, 1));
                Assert.AreEqual(Blue, PixelOnTheCard(picture.Texture, 0, 0));
            }
        }

        [Test]
        public void ATextureThatIsNotReadableIsEncoded()
        {
            var texture = new Texture2D(8, 4, TextureFormat.RGBA32, false);
            texture.Apply(false, true); // no longer readable
            byte[] png = FaceEncoder.Encode(texture, 1 << 20, 4096);
            Object.DestroyImmediate(texture);
            Assert.AreEqual(0x89, png[0]);
            Assert.AreEqual((byte)'P', png[1]);
        }
    }
}
