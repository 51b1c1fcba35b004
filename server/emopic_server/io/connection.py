"""One websocket. Messages go to the hub as they come; what waits for the client is written at once
while the socket takes it, and when it does not, it waits in the hub's mailbox, where newer states
replace older ones. So a slow client skips frames, and the memory it costs is bounded: the small
write buffer here, the limit on unsent bytes in the kernel, and the mailbox.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from websockets.asyncio.connection import broadcast
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.protocol import Event, State
from websockets.typing import Subprotocol

from emopic_client import wire
from emopic_server.core.hub import Hub
from emopic_server.core.limits import TokenBucket

WRITE_LIMIT: Final = 32 * 1024
_UNSENT_BYTES: Final = 64 * 1024
CLOSE_S: Final = 2.0
_PINGS: Final = (600, 100)  # a minute, and at once; each is answered, whether or not that is read
_STRETCH: Final = 8  # messages of one client in a row, before others and the engine have a turn
_MEASURED: Final = (wire.Emotion, wire.Frame)


def pong_s(ping_s: float) -> float:
    """How long to wait for a pong, so that a peer that has vanished is gone `2 * ping_s` after it
    was last heard: after a ping, this wait, and a closing handshake that nobody answers."""
    return max(ping_s / 2, ping_s - 2 * CLOSE_S)


def chosen_subprotocol(
    _connection: ServerConnection, offered: Sequence[Subprotocol]
) -> Subprotocol | None:
    """The first of ours that the client offers; a client that offers none speaks msgpack."""
    return next((Subprotocol(ours) for ours in wire.SUBPROTOCOLS if ours in offered), None)


class Peer(ServerConnection):
    """A client's websocket. `arrived` is when its last bytes came, on the monotonic clock.

    Its messages may have `max_size` bytes, as the server was told, and `largest` once it has been
    widened.
    """

    on_writable: Callable[[], None] | None = None
    stall_s: float = 40.0
    largest: int = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.arrived = 0.0
        self._stall: asyncio.TimerHandle | None = None
        self._pings = TokenBucket(*_PINGS)

    def widen(self) -> None:
        """Let messages be as large as a session may send them."""
        self.protocol.max_message_size = self.largest

    def process_event(self, event: Event) -> None:
        """End one who floods us with pings: its pongs would pile up here if it reads none."""
        super().process_event(event)
        if not isinstance(event, Frame) or event.opcode is not Opcode.PING:
            return
        if self._pings.take(self.arrived) > 0.0 and self.protocol.state is State.OPEN:
            self.protocol.fail(wire.RATE_LIMITED.code, wire.RATE_LIMITED.reason)
            self.send_data()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Small messages leave at once, and the kernel keeps little that is not sent yet."""
        sock = transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if hasattr(socket, "TCP_NOTSENT_LOWAT"):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_BYTES)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Note when bytes came, for the `receive` span."""
        self.arrived = time.monotonic()
        super().data_received(data)

    def pause_writing(self) -> None:
        """The client does not keep up. One that takes nothing at all for `stall_s` is cut off."""
        super().pause_writing()
        self._stall = self.loop.call_later(self.stall_s, self.transport.abort)

    def resume_writing(self) -> None:
        """There is room again."""
        super().resume_writing()
        self._unstall()
        if self.on_writable is not None:
            self.on_writable()

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave no timer behind."""
        self._unstall()
        super().connection_lost(exc)

    def write(self, data: bytes, *, text: bool) -> None:
        """Send one message without waiting; look at `paused` before."""
        broadcast((self,), data, text=text)

    @property
    def writable(self) -> bool:
        """Whether a message written now leaves soon."""
        return not self.paused and self.protocol.state is State.OPEN

    def _unstall(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None


class Link:
    """Ties one peer to the hub.

    After anything that may have made work `changed` is called, and `heard` after a message.
    """

    def __init__(
        self, peer: Peer, hub: Hub, changed: Callable[[], None], heard: Callable[[], None]
    ) -> None:
        self._peer = peer
        self._hub = hub
        self._changed = changed
        self._heard = heard
        self._encoding = wire.encoding_of(peer.subprotocol)
        self._closing: asyncio.Task[None] | None = None
        self._stuck: float | None = None
        self._stretch = 0
        self._strange = True
        self.id = hub.connect(self._encoding, time.monotonic())
        self.closed: asyncio.Future[None] = peer.loop.create_future()
        peer.on_writable = self.flush

    async def serve(self) -> None:
        """Read until the connection ends. Returns whatever way it ended."""
        peer, hub = self._peer, self._hub
        try:
            self._changed()
            async for data in peer:
                hub.receive(self.id, data, time.monotonic(), peer.arrived)
                if self._strange:
                    self._meet()
                self._heard()
                await self._give_way()
        except ConnectionClosed:
            pass  # however it ended, the session waits for a resume
        finally:
            peer.on_writable = None
            hub.disconnect(self.id, time.monotonic())
            self._changed()
            if self._closing is not None:
                await self._closing
            self.closed.set_result(None)

    def flush(self) -> None:
        """Write what waits, as long as the socket takes it."""
        peer = self._peer
        while self._closing is None:
            stuck = not peer.writable
            if stuck and not self._ending:
                self._stuck = self._stuck or self._hub.turn
                return
            message = self._hub.take(self.id)
            if message is None:
                self._stuck = None
                return
            if not stuck:
                peer.write(wire.encode(message, self._encoding), text=self._encoding == "json")
                if isinstance(message, _MEASURED):
                    since = self._stuck or self._hub.turn
                    self._hub.sent(self.id, message, since, time.monotonic())
            if isinstance(message, wire.Bye):
                self._closing = asyncio.create_task(self._close(message))

    async def _give_way(self) -> None:
        """Let the event loop go on, now and then.

        Messages that came together, thousands of small ones in one read, are handed out without
        a break; meanwhile nobody else is heard, and the engine's answers wait.
        """
        self._stretch = (self._stretch + 1) % _STRETCH
        if self._stretch == 0:
            await asyncio.sleep(0)

    def _meet(self) -> None:
        """Once it has identified itself, it may send faces."""
        connection = self._hub.post.connections.get(self.id)
        if connection is not None and connection.session.open:
            self._strange = False
            self._peer.widen()

    @property
    def _ending(self) -> bool:
        connection = self._hub.post.connections.get(self.id)
        return connection is not None and connection.closing is not None

    async def _close(self, bye: wire.Bye) -> None:
        """Close politely; a client that does not answer, or does not read, is cut off."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await self._peer.close(bye.code, bye.reason)
                return
        self._peer.transport.abort()
