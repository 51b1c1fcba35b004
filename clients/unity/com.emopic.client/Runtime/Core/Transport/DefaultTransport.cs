using System;

namespace Emopic
{
    /// <summary>The transport of the platform that is built for.</summary>
    internal static class DefaultTransport
    {
        public static ITransport Open(Uri url, string subprotocol)
        {
#if UNITY_WEBGL && !UNITY_EDITOR
            return new WebGLTransport(url, subprotocol);
#else
            return new WebSocketTransport(url, subprotocol);
#endif
        }
    }
}
