using System;
using System.Collections.Generic;
using System.Linq;
using UnityEngine;
using UnityEngine.UI;

namespace Emopic.Tests
{
    /// <summary>
    /// The fake engine draws a disc in its emotion's colour: neutral is (190, 190, 190), joy
    /// (255, 200, 60), sadness (70, 140, 220). A patch is the middle of the picture.
    /// </summary>
    internal static partial class Scenes
    {
        private const double Cheek = 0.32; // in the disc, away from eyes and mouth

        private static bool IsNeutral(EmopicFaceTexture face)
        {
            return face.Texture != null && Near(Colour(face.Texture, Cheek, 0.5), 190, 190, 190);
        }

        private static bool IsJoy(EmopicFaceTexture face)
        {
            return face.Texture != null && Near(Colour(face.Texture, Cheek, 0.5), 255, 200, 60);
        }

        private static void SayAndSee(FaceTransfer how, bool background)
        {
            NewClient();
            EmopicCharacter character = NewCharacter("haru", typeof(RawImage));
            EmopicFaceTexture face = WithFace(character, how, background);
            List<string> heard = Listen(character);
            var image = character.GetComponent<RawImage>();
            Until(() => IsNeutral(face), "the face is there");
            Same(face.Texture, image.texture, "the picture on the image");
            Same(128, face.Texture.width, "width");
            int[] corner = Colour(face.Texture, 0.02, 0.02);
            character.Express("joy", 1, 10);
            Until(() => IsJoy(face), "the face shows joy");
            Same(face.Texture, image.texture, "one texture for all pictures");
            That(Near(Colour(face.Texture, 0.02, 0.02), corner[0], corner[1], corner[2]), "the corner is as it was");
            Same(255, Colour(face.Texture, 0.02, 0.02)[3], "opacity");
            character.SendLine("너무 슬퍼");
            Until(() => heard.Contains("sadness"), "the line is felt");
            Until(() => Near(Colour(face.Texture, Cheek, 0.5), 70, 140, 220), "the face is sad");
            Same("sadness", string.Join(",", heard), "what was heard");
        }

        [Scene]
        private static void JpegDecodedInTheBackground() { SayAndSee(FaceTransfer.Jpeg, true); }

        [Scene]
        private static void RawPictures() { SayAndSee(FaceTransfer.Raw, true); }

        [Scene]
        private static void JpegDecodedByUnity()
        {
            var decoder = new JpegDecoder();
            ImageConversion.Decoder = data =>
            {
                decoder.Decode(data, 0, data.Length);
                var canvas = new FrameCanvas();
                var shape = new FrameShape { Width = decoder.Width, Height = decoder.Height };
                shape.Rect = new PictureRect(0, 0, decoder.Width, decoder.Height);
                canvas.Draw(shape, decoder.Pixels, 0);
                return Tuple.Create(decoder.Width, decoder.Height, canvas.Pixels);
            };
            SayAndSee(FaceTransfer.Jpeg, false);
            SystemInfo.copyTextureSupport = UnityEngine.Rendering.CopyTextureSupport.None;
            SayAndSee(FaceTransfer.Jpeg, false);
            SystemInfo.copyTextureSupport = UnityEngine.Rendering.CopyTextureSupport.Basic;
        }

        [Scene]
        private static void WebGLHasNoThreads()
        {
            Application.platform = RuntimePlatform.WebGLPlayer;
            SayAndSee(FaceTransfer.Raw, true);
            Application.platform = RuntimePlatform.LinuxPlayer;
        }

        [Scene]
        private static void OnASpriteThatKeepsItsHeight()
        {
            NewClient();
            EmopicCharacter character = NewCharacter("haru", typeof(SpriteRenderer));
            var own = new Texture2D(10, 20, TextureFormat.RGBA32, false);
            Sprite before = Sprite.Create(own, new Rect(0, 0, 10, 20), new Vector2(0.5f, 0.5f), 10);
            var renderer = character.GetComponent<SpriteRenderer>();
            renderer.sprite = before;
            EmopicFaceTexture face = WithFace(character, FaceTransfer.Jpeg, true);
            Until(() => IsNeutral(face), "the face is there");
            Same(face.Texture, renderer.sprite.texture, "the picture");
            Same(2f, renderer.sprite.bounds.size.y, "height");
            face.enabled = false;
            Same(before, renderer.sprite, "the scene's own sprite afterwards");
        }

