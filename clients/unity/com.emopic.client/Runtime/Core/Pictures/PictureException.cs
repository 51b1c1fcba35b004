using System;

namespace Emopic
{
    /// <summary>A picture cannot be decoded.</summary>
    internal sealed class PictureException : Exception
    {
        public PictureException(string message) : base(message)
        {
        }
    }
}
