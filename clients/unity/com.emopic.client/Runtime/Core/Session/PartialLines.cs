using System;
using System.Collections.Generic;

namespace Emopic
{
    /// <summary>Lines that still grow: only the latest text of each is worth sending.</summary>
    /// <remarks>
    /// Texts wait until the server's message rate has room, so that a line that comes word by word
    /// never uses up what finished lines need: partial lines get half of the rate.
    /// </remarks>
    internal sealed class PartialLines
    {
        private struct Text
        {
            public string Character;
            public string Id;
            public string Words;
        }

        private const double Share = 0.5;

        private readonly List<Text> _texts = new List<Text>();
        private double _room;
        private double _most;
        private double _perSecond;
        private double _then;

        /// <summary>Follow these limits from now on.</summary>
        public void Follow(Limits limits)
        {
            _perSecond = limits.MessagesPerMinute / 60.0 * Share;
            _most = Math.Max(1, limits.MessagesBurst * Share);
            _room = Math.Min(_most, Math.Max(_room, 1));
        }

        /// <summary>Replace what waits to be sent of this line.</summary>
        public void Put(string character, string id, string words)
        {
            Remove(character, id);
            _texts.Add(new Text { Character = character, Id = id, Words = words });
        }

        /// <summary>The line is finished: what waits of it is outdated.</summary>
        public void Remove(string character, string id)
        {
            _texts.RemoveAll(text => text.Character == character && text.Id == id);
        }

        /// <summary>Forget all of them.</summary>
        public void Clear()
        {
            _texts.Clear();
        }

        /// <summary>Send what the rate allows by now, the longest waiting first.</summary>
        public void Send(double now, Action<string, string, string> send)
        {
            if (_most <= 0) return;
            _room = Math.Min(_most, _room + Math.Max(0, now - _then) * _perSecond);
            _then = now;
            while (_room >= 1 && _texts.Count > 0)
            {
                Text text = _texts[0];
                _texts.RemoveAt(0);
                _room -= 1;
                send(text.Character, text.Id, text.Words);
            }
        }
    }
}
