using System.Linq;
using System.Reflection;
using UnityEngine;
using UnityEngine.UI;
using Emopic.Samples;

namespace Emopic.Tests
{
    internal static partial class Scenes
    {
        private static float Weight(GameObject head, string part, string shape)
        {
            var renderer = head.GetComponentsInChildren<SkinnedMeshRenderer>().First(r => r.name == part);
            return renderer.GetBlendShapeWeight(renderer.sharedMesh.GetBlendShapeIndex(shape));
        }

        private static SkinnedMeshRenderer Model(GameObject on, params string[] shapes)
        {
            var mesh = new Mesh { vertices = new Vector3[3], triangles = new[] { 0, 1, 2 } };
            foreach (string shape in shapes) mesh.AddBlendShapeFrame(shape, 100, new Vector3[3], null, null);
            var renderer = on.AddComponent<SkinnedMeshRenderer>();
            renderer.sharedMesh = mesh;
            return renderer;
        }

        [Scene]
        private static void AHeadSmiles()
        {
            NewClient();
            GameObject head = ProceduralHead.Create("Head");
            head.SetActive(false);
            var character = head.AddComponent<EmopicCharacter>();
            character.Configure(null, "head", FaceSource.Builtin, "haru");
            var shapes = head.AddComponent<EmopicBlendShapes>();
            head.SetActive(true);
            Until(() => shapes.TargetCount > 15, "the shapes are found");
            character.Express("joy", 1, 10);
            Until(() => Weight(head, "Mouth", "mouthSmileLeft") > 95, "it smiles on the left");
            That(Weight(head, "Mouth", "mouthSmileRight") > 95, "and on the right");
            Same(0f, Weight(head, "EyeLeft", "eyeBlinkLeft"), "eyes are open");
            shapes.SetOverride("eyeBlinkLeft", 1);
            Until(() => Weight(head, "EyeLeft", "eyeBlinkLeft") > 99, "one eye is closed");
            Same(0f, Weight(head, "EyeRight", "eyeBlinkRight"), "the other is not");
            shapes.ClearOverride("eyeBlinkLeft");
            Until(() => Weight(head, "EyeLeft", "eyeBlinkLeft") < 1, "it opens again");
            shapes.Strength = 0.5f;
            For(0.1);
            That(Weight(head, "Mouth", "mouthSmileLeft") < 51, "strength halves it");
        }

        [Scene]
        private static void SmoothingTakesItsTime()
        {
            NewClient();
            GameObject head = ProceduralHead.Create("Head");
            head.SetActive(false);
            var character = head.AddComponent<EmopicCharacter>();
            character.Configure(null, "head", FaceSource.Builtin, "haru");
            var shapes = head.AddComponent<EmopicBlendShapes>();
            shapes.Smoothing = 0.5f;
            head.SetActive(true);
            Until(() => shapes.TargetCount > 15, "the shapes are found");
            shapes.SetOverride("jawOpen", 1);
            World.Step(0.5f);
            float weight = Weight(head, "Mouth", "jawOpen");
            That(weight > 62 && weight < 65, "63 % after its time, got " + weight);
        }

        [Scene]
        private static void AMapNamesWhatDiffers()
        {
            NewClient();
            EmopicCharacter character = NewCharacter();
            SkinnedMeshRenderer model = Model(character.gameObject, "Fcl_ALL_Joy", "Fcl_ALL_Sorrow", "Surprised");
            var map = ScriptableObject.CreateInstance<EmopicBlendShapeMap>();
            map.Entries = new[]
            {
                new EmopicBlendShapeMap.Entry { source = "joy", target = "Fcl_ALL_Joy", scale = 0.5f },
                new EmopicBlendShapeMap.Entry { source = "Sorrow", target = "Fcl_ALL_Sorrow" },
            };
            var shapes = character.gameObject.AddComponent<EmopicBlendShapes>();
            shapes.Configure(character, BlendshapeSet.Vrm0, model);
            shapes.Map = map;
            shapes.Smoothing = 0;
            character.gameObject.SetActive(true);
            Until(() => shapes.TargetCount == 3, "all three are found");
            character.Express("joy", 1, 10);
            Until(() => model.GetBlendShapeWeight(0) > 49, "joy at half");
            That(model.GetBlendShapeWeight(0) < 51, "no more than half");
            character.Express("surprise", 1, 10);
            Until(() => model.GetBlendShapeWeight(2) > 99, "the same name needs no entry");
            map.SameNames = false;
            shapes.Rebind();
            Same(2, shapes.TargetCount, "without the same names");
        }

