namespace Emopic
{
    /// <summary>Reads what a server says.</summary>
    /// <remarks>
    /// Frames and blendshapes are read into the same two objects again and again, so that a frame
    /// makes no garbage: use what <see cref="Read"/> gave before the next call, or take it away
    /// with <see cref="Exchange(Frame)"/>. Not thread-safe.
    /// </remarks>
    internal sealed partial class WireReader
    {
        private const double MostShare = 1.001; // the server's rounding
        private const int MostSlot = 255;
        private const int Unset = -1;

        private readonly TextCache _texts = new TextCache();
        private static readonly float[] NoShares = new float[0];

        private readonly int[] _rect = new int[4];
        private Frame _frame = new Frame();
        private Blendshapes _shapes = new Blendshapes();

        /// <summary>One message. Throws <see cref="WireException"/> and nothing else.</summary>
        public ServerMessage Read(byte[] data, int offset, int count)
        {
            var reader = new MessagePackReader(data, offset, count, _texts);
            int fields = reader.ReadMapHeader("$");
            int begin = reader.At;
            string type = FindType(ref reader, fields);
            reader = new MessagePackReader(data, begin, offset + count - begin, _texts);
            ServerMessage message = ReadFields(type, ref reader, fields);
            if (message == _frame) _frame.Data = data;
            return message;
        }

        /// <summary>Keep the frame that was read; <paramref name="spare"/> is filled next.</summary>
        public void Exchange(Frame spare)
        {
            _frame = spare;
        }

        /// <summary>Keep the weights that were read; <paramref name="spare"/> is filled next.</summary>
        public void Exchange(Blendshapes spare)
        {
            _shapes = spare;
        }

        /// <summary>The type may stand behind other fields; all of the message is looked through.</summary>
        private static string FindType(ref MessagePackReader reader, int fields)
        {
            string type = null;
            for (int i = 0; i < fields; i++)
            {
                if (reader.ReadText("key") == "type") type = TypeText(ref reader);
                else reader.Skip();
            }
            reader.End();
            if (type == null) throw new WireException("unknown_type", "the message has no type");
            return type;
        }

        private static string TypeText(ref MessagePackReader reader)
        {
            try
            {
                return reader.ReadText("type");
            }
            catch (WireException error)
            {
                if (error.Code != "bad_field") throw;
                throw new WireException("unknown_type", "the type is not a text");
            }
        }

        private ServerMessage ReadFields(string type, ref MessagePackReader reader, int fields)
        {
            switch (type)
            {
                case "frame": return ReadFrame(ref reader, fields);
                case "blendshapes": return ReadBlendshapes(ref reader, fields);
                case "emotion": return ReadEmotion(ref reader, fields);
                case "character.ready": return ReadCharacterReady(ref reader, fields);
                case "character.dropped": return ReadCharacterDropped(ref reader, fields);
                case "reading": return ReadReading(ref reader, fields);
                case "notice": return ReadNotice(ref reader, fields);
                case "error": return ReadError(ref reader, fields);
                case "pong": return ReadPong(ref reader, fields);
                case "hello": return ReadHello(ref reader, fields);
                case "ready": return ReadReady(ref reader, fields);
                case "bye": return ReadBye(ref reader, fields);
                default: throw new WireException("unknown_type", "there is no type '" + Short(type) + "'");
            }
        }

        private Frame ReadFrame(ref MessagePackReader reader, int fields)
        {
            Frame frame = _frame;
            Clear(frame);
            bool expression = false;
            for (int i = 0; i < fields; i++)
            {
                string key = reader.ReadText("key");
                switch (key)
                {
                    case "character": frame.Character = ReadCharacter(ref reader); break;
                    case "n": frame.Number = ReadCount(ref reader, key); break;
                    case "expression":
                        frame.Expression = ReadShares(ref reader, key, frame.Expression);
                        expression = true;
                        break;
                    case "format": frame.Format = Names.Format(key, reader.ReadText(key)); break;
                    case "width": frame.Width = ReadSide(ref reader, key); break;
                    case "height": frame.Height = ReadSide(ref reader, key); break;
                    case "data": ReadPicture(ref reader, frame); break;
                    case "rect": frame.IsPatch = ReadRect(ref reader); break;
                    case "line": frame.Line = ReadNameOrNil(ref reader, key); break;
                    case "cached": frame.Cached = reader.ReadBool(key); break;
                    case "blink": frame.Blink = ReadShare(ref reader, key); break;
                    case "mouth_open": frame.MouthOpen = ReadShare(ref reader, key); break;
                    case "slot": frame.Slot = ReadSlot(ref reader, key); break;
                    default: reader.Skip(); break;
                }
            }
            Require(frame.Character != null && frame.Number >= 0 && expression, "a frame");
            Require((int)frame.Format >= 0 && frame.Width >= 0 && frame.Height >= 0, "a frame");
            Require(frame.Count >= 0, "a frame");
            Place(frame);
            return frame;
        }

