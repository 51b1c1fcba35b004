using System;
using UnityEngine.Events;

namespace Emopic
{
    /// <summary>Carries a text, such as an emotion's name or the reason of a lost connection.</summary>
    [Serializable]
    public sealed class TextEvent : UnityEvent<string>
    {
    }

    /// <summary>Carries what a line means.</summary>
    [Serializable]
    public sealed class EmotionEvent : UnityEvent<Emotion>
    {
    }

    /// <summary>Carries a borrowed frame: see <see cref="Frame"/>.</summary>
    [Serializable]
    public sealed class FrameEvent : UnityEvent<Frame>
    {
    }

    /// <summary>Carries what went wrong with a request.</summary>
    [Serializable]
    public sealed class RequestErrorEvent : UnityEvent<RequestError>
    {
    }
}
