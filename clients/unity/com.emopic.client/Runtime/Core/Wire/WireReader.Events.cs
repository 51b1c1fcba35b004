using System.Collections.Generic;

namespace Emopic
{
    internal sealed partial class WireReader
    {
        private const double MostMillis = 1e12;
        private const double MostSeconds = 1e9;

        private static Emotion ReadEmotion(ref MessagePackReader reader, int fields)
        {
            var emotion = new Emotion { Intensity = Unset, SpansMs = NoSpans };
            bool? final = null;
            for (int i = 0; i < fields; i++)
            {
                string key = reader.ReadText("key");
                switch (key)
                {
                    case "seq": emotion.Seq = ReadCount(ref reader, key); break;
                    case "character": emotion.Character = ReadCharacter(ref reader); break;
                    case "line": emotion.Line = reader.ReadText(key, 1, 128); break;
                    case "scores": emotion.Scores = ReadShares(ref reader, key, null); break;
                    case "top": emotion.Top = reader.ReadText(key); break;
                    case "intensity": emotion.Intensity = (float)reader.ReadNumber(key, 0, MostShare); break;
                    case "final": final = reader.ReadBool(key); break;
                    case "spans_ms": emotion.SpansMs = ReadSpans(ref reader); break;
                    case "text": emotion.Text = reader.TryReadNil() ? null : reader.ReadText(key); break;
                    default: reader.Skip(); break;
                }
            }
            Require(emotion.Seq != null && emotion.Character != null && emotion.Line != null, "an emotion");
            Require(emotion.Scores != null && emotion.Top != null, "an emotion");
            Require(emotion.Intensity >= 0 && final != null, "an emotion");
            emotion.Final = final.Value;
            return emotion;
        }

        private static readonly Dictionary<string, double> NoSpans = new Dictionary<string, double>();

        private static Dictionary<string, double> ReadSpans(ref MessagePackReader reader)
        {
            int count = reader.ReadMapHeader("spans_ms");
            var spans = new Dictionary<string, double>();
            for (int i = 0; i < count; i++)
            {
                string name = reader.ReadText("spans_ms");
                spans[name] = reader.ReadNumber("spans_ms", 0, MostMillis);
            }
            return spans;
        }

        private static CharacterReady ReadCharacterReady(ref MessagePackReader reader, int fields)
        {
            var ready = new CharacterReady { Width = Unset, Height = Unset };
            for (int i = 0; i < fields; i++)
            {
                string key = reader.ReadText("key");
                switch (key)
                {
                    case "seq": ready.Seq = ReadCount(ref reader, key); break;
                    case "character": ready.Character = ReadCharacter(ref reader); break;
                    case "width": ready.Width = ReadSide(ref reader, key); break;
                    case "height": ready.Height = ReadSide(ref reader, key); break;
                    case "source": ready.Source = ReadSource(ref reader, key); break;
                    case "kind": ready.IsSprites = ReadIsSprites(key, reader.ReadText(key)); break;
                    case "channels": ready.Channels = ReadTextList(ref reader, key); break;
                    case "pictures": ready.Pictures = ReadPictures(ref reader); break;
                    default: reader.Skip(); break;
                }
            }
            Require(ready.Seq != null && ready.Character != null && ready.Source != null, "character.ready");
            Require(ready.Width >= 0 && ready.Height >= 0, "character.ready");
            return ready;
        }

        private static bool ReadIsSprites(string field, string kind)
        {
            if (kind == "picture" || kind == "sprites") return kind == "sprites";
            throw WireException.BadField(field, "'" + Short(kind) + "' is unknown");
        }

        private static string[] ReadTextList(ref MessagePackReader reader, string field)
        {
            string[] texts = new string[reader.ReadArrayHeader(field)];
            for (int i = 0; i < texts.Length; i++) texts[i] = reader.ReadText(field);
            return texts;
        }

        private static Dictionary<string, string> ReadPictures(ref MessagePackReader reader)
        {
            int count = reader.ReadMapHeader("pictures");
            var pictures = new Dictionary<string, string>();
            for (int i = 0; i < count; i++)
            {
                string emotion = reader.ReadText("pictures");
                pictures[emotion] = reader.ReadText("pictures");
            }
            return pictures;
        }

        private static string ReadSource(ref MessagePackReader reader, string field)
        {
            string source = reader.ReadText(field);
            if (source == "builtin" || source == "found" || source == "centred") return source;
            throw WireException.BadField(field, "'" + Short(source) + "' is unknown");
        }

        private static CharacterDropped ReadCharacterDropped(ref MessagePackReader reader, int fields)
        {
            var dropped = new CharacterDropped();
            for (int i = 0; i < fields; i++)
            {
                string key = reader.ReadText("key");
                switch (key)
                {
                    case "seq": dropped.Seq = ReadCount(ref reader, key); break;
                    case "character": dropped.Character = ReadCharacter(ref reader); break;
                    case "reason": dropped.Reason = reader.ReadText(key); break;
                    default: reader.Skip(); break;
                }
            }
            Require(dropped.Seq != null, "character.dropped");
            Require(dropped.Character != null && dropped.Reason != null, "character.dropped");
            return dropped;
        }

