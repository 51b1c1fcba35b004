using System;
using System.Collections.Generic;
using System.Linq;

namespace Emopic.Tests
{
    /// <summary>Golden messages: reads any message of a server, writes every message of a client.</summary>
    internal static class Wire
    {
        /// <summary>Hexadecimal messages in, JSON or <c>!code</c> out, one a line.</summary>
        public static int Read()
        {
            var reader = new WireReader();
            string line;
            while ((line = Program.In.ReadLine()) != null) Program.Out.WriteLine(Answer(reader, line));
            return 0;
        }

        private static string Answer(WireReader reader, string hex)
        {
            byte[] data = Program.FromHex(hex);
            byte[] shifted = new byte[data.Length + 7]; // a message need not begin at 0, nor end at the end
            for (int i = 0; i < shifted.Length; i++) shifted[i] = 0xc1;
            Buffer.BlockCopy(data, 0, shifted, 3, data.Length);
            try
            {
                return Json(reader.Read(shifted, 3, data.Length)).ToString();
            }
            catch (WireException error)
            {
                return "!" + error.Code;
            }
        }

        private static Json Json(ServerMessage message)
        {
            if (message is Frame) return Of((Frame)message);
            if (message is Blendshapes) return Of((Blendshapes)message);
            if (message is Emotion) return Of((Emotion)message);
            if (message is CharacterReady) return Of((CharacterReady)message);
            if (message is CharacterDropped) return Of((CharacterDropped)message);
            if (message is Reading) return Of((Reading)message);
            if (message is Notice) return Of((Notice)message);
            if (message is RequestError) return Of((RequestError)message);
            if (message is Hello) return Of((Hello)message);
            if (message is Ready) return Of((Ready)message);
            if (message is Bye) return Of((Bye)message);
            var pong = (Pong)message;
            return new Json().Add("type", "pong").AddIf(pong.Token != "", "token", pong.Token);
        }

        private static Json Of(Frame m)
        {
            Json json = new Json().Add("type", "frame").Add("character", m.Character).Add("n", m.Number)
                .Add("expression", m.Expression).Add("format", Names.Of(m.Format))
                .Add("width", m.Width).Add("height", m.Height)
                .Add("data", Convert.ToBase64String(m.Data, m.Offset, m.Count));
            int[] rect = { m.Rect.X, m.Rect.Y, m.Rect.Width, m.Rect.Height };
            return json.AddIf(m.IsPatch, "rect", rect).AddIf(m.Line != null, "line", m.Line)
                .AddIf(m.Cached, "cached", true).AddIf(m.Blink > 0, "blink", m.Blink)
                .AddIf(m.MouthOpen > 0, "mouth_open", m.MouthOpen)
                .AddIf(m.Slot >= 0, "slot", m.Slot);
        }

        private static Json Of(Blendshapes m)
        {
            return new Json().Add("type", "blendshapes").Add("character", m.Character).Add("n", m.Number)
                .Add("names_id", Names.Of(m.Set)).Add("values", m.Values)
                .AddIf(m.Expression.Length > 0, "expression", m.Expression)
                .AddIf(m.Names != null, "names", m.Names).AddIf(m.Line != null, "line", m.Line)
                .AddIf(m.Blink > 0, "blink", m.Blink).AddIf(m.MouthOpen > 0, "mouth_open", m.MouthOpen);
        }

        private static Json Of(Emotion m)
        {
            return new Json().Add("type", "emotion").Add("seq", m.Seq).Add("character", m.Character)
                .Add("line", m.Line).Add("scores", m.Scores).Add("top", m.Top)
                .Add("intensity", m.Intensity).Add("final", m.Final)
                .AddIf(m.SpansMs.Count > 0, "spans_ms", m.SpansMs)
                .AddIf(m.Text != null, "text", m.Text);
        }

        private static Json Of(CharacterReady m)
        {
            return new Json().Add("type", "character.ready").Add("seq", m.Seq).Add("character", m.Character)
                .Add("width", m.Width).Add("height", m.Height).Add("source", m.Source)
                .AddIf(m.IsSprites, "kind", "sprites")
                .AddIf(m.Channels.Count > 0, "channels", m.Channels.ToArray())
                .AddIf(m.Pictures.Count > 0, "pictures", m.Pictures);
        }

        private static Json Of(CharacterDropped m)
        {
            return new Json().Add("type", "character.dropped").Add("seq", m.Seq)
                .Add("character", m.Character).Add("reason", m.Reason);
        }

        private static Json Of(Reading m)
        {
            return new Json().Add("type", "reading").Add("seq", m.Seq).Add("id", m.Id).Add("text", m.Text)
                .Add("confidence", m.Confidence);
        }

        private static Json Of(Notice m)
        {
            return new Json().Add("type", "notice").Add("seq", m.Seq).Add("code", m.Code).Add("text", m.Text)
                .AddIf(m.Character != null, "character", m.Character).AddIf(m.Line != null, "line", m.Line);
        }

        private static Json Of(RequestError m)
        {
            return new Json().Add("type", "error").Add("code", m.Code).Add("message", m.Message)
                .Add("fault", m.IsClientFault ? "client" : "server").AddIf(m.Seq != null, "seq", m.Seq)
                .AddIf(m.Ref != null, "ref", m.Ref).AddIf(m.RetryMs != null, "retry_ms", m.RetryMs);
        }

        private static Json Of(Ready m)
        {
            return new Json().Add("type", "ready").Add("session", m.Session).Add("seq", m.From)
                .Add("resumed", m.Resumed).AddIf(m.ReadOnly, "read_only", true)
                .AddIf(m.Guard != LineGuard.Off, "guard", Names.Of(m.Guard))
                .AddIf(m.History != LineHistory.Off, "history", Names.Of(m.History));
        }

