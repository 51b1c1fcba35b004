using UnityEngine;

namespace Emopic
{
    /// <summary>A texture as the picture file that the server takes.</summary>
    internal static class FaceEncoder
    {
        private const int JpegQuality = 92;

        /// <summary>
        /// PNG, or JPEG where that is over <paramref name="mostBytes"/>; shrunk to
        /// <paramref name="mostSide"/> pixels. Works for compressed textures and for ones that
        /// scripts may not read.
        /// </summary>
        public static byte[] Encode(Texture2D face, long mostBytes, long mostSide)
        {
            Texture2D copy = Copy(face, mostSide);
            try
            {
                byte[] png = copy.EncodeToPNG();
                return png.Length <= mostBytes ? png : copy.EncodeToJPG(JpegQuality);
            }
            finally
            {
                Objects.Destroy(copy);
            }
        }

        private static Texture2D Copy(Texture2D face, long mostSide)
        {
            float scale = Mathf.Min(1, (float)mostSide / Mathf.Max(face.width, face.height));
            int width = Mathf.Max(1, Mathf.FloorToInt(face.width * scale));
            int height = Mathf.Max(1, Mathf.FloorToInt(face.height * scale));
            RenderTexture drawn = RenderTexture.GetTemporary(
                width, height, 0, RenderTextureFormat.ARGB32, RenderTextureReadWrite.sRGB);
            RenderTexture before = RenderTexture.active;
            Graphics.Blit(face, drawn);
            RenderTexture.active = drawn;
            var copy = new Texture2D(width, height, TextureFormat.RGBA32, false);
            copy.ReadPixels(new Rect(0, 0, width, height), 0, 0);
            copy.Apply();
            RenderTexture.active = before;
            RenderTexture.ReleaseTemporary(drawn);
            return copy;
        }
    }

    internal static class Objects
    {
        /// <summary>Destroy an object of ours, in play mode and in the editor.</summary>
        public static void Destroy(Object what)
        {
            if (what == null) return;
            if (Application.isPlaying) Object.Destroy(what);
            else Object.DestroyImmediate(what);
        }
    }
}