        private static Reading ReadReading(ref MessagePackReader reader, int fields)
        {
            var reading = new Reading { Confidence = Unset };
            for (int i = 0; i < fields; i++)
            {
                string key = reader.ReadText("key");
                switch (key)
                {
                    case "seq": reading.Seq = ReadCount(ref reader, key); break;
                    case "id": reading.Id = reader.ReadText(key, 1, 128); break;
                    case "text": reading.Text = reader.ReadText(key); break;
                    case "confidence": reading.Confidence = (float)reader.ReadNumber(key, 0, MostShare); break;
                    default: reader.Skip(); break;
                }
            }
            Require(reading.Seq != null && reading.Id != null, "a reading");
            Require(reading.Text != null && reading.Confidence >= 0, "a reading");
            return reading;
        }

        private static Notice ReadNotice(ref MessagePackReader reader, int fields)
        {
            var notice = new Notice();
            for (int i = 0; i < fields; i++)
            {
                string key = reader.ReadText("key");
                switch (key)
                {
                    case "seq": notice.Seq = ReadCount(ref reader, key); break;
                    case "code": notice.Code = reader.ReadText(key); break;
                    case "text": notice.Text = reader.ReadText(key); break;
                    case "character":
                        notice.Character = reader.TryReadNil() ? null : ReadCharacter(ref reader);
                        break;
                    case "line": notice.Line = ReadNameOrNil(ref reader, key); break;
                    default: reader.Skip(); break;
                }
            }
            Require(notice.Seq != null && notice.Code != null && notice.Text != null, "a notice");
            return notice;
        }

        private static RequestError ReadError(ref MessagePackReader reader, int fields)
        {
            var error = new RequestError();
            string fault = null;
            for (int i = 0; i < fields; i++)
            {
                string key = reader.ReadText("key");
                switch (key)
                {
                    case "code": error.Code = reader.ReadText(key); break;
                    case "message": error.Message = reader.ReadText(key); break;
                    case "fault": fault = reader.ReadText(key); break;
                    case "seq": error.Seq = ReadCountOrNil(ref reader, key); break;
                    case "ref": error.Ref = reader.TryReadNil() ? null : reader.ReadText(key); break;
                    case "retry_ms": error.RetryMs = ReadCountOrNil(ref reader, key); break;
                    default: reader.Skip(); break;
                }
            }
            Require(error.Code != null && error.Message != null, "an error");
            if (fault != "client" && fault != "server")
            {
                throw WireException.BadField("fault", "it must be client or server");
            }
            error.IsClientFault = fault == "client";
            return error;
        }

        private static long? ReadCountOrNil(ref MessagePackReader reader, string field)
        {
            if (reader.TryReadNil()) return null;
            return ReadCount(ref reader, field);
        }

        private static Pong ReadPong(ref MessagePackReader reader, int fields)
        {
            var pong = new Pong { Token = "" };
            for (int i = 0; i < fields; i++)
            {
                if (reader.ReadText("key") == "token") pong.Token = reader.ReadText("token", 0, 128);
                else reader.Skip();
            }
            return pong;
        }

        private static Ready ReadReady(ref MessagePackReader reader, int fields)
        {
            var ready = new Ready { From = Unset, Guard = LineGuard.Off, History = LineHistory.Off };
            bool? resumed = null;
            for (int i = 0; i < fields; i++)
            {
                string key = reader.ReadText("key");
                switch (key)
                {
                    case "session": ready.Session = reader.ReadText(key, 1, 128); break;
                    case "seq": ready.From = ReadCount(ref reader, key); break;
                    case "resumed": resumed = reader.ReadBool(key); break;
                    case "guard": ready.Guard = Names.Guard(key, reader.ReadText(key)); break;
                    case "history": ready.History = Names.History(key, reader.ReadText(key)); break;
                    case "read_only": ready.ReadOnly = reader.ReadBool(key); break;
                    default: reader.Skip(); break;
                }
            }
            Require(ready.Session != null && ready.From >= 0 && resumed != null, "ready");
            ready.Resumed = resumed.Value;
            return ready;
        }

        private static Bye ReadBye(ref MessagePackReader reader, int fields)
        {
            var bye = new Bye { Code = Unset };
            bool? reconnect = null;
            for (int i = 0; i < fields; i++)
            {
                string key = reader.ReadText("key");
                switch (key)
                {
                    case "code": bye.Code = (int)reader.ReadInteger(key, 1000, 4999); break;
                    case "reason": bye.Reason = reader.ReadText(key); break;
                    case "reconnect": reconnect = reader.ReadBool(key); break;
                    default: reader.Skip(); break;
                }
            }
            Require(bye.Code >= 0 && bye.Reason != null && reconnect != null, "bye");
            bye.Reconnect = reconnect.Value;
            return bye;
        }
    }
}
