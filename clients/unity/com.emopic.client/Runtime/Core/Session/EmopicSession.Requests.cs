using System;
using System.Collections.Generic;

namespace Emopic
{
    public sealed partial class EmopicSession
    {
        /// <summary>Whether anything can be sent at this moment.</summary>
        public bool IsOpen { get { return _protocol.Phase == Phase.Open; } }

        /// <summary>Register a character with a picture (JPEG, PNG, WebP, or a ZIP of sprites), or replace it.</summary>
        /// <remarks>Answered by <see cref="CharacterReadyReceived"/> or an error about the character.</remarks>
        public void PutCharacter(string character, byte[] face, CharacterOptions options = null, bool shared = false)
        {
            if (face == null) throw new ArgumentNullException("face");
            Put(character, new FaceOrigin { Picture = face }, options, shared);
        }

        /// <summary>Register a character with one of the server's own faces, or replace it.</summary>
        public void PutBuiltin(string character, string builtin, CharacterOptions options = null, bool shared = false)
        {
            if (builtin == null) throw new ArgumentNullException("builtin");
            Put(character, new FaceOrigin { Builtin = builtin }, options, shared);
        }

        /// <summary>
        /// Register a character with the picture at a public web address, or the largest face of a
        /// page, if the server's owner allows that.
        /// </summary>
        public void PutUrl(string character, string url, CharacterOptions options = null, bool shared = false)
        {
            if (url == null) throw new ArgumentNullException("url");
            Put(character, new FaceOrigin { Url = url }, options, shared);
        }

        /// <summary>Register a character with drawn pictures by the emotion they show, or replace it.</summary>
        /// <remarks>A ZIP of such pictures may be given to <see cref="PutCharacter"/>, too.</remarks>
        public void PutSprites(
            string character,
            IReadOnlyDictionary<string, byte[]> sprites,
            CharacterOptions options = null,
            bool shared = false)
        {
            if (sprites == null) throw new ArgumentNullException("sprites");
            Put(character, new FaceOrigin { Sprites = sprites }, options, shared);
        }

        private void Put(string character, FaceOrigin face, CharacterOptions options, bool shared)
        {
            byte[] data = _protocol.Writer.Put(character, face, options, shared);
            Ask(new Request(RequestKind.Put, character, null, data));
        }

        /// <summary>Forget a character, for everybody.</summary>
        public void DropCharacter(string character)
        {
            Ask(new Request(RequestKind.Drop, character, null, _protocol.Writer.Drop(character)));
        }

        /// <summary>Receive a character's emotions, and pictures or weights if asked for.</summary>
        /// <remarks>Replaces an earlier watch of the same character.</remarks>
        public void Watch(string character, WatchOptions options)
        {
            byte[] data = _protocol.Writer.Watch(character, options);
            Ask(new Request(RequestKind.Watch, character, null, data));
        }

        /// <summary>Receive nothing more of a character.</summary>
        public void Unwatch(string character)
        {
            ThrowIfDisposed();
            _protocol.Shelves.Forget(character);
            Ask(new Request(RequestKind.Unwatch, character, null, _protocol.Writer.Unwatch(character)));
        }

        /// <summary>An id for a line that no other client uses.</summary>
        public string NewLineId()
        {
            return _prefix + "-" + ++_lines;
        }

        /// <summary>Send a finished line, and give its id.</summary>
        /// <param name="character">Who speaks.</param>
        /// <param name="text">What; at most <see cref="Limits.LineChars"/> code points.</param>
        /// <param name="id">The id of the partial lines it finishes; null for a new one.</param>
        /// <param name="cut">Shorten a line over the limit instead of refusing it.</param>
        public string SendLine(string character, string text, string id = null, bool cut = false)
        {
            string line = id ?? NewLineId();
            byte[] data = _protocol.Writer.Line(character, line, text, false, cut);
            _partials.Remove(character, line);
            Ask(new Request(RequestKind.Line, character, line, data));
            return line;
        }

        /// <summary>Read the writing in a picture (JPEG, PNG or WebP), and give the reading's id.</summary>
        /// <remarks>Answered by <see cref="ReadingReceived"/> or an error.</remarks>
        public string ReadPicture(byte[] picture)
        {
            if (picture == null) throw new ArgumentNullException("picture");
            string id = NewLineId();
            Ask(new Request(RequestKind.Read, null, id, _protocol.Writer.Read(id, picture)));
            return id;
        }

        /// <summary>Send all of a line that still grows.</summary>
        /// <remarks>
        /// Only the latest text of a line is sent, as often as the server's message rate allows.
        /// Dropped without a connection, for a newer text will follow.
        /// </remarks>
        public void SendPartial(string character, string id, string textSoFar)
        {
            ThrowIfDisposed();
            _protocol.Writer.Line(character, id, textSoFar, true, true); // the ranges are checked here
            if (!IsOpen) return;
            _partials.Put(character, id, textSoFar);
        }

        /// <summary>Drive the face directly, with weights 0 … 1 by emotion.</summary>
        /// <param name="character">Whose face.</param>
        /// <param name="expression">Emotions not named are 0; neutral is what is left over.</param>
        /// <param name="holdMs">How long it stays; null for the character's own time.</param>
        /// <param name="locked">Lines leave the face alone meanwhile.</param>
        /// <remarks>Dropped without a connection. There is no answer but an error.</remarks>
        public void Express(
            string character,
            IReadOnlyDictionary<string, float> expression,
            int? holdMs = null,
            bool locked = false)
        {
            ThrowIfDisposed();
            byte[] data = _protocol.Writer.Express(character, expression, holdMs, locked);
            if (!IsOpen) return;
            _protocol.Requests.Outgoing.Add(data);
            Flush();
        }

        private void SendPartialNow(string character, string id, string text)
        {
            _protocol.Requests.Outgoing.Add(_protocol.Writer.Line(character, id, text, true, true));
        }

        private void Ask(Request request)
        {
            ThrowIfDisposed();
            if (Status == SessionStatus.Stopped)
            {
                _protocol.Events.Enqueue(Failure("stopped", "the session is over: " + LastProblem, request));
            }
            else if (!_protocol.Requests.TryAdd(request))
            {
                string text = Protocol.MostRequests + " requests wait for answers; this one was not sent";
                _protocol.Events.Enqueue(Failure("overflow", text, request));
            }
            Flush();
        }

        /// <summary>Move what is to be said to the transport's queue.</summary>
        private void Flush()
        {
            List<byte[]> outgoing = _protocol.Requests.Outgoing;
            if (_transport == null || outgoing.Count == 0) return;
            foreach (byte[] message in outgoing)
            {
                if (_transport.TrySend(message)) continue;
                // Nothing may be lost in the middle: a new connection asks everything again.
                _protocol.SendQueueIsFull();
                break;
            }
            outgoing.Clear();
        }

        private static RequestError NoAnswer(Request request)
        {
            return Failure("timeout", "no answer to " + request + " in time", request);
        }

        private static RequestError Failure(string code, string text, Request request)
        {
            return new RequestError
            {
                Code = code,
                Message = text,
                Character = request.Character,
                Line = request.Kind == RequestKind.Line ? request.Id : null,
                Ref = request.IsChange ? request.Character : request.Id,
            };
        }

        private void ThrowIfDisposed()
        {
            if (_disposed) throw new ObjectDisposedException("EmopicSession");
        }
    }
}
