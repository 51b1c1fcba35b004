using System;
using System.Collections.Generic;
using System.Text;
using UnityEngine;

namespace Emopic.Tests
{
    /// <summary>What the inspector's wishes come to: profane lines, and what may be kept of lines.</summary>
    internal static partial class Scenes
    {
        /// <summary>Passes everything on and keeps what is said.</summary>
        private sealed class Overheard : ITransport
        {
            private readonly ITransport _inner;
            private readonly List<string> _said;

            public Overheard(ITransport inner, List<string> said)
            {
                _inner = inner;
                _said = said;
            }

            public TransportState State { get { return _inner.State; } }
            public int CloseCode { get { return _inner.CloseCode; } }
            public string CloseReason { get { return _inner.CloseReason; } }
            public bool TryReceive(out ReceivedMessage message) { return _inner.TryReceive(out message); }
            public void Close(int code, string reason) { _inner.Close(code, reason); }
            public void Dispose() { _inner.Dispose(); }

            public bool TrySend(byte[] message)
            {
                _said.Add(Encoding.UTF8.GetString(message));
                return _inner.TrySend(message);
            }
        }

        private static EmopicClient NewClientWith(LineGuard guard, LineHistory history, List<string> said)
        {
            EmopicClient client = NewClient();
            client.gameObject.SetActive(false); // set before it connects, as the inspector would
            client.Guard = guard;
            client.History = history;
            client.Transport = (url, protocol) => new Overheard(new WebSocketTransport(url, protocol), said);
            client.gameObject.SetActive(true);
            return client;
        }

        [Scene]
        private static void ProfaneLinesAreRefusedWhereTheClientWishesIt()
        {
            EmopicClient client = NewClientWith(LineGuard.Refuse, LineHistory.Scores, new List<string>());
            EmopicCharacter character = NewCharacter("haru");
            List<string> heard = Listen(character);
            character.gameObject.SetActive(true);
            Until(() => character.IsReady, "the face is there");
            Same(LineGuard.Refuse, client.Session.Guard, "what the server does");
            Same(LineHistory.Off, client.Session.History, "this server keeps nothing");
            character.SendLine("시발 짜증나");
            Until(() => heard.Contains("!line_profane"), "the line is refused");
            character.SendLine("너무 슬퍼");
            Until(() => heard.Contains("sadness"), "another is felt");
            Same("!line_profane,sadness", string.Join(",", heard), "what was heard");
            Logged("[type_again]");
        }

        [Scene]
        private static void WishesForHistoryAreSaid()
        {
            var said = new List<string>();
            NewClientWith(LineGuard.Default, LineHistory.Text, said);
            EmopicCharacter character = NewCharacter("haru");
            character.Settings.history = LineHistory.Off;
            character.gameObject.SetActive(true);
            Until(() => character.IsReady, "the face is there");
            That(said[0].Contains("identify") && said[0].EndsWith("text"), "of all lines: " + said[0]);
            string put = said.Find(one => one.Contains("character.put"));
            That(put.Contains("history") && put.EndsWith("off"), "of the character's: " + put);
            character.Settings.history = LineHistory.Default;
            said.Clear();
            character.Apply();
            Until(() => said.Exists(one => one.Contains("character.put")), "the settings are sent");
            That(!said.Find(one => one.Contains("character.put")).Contains("history"), "no wish is not said");
        }
    }
}