        private static void Clear(Frame frame)
        {
            frame.Character = frame.Line = null;
            frame.Number = frame.Width = frame.Height = frame.Count = frame.Slot = Unset;
            frame.Format = (PictureFormat)Unset;
            frame.IsPatch = frame.Cached = false;
            frame.Blink = frame.MouthOpen = 0;
        }

        private static void ReadPicture(ref MessagePackReader reader, Frame frame)
        {
            int start;
            int length;
            reader.ReadBinary("data", out start, out length);
            frame.Offset = start;
            frame.Count = length;
        }

        private static int ReadSlot(ref MessagePackReader reader, string field)
        {
            return reader.TryReadNil() ? Unset : (int)reader.ReadInteger(field, 0, MostSlot);
        }

        /// <summary>Four sides into <see cref="_rect"/>; false for null.</summary>
        private bool ReadRect(ref MessagePackReader reader)
        {
            if (reader.TryReadNil()) return false;
            if (reader.ReadArrayHeader("rect") != 4) throw WireException.BadField("rect", "it needs 4 numbers");
            for (int i = 0; i < 4; i++) _rect[i] = ReadSide(ref reader, "rect");
            return true;
        }

        private void Place(Frame frame)
        {
            if (!frame.IsPatch)
            {
                frame.Rect = new PictureRect(0, 0, frame.Width, frame.Height);
                return;
            }
            frame.Rect = new PictureRect(_rect[0], _rect[1], _rect[2], _rect[3]);
            if (_rect[0] + _rect[2] > frame.Width || _rect[1] + _rect[3] > frame.Height)
            {
                throw WireException.BadField("rect", "it is not within the picture");
            }
        }

        private Blendshapes ReadBlendshapes(ref MessagePackReader reader, int fields)
        {
            Blendshapes shapes = _shapes;
            shapes.Character = shapes.Line = null;
            shapes.Names = null;
            shapes.Blink = shapes.MouthOpen = 0;
            shapes.Number = Unset;
            shapes.Set = BlendshapeSet.None;
            bool values = false;
            bool expression = false;
            for (int i = 0; i < fields; i++)
            {
                string key = reader.ReadText("key");
                switch (key)
                {
                    case "character": shapes.Character = ReadCharacter(ref reader); break;
                    case "n": shapes.Number = ReadCount(ref reader, key); break;
                    case "names_id": shapes.Set = Names.Set(key, reader.ReadText(key)); break;
                    case "values":
                        shapes.Values = ReadShares(ref reader, key, shapes.Values);
                        values = true;
                        break;
                    case "expression":
                        if (reader.TryReadNil()) break;
                        shapes.Expression = ReadShares(ref reader, key, shapes.Expression);
                        expression = true;
                        break;
                    case "names": shapes.Names = ReadNamesOrNil(ref reader); break;
                    case "line": shapes.Line = ReadNameOrNil(ref reader, key); break;
                    case "blink": shapes.Blink = ReadShare(ref reader, key); break;
                    case "mouth_open": shapes.MouthOpen = ReadShare(ref reader, key); break;
                    default: reader.Skip(); break;
                }
            }
            Require(shapes.Character != null && shapes.Number >= 0, "blendshapes");
            Require(shapes.Set != BlendshapeSet.None && values, "blendshapes");
            if (!expression) shapes.Expression = NoShares;
            return shapes;
        }

        /// <summary>Weights into <paramref name="old"/> where its length fits, else into a new array.</summary>
        private static float[] ReadShares(ref MessagePackReader reader, string field, float[] old)
        {
            int count = reader.ReadArrayHeader(field);
            float[] shares = old != null && old.Length == count ? old : new float[count];
            for (int i = 0; i < count; i++) shares[i] = (float)reader.ReadNumber(field, 0, MostShare);
            return shares;
        }

        private static float ReadShare(ref MessagePackReader reader, string field)
        {
            return (float)reader.ReadNumber(field, 0, MostShare);
        }

        private static string[] ReadNamesOrNil(ref MessagePackReader reader)
        {
            if (reader.TryReadNil()) return null;
            string[] names = new string[reader.ReadArrayHeader("names")];
            for (int i = 0; i < names.Length; i++) names[i] = reader.ReadText("names");
            return names;
        }

        private static string ReadCharacter(ref MessagePackReader reader)
        {
            return reader.ReadText("character", 1, 64);
        }

        private static string ReadNameOrNil(ref MessagePackReader reader, string field)
        {
            return reader.TryReadNil() ? null : reader.ReadText(field, 1, 128);
        }

        private static long ReadCount(ref MessagePackReader reader, string field)
        {
            return reader.ReadInteger(field, 0, MessagePackReader.MostCount);
        }

        private static int ReadSide(ref MessagePackReader reader, string field)
        {
            return (int)reader.ReadInteger(field, 0, 65535);
        }

        private static void Require(bool there, string what)
        {
            if (!there) throw WireException.BadField(what, "a required field is missing");
        }

        private static string Short(string text)
        {
            return text.Length <= 64 ? text : text.Substring(0, 64) + "…";
        }
    }
}
