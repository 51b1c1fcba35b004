using System;
using UnityEngine;

namespace Emopic
{
    /// <summary>How a character's face follows its emotions, for the inspector.</summary>
    [Serializable]
    public sealed class CharacterSettings
    {
        /// <summary>Scales what lines do to the face.</summary>
        [Range(0, 2), Tooltip("Scales what lines do to the face")]
        public float strength = 1;

        /// <summary>Above 1 sharpens the mix of emotions, below 1 flattens it.</summary>
        [Range(0.1f, 10), Tooltip("Above 1 sharpens the mix of emotions, below 1 flattens it")]
        public float contrast = 1;

        /// <summary>Milliseconds from one expression to the next.</summary>
        [Range(0, 10000), Tooltip("Milliseconds from one expression to the next")]
        public int transitionMs = 350;

        /// <summary>Milliseconds an expression stays.</summary>
        [Range(0, 60000), Tooltip("Milliseconds an expression stays")]
        public int holdMs = 2500;

        /// <summary>Milliseconds of the way back to neutral.</summary>
        [Range(0, 60000), Tooltip("Milliseconds of the way back to neutral")]
        public int decayMs = 1200;

        /// <summary>Lines whose top score is lower leave the face alone.</summary>
        [Range(0, 1), Tooltip("Lines whose top score is lower leave the face alone")]
        public float minConfidence = 0.35f;

        /// <summary>How many emotions are mixed at most.</summary>
        [Range(1, 8), Tooltip("How many emotions are mixed at most")]
        public int maxEmotions = 2;

        /// <summary>Whether the face blinks by itself.</summary>
        [Tooltip("The face blinks by itself")]
        public bool blink;

        /// <summary>Whether the mouth moves while a line is being said.</summary>
        [Tooltip("The mouth moves while a line is being said")]
        public bool speak;

        /// <summary>How pictures are marked as generated.</summary>
        [Tooltip("How pictures are marked as generated")]
        public PictureMark mark;

        /// <summary>What the server may keep of lines to the character.</summary>
        [Tooltip("What the server may keep of lines to this character; it may keep less")]
        public LineHistory history;

        /// <summary>The same for the wire.</summary>
        public CharacterOptions ToOptions()
        {
            return new CharacterOptions
            {
                Strength = strength,
                Contrast = Math.Max(0.1, contrast), // a float's 0.1 is a little less than 0.1
                TransitionMs = transitionMs,
                HoldMs = holdMs,
                DecayMs = decayMs,
                MinConfidence = minConfidence,
                MaxEmotions = maxEmotions,
                Blink = blink,
                Speak = speak,
                Mark = mark,
                History = history,
            };
        }
    }
}
