using System.Collections.Generic;

namespace Emopic
{
    /// <summary>Something the server said.</summary>
    public abstract class ServerMessage
    {
        internal ServerMessage()
        {
        }

        /// <summary>The number of the event in its session; null for what is not an event.</summary>
        internal long? Seq { get; set; }
    }

    /// <summary>A character has its face and can be seen.</summary>
    public sealed class CharacterReady : ServerMessage
    {
        /// <summary>The character's name.</summary>
        public string Character { get; internal set; }

        /// <summary>Width of the base face in pixels.</summary>
        public int Width { get; internal set; }

        /// <summary>Height of the base face in pixels.</summary>
        public int Height { get; internal set; }

        /// <summary><c>builtin</c>, <c>found</c>, or <c>centred</c> where no face was found.</summary>
        public string Source { get; internal set; }

        /// <summary>Whether several drawn pictures are cross-faded, and not one moved.</summary>
        public bool IsSprites { get; internal set; }

        /// <summary>What its frames can show beside emotions: <c>blink</c>, <c>mouth_open</c>.</summary>
        public IReadOnlyList<string> Channels { get; internal set; } = new string[0];

        /// <summary>Of sprites, the name of the picture that shows each emotion.</summary>
        public IReadOnlyDictionary<string, string> Pictures { get; internal set; } = new Dictionary<string, string>();
    }

    /// <summary>A character is gone.</summary>
    public sealed class CharacterDropped : ServerMessage
    {
        /// <summary>The character's name.</summary>
        public string Character { get; internal set; }

        /// <summary><c>dropped</c>, <c>replaced</c> or <c>expired</c>.</summary>
        public string Reason { get; internal set; }
    }

    /// <summary>What a line means.</summary>
    public sealed class Emotion : ServerMessage
    {
        /// <summary>Who said it.</summary>
        public string Character { get; internal set; }

        /// <summary>The line's id, as <see cref="EmopicSession.SendLine"/> gave it.</summary>
        public string Line { get; internal set; }

        /// <summary>Probabilities in the order of <see cref="Hello.Emotions"/>; their sum is 1.</summary>
        public IReadOnlyList<float> Scores { get; internal set; }

        /// <summary>The id of the highest score, for example <c>joy</c>.</summary>
        public string Top { get; internal set; }

        /// <summary>How strongly the face shows it, 0 … 1.</summary>
        public float Intensity { get; internal set; }

        /// <summary>Whether the line is finished; false for a partial one.</summary>
        public bool Final { get; internal set; }

        /// <summary>Milliseconds the line spent in stages of the server, by name.</summary>
        public IReadOnlyDictionary<string, double> SpansMs { get; internal set; }

        /// <summary>The line as it was understood, if <see cref="WatchOptions.Text"/> asked for it.</summary>
        public string Text { get; internal set; }
    }

    /// <summary>What the writing in a picture says.</summary>
    /// <remarks>It is no line: show it, let a person correct it, and send a line then.</remarks>
    public sealed class Reading : ServerMessage
    {
        /// <summary>The id that <see cref="EmopicSession.ReadPicture"/> gave.</summary>
        public string Id { get; internal set; }

        /// <summary>What was read.</summary>
        public string Text { get; internal set; }

        /// <summary>How sure the reader is, 0 … 1.</summary>
        public float Confidence { get; internal set; }
    }

    /// <summary>Something a user may want to know; nothing failed.</summary>
    public sealed class Notice : ServerMessage
    {
        /// <summary>The stable code, for example <c>face_centred</c>.</summary>
        public string Code { get; internal set; }

        /// <summary>For people.</summary>
        public string Text { get; internal set; }

        /// <summary>The character it is about, or null.</summary>
        public string Character { get; internal set; }

        /// <summary>The id of the line it is about, or null.</summary>
        public string Line { get; internal set; }
    }

    /// <summary>A request was refused or failed; the session goes on.</summary>
    public sealed class RequestError : ServerMessage
    {
        /// <summary>
        /// The stable code, for example <c>busy</c>. The client's own: <c>timeout</c> (no answer
        /// came) and <c>overflow</c> (too much waits to be sent; this was not queued).
        /// </summary>
        public string Code { get; internal set; }

        /// <summary>For people: names the value and the fix.</summary>
        public string Message { get; internal set; }

        /// <summary>Whether changing the request can mend it; else it is the server's state.</summary>
        public bool IsClientFault { get; internal set; }

        /// <summary>The line's id, else the character, else the kind of message; may be null.</summary>
        public string Ref { get; internal set; }

        /// <summary>After how many milliseconds trying again makes sense, or null.</summary>
        public long? RetryMs { get; internal set; }

        /// <summary>The character it is about as far as this client knows, or null.</summary>
        public string Character { get; internal set; }

        /// <summary>The id of the line it is about as far as this client knows, or null.</summary>
        public string Line { get; internal set; }

        /// <summary>What was asked, where the client knows it.</summary>
        internal RequestKind? Asked { get; set; }

