"""Many clients that only watch: as little of a websocket client as that takes."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable

from emopic_client import wire

_MASKED = 0x80


class Watcher(asyncio.Protocol):
    """Opens a session, watches a character and notes what it is told. Answers no pings."""

    def __init__(self, port: int, character: str, frames: wire.FrameOptions) -> None:
        self._port = port
        self._wants = wire.Watch(character=character, frames=frames)
        self._held = b""
        self._open = False
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []
        self.emotions: list[str] = []
        self.frames: list[str | None] = []
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET {wire.PATH} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: {wire.MSGPACK_SUBPROTOCOL}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._held += data
        if not self._open:
            head, end, rest = self._held.partition(b"\r\n\r\n")
            if not end:
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self._open, self._held = True, rest
        while (payload := self._payload()) is not None:
            self._take(wire.decode_server(payload))
        for condition, future in self._waiting:
            if not future.done() and condition():
                future.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self.lost = True

    def close(self) -> None:
        self._transport.abort()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something that was received makes the condition true."""
        if not condition():
            future = asyncio.get_running_loop().create_future()
            self._waiting.append((condition, future))
            await future

    def _payload(self) -> bytes | None:
        """The next whole frame; the server sends each message in one."""
        held = self._held
        if len(held) < 4:
            return None
        start, size = 2, held[1]
        if size == 126:
            start, size = 4, int.from_bytes(held[2:4], "big")
        elif size == 127:
            start, size = 10, int.from_bytes(held[2:10], "big")
        if len(held) < start + size:
            return None
        self._held = held[start + size :]
        return held[start : start + size]

    def _take(self, message: wire.ServerMessage) -> None:
        match message:
            case wire.Hello():
                self._send(wire.Identify(client="watcher"))
                self._send(self._wants)
            case wire.Emotion(line=line):
                self.emotions.append(line)
            case wire.Frame(line=frame_line):
                self.frames.append(frame_line)
            case wire.Error():
                raise AssertionError(message)

    def _send(self, message: wire.ClientMessage) -> None:
        payload = wire.encode(message)
        assert len(payload) < 65536
        head = bytes([0x82, _MASKED | 126]) + len(payload).to_bytes(2, "big")
        self._transport.write(head + bytes(4) + payload)  # masked with zeros
