using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Reflection;
using System.Text;
using System.Threading;
using UnityEngine;

namespace Emopic.Tests
{
    /// <summary>A scene that is played against a live server.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    internal sealed class SceneAttribute : Attribute
    {
    }

    /// <summary>Plays every scene and tells how it went, one a line.</summary>
    internal static partial class Scenes
    {
        private const double Patience = 20;

        private static string _url;

        private static int Main(string[] words)
        {
            _url = words[0];
            var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = true };
            foreach (MethodInfo method in typeof(Scenes).GetMethods(BindingFlags.Static | BindingFlags.NonPublic))
            {
                if (method.GetCustomAttribute<SceneAttribute>() == null) continue;
                if (words.Length > 1 && words[1] != method.Name) continue;
                output.WriteLine(method.Name + "\t" + Outcome(method));
            }
            return 0;
        }

        private static string Outcome(MethodInfo method)
        {
            World.Log.Clear();
            try
            {
                method.Invoke(null, null);
                World.End();
                return World.Log.Count == 0 ? "ok" : "logged: " + string.Join(" | ", World.Log);
            }
            catch (TargetInvocationException error)
            {
                World.End();
                string log = string.Join(" | ", World.Log);
                return error.InnerException.ToString().Replace("\n", " | ") + " log: " + log;
            }
        }

        /// <summary>Play game frames until something holds.</summary>
        private static void Until(Func<bool> holds, string what)
        {
            var clock = Stopwatch.StartNew();
            double before = 0;
            while (!holds())
            {
                That(clock.Elapsed.TotalSeconds < Patience, "waited in vain until " + what);
                Thread.Sleep(4);
                World.Step((float)(clock.Elapsed.TotalSeconds - before));
                before = clock.Elapsed.TotalSeconds;
            }
        }

        private static void For(double seconds)
        {
            var clock = Stopwatch.StartNew();
            Until(() => clock.Elapsed.TotalSeconds > seconds, "time has passed");
        }

        private static void That(bool holds, string what)
        {
            if (!holds) throw new InvalidOperationException(what);
        }

        private static void Same(object wanted, object got, string what)
        {
            That(Equals(wanted, got), what + ": wanted " + wanted + ", got " + got);
        }

        /// <summary>What was logged is expected; anything else fails the scene.</summary>
        private static void Logged(string part)
        {
            That(World.Log.Count == 1 && World.Log[0].Contains(part), "logged " + string.Join(" | ", World.Log));
            World.Log.Clear();
        }

        private static EmopicClient NewClient(string url = null)
        {
            var made = new GameObject("Client");
            made.SetActive(false);
            var client = made.AddComponent<EmopicClient>();
            client.Url = url ?? _url;
            made.SetActive(true);
            return client;
        }

        /// <summary>An inactive object with a character, to be filled and set active.</summary>
        private static EmopicCharacter NewCharacter(string builtin = "haru", params Type[] parts)
        {
            var made = new GameObject("Npc", parts);
            made.SetActive(false);
            var character = made.AddComponent<EmopicCharacter>();
            character.Configure(null, "", FaceSource.Builtin, builtin);
            return character;
        }

        private static EmopicFaceTexture WithFace(EmopicCharacter character, FaceTransfer how, bool background)
        {
            var face = character.gameObject.AddComponent<EmopicFaceTexture>();
            face.Configure(character, 128, how, background);
            character.gameObject.SetActive(true);
            return face;
        }

        /// <summary>Collects what a character tells.</summary>
        private static List<string> Listen(EmopicCharacter character)
        {
            var heard = new List<string>();
            character.OnEmotionName.AddListener(heard.Add);
            character.OnError.AddListener(error => heard.Add("!" + error.Code));
            return heard;
        }

        /// <summary>The colour that is on the graphics card, from the top left.</summary>
        private static int[] Colour(Texture2D texture, double right, double down)
        {
            int x = (int)(right * texture.width);
            int y = texture.height - 1 - (int)(down * texture.height);
            int at = (y * texture.width + x) * 4;
            return new int[] { texture.Shown[at], texture.Shown[at + 1], texture.Shown[at + 2], texture.Shown[at + 3] };
        }

        private static bool Near(int[] colour, int red, int green, int blue)
        {
            const int most = 24; // JPEG, and an expression that has not quite arrived
            return Math.Abs(colour[0] - red) < most && Math.Abs(colour[1] - green) < most
                && Math.Abs(colour[2] - blue) < most;
        }
    }
}
