using System;
using System.IO;
using System.Collections.Generic;

namespace Unity.Collections
{
    public struct NativeArray<T> where T : struct
    {
        internal readonly T[] Items;
        internal NativeArray(T[] items) { Items = items; }
    }
}

namespace UnityEngine
{
    public enum TextureFormat { RGB24 = 3, RGBA32 = 4 }

    public enum TextureWrapMode { Repeat, Clamp }

    public class Texture : Object
    {
        public int width { get; protected set; }
        public int height { get; protected set; }
        public TextureWrapMode wrapMode { get; set; }
    }

    /// <summary>Pixels are always kept as RGBA, rows from the bottom; `Shown` is what Apply uploaded.</summary>
    public sealed class Texture2D : Texture
    {
        internal byte[] Pixels;
        internal byte[] Shown;

        public Texture2D(int width, int height, TextureFormat format, bool mipChain)
        {
            Become(width, height, format);
        }

        public TextureFormat format { get; private set; }

        internal void Become(int wide, int high, TextureFormat how)
        {
            width = wide;
            height = high;
            format = how;
            Pixels = new byte[wide * high * 4];
            Shown = new byte[wide * high * 4];
        }

        public void LoadRawTextureData(byte[] data)
        {
            if (data.Length != Pixels.Length) throw new UnityException("wrong length");
            Buffer.BlockCopy(data, 0, Pixels, 0, data.Length);
        }

        public void LoadRawTextureData<T>(Unity.Collections.NativeArray<T> data) where T : struct
        {
            LoadRawTextureData((byte[])(object)data.Items);
        }

        public Unity.Collections.NativeArray<T> GetRawTextureData<T>() where T : struct
        {
            return new Unity.Collections.NativeArray<T>((T[])(object)Pixels);
        }

        public void SetPixels32(Color32[] pixels)
        {
            for (int i = 0; i < pixels.Length; i++)
            {
                Pixels[i * 4] = pixels[i].r;
                Pixels[i * 4 + 1] = pixels[i].g;
                Pixels[i * 4 + 2] = pixels[i].b;
                Pixels[i * 4 + 3] = pixels[i].a;
            }
        }

        public Color32[] GetPixels32()
        {
            var pixels = new Color32[width * height];
            for (int i = 0; i < pixels.Length; i++)
            {
                pixels[i] = new Color32(Pixels[i * 4], Pixels[i * 4 + 1], Pixels[i * 4 + 2], Pixels[i * 4 + 3]);
            }
            return pixels;
        }

        public void Apply() { Apply(true); }

        public void Apply(bool updateMipmaps, bool makeNoLongerReadable) { Apply(updateMipmaps); }

        public void Apply(bool updateMipmaps) { Buffer.BlockCopy(Pixels, 0, Shown, 0, Pixels.Length); }

        public void ReadPixels(Rect from, int x, int y)
        {
            Texture2D source = RenderTexture.active.Drawn;
            for (int row = 0; row < height; row++)
            {
                for (int column = 0; column < width; column++)
                {
                    int at = (row * source.height / height * source.width + column * source.width / width) * 4;
                    Buffer.BlockCopy(source.Shown, at, Pixels, (row * width + column) * 4, 4);
                }
            }
        }
    }

    public sealed class UnityException : Exception
    {
        public UnityException(string text) : base(text) { }
    }

    public static class ImageConversion
    {
        /// <summary>Reads a picture file for LoadImage: width, height, and RGBA rows from the bottom.</summary>
        public static Func<byte[], Tuple<int, int, byte[]>> Decoder;

        public static bool LoadImage(this Texture2D texture, byte[] data)
        {
            Tuple<int, int, byte[]> found = Decoder(data);
            if (found == null) return false;
            texture.Become(found.Item1, found.Item2, TextureFormat.RGB24);
            texture.LoadRawTextureData(found.Item3);
            texture.Apply();
            return true;
        }

        public static byte[] EncodeToPNG(this Texture2D texture) { return PngWriter.Write(texture); }

        public static byte[] EncodeToJPG(this Texture2D texture, int quality) { return new byte[] { 0xff, 0xd8 }; }
    }

    public enum RenderTextureFormat { ARGB32 }

    public enum RenderTextureReadWrite { sRGB }

    public sealed class RenderTexture : Texture
    {
        internal Texture2D Drawn;
        public static RenderTexture active { get; set; }

        public static RenderTexture GetTemporary(
            int width, int height, int depth, RenderTextureFormat format, RenderTextureReadWrite how)
        {
            return new RenderTexture { width = width, height = height };
        }

        public static RenderTexture GetTemporary(int width, int height)
        {
            return new RenderTexture { width = width, height = height };
        }

        public static void ReleaseTemporary(RenderTexture one) { one.Drawn = null; }
    }

    public static class Graphics
    {
        public static void Blit(Texture from, RenderTexture to) { to.Drawn = (Texture2D)from; }

        public static void CopyTexture(Texture from, Texture to)
        {
            CopyTexture(from, 0, 0, 0, 0, from.width, from.height, to, 0, 0, 0, 0);
        }

        public static void CopyTexture(
            Texture from, int element, int mip, int x, int y, int width, int height,
            Texture to, int toElement, int toMip, int toX, int toY)
        {
            var source = (Texture2D)from;
            var target = (Texture2D)to;
            if (source.format != target.format) throw new UnityException("textures of two formats");
            for (int row = 0; row < height; row++)
            {
                int at = ((y + row) * source.width + x) * 4;
                int place = ((toY + row) * target.width + toX) * 4;
                Buffer.BlockCopy(source.Pixels, at, target.Shown, place, width * 4);
            }
        }
    }

