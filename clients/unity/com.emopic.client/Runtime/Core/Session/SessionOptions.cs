using System;

namespace Emopic
{
    /// <summary>How to reach a server, and how patiently.</summary>
    public sealed class SessionOptions
    {
        /// <summary>The path of the stream, added where an address has none.</summary>
        public const string StreamPath = "/v1/stream";

        /// <summary>The subprotocol of the binary encoding.</summary>
        public const string Subprotocol = "emopic.v1.msgpack";

        /// <summary>The server's address; <c>http</c> is read as <c>ws</c>, and the path may be missing.</summary>
        public string Url { get; set; } = "ws://127.0.0.1:8765";

        /// <summary>The server's token, or null.</summary>
        public string Token { get; set; }

        /// <summary>This program's name, for the server's log: at most 128 characters.</summary>
        public string ClientName { get; set; } = "unity";

        /// <summary>What to do with profane lines of this session; the server may be stricter.</summary>
        public LineGuard Guard { get; set; }

        /// <summary>What the server may keep of lines of this session; it may keep less.</summary>
        public LineHistory History { get; set; }

        /// <summary>When to connect again; null for not at all.</summary>
        public Backoff Reconnect { get; set; } = new Backoff();

        /// <summary>Seconds for the handshake and the opening together.</summary>
        public double OpenTimeout { get; set; } = 10;

        /// <summary>Seconds until a request without an answer becomes the error <c>timeout</c>.</summary>
        public double RequestTimeout { get; set; } = 30;

        /// <summary>
        /// Seconds of silence after which the server is asked whether it is there; after as many
        /// again the connection counts as lost. 0 for never.
        /// </summary>
        public double SilenceTimeout { get; set; } = 15;

        /// <summary>Opens websockets; null for the platform's own.</summary>
        public TransportFactory Transport { get; set; }

        /// <summary>The whole address of a stream. Throws <see cref="ArgumentException"/>.</summary>
        public static Uri FullUrl(string url)
        {
            string whole = (url ?? "").Trim();
            if (whole.IndexOf("://", StringComparison.Ordinal) < 0) whole = "ws://" + whole;
            Uri parsed;
            if (!Uri.TryCreate(whole, UriKind.Absolute, out parsed) || parsed.Host.Length == 0) throw Bad(url);
            var builder = new UriBuilder(parsed) { Scheme = Scheme(parsed.Scheme, url), Fragment = "" };
            if (builder.Path.Length == 0 || builder.Path == "/") builder.Path = StreamPath;
            return builder.Uri;
        }

        private static string Scheme(string scheme, string url)
        {
            if (scheme == "ws" || scheme == "http") return "ws";
            if (scheme == "wss" || scheme == "https") return "wss";
            throw Bad(url);
        }

        private static ArgumentException Bad(string url)
        {
            return new ArgumentException("not a server's address: '" + url + "'; use ws://host:port");
        }
    }
}
