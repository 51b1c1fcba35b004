using System;
using UnityEngine;

namespace Emopic.Samples
{
    /// <summary>A simple head of spheres and bands, with the ARKit shapes that emotions move.</summary>
    /// <remarks>
    /// It looks along -Z, so its left side is at +X. A shape is a function from a point at rest to
    /// how far it moves.
    /// </remarks>
    public static class ProceduralHead
    {
        private const int Rings = 24;
        private const int Steps = 32;

        private static readonly Color Skin = new Color(0.96f, 0.78f, 0.66f);
        private static readonly Color Dark = new Color(0.16f, 0.11f, 0.12f);

        /// <summary>A new head of about two units in height.</summary>
        public static GameObject Create(string name)
        {
            var head = new GameObject(name);
            Skull(head);
            foreach (int side in new[] { 1, -1 })
            {
                Eye(head, side, "Eye", Color.white, 0.17f, -0.80f);
                Eye(head, side, "Pupil", Dark, 0.085f, -0.93f);
                Brow(head, side);
            }
            Mouth(head);
            return head;
        }

        private static void Skull(GameObject head)
        {
            Mesh mesh = Sphere(new Vector3(0.9f, 1.1f, 0.9f));
            Add(mesh, "jawOpen", p => p.y < -0.3f ? new Vector3(0, (p.y + 0.3f) * 0.18f, 0) : Vector3.zero);
            Part(head, "Skull", mesh, Skin, Vector3.zero);
        }

        private static void Eye(GameObject head, int side, string name, Color colour, float radius, float depth)
        {
            Mesh mesh = Sphere(new Vector3(radius, radius, radius * 0.6f));
            string suffix = Suffix(side);
            Add(mesh, "eyeBlink" + suffix, p => new Vector3(0, -0.9f * p.y, 0));
            Add(mesh, "eyeSquint" + suffix, p => new Vector3(0, -0.4f * p.y, 0));
            Add(mesh, "eyeWide" + suffix, p => new Vector3(0.1f * p.x, 0.35f * p.y, 0));
            Part(head, name + suffix, mesh, colour, new Vector3(0.33f * side, 0.18f, depth));
        }

        /// <summary>A band whose inner and outer ends move on their own.</summary>
        private static void Brow(GameObject head, int side)
        {
            Mesh mesh = Band(0.17f, 0.035f);
            string suffix = Suffix(side);
            Func<Vector3, float> inner = p => Mathf.Clamp01(0.5f - p.x * side / 0.34f);
            Add(mesh, "browDown" + suffix, p => new Vector3(-0.05f * side, -0.04f - 0.12f * inner(p), 0));
            Add(mesh, "browInnerUp", p => new Vector3(0, 0.16f * inner(p), 0));
            Add(mesh, "browOuterUp" + suffix, p => new Vector3(0, 0.16f * (1 - inner(p)), 0));
            Part(head, "Brow" + suffix, mesh, Dark, new Vector3(0.34f * side, 0.47f, -0.88f));
        }

        private static void Mouth(GameObject head)
        {
            const float half = 0.28f;
            Mesh mesh = Band(half, 0.022f);
            Func<Vector3, float> middle = p => 1 - p.x * p.x / (half * half);
            foreach (int side in new[] { 1, -1 })
            {
                int which = side;
                Func<Vector3, float> corner = p => Mathf.Pow(Mathf.Clamp01(p.x * which / half), 2);
                Add(mesh, "mouthSmile" + Suffix(side), p => new Vector3(0.07f * which, 0.17f, 0) * corner(p));
                Add(mesh, "mouthFrown" + Suffix(side), p => new Vector3(0, -0.15f, 0) * corner(p));
                Add(mesh, "mouthStretch" + Suffix(side), p => new Vector3(0.1f * which, -0.02f, 0) * corner(p));
                Add(mesh, "mouthPress" + Suffix(side), p => new Vector3(0, -0.4f * p.y, 0));
            }
            Add(mesh, "jawOpen", p => new Vector3(0, p.y < 0 ? -0.3f * middle(p) : 0, 0));
            Add(mesh, "mouthShrugLower", p => new Vector3(0, p.y < 0 ? 0.03f * middle(p) : 0, 0));
            Add(mesh, "mouthFunnel", p => new Vector3(-0.5f * p.x, p.y * 2, -0.03f));
            Part(head, "Mouth", mesh, Dark, new Vector3(0, -0.42f, -0.90f));
        }