        [Scene]
        private static void OnASurface()
        {
            NewClient();
            EmopicCharacter character = NewCharacter("haru", typeof(MeshRenderer));
            var renderer = character.GetComponent<MeshRenderer>();
            renderer.sharedMaterial = new Material((Shader)null);
            EmopicFaceTexture face = WithFace(character, FaceTransfer.Jpeg, true);
            Until(() => IsNeutral(face), "the face is there");
            Same(face.Texture, renderer.Block.Textures[Shader.PropertyToID("_MainTex")], "the picture");
            face.enabled = false;
            Same(0, renderer.Block.Textures.Count, "textures afterwards");
        }

        [Scene]
        private static void AFaceOfTheProject()
        {
            EmopicClient client = NewClient();
            EmopicCharacter character = NewCharacter();
            var picture = new Texture2D(96, 64, TextureFormat.RGBA32, false);
            for (int i = 0; i < picture.Pixels.Length; i++) picture.Pixels[i] = (byte)(i * 7);
            picture.Apply();
            character.UseFace(picture);
            var face = character.gameObject.AddComponent<EmopicFaceTexture>();
            face.Configure(character, 0, FaceTransfer.Jpeg, true);
            character.gameObject.SetActive(true);
            Until(() => face.Texture != null, "a picture came");
            Same("96 x 64", face.Texture.width + " x " + face.Texture.height, "its size");
            That(character.IsReady, "the character is ready");
            Texture2D small = face.Texture;
            int changes = 0;
            face.TextureChanged += _ => changes++;
            character.UseBuiltin("mina");
            Until(() => changes > 0 && face.Texture.width == 256, "the other face is there");
            That(small == null, "the old texture is destroyed");
            Same(SessionStatus.Open, client.Status, "status");
        }

        [Scene]
        private static void APictureWithoutAFaceIsMentioned()
        {
            NewClient();
            EmopicCharacter character = NewCharacter();
            var grey = new Texture2D(32, 32, TextureFormat.RGBA32, false);
            for (int i = 0; i < grey.Pixels.Length; i++) grey.Pixels[i] = 128;
            grey.Apply();
            character.UseFace(grey);
            character.gameObject.SetActive(true);
            Until(() => World.Log.Count > 0, "it is mentioned");
            Logged("face_centred");
            That(character.IsReady, "its middle is used");
        }

        [Scene]
        private static void TwoCharactersOfOneName()
        {
            NewClient();
            EmopicCharacter[] both = { NewCharacter(), NewCharacter("sora") };
            EmopicFaceTexture[] faces = both.Select(c => WithFace(c, FaceTransfer.Raw, true)).ToArray();
            That(both[0].CharacterName != both[1].CharacterName, "names of their own");
            Until(() => faces.All(IsNeutral), "both faces are there");
            both[0].Express("joy", 1, 10);
            Until(() => IsJoy(faces[0]), "one shows joy");
            That(IsNeutral(faces[1]), "the other does not");
        }

        [Scene]
        private static void AGrowingLine()
        {
            NewClient();
            EmopicCharacter character = NewCharacter();
            character.gameObject.SetActive(true);
            Until(() => character.IsReady, "the character is ready");
            var felt = new List<Emotion>();
            character.OnEmotion.AddListener(felt.Add);
            GrowingLine line = character.BeginLine();
            line.Append("너무");
            line.Append(" 좋");
            line.Append("아 \ud83d"); // half of 😂
            Until(() => felt.Any(e => e.Top == "joy" && !e.Final), "the partial line is felt");
            line.Append("\ude02");
            line.Set("너무 슬퍼");
            line.Finish();
            Until(() => felt.Any(e => e.Final), "the line is felt");
            Same("sadness", felt.Last().Top, "the finished line");
            That(felt.All(e => e.Line == line.Id), "one line");
            Same(felt.Last(), character.LatestEmotion, "the latest");
            GrowingLine empty = character.BeginLine();
            empty.Finish();
            That(empty.IsFinished, "an empty line is forgotten");
        }

        [Scene]
        private static void ErrorsComeAsEvents()
        {
            NewClient();
            EmopicCharacter character = NewCharacter("nobody");
            List<string> heard = Listen(character);
            Same(null, character.SendLine("좋아"), "a line before there is a session");
            character.gameObject.SetActive(true);
            Until(() => heard.Count == 2, "the unknown face is refused");
            Same(null, character.SendLine("half \ud83d"), "a line that is not Unicode");
            Same(null, character.SendLine(""), "an empty line");
            character.Express("joy", 2);
            character.SendLine("좋아");
            Until(() => heard.Count == 6, "the line without a face is refused");
            string all = "!not_connected,!unknown_builtin,!bad_field,!bad_field,!bad_field,!unknown_character";
            Same(all, string.Join(",", heard), "errors");
            EmopicFaceTexture face = WithFace(character, FaceTransfer.Jpeg, true);
            character.UseBuiltin("haru");
            Until(() => IsNeutral(face), "a good face mends it");
        }