        private static Json Of(Bye m)
        {
            return new Json().Add("type", "bye").Add("code", m.Code).Add("reason", m.Reason)
                .Add("reconnect", m.Reconnect);
        }

        private static Json Of(Hello m)
        {
            EngineInfo e = m.Engine;
            Limits l = m.Limits;
            return new Json().Add("type", "hello").Add("server", m.Server)
                .Add("emotions", m.Emotions.Select(x => new Json().Add("id", x.Id).Add("ko", x.Korean)))
                .Add("engine", new Json().Add("backend", e.Backend).Add("device", e.Device)
                    .Add("precision", e.Precision).Add("text_model", e.TextModel)
                    .Add("face_model", e.FaceModel).Add("versions", e.Versions)
                    .Add("face_channels", e.FaceChannels.ToArray()).Add("reason", e.Reason))
                .Add("builtins", m.Builtins.Select(x =>
                    new Json().Add("id", x.Id).Add("name", x.Name).Add("ko", x.Korean)
                        .Add("kind", x.IsSprites ? "sprites" : "picture")))
                .Add("limits", new Json().Add("message_bytes", l.MessageBytes).Add("face_bytes", l.FaceBytes)
                    .Add("face_side", l.FaceSide).Add("face_pixels", l.FacePixels)
                    .Add("line_chars", l.LineChars).Add("identify_s", l.IdentifySeconds)
                    .Add("messages_per_minute", l.MessagesPerMinute).Add("messages_burst", l.MessagesBurst)
                    .Add("connections_per_token", l.ConnectionsPerToken)
                    .Add("characters_per_session", l.CharactersPerSession)
                    .Add("outbox_events", l.OutboxEvents).Add("resume_s", l.ResumeSeconds)
                    .Add("resume_events", l.ResumeEvents).Add("ping_s", l.PingSeconds)
                    .Add("frame_side", l.FrameSide).Add("fps", l.Fps))
                .Add("auth", m.Auth).Add("protocol", m.Protocol);
        }

        /// <summary>Every golden message of a client: its name and its bytes.</summary>
        public static int Write()
        {
            var w = new WireWriter();
            byte[] face = Convert.FromBase64String("/9j/4AAQSkZJRg==");
            var options = new CharacterOptions
            {
                Strength = 1.25, Contrast = 2, TransitionMs = 200, HoldMs = 4000, DecayMs = 800,
                MinConfidence = 0.5, MaxEmotions = 1, Blink = true, Speak = true, Bake = true,
                Mark = PictureMark.Visible,
            };
            var mix = new Dictionary<string, float> { { "joy", 0.5f }, { "surprise", 0.25f } };
            var frames = new FrameOptions { Format = PictureFormat.WebP, Size = 256, Fps = 15, Quality = 70, Patches = false };
            var game = new Identity { Client = "my-game 1.2" };
            Show("identify", w.Identify(game, null, 0));
            Show("identify_token", w.Identify(new Identity { Client = "overlay", Token = "s3cret" }, null, 0));
            Show("identify_resume", w.Identify(game, "9f2c41d07ab35e68", 41));
            Show("put_builtin", w.Put("minji", new FaceOrigin { Builtin = "minji" }, new CharacterOptions(), false));
            Show("put_face", w.Put("나", new FaceOrigin { Picture = face }, options, true));
            var behind = new CharacterOptions { Background = "transparent" };
            var backdrop = new CharacterOptions { Backdrop = face };
            Show("put_background", w.Put("minji", new FaceOrigin { Builtin = "minji" }, behind, false));
            Show("put_backdrop", w.Put("minji", new FaceOrigin { Builtin = "minji" }, backdrop, false));
            Show("put_url", w.Put("minji", new FaceOrigin { Url = "https://example.org/minji.jpg" }, null, false));
            var sprites = new Dictionary<string, byte[]> { { "joy", face }, { "neutral", face } };
            Show("put_sprites", w.Put("minji", new FaceOrigin { Sprites = sprites }, null, false));
            Show("read", w.Read("r1", face));
            Show("drop", w.Drop("minji"));
            Show("line", w.Line("minji", "l1", "오늘 진짜 최고야!", false, false));
            Show("line_partial", w.Line("minji", "l2", "아니 이게 뭐", true, false));
            Show("line_cut", w.Line("minji", "l3", "ㅋㅋㅋㅋ 😂", false, true));
            Show("express", w.Express("minji", mix, null, false));
            Show("express_hold", w.Express("minji", new Dictionary<string, float>(), 0, false));
            Show("express_lock", w.Express("minji", new Dictionary<string, float> { { "joy", 1 } }, 600000, true));
            var channels = new Dictionary<string, float> { { "blink", 1 }, { "mouth_open", 0.5f } };
            Show("express_channels", w.Express("minji", channels, null, false));
            Show("watch_events", w.Watch("minji", null));
            Show("watch_default_frames", w.Watch("minji", new WatchOptions { Frames = new FrameOptions() }));
            Show("watch_everything", w.Watch("minji", new WatchOptions { Frames = frames, Blendshapes = BlendshapeSet.Vrm1 }));
            var keep = new FrameOptions { Size = 512, Keep = 64 };
            Show("watch_keep", w.Watch("minji", new WatchOptions { Frames = keep }));
            Show("watch_text", w.Watch("minji", new WatchOptions { Text = true }));
            Show("unwatch", w.Unwatch("minji"));
            Show("ping", w.Ping("p1"));
            Show("ping_bare", w.Ping(""));
            return 0;
        }

        private static void Show(string name, byte[] message)
        {
            Program.Out.WriteLine(name + " " + Program.ToHex(message));
        }
    }
}
