using System;
using System.Collections.Generic;

namespace Emopic
{
    /// <summary>Who the client says it is, and what it wishes for all of its lines.</summary>
    internal struct Identity
    {
        public string Client;
        public string Token;
        public LineGuard Guard;
        public LineHistory History;
    }

    /// <summary>Where a base face comes from: exactly one of these.</summary>
    internal struct FaceOrigin
    {
        public byte[] Picture;
        public string Builtin;
        public string Url;
        public IReadOnlyDictionary<string, byte[]> Sprites;
    }

    /// <summary>Writes what a client says. Fields with their default are left out.</summary>
    /// <remarks>
    /// Every method gives a whole message, and throws <see cref="ArgumentException"/> for values
    /// outside the ranges of the protocol: nothing is sent then. Not thread-safe.
    /// </remarks>
    internal sealed class WireWriter
    {
        private readonly MessagePackWriter _out = new MessagePackWriter();

        public byte[] Identify(Identity who, string session, long seq)
        {
            Chars("client", who.Client, 0, 128);
            bool guard = who.Guard != LineGuard.Default;
            bool history = who.History != LineHistory.Default;
            _out.Clear();
            Begin("identify", 1 + One(who.Token != null) + One(session != null) + One(guard) + One(history));
            _out.WritePair("client", who.Client);
            if (who.Token != null) _out.WritePair("token", who.Token);
            if (session != null)
            {
                _out.WriteText("resume");
                _out.WriteMapHeader(2);
                _out.WritePair("session", session);
                _out.WritePair("seq", seq);
            }
            if (guard) _out.WritePair("guard", Names.Of(who.Guard));
            if (history) _out.WritePair("history", Names.Of(who.History));
            return _out.ToArray();
        }

        public byte[] Put(string character, FaceOrigin face, CharacterOptions options, bool shared)
        {
            Chars("character", character, 1, 64);
            if (face.Builtin != null) Chars("builtin", face.Builtin, 1, 128);
            if (face.Url != null) Chars("url", face.Url, 1, 2048);
            int set = options == null ? 0 : Count(options);
            LineHistory history = options == null ? LineHistory.Default : options.History;
            byte[] backdrop = options == null ? null : options.Backdrop;
            _out.Clear();
            Begin("character.put", 2 + One(set > 0) + One(shared) + One(history != LineHistory.Default)
                + One(backdrop != null));
            _out.WritePair("character", character);
            if (face.Picture != null) _out.WritePair("face", face.Picture);
            if (face.Builtin != null) _out.WritePair("builtin", face.Builtin);
            if (set > 0) Write(options, set);
            if (shared) _out.WritePair("shared", true);
            if (face.Url != null) _out.WritePair("url", face.Url);
            if (history != LineHistory.Default) _out.WritePair("history", Names.Of(history));
            if (face.Sprites != null) Write(face.Sprites);
            if (backdrop != null) _out.WritePair("backdrop", backdrop);
            return _out.ToArray();
        }

        public byte[] Read(string id, byte[] picture)
        {
            Chars("id", id, 1, 128);
            _out.Clear();
            Begin("read", 2);
            _out.WritePair("id", id);
            _out.WritePair("picture", picture);
            return _out.ToArray();
        }

        public byte[] Drop(string character)
        {
            return AboutCharacter("character.drop", character);
        }

        public byte[] Unwatch(string character)
        {
            return AboutCharacter("unwatch", character);
        }

        public byte[] Line(string character, string id, string text, bool partial, bool cut)
        {
            Chars("character", character, 1, 64);
            Chars("id", id, 1, 128);
            if (string.IsNullOrEmpty(text)) throw new ArgumentException("a line needs a text");
            _out.Clear();
            Begin("line", 3 + One(partial) + One(cut));
            _out.WritePair("character", character);
            _out.WritePair("id", id);
            _out.WritePair("text", text);
            if (partial) _out.WritePair("partial", true);
            if (cut) _out.WritePair("cut", true);
            return _out.ToArray();
        }

        public byte[] Express(string character, IReadOnlyDictionary<string, float> expression, int? holdMs, bool locked)
        {
            Chars("character", character, 1, 64);
            if (expression == null) throw new ArgumentNullException("expression");
            _out.Clear();
            Begin("express", 2 + One(holdMs.HasValue) + One(locked));
            _out.WritePair("character", character);
            _out.WriteText("expression");
            _out.WriteMapHeader(expression.Count);
            foreach (KeyValuePair<string, float> weight in expression)
            {
                Chars("expression", weight.Key, 1, 128);
                _out.WritePair(weight.Key, Within("expression", weight.Value, 0, 1));
            }
            if (holdMs.HasValue) _out.WritePair("hold_ms", Within("hold_ms", holdMs.Value, 0, 3600000));
            if (locked) _out.WritePair("lock", true);
            return _out.ToArray();
        }