        [Scene]
        private static void ASharedCharacterMayComeLater()
        {
            NewClient();
            EmopicCharacter viewer = NewCharacter();
            viewer.Configure(null, "shared one", FaceSource.Shared, null);
            EmopicFaceTexture face = WithFace(viewer, FaceTransfer.Jpeg, true);
            List<string> heard = Listen(viewer);
            For(0.3);
            Same("", string.Join(",", heard), "nothing is wrong yet");
            EmopicClient other = NewClient();
            Until(() => other.Status == SessionStatus.Open, "another client is there");
            other.Session.PutBuiltin("shared one", "haru", null, true);
            Until(() => IsNeutral(face), "the face is there");
            other.Session.SendLine("shared one", "너무 좋아");
            Until(() => heard.Contains("joy"), "its lines are felt");
            other.Session.DropCharacter("shared one");
            Until(() => !viewer.IsReady, "it is gone");
        }

        [Scene]
        private static void ABadAddressIsTold()
        {
            EmopicClient client = NewClient("ftp://nowhere");
            Logged("not a server's address");
            Same(null, client.Session, "session");
        }

        [Scene]
        private static void WithoutAClientOrACharacter()
        {
            NewCharacter().gameObject.SetActive(true);
            Logged("no EmopicClient");
            new GameObject("Lonely", typeof(EmopicFaceTexture));
            Logged("no EmopicCharacter");
            new GameObject("Lonely", typeof(EmopicBlendShapes));
            Logged("no EmopicCharacter");
        }

        [Scene]
        private static void TheClientIsDisabledAndEnabled()
        {
            EmopicClient client = NewClient();
            EmopicCharacter character = NewCharacter();
            EmopicFaceTexture face = WithFace(character, FaceTransfer.Jpeg, true);
            Until(() => IsNeutral(face), "the face is there");
            EmopicSession first = client.Session;
            client.enabled = false;
            Same(SessionStatus.Stopped, first.Status, "the old session");
            For(0.1);
            That(IsNeutral(face), "the last picture stays");
            client.enabled = true;
            Until(() => client.Status == SessionStatus.Open && character.IsReady, "all is well again");
            character.Express("joy", 1, 10);
            Until(() => IsJoy(face), "the face shows joy");
        }

        [Scene]
        private static void ACharacterIsDisabledAndEnabled()
        {
            EmopicClient client = NewClient();
            EmopicCharacter character = NewCharacter();
            EmopicFaceTexture face = WithFace(character, FaceTransfer.Jpeg, true);
            Until(() => IsNeutral(face), "the face is there");
            string dropped = null;
            client.Session.CharacterDroppedReceived += d => dropped = d.Character;
            character.gameObject.SetActive(false);
            Until(() => dropped == character.CharacterName, "the server forgets it");
            character.gameObject.SetActive(true);
            Until(() => IsNeutral(face), "the face is there again");
        }

        [Scene]
        private static void DestroyingTheSceneInAnyOrder()
        {
            EmopicClient client = NewClient();
            EmopicFaceTexture face = WithFace(NewCharacter(), FaceTransfer.Jpeg, true);
            Until(() => IsNeutral(face), "the face is there");
            EmopicSession session = client.Session;
            UnityEngine.Object.Destroy(client.gameObject);
            Same(SessionStatus.Stopped, session.Status, "the session");
            For(0.05);
        }

        [Scene]
        private static void AListenerThatThrows()
        {
            NewClient();
            EmopicCharacter character = NewCharacter();
            character.gameObject.SetActive(true);
            List<string> heard = Listen(character);
            bool thrown = false;
            character.OnEmotion.AddListener(emotion =>
            {
                if (thrown) return;
                thrown = true;
                throw new InvalidOperationException("a bug of the game");
            });
            Until(() => character.IsReady, "the character is ready");
            character.SendLine("좋아");
            Until(() => thrown, "the listener was called");
            Logged("a bug of the game");
            character.SendLine("슬퍼");
            Until(() => heard.Contains("sadness"), "the next line is felt");
        }
    }
}
