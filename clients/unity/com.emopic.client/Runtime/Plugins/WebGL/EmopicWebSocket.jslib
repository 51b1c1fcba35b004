// The browser's half of Emopic.WebGLTransport. Sockets are known by number; messages wait here
// until C# fetches them, and nothing calls into C#. After a close by C#, its number is forgotten.
mergeInto(LibraryManager.library, {
  $EmopicSockets: {
    CONNECTING: 0,
    OPEN: 1,
    CLOSED: 2,
    MOST_MESSAGES: 1024,
    MOST_BYTES: 32 * 1024 * 1024,
    MOST_UNSENT_BYTES: 64 * 1024 * 1024,
    last: 0,
    all: {},

    open: function (url, subprotocol) {
      var id = ++EmopicSockets.last;
      var socket = { ws: null, state: EmopicSockets.CONNECTING, queue: [], bytes: 0, code: 1006, reason: "", unsent: [] };
      EmopicSockets.all[id] = socket;
      try {
        socket.ws = new WebSocket(url, subprotocol);
      } catch (error) {
        socket.state = EmopicSockets.CLOSED;
        socket.reason = String(error.message || error);
        return id;
      }
      socket.ws.binaryType = "arraybuffer";
      socket.ws.onopen = function () {
        socket.state = EmopicSockets.OPEN;
        socket.unsent.forEach(function (bytes) { socket.ws.send(bytes); });
        socket.unsent = [];
      };
      socket.ws.onmessage = function (event) { EmopicSockets.keep(socket, event.data); };
      socket.ws.onclose = function (event) {
        if (socket.state === EmopicSockets.CLOSED) return;
        socket.state = EmopicSockets.CLOSED;
        socket.code = event.code || 1006;
        socket.reason = event.reason;
      };
      return id;
    },

    // Nobody fetches while a tab is hidden. Closing at the bound loses nothing: the session resumes.
    keep: function (socket, data) {
      if (socket.state === EmopicSockets.CLOSED) return;
      var text = typeof data === "string";
      var bytes = text ? new TextEncoder().encode(data) : new Uint8Array(data);
      socket.queue.push({ bytes: bytes, text: text });
      socket.bytes += bytes.length;
      if (socket.queue.length <= EmopicSockets.MOST_MESSAGES && socket.bytes <= EmopicSockets.MOST_BYTES) return;
      socket.state = EmopicSockets.CLOSED;
      socket.code = 1006;
      socket.reason = "too many messages waited to be read";
      socket.ws.close();
    },

    unsentBytes: function (socket) {
      return socket.unsent.reduce(function (sum, bytes) { return sum + bytes.length; }, socket.ws.bufferedAmount);
    },
  },

  EmopicSocketOpen: function (url, subprotocol) {
    return EmopicSockets.open(UTF8ToString(url), UTF8ToString(subprotocol));
  },
  EmopicSocketOpen__deps: ["$EmopicSockets"],

  EmopicSocketState: function (id) {
    return EmopicSockets.all[id].state;
  },
  EmopicSocketState__deps: ["$EmopicSockets"],

  EmopicSocketCloseCode: function (id) {
    return EmopicSockets.all[id].code;
  },
  EmopicSocketCloseCode__deps: ["$EmopicSockets"],

  // As much of the reason as fits into the buffer; its length in bytes.
  EmopicSocketCloseReason: function (id, buffer, room) {
    var bytes = new TextEncoder().encode(EmopicSockets.all[id].reason).subarray(0, room);
    HEAPU8.set(bytes, buffer);
    return bytes.length;
  },
  EmopicSocketCloseReason__deps: ["$EmopicSockets"],

  // The length of the oldest message; -1 when there is none.
  EmopicSocketNextLength: function (id) {
    var queue = EmopicSockets.all[id].queue;
    return queue.length > 0 ? queue[0].bytes.length : -1;
  },
  EmopicSocketNextLength__deps: ["$EmopicSockets"],

  // Move the oldest message into the buffer; 1 if it came as text.
  EmopicSocketTake: function (id, buffer) {
    var socket = EmopicSockets.all[id];
    var message = socket.queue.shift();
    socket.bytes -= message.bytes.length;
    HEAPU8.set(message.bytes, buffer);
    return message.text ? 1 : 0;
  },
  EmopicSocketTake__deps: ["$EmopicSockets"],

  // 0 when too much waits to be sent. What comes after the end is dropped.
  EmopicSocketSend: function (id, message, length) {
    var socket = EmopicSockets.all[id];
    if (socket.state === EmopicSockets.CLOSED) return 1;
    if (EmopicSockets.unsentBytes(socket) + length > EmopicSockets.MOST_UNSENT_BYTES) return 0;
    var bytes = HEAPU8.slice(message, message + length);
    if (socket.state === EmopicSockets.OPEN) socket.ws.send(bytes);
    else socket.unsent.push(bytes);
    return 1;
  },
  EmopicSocketSend__deps: ["$EmopicSockets"],

  EmopicSocketClose: function (id, code, reason) {
    var socket = EmopicSockets.all[id];
    delete EmopicSockets.all[id];
    socket.state = EmopicSockets.CLOSED;
    socket.queue = [];
    if (!socket.ws) return;
    if (code === 1000 || (code >= 3000 && code < 5000)) socket.ws.close(code, UTF8ToString(reason));
    else socket.ws.close();
  },
  EmopicSocketClose__deps: ["$EmopicSockets"],
});
