"""What scripts that tests run in a page may call."""

from __future__ import annotations

# Bytes cross between Python and the page as hexadecimal text.
HELPERS = """() => {
  globalThis.fromHex = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (two) => parseInt(two, 16));
  globalThis.toHex = (bytes) => [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
  globalThis.plain = (value) => {
    if (value instanceof Uint8Array) return {hex: toHex(value)};
    if (Array.isArray(value)) return value.map(plain);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
  };
  globalThis.until = (check) => new Promise((resolve) => {
    const look = () => (check() ? resolve() : setTimeout(look, 5));
    look();
  });
  globalThis.cut = () => sockets.forEach((socket) => socket.close());
  globalThis.sockets = [];
  globalThis.WebSocket = class extends WebSocket {
    constructor(...args) { super(...args); sockets.push(this); }
  };
}"""
