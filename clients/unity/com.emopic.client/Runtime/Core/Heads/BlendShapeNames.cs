using System;
using System.Text;

namespace Emopic
{
    /// <summary>Recognises the same blend shape under the spellings that modelling tools give it.</summary>
    internal static class BlendShapeNames
    {
        /// <summary>
        /// What two spellings of one shape have in common: <c>blendShape1.mouthSmile_L</c> and
        /// <c>MouthSmileLeft</c> are both <c>mouthsmileleft</c>.
        /// </summary>
        public static string Normalise(string name)
        {
            string own = name.Substring(name.LastIndexOf('.') + 1);
            if (own.EndsWith("_L", StringComparison.OrdinalIgnoreCase)) own = own.Substring(0, own.Length - 2) + "left";
            else if (own.EndsWith("_R", StringComparison.OrdinalIgnoreCase)) own = own.Substring(0, own.Length - 2) + "right";
            var letters = new StringBuilder(own.Length);
            foreach (char letter in own)
            {
                if (char.IsLetterOrDigit(letter)) letters.Append(char.ToLowerInvariant(letter));
            }
            return letters.ToString();
        }

        /// <summary>
        /// The VRM 0.x name that a blend shape's last word is, or an empty text:
        /// <c>Fcl_ALL_Joy</c> is <c>Joy</c>.
        /// </summary>
        public static string GuessVrm(string shape)
        {
            string word = shape.Substring(shape.LastIndexOfAny(new[] { '_', '.', ' ' }) + 1);
            foreach (string name in Vrm)
            {
                if (string.Equals(name, word, StringComparison.OrdinalIgnoreCase)) return name;
            }
            return "";
        }

        private static readonly string[] Vrm =
        {
            "Neutral", "A", "I", "U", "E", "O", "Blink", "Joy", "Angry", "Sorrow", "Fun",
            "LookUp", "LookDown", "LookLeft", "LookRight", "Surprised",
        };
    }
}
