"""A websocket client that costs next to nothing, so that thousands fit beside the server.

The handshake is that of `websockets`; after it, whole messages are cut out of what has come and
decoded, no more. No fragments, no extensions: our server sends neither.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from emopic_client import wire

M = TypeVar("M", bound=wire.ServerMessage)
Seen = Callable[[wire.ServerMessage, float], None]
"""Told every message, and when it came, in seconds of `time.perf_counter`."""

_WAIT_S: Final = 30.0


def cut(buffer: bytearray) -> list[tuple[int, bytes]]:
    """Take the whole messages out of the front of `buffer`: opcodes and payloads, unmasked."""
    found, place = [], 0
    while len(buffer) - place >= 2:
        length, start = buffer[place + 1] & 0x7F, place + 2
        if length > 125:
            width = 2 if length == 126 else 8
            if len(buffer) < start + width:
                break
            length = int.from_bytes(buffer[start : start + width], "big")
            start += width
        if len(buffer) < start + length:
            break
        found.append((buffer[place] & 0x0F, bytes(buffer[start : start + length])))
        place = start + length
    del buffer[:place]
    return found


class Lean(asyncio.Protocol):
    """One connection. `opened` is done after the handshake, `closed` when it has ended.

    `hello` is what the server said first.
    """

    def __init__(self, port: int, seen: Seen | None = None) -> None:
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[None] = loop.create_future()
        self.seen = seen
        self.hello: wire.Hello | None = None
        self._buffer = bytearray()
        self._room = asyncio.Event()
        self._room.set()
        self._kinds: tuple[type[wire.ServerMessage], ...] = ()
        self._found: asyncio.Future[wire.ServerMessage] | None = None
        self._handshake = ClientProtocol(
            parse_uri(f"ws://127.0.0.1:{port}{wire.PATH}"),
            subprotocols=[Subprotocol(wire.MSGPACK_SUBPROTOCOL)],
            max_size=None,
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the websocket."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self._handshake.send_request(self._handshake.connect())
        self.transport.write(b"".join(self._handshake.data_to_send()))

    def data_received(self, data: bytes) -> None:
        """Read the answer to the handshake, then messages."""
        now = time.perf_counter()
        self._buffer += data
        if not self.opened.done() and not self._shake_hands():
            return
        for opcode, payload in cut(self._buffer):
            if opcode == Opcode.BINARY:
                self._take(wire.decode_server(payload), now)
            elif opcode == Opcode.PING:
                self._write(Opcode.PONG, payload)
            elif opcode == Opcode.CLOSE:
                self._write(Opcode.CLOSE, payload[:2])
                self.transport.close()

    def pause_writing(self) -> None:
        """The server does not read."""
        self._room.clear()

    def resume_writing(self) -> None:
        """It does again."""
        self._room.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - a protocol
        """Whoever waits will wait in vain."""
        self._room.set()
        self.closed.set_result(None)
        for future in (self.opened, self._found):
            if future is not None and not future.done():
                future.set_exception(ConnectionError("the server has closed the connection"))

    def send(self, message: wire.ClientMessage) -> None:
        """Write a message; nothing waits for it to leave."""
        self._write(Opcode.BINARY, wire.encode(message))

    async def room(self) -> None:
        """Wait until the server reads. Raises `ConnectionError` when it has closed."""
        await self._room.wait()
        if self.closed.done():
            raise ConnectionError("the server has closed the connection")

    def expect(self, kind: type[M]) -> asyncio.Future[M]:
        """The next message of a kind, from now on; one wait at a time."""
        found: asyncio.Future[M] = asyncio.get_running_loop().create_future()
        self._kinds, self._found = (kind,), found  # type: ignore[assignment] # narrower, as is right
        return found

    def answer(self) -> asyncio.Future[wire.Emotion | wire.Error]:
        """What comes of the next line; as `expect`."""
        found: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._kinds, self._found = (wire.Emotion, wire.Error), found
        return found

    def cut_off(self) -> None:
        """End at once, with no word to the server."""
        self.transport.abort()

    async def hang_up(self) -> None:
        """Close as one should, and wait until it has."""
        if not self.closed.done():
            self._write(Opcode.CLOSE, (1000).to_bytes(2, "big"))
            await asyncio.wait_for(self.closed, _WAIT_S)

    def _shake_hands(self) -> bool:
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return False
        self._handshake.receive_data(bytes(head + end))
        if self._handshake.state is not OPEN:
            self.opened.set_exception(ConnectionError(bytes(head).decode(errors="replace")))
            self.transport.abort()
            return False
        self._buffer = bytearray(rest)
        self.opened.set_result(None)
        return True

    def _take(self, message: wire.ServerMessage, now: float) -> None:
        if isinstance(message, wire.Hello):
            self.hello = message
        if isinstance(message, self._kinds):
            assert self._found is not None
            self._kinds = ()
            if not self._found.done():
                self._found.set_result(message)
        if self.seen is not None:
            self.seen(message, now)

    def _write(self, opcode: Opcode, payload: bytes) -> None:
        self.transport.write(Frame(opcode, payload).serialize(mask=True))


async def enter(port: int, seen: Seen | None = None, resume: wire.Resume | None = None) -> Lean:
    """Connect and identify; returns when the session is open. Raises `ConnectionError`."""
    lean, _ = await entered(port, seen, resume)
    return lean


async def entered(
    port: int, seen: Seen | None = None, resume: wire.Resume | None = None
) -> tuple[Lean, wire.Ready]:
    """As `enter`, with what the server said to it."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(_WAIT_S):
        _, lean = await loop.create_connection(lambda: Lean(port, seen), "127.0.0.1", port)
        await lean.opened
        ready = lean.expect(wire.Ready)
        lean.send(wire.Identify(client="emopic-bench", resume=resume))
        return lean, await ready
