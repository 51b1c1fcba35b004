namespace Emopic
{
    /// <summary>How a character's face follows its emotions. What is null keeps the server's default.</summary>
    public sealed class CharacterOptions
    {
        /// <summary>Scales what lines do to the face: 0 … 2, by default 1.</summary>
        public double? Strength { get; set; }

        /// <summary>Above 1 sharpens the mix of emotions, below 1 flattens it: 0.1 … 10, by default 1.</summary>
        public double? Contrast { get; set; }

        /// <summary>Milliseconds from one expression to the next: 0 … 10,000, by default 350.</summary>
        public int? TransitionMs { get; set; }

        /// <summary>Milliseconds an expression stays: 0 … 3,600,000, by default 2,500.</summary>
        public int? HoldMs { get; set; }

        /// <summary>Milliseconds of the way back to neutral: 0 … 60,000, by default 1,200.</summary>
        public int? DecayMs { get; set; }

        /// <summary>Lines whose top score is lower leave the face alone: 0 … 1, by default 0.35.</summary>
        public double? MinConfidence { get; set; }

        /// <summary>How many emotions are mixed at most: 1 … 64, by default 2.</summary>
        public int? MaxEmotions { get; set; }

        /// <summary>Whether the face blinks by itself, by default not.</summary>
        public bool? Blink { get; set; }

        /// <summary>Whether the mouth moves while a line is being said, by default not.</summary>
        public bool? Speak { get; set; }

        /// <summary>Whether the frames of transitions are rendered before they are needed, by default not.</summary>
        public bool? Bake { get; set; }

        /// <summary>How pictures are marked as generated; the server may mark more.</summary>
        public PictureMark? Mark { get; set; }

        /// <summary>What stands behind the person: <c>keep</c>, <c>transparent</c> or <c>#rrggbb</c>.</summary>
        public string Background { get; set; }

        /// <summary>A picture to stand behind the person, instead of <c>Background</c>.</summary>
        public byte[] Backdrop { get; set; }

        /// <summary>What the server may keep of lines to this character.</summary>
        public LineHistory History { get; set; }
    }

    /// <summary>What happens to profane lines.</summary>
    public enum LineGuard
    {
        /// <summary>What the server does by itself.</summary>
        Default,

        /// <summary>Nothing.</summary>
        Off,

        /// <summary>Others read <c>*</c> in their place.</summary>
        Mask,

        /// <summary>They move no face, and are answered with the error <c>line_profane</c>.</summary>
        Refuse,
    }

    /// <summary>What a server may keep of finished lines.</summary>
    public enum LineHistory
    {
        /// <summary>No wish.</summary>
        Default,

        /// <summary>Nothing.</summary>
        Off,

        /// <summary>Their emotions.</summary>
        Scores,

        /// <summary>Their emotions and their text.</summary>
        Text,
    }

    /// <summary>How pictures are marked as generated.</summary>
    public enum PictureMark
    {
        /// <summary>Not at all.</summary>
        Off,

        /// <summary>In their metadata.</summary>
        Metadata,

        /// <summary>In their metadata and by a word in a corner.</summary>
        Visible,
    }

    /// <summary>How pictures are encoded. Unity reads all of them but WebP.</summary>
    public enum PictureFormat
    {
        /// <summary>Small, without transparency.</summary>
        Jpeg,

        /// <summary>Small, with the transparency of the base face.</summary>
        WebP,

        /// <summary>Lossless, with the transparency of the base face.</summary>
        Png,

        /// <summary>RGBA, 8 bits a channel, row by row from the top: no decoding, large.</summary>
        Raw,
    }

    /// <summary>What pictures of a character to send.</summary>
    public sealed class FrameOptions
    {
        /// <summary>How pictures are encoded.</summary>
        public PictureFormat Format { get; set; } = PictureFormat.Jpeg;

        /// <summary>The longest side in pixels, 16 … 2,048; 0 for the face's own size.</summary>
        public int Size { get; set; }

        /// <summary>At most so many frames a second, 1 … 60.</summary>
        public int Fps { get; set; } = 30;

        /// <summary>1 … 100, for JPEG and WebP.</summary>
        public int Quality { get; set; } = 85;

        /// <summary>Whether frames may be a rectangle of the picture, drawn over the last full one.</summary>
        public bool Patches { get; set; } = true;

        /// <summary>
        /// How many pictures the client keeps, so that none has to be sent twice: 0 … 256. They are
        /// kept encoded; 64 patches of 512 pixels take about 1 MB.
        /// </summary>
        public int Keep { get; set; }
    }

    /// <summary>A naming of the weights of a 3D face.</summary>
    public enum BlendshapeSet
    {
        /// <summary>None.</summary>
        None,

        /// <summary>Apple ARKit's 52.</summary>
        ARKit,

        /// <summary>The presets of VRM 0.x and <c>Surprised</c>.</summary>
        Vrm0,

        /// <summary>The expressions of VRM 1.0.</summary>
        Vrm1,
    }

    /// <summary>What to receive of a character besides its emotions.</summary>
    public sealed class WatchOptions
    {
        /// <summary>Pictures, or null for none.</summary>
        public FrameOptions Frames { get; set; }

        /// <summary>Weights for a 3D head.</summary>
        public BlendshapeSet Blendshapes { get; set; }

        /// <summary>Whether emotions carry the text of their lines.</summary>
        public bool Text { get; set; }
    }
}