    public sealed class Sprite : Object
    {
        public Texture2D texture { get; private set; }
        public Bounds bounds { get; private set; }

        public static Sprite Create(Texture2D texture, Rect rect, Vector2 pivot, float pixelsPerUnit)
        {
            var size = new Vector3(rect.width / pixelsPerUnit, rect.height / pixelsPerUnit, 0);
            return new Sprite { texture = texture, bounds = new Bounds(Vector3.zero, size) };
        }
    }

    public sealed class Shader : Object
    {
        public static int PropertyToID(string name) { return name.GetHashCode() | 1; }
    }

    public sealed class Material : Object
    {
        public Material(Shader shader) { }
        public Material(Material other) { }
        public Color color { get; set; }
        public bool HasProperty(string name) { return name == "_MainTex"; }
    }

    public sealed class MaterialPropertyBlock
    {
        internal Dictionary<int, Texture> Textures = new Dictionary<int, Texture>();
        public void SetTexture(int property, Texture texture) { Textures[property] = texture; }
        public void Clear() { Textures.Clear(); }
    }

    public class Renderer : Component
    {
        internal MaterialPropertyBlock Block;
        public Material sharedMaterial { get; set; }
        public Bounds localBounds { get; set; }
        public void GetPropertyBlock(MaterialPropertyBlock block) { }
        public void SetPropertyBlock(MaterialPropertyBlock block) { Block = block; }
    }

    public sealed class MeshRenderer : Renderer { }

    public sealed class SpriteRenderer : Renderer
    {
        public Sprite sprite { get; set; }
    }

    public sealed class SkinnedMeshRenderer : Renderer
    {
        internal readonly Dictionary<int, float> Weights = new Dictionary<int, float>();
        public Mesh sharedMesh { get; set; }
        public void SetBlendShapeWeight(int shape, float weight) { Weights[shape] = weight; }

        public float GetBlendShapeWeight(int shape)
        {
            float weight;
            return Weights.TryGetValue(shape, out weight) ? weight : 0;
        }
    }

    public sealed class Mesh : Object
    {
        private readonly List<string> _shapes = new List<string>();
        internal readonly List<Vector3[]> Deltas = new List<Vector3[]>();
        public Vector3[] vertices { get; set; }
        public int[] triangles { get; set; }
        public int blendShapeCount { get { return _shapes.Count; } }
        public string GetBlendShapeName(int shape) { return _shapes[shape]; }
        public int GetBlendShapeIndex(string name) { return _shapes.IndexOf(name); }
        public void RecalculateNormals() { }
        public void RecalculateBounds() { }

        public void AddBlendShapeFrame(string name, float weight, Vector3[] deltas, Vector3[] normals, Vector3[] tangents)
        {
            if (deltas.Length != vertices.Length) throw new UnityException("as many deltas as vertices");
            _shapes.Add(name);
            Deltas.Add(deltas);
        }
    }

    /// <summary>A PNG without compression, so that a real server reads what a texture holds.</summary>
    internal static class PngWriter
    {
        public static byte[] Write(Texture2D texture)
        {
            var png = new MemoryStream();
            png.Write(new byte[] { 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a }, 0, 8);
            var head = new MemoryStream();
            Number(head, (uint)texture.width);
            Number(head, (uint)texture.height);
            head.Write(new byte[] { 8, 6, 0, 0, 0 }, 0, 5);
            Chunk(png, "IHDR", head.ToArray());
            Chunk(png, "IDAT", Stored(Rows(texture)));
            Chunk(png, "IEND", new byte[0]);
            return png.ToArray();
        }

        private static byte[] Rows(Texture2D texture)
        {
            int row = texture.width * 4;
            byte[] rows = new byte[(row + 1) * texture.height];
            for (int y = 0; y < texture.height; y++)
            {
                Buffer.BlockCopy(texture.Pixels, (texture.height - 1 - y) * row, rows, y * (row + 1) + 1, row);
            }
            return rows;
        }

        private static byte[] Stored(byte[] data)
        {
            var zlib = new MemoryStream();
            zlib.Write(new byte[] { 0x78, 0x01 }, 0, 2);
            uint a = 1, b = 0;
            for (int at = 0; at < data.Length; at += 65535)
            {
                int count = Math.Min(65535, data.Length - at);
                zlib.WriteByte((byte)(at + count == data.Length ? 1 : 0));
                zlib.Write(new[] { (byte)count, (byte)(count >> 8), (byte)~count, (byte)(~count >> 8) }, 0, 4);
                zlib.Write(data, at, count);
            }
            foreach (byte value in data)
            {
                a = (a + value) % 65521;
                b = (b + a) % 65521;
            }
            Number(zlib, b << 16 | a);
            return zlib.ToArray();
        }

        private static void Chunk(Stream png, string type, byte[] data)
        {
            Number(png, (uint)data.Length);
            byte[] whole = new byte[4 + data.Length];
            for (int i = 0; i < 4; i++) whole[i] = (byte)type[i];
            Buffer.BlockCopy(data, 0, whole, 4, data.Length);
            png.Write(whole, 0, whole.Length);
            Number(png, Crc(whole));
        }

        private static uint Crc(byte[] data)
        {
            uint crc = 0xffffffff;
            foreach (byte value in data)
            {
                crc ^= value;
                for (int bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
            }
            return ~crc;
        }

        private static void Number(Stream to, uint value)
        {
            to.Write(new[] { (byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value }, 0, 4);
        }
    }
}