        [Scene]
        private static void PictureAndShapesOfOneCharacter()
        {
            NewClient();
            EmopicCharacter character = NewCharacter();
            SkinnedMeshRenderer model = Model(character.gameObject, "happy");
            var shapes = character.gameObject.AddComponent<EmopicBlendShapes>();
            shapes.Configure(character, BlendshapeSet.Vrm1, model);
            EmopicFaceTexture face = WithFace(character, FaceTransfer.Raw, true);
            character.Express("joy", 1, 10); // before there is a session: dropped
            Until(() => IsNeutral(face), "the face is there");
            character.Express("joy", 1, 10);
            Until(() => IsJoy(face) && model.GetBlendShapeWeight(0) > 95, "both show joy");
            face.enabled = false;
            character.Express("neutral", 1, 10);
            Until(() => model.GetBlendShapeWeight(0) < 5, "the shapes go on alone");
        }

        // ── samples ─────────────────────────────────────────────────────────────────────────────

        private static T Sample<T>() where T : MonoBehaviour
        {
            var made = new GameObject("Sample");
            made.SetActive(false);
            T sample = made.AddComponent<T>();
            const BindingFlags hidden = BindingFlags.Instance | BindingFlags.NonPublic;
            typeof(T).GetField("serverUrl", hidden).SetValue(sample, _url);
            FieldInfo builtin = typeof(T).GetField("builtin", hidden);
            if (builtin != null) builtin.SetValue(sample, "haru");
            made.SetActive(true);
            return sample;
        }

        [Scene]
        private static void TheFaceDemo()
        {
            Sample<FaceDemo>();
            RawImage image = World.All<RawImage>().First();
            Until(() => image.texture != null, "the face is on the canvas");
            var character = image.GetComponent<EmopicCharacter>();
            character.SendLine("오늘 정말 행복해");
            Until(() => character.LatestEmotion != null, "the line is felt");
            Same("joy", character.LatestEmotion.Top, "emotion");
        }

        [Scene]
        private static void TheChatNpc()
        {
            ChatNpc npc = Sample<ChatNpc>();
            const BindingFlags hidden = BindingFlags.Instance | BindingFlags.NonPublic;
            var character = World.All<EmopicCharacter>().First();
            Until(() => character.IsReady, "the NPC is ready");
            bool partial = false;
            character.OnEmotion.AddListener(emotion => partial |= !emotion.Final);
            var words = (System.Collections.IEnumerator)typeof(ChatNpc).GetMethod("Answer", hidden)
                .Invoke(npc, new object[] { "헉 깜짝이야 진짜 놀랐잖아" });
            npc.StartCoroutine(words);
            Until(() => character.LatestEmotion != null, "the answer is felt");
            Same("surprise", character.LatestEmotion.Top, "emotion");
            That(partial, "the face followed while it spoke");
        }

        [Scene]
        private static void TheBlendShapeDemo()
        {
            Sample<BlendShapeDemo>();
            var character = World.All<EmopicCharacter>().First();
            character.UseBuiltin("haru"); // the fake engine has other faces than the real one
            var shapes = World.All<EmopicBlendShapes>().First();
            Until(() => shapes.TargetCount > 15, "the shapes are found");
            character.SendLine("너무 좋아");
            Until(() => Weight(shapes.gameObject, "Mouth", "mouthSmileLeft") > 60, "the head smiles");
        }
    }
}
