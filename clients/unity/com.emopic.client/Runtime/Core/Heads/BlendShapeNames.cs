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
            if (own.EndsWith("_L") || own.EndsWith("_l")) own = own.Substring(0, own.Length - 2) + "left";
            else if (own.EndsWith("_R") || own.EndsWith("_r")) own = own.Substring(0, own.Length - 2) + "right";
            var letters = new StringBuilder(own.Length);
            foreach (char letter in own)
            {
                if (char.IsLetterOrDigit(letter)) letters.Append(char.ToLowerInvariant(letter));
            }
            return letters.ToString();
        }
    }
}
