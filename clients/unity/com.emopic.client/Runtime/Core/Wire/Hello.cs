using System.Collections.Generic;

namespace Emopic
{
    /// <summary>What the server says about itself when a connection opens.</summary>
    public sealed class Hello : ServerMessage
    {
        /// <summary>Name and version.</summary>
        public string Server { get; internal set; }

        /// <summary>The emotions, in the order of scores and expressions.</summary>
        public IReadOnlyList<EmotionLabel> Emotions { get; internal set; }

        /// <summary>What really runs there.</summary>
        public EngineInfo Engine { get; internal set; }

        /// <summary>Faces that come with the server.</summary>
        public IReadOnlyList<BuiltinFace> Builtins { get; internal set; }

        /// <summary>The bounds the server enforces.</summary>
        public Limits Limits { get; internal set; }

        /// <summary>Whether a token is needed.</summary>
        public bool Auth { get; internal set; }

        /// <summary>The version of the protocol.</summary>
        public long Protocol { get; internal set; }

        /// <summary>The place of an emotion in scores and expressions, or -1.</summary>
        public int IndexOf(string emotion)
        {
            for (int i = 0; i < Emotions.Count; i++)
            {
                if (Emotions[i].Id == emotion) return i;
            }
            return -1;
        }
    }

    /// <summary>One of the model's emotions.</summary>
    public sealed class EmotionLabel
    {
        /// <summary>The name on the wire, for example <c>joy</c>.</summary>
        public string Id { get; internal set; }

        /// <summary>The Korean name, for example 기쁨.</summary>
        public string Korean { get; internal set; }
    }

    /// <summary>A face that comes with the server.</summary>
    public sealed class BuiltinFace
    {
        /// <summary>The name on the wire.</summary>
        public string Id { get; internal set; }

        /// <summary>The English name.</summary>
        public string Name { get; internal set; }

        /// <summary>The Korean name.</summary>
        public string Korean { get; internal set; }

        /// <summary>Whether it is a set of drawn pictures, and not one that is moved.</summary>
        public bool IsSprites { get; internal set; }
    }

    /// <summary>What really runs on the server.</summary>
    public sealed class EngineInfo
    {
        /// <summary>How the models are executed, for example <c>openvino</c>.</summary>
        public string Backend { get; internal set; }

        /// <summary>On what.</summary>
        public string Device { get; internal set; }

        /// <summary>With which numbers.</summary>
        public string Precision { get; internal set; }

        /// <summary>The model that reads lines.</summary>
        public string TextModel { get; internal set; }

        /// <summary>The model that draws faces.</summary>
        public string FaceModel { get; internal set; }

        /// <summary>Versions of libraries by name.</summary>
        public IReadOnlyDictionary<string, string> Versions { get; internal set; }

        /// <summary>What the face model moves beside emotions: <c>blink</c>, <c>mouth_open</c>.</summary>
        public IReadOnlyList<string> FaceChannels { get; internal set; } = new string[0];

        /// <summary>Why this backend: it was asked for, or what <c>auto</c> chose and why.</summary>
        public string Reason { get; internal set; } = "";
    }

    /// <summary>The bounds the server enforces. Sizes in bytes or pixels, times in seconds.</summary>
    public sealed class Limits
    {
        /// <summary>Bytes of a message other than an uploaded face.</summary>
        public long MessageBytes { get; internal set; } = 64 * 1024;

        /// <summary>Bytes of an uploaded face.</summary>
        public long FaceBytes { get; internal set; } = 4 * 1024 * 1024;

        /// <summary>Pixels of a face's longer side.</summary>
        public long FaceSide { get; internal set; } = 4096;

        /// <summary>Pixels of a face altogether.</summary>
        public long FacePixels { get; internal set; } = 16000000;

        /// <summary>Code points of a line.</summary>
        public long LineChars { get; internal set; } = 500;

        /// <summary>Seconds for the opening.</summary>
        public double IdentifySeconds { get; internal set; } = 10;

        /// <summary>Messages a minute in the long run.</summary>
        public long MessagesPerMinute { get; internal set; } = 120;

        /// <summary>Messages at once.</summary>
        public long MessagesBurst { get; internal set; } = 40;

        /// <summary>Connections with one token.</summary>
        public long ConnectionsPerToken { get; internal set; } = 8;

        /// <summary>Characters put, and characters watched, by a session.</summary>
        public long CharactersPerSession { get; internal set; } = 16;

        /// <summary>Events that wait for a slow client.</summary>
        public long OutboxEvents { get; internal set; } = 512;

        /// <summary>Seconds a session survives without a connection.</summary>
        public double ResumeSeconds { get; internal set; } = 60;

        /// <summary>Events kept for a resume.</summary>
        public long ResumeEvents { get; internal set; } = 512;

        /// <summary>Seconds between the server's pings.</summary>
        public double PingSeconds { get; internal set; } = 20;

        /// <summary>Pixels of a frame's longer side.</summary>
        public long FrameSide { get; internal set; } = 2048;

        /// <summary>Frames a second of a watch.</summary>
        public long Fps { get; internal set; } = 60;
    }
}
