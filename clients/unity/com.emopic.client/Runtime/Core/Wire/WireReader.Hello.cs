using System.Collections.Generic;

namespace Emopic
{
    internal sealed partial class WireReader
    {
        private static Hello ReadHello(ref MessagePackReader reader, int fields)
        {
            var hello = new Hello { Protocol = 1 };
            bool? auth = null;
            for (int i = 0; i < fields; i++)
            {
                string key = reader.ReadText("key");
                switch (key)
                {
                    case "server": hello.Server = reader.ReadText(key); break;
                    case "emotions": hello.Emotions = ReadEmotions(ref reader); break;
                    case "engine": hello.Engine = ReadEngine(ref reader); break;
                    case "builtins": hello.Builtins = ReadBuiltins(ref reader); break;
                    case "limits": hello.Limits = ReadLimits(ref reader); break;
                    case "auth": auth = reader.ReadBool(key); break;
                    case "protocol": hello.Protocol = ReadCount(ref reader, key); break;
                    default: reader.Skip(); break;
                }
            }
            Require(hello.Server != null && hello.Emotions != null && hello.Engine != null, "hello");
            Require(hello.Builtins != null && hello.Limits != null && auth != null, "hello");
            hello.Auth = auth.Value;
            return hello;
        }

        private static EmotionLabel[] ReadEmotions(ref MessagePackReader reader)
        {
            var labels = new EmotionLabel[reader.ReadArrayHeader("emotions")];
            for (int i = 0; i < labels.Length; i++)
            {
                Dictionary<string, string> map = ReadTexts(ref reader, "emotions");
                labels[i] = new EmotionLabel { Id = Take(map, "id"), Korean = Take(map, "ko") };
            }
            return labels;
        }

        private static BuiltinFace[] ReadBuiltins(ref MessagePackReader reader)
        {
            var faces = new BuiltinFace[reader.ReadArrayHeader("builtins")];
            for (int i = 0; i < faces.Length; i++)
            {
                Dictionary<string, string> map = ReadTexts(ref reader, "builtins");
                faces[i] = new BuiltinFace
                {
                    Id = Take(map, "id"),
                    Name = Take(map, "name"),
                    Korean = Take(map, "ko"),
                    IsSprites = map.ContainsKey("kind") && ReadIsSprites("kind", map["kind"]),
                };
            }
            return faces;
        }

        private static EngineInfo ReadEngine(ref MessagePackReader reader)
        {
            var engine = new EngineInfo();
            int count = reader.ReadMapHeader("engine");
            for (int i = 0; i < count; i++)
            {
                string key = reader.ReadText("key");
                switch (key)
                {
                    case "backend": engine.Backend = reader.ReadText(key); break;
                    case "device": engine.Device = reader.ReadText(key); break;
                    case "precision": engine.Precision = reader.ReadText(key); break;
                    case "text_model": engine.TextModel = reader.ReadText(key); break;
                    case "face_model": engine.FaceModel = reader.ReadText(key); break;
                    case "versions": engine.Versions = ReadTexts(ref reader, key); break;
                    case "face_channels": engine.FaceChannels = ReadTextList(ref reader, key); break;
                    case "reason": engine.Reason = reader.ReadText(key); break;
                    default: reader.Skip(); break;
                }
            }
            Require(engine.Backend != null && engine.Device != null && engine.Precision != null, "engine");
            Require(engine.TextModel != null && engine.FaceModel != null, "engine");
            Require(engine.Versions != null, "engine");
            return engine;
        }

        private static Limits ReadLimits(ref MessagePackReader reader)
        {
            var limits = new Limits();
            int count = reader.ReadMapHeader("limits");
            for (int i = 0; i < count; i++)
            {
                string key = reader.ReadText("key");
                switch (key)
                {
                    case "message_bytes": limits.MessageBytes = ReadCount(ref reader, key); break;
                    case "face_bytes": limits.FaceBytes = ReadCount(ref reader, key); break;
                    case "face_side": limits.FaceSide = ReadCount(ref reader, key); break;
                    case "face_pixels": limits.FacePixels = ReadCount(ref reader, key); break;
                    case "line_chars": limits.LineChars = ReadCount(ref reader, key); break;
                    case "identify_s": limits.IdentifySeconds = ReadSeconds(ref reader, key); break;
                    case "messages_per_minute": limits.MessagesPerMinute = ReadCount(ref reader, key); break;
                    case "messages_burst": limits.MessagesBurst = ReadCount(ref reader, key); break;
                    case "connections_per_token": limits.ConnectionsPerToken = ReadCount(ref reader, key); break;
                    case "characters_per_session": limits.CharactersPerSession = ReadCount(ref reader, key); break;
                    case "outbox_events": limits.OutboxEvents = ReadCount(ref reader, key); break;
                    case "resume_s": limits.ResumeSeconds = ReadSeconds(ref reader, key); break;
                    case "resume_events": limits.ResumeEvents = ReadCount(ref reader, key); break;
                    case "ping_s": limits.PingSeconds = ReadSeconds(ref reader, key); break;
                    case "frame_side": limits.FrameSide = ReadCount(ref reader, key); break;
                    case "fps": limits.Fps = ReadCount(ref reader, key); break;
                    default: reader.Skip(); break;
                }
            }
            return limits;
        }

        private static double ReadSeconds(ref MessagePackReader reader, string field)
        {
            return reader.ReadNumber(field, 0, MostSeconds);
        }

        /// <summary>A map of texts; what is not a text in it is left out, for it may be newer.</summary>
        private static Dictionary<string, string> ReadTexts(ref MessagePackReader reader, string field)
        {
            int count = reader.ReadMapHeader(field);
            var map = new Dictionary<string, string>();
            for (int i = 0; i < count; i++)
            {
                string key = reader.ReadText(field);
                if (reader.NextIsText) map[key] = reader.ReadText(field);
                else reader.Skip();
            }
            return map;
        }

        private static string Take(Dictionary<string, string> map, string key)
        {
            string value;
            if (!map.TryGetValue(key, out value)) throw WireException.BadField(key, "it is missing or no text");
            return value;
        }
    }
}