        public byte[] Watch(string character, WatchOptions options)
        {
            Chars("character", character, 1, 64);
            FrameOptions frames = options == null ? null : options.Frames;
            BlendshapeSet shapes = options == null ? BlendshapeSet.None : options.Blendshapes;
            _out.Clear();
            bool text = options != null && options.Text;
            Begin("watch", 1 + One(frames != null) + One(shapes != BlendshapeSet.None) + One(text));
            _out.WritePair("character", character);
            if (frames != null) Write(frames);
            if (shapes != BlendshapeSet.None) _out.WritePair("blendshapes", Names.Of(shapes));
            if (text) _out.WritePair("text", true);
            return _out.ToArray();
        }

        public byte[] Ping(string token)
        {
            Chars("token", token, 0, 128);
            _out.Clear();
            Begin("ping", One(token.Length > 0));
            if (token.Length > 0) _out.WritePair("token", token);
            return _out.ToArray();
        }

        private byte[] AboutCharacter(string type, string character)
        {
            Chars("character", character, 1, 64);
            _out.Clear();
            Begin(type, 1);
            _out.WritePair("character", character);
            return _out.ToArray();
        }

        private void Begin(string type, int fields)
        {
            _out.WriteMapHeader(fields + 1);
            _out.WritePair("type", type);
        }

        private static int Count(CharacterOptions options)
        {
            return One(options.Strength.HasValue) + One(options.Contrast.HasValue)
                + One(options.TransitionMs.HasValue) + One(options.HoldMs.HasValue)
                + One(options.DecayMs.HasValue) + One(options.MinConfidence.HasValue)
                + One(options.MaxEmotions.HasValue) + One(options.Blink.HasValue)
                + One(options.Speak.HasValue) + One(options.Bake.HasValue)
                + One(options.Mark.HasValue) + One(options.Background != null);
        }

        private void Write(CharacterOptions options, int set)
        {
            _out.WriteText("options");
            _out.WriteMapHeader(set);
            Number("strength", options.Strength, 0, 2);
            Number("contrast", options.Contrast, 0.1, 10);
            Integer("transition_ms", options.TransitionMs, 0, 10000);
            Integer("hold_ms", options.HoldMs, 0, 3600000);
            Integer("decay_ms", options.DecayMs, 0, 60000);
            Number("min_confidence", options.MinConfidence, 0, 1);
            Integer("max_emotions", options.MaxEmotions, 1, 64);
            if (options.Blink.HasValue) _out.WritePair("blink", options.Blink.Value);
            if (options.Speak.HasValue) _out.WritePair("speak", options.Speak.Value);
            if (options.Bake.HasValue) _out.WritePair("bake", options.Bake.Value);
            if (options.Mark.HasValue) _out.WritePair("mark", Names.Of(options.Mark.Value));
            if (options.Background != null) _out.WritePair("background", options.Background);
        }

        private void Write(IReadOnlyDictionary<string, byte[]> sprites)
        {
            _out.WriteText("sprites");
            _out.WriteMapHeader(sprites.Count);
            foreach (KeyValuePair<string, byte[]> sprite in sprites)
            {
                Chars("sprites", sprite.Key, 1, 128);
                _out.WritePair(sprite.Key, sprite.Value);
            }
        }

        private void Write(FrameOptions frames)
        {
            bool format = frames.Format != PictureFormat.Jpeg;
            bool size = frames.Size != 0;
            bool fps = frames.Fps != 30;
            bool quality = frames.Quality != 85;
            bool keep = frames.Keep != 0;
            _out.WriteText("frames");
            _out.WriteMapHeader(
                One(format) + One(size) + One(fps) + One(quality) + One(!frames.Patches) + One(keep));
            if (format) _out.WritePair("format", Names.Of(frames.Format));
            if (size) Integer("size", frames.Size, 0, 65535);
            if (fps) Integer("fps", frames.Fps, 1, 240);
            if (quality) Integer("quality", frames.Quality, 1, 100);
            if (!frames.Patches) _out.WritePair("patches", false);
            if (keep) Integer("keep", frames.Keep, 0, 256);
        }

        private void Number(string name, double? value, double least, double most)
        {
            if (value.HasValue) _out.WritePair(name, Within(name, value.Value, least, most));
        }

        private void Integer(string name, int? value, int least, int most)
        {
            if (value.HasValue) _out.WritePair(name, Within(name, value.Value, least, most));
        }

        private static int One(bool there)
        {
            return there ? 1 : 0;
        }

        private static long Within(string name, int value, int least, int most)
        {
            if (value >= least && value <= most) return value;
            throw new ArgumentOutOfRangeException(name, value, "use " + least + " … " + most);
        }

        private static double Within(string name, double value, double least, double most)
        {
            if (value >= least && value <= most) return value;
            throw new ArgumentOutOfRangeException(name, value, "use " + least + " … " + most);
        }

        private static void Chars(string name, string text, int least, int most)
        {
            if (text == null) throw new ArgumentNullException(name);
            int length = MessagePackReader.CodePoints(text);
            if (length >= least && length <= most) return;
            string bounds = least + " … " + most + " characters";
            throw new ArgumentException(name + " has " + length + " characters; use " + bounds, name);
        }
    }
}
