using System;
using System.Text;

namespace Emopic
{
    /// <summary>A line that is still being typed or generated; made by <see cref="EmopicCharacter.BeginLine"/>.</summary>
    /// <remarks>The face follows as the text grows, as often as the server's message rate allows.</remarks>
    public sealed class GrowingLine
    {
        private readonly EmopicCharacter _character;
        private readonly StringBuilder _text = new StringBuilder();

        internal GrowingLine(EmopicCharacter character, string id)
        {
            _character = character;
            Id = id;
        }

        /// <summary>The line's id, also that of its emotions.</summary>
        public string Id { get; private set; }

        /// <summary>All of the text so far.</summary>
        public string Text { get { return _text.ToString(); } }

        /// <summary>Whether <see cref="Finish"/> was called.</summary>
        public bool IsFinished { get; private set; }

        /// <summary>Add the next piece, such as a token of a language model.</summary>
        public void Append(string piece)
        {
            ThrowIfFinished();
            _text.Append(piece);
            Send();
        }

        /// <summary>Replace all of the text, such as the content of an input field.</summary>
        public void Set(string text)
        {
            ThrowIfFinished();
            _text.Length = 0;
            _text.Append(text);
            Send();
        }

        /// <summary>The line is complete. An empty one is forgotten.</summary>
        public void Finish()
        {
            ThrowIfFinished();
            IsFinished = true;
            if (!HalfPairless().Equals("")) _character.SendLine(HalfPairless(), Id);
        }

        private void Send()
        {
            string text = HalfPairless();
            if (text.Length > 0) _character.SendPartial(Id, text);
        }

        /// <summary>The text without half of a surrogate pair, whose other half is still to come.</summary>
        private string HalfPairless()
        {
            int length = _text.Length;
            if (length > 0 && char.IsHighSurrogate(_text[length - 1])) length--;
            return _text.ToString(0, length);
        }

        private void ThrowIfFinished()
        {
            if (IsFinished) throw new InvalidOperationException("the line is finished");
        }
    }
}