        private static string Suffix(int side)
        {
            return side > 0 ? "Left" : "Right";
        }

        // ── meshes ──────────────────────────────────────────────────────────────────────────────

        private static Mesh Sphere(Vector3 radii)
        {
            var points = new Vector3[(Rings + 1) * (Steps + 1)];
            for (int i = 0; i < points.Length; i++)
            {
                float down = Mathf.PI * (i / (Steps + 1)) / Rings;
                float round = 2 * Mathf.PI * (i % (Steps + 1)) / Steps;
                float wide = Mathf.Sin(down);
                points[i] = new Vector3(
                    radii.x * wide * Mathf.Cos(round), radii.y * Mathf.Cos(down), radii.z * wide * Mathf.Sin(round));
            }
            return Grid(points, Steps + 1);
        }

        /// <summary>A bar along X, bent back at its ends as a face is.</summary>
        private static Mesh Band(float half, float thick)
        {
            const int columns = 17;
            var points = new Vector3[columns * 2];
            for (int i = 0; i < points.Length; i++)
            {
                float along = (i % columns) / (columns - 1f) * 2 - 1;
                float taper = 1 - 0.5f * along * along;
                float y = i < columns ? thick * taper : -thick * taper;
                points[i] = new Vector3(half * along, y, 0.12f * along * along * half);
            }
            return Grid(points, columns);
        }

        /// <summary>Rows of points, with a quad between each four.</summary>
        private static Mesh Grid(Vector3[] points, int columns)
        {
            int rows = points.Length / columns;
            var corners = new int[(rows - 1) * (columns - 1) * 6];
            int at = 0;
            for (int row = 0; row < rows - 1; row++)
            {
                for (int column = 0; column < columns - 1; column++)
                {
                    int a = row * columns + column;
                    foreach (int corner in new[] { a, a + 1, a + columns, a + 1, a + columns + 1, a + columns })
                    {
                        corners[at++] = corner;
                    }
                }
            }
            var mesh = new Mesh { vertices = points, triangles = corners };
            mesh.RecalculateNormals();
            mesh.RecalculateBounds();
            return mesh;
        }

        private static void Add(Mesh mesh, string shape, Func<Vector3, Vector3> moves)
        {
            Vector3[] points = mesh.vertices;
            var deltas = new Vector3[points.Length];
            for (int i = 0; i < points.Length; i++) deltas[i] = moves(points[i]);
            mesh.AddBlendShapeFrame(shape, 100, deltas, null, null);
        }

        private static void Part(GameObject head, string name, Mesh mesh, Color colour, Vector3 place)
        {
            var part = new GameObject(name);
            part.transform.SetParent(head.transform, false);
            part.transform.localPosition = place;
            var renderer = part.AddComponent<SkinnedMeshRenderer>();
            renderer.sharedMesh = mesh;
            renderer.sharedMaterial = NewMaterial(colour);
            renderer.localBounds = new Bounds(Vector3.zero, Vector3.one * 3);
        }

        /// <summary>The default material of whatever render pipeline the project has, coloured.</summary>
        private static Material NewMaterial(Color colour)
        {
            GameObject ball = GameObject.CreatePrimitive(PrimitiveType.Sphere);
            var material = new Material(ball.GetComponent<MeshRenderer>().sharedMaterial) { color = colour };
            UnityEngine.Object.Destroy(ball);
            return material;
        }
    }
}