        /// <inheritdoc/>
        public override string ToString()
        {
            return Message + " [" + Code + "]";
        }
    }

    /// <summary>A picture of a character's expression.</summary>
    /// <remarks>
    /// Borrowed: it and its arrays are used again after the handler returns. Copy what you keep.
    /// </remarks>
    public sealed class Frame : ServerMessage
    {
        /// <summary>Who is in the picture.</summary>
        public string Character { get; internal set; }

        /// <summary>Grows from frame to frame; gaps are frames that were skipped.</summary>
        public long Number { get; internal set; }

        /// <summary>What the face shows, in the order of <see cref="Hello.Emotions"/>.</summary>
        public float[] Expression { get; internal set; } = new float[0];

        /// <summary>How the picture is encoded.</summary>
        public PictureFormat Format { get; internal set; }

        /// <summary>Width of the full picture in pixels.</summary>
        public int Width { get; internal set; }

        /// <summary>Height of the full picture in pixels.</summary>
        public int Height { get; internal set; }

        /// <summary>Whether the picture is only a rectangle, to be drawn over the last full one.</summary>
        public bool IsPatch { get; internal set; }

        /// <summary>The rectangle, from the top left; all of the picture where it is no patch.</summary>
        public PictureRect Rect { get; internal set; }

        /// <summary>The id of the line that moves the face, or null.</summary>
        public string Line { get; internal set; }

        /// <summary>Whether the server found the picture among those it had rendered before.</summary>
        public bool Cached { get; internal set; }

        /// <summary>How far the lids are closed, 0 … 1.</summary>
        public float Blink { get; internal set; }

        /// <summary>How far the mouth is open, 0 … 1.</summary>
        public float MouthOpen { get; internal set; }

        /// <summary>The array the encoded picture lies in.</summary>
        public byte[] Data { get; internal set; }

        /// <summary>Where in <see cref="Data"/> the picture begins.</summary>
        public int Offset { get; internal set; }

        /// <summary>How many bytes of <see cref="Data"/> the picture has.</summary>
        public int Count { get; internal set; }

        /// <summary>Where the picture is kept, or -1.</summary>
        internal int Slot { get; set; } = -1;

        /// <summary>The received message that <see cref="Data"/> belongs to.</summary>
        internal ReceivedMessage Owner { get; set; }

        /// <summary>A copy of the encoded picture, in an array of its length.</summary>
        public byte[] CopyPicture()
        {
            byte[] picture = new byte[Count];
            System.Buffer.BlockCopy(Data, Offset, picture, 0, Count);
            return picture;
        }
    }

    /// <summary>A rectangle of a picture in pixels, from the top left.</summary>
    public struct PictureRect
    {
        /// <summary>Pixels from the left.</summary>
        public int X { get; internal set; }

        /// <summary>Pixels from the top.</summary>
        public int Y { get; internal set; }

        /// <summary>Width in pixels.</summary>
        public int Width { get; internal set; }

        /// <summary>Height in pixels.</summary>
        public int Height { get; internal set; }

        internal PictureRect(int x, int y, int width, int height) : this()
        {
            X = x;
            Y = y;
            Width = width;
            Height = height;
        }
    }

    /// <summary>An expression as named weights.</summary>
    /// <remarks>Borrowed, as a <see cref="Frame"/> is; only <see cref="Names"/> may be kept.</remarks>
    public sealed class Blendshapes : ServerMessage
    {
        /// <summary>Whose face it is.</summary>
        public string Character { get; internal set; }

        /// <summary>Grows from message to message.</summary>
        public long Number { get; internal set; }

        /// <summary>Which naming the weights follow.</summary>
        public BlendshapeSet Set { get; internal set; }

        /// <summary>Weights, 0 … 1.</summary>
        public float[] Values { get; internal set; } = new float[0];

        /// <summary>
        /// The expression they were made of, in the order of <see cref="Hello.Emotions"/>; empty where
        /// the server did not say it.
        /// </summary>
        public float[] Expression { get; internal set; } = new float[0];

        /// <summary>Names of the weights, in their order. The same array until they change.</summary>
        public string[] Names { get; internal set; }

        /// <summary>The id of the line that moves the face, or null.</summary>
        public string Line { get; internal set; }

        /// <summary>How far the lids are closed, 0 … 1; the weights are made of it too.</summary>
        public float Blink { get; internal set; }

        /// <summary>How far the mouth is open, 0 … 1; the weights are made of it too.</summary>
        public float MouthOpen { get; internal set; }
    }

    internal sealed class Ready : ServerMessage
    {
        public string Session;
        public long From;
        public bool Resumed;
        public bool ReadOnly;
        public LineGuard Guard;
        public LineHistory History;
    }

    internal sealed class Pong : ServerMessage
    {
        public string Token;
    }

    internal sealed class Bye : ServerMessage
    {
        public int Code;
        public string Reason;
        public bool Reconnect;
    }
}
