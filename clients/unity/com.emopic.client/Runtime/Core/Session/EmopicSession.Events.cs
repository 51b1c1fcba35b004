using System;

namespace Emopic
{
    public sealed partial class EmopicSession
    {
        /// <summary><see cref="Status"/> has changed.</summary>
        public event Action<SessionStatus> StatusChanged;

        /// <summary>The session is open, for the first time or again.</summary>
        public event Action<SessionOpened> Opened;

        /// <summary>A connection was lost or could not be opened.</summary>
        public event Action<ConnectionLost> Lost;

        /// <summary>A character has its face.</summary>
        public event Action<CharacterReady> CharacterReadyReceived;

        /// <summary>A character is gone.</summary>
        public event Action<CharacterDropped> CharacterDroppedReceived;

        /// <summary>What a line means; each line's is told once, in order.</summary>
        public event Action<Emotion> EmotionReceived;

        /// <summary>What the writing in a picture says.</summary>
        public event Action<Reading> ReadingReceived;

        /// <summary>Something a user may want to know.</summary>
        public event Action<Notice> NoticeReceived;

        /// <summary>A request was refused, failed, or got no answer.</summary>
        public event Action<RequestError> ErrorReceived;

        /// <summary>A picture of a watched character. Borrowed: see <see cref="Frame"/>.</summary>
        public event Action<Frame> FrameReceived;

        /// <summary>Weights of a watched character. Borrowed: see <see cref="Blendshapes"/>.</summary>
        public event Action<Blendshapes> BlendshapesReceived;

        /// <summary>
        /// A handler of an event threw this; the others are called all the same. Without a handler
        /// here, <see cref="Pump"/> throws it.
        /// </summary>
        public event Action<Exception> HandlerFailed;

        private void RaiseEvents()
        {
            while (_protocol.Events.Count > 0) Raise(_protocol.Events.Dequeue());
        }

        private void Raise(ServerMessage message)
        {
            if (message is Emotion) Raise(EmotionReceived, (Emotion)message);
            else if (message is CharacterReady) Raise(CharacterReadyReceived, (CharacterReady)message);
            else if (message is CharacterDropped) Raise(CharacterDroppedReceived, (CharacterDropped)message);
            else if (message is RequestError) Raise(ErrorReceived, (RequestError)message);
            else if (message is Reading) Raise(ReadingReceived, (Reading)message);
            else if (message is Notice) Raise(NoticeReceived, (Notice)message);
            else if (message is Ready) RaiseOpened();
        }

        private void RaiseOpened()
        {
            bool again = _everOpened;
            _opened = _everOpened = true;
            _partials.Follow(Hello.Limits);
            Become(SessionStatus.Open);
            Raise(Opened, new SessionOpened(again, _protocol.Opening.Resumed));
        }

        private void Become(SessionStatus status)
        {
            if (Status == status) return;
            Status = status;
            Raise(StatusChanged, status);
        }

        private void Raise<T>(Action<T> handlers, T what)
        {
            if (handlers == null) return;
            try
            {
                handlers(what);
            }
            catch (Exception error) when (HandlerFailed != null)
            {
                HandlerFailed(error);
            }
        }
    }
}
