"""Keeps a protocol on a connection: dials, reads, writes, and dials again after a loss."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable
from typing import Final

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from emopic_client import wire
from emopic_client.backoff import Backoff
from emopic_client.dial import Dialer
from emopic_client.errors import ConnectError, ConnectionEnded, Refused
from emopic_client.protocol import Closed, Item, Phase, Protocol
from emopic_client.requests import Retry

_STEADY_S: Final = 10.0  # a connection that lasted this long starts the back-off anew


class Link:
    """Runs until there is a reason not to connect (again). `hand` gets every item, in order.

    Only the very first connection may fail by being unreachable; after that the link keeps trying
    as long as `backoff` says (None: not at all).
    """

    def __init__(
        self,
        dialer: Dialer,
        protocol: Protocol,
        backoff: Backoff | None,
        hand: Callable[[Item], None],
    ) -> None:
        self._dialer = dialer
        self._protocol = protocol
        self._backoff = backoff
        self._hand = hand
        self._wake = asyncio.Event()
        self._timers: set[asyncio.TimerHandle] = set()

    def wake(self) -> None:
        """The protocol has something to send."""
        self._wake.set()

    def retry_later(self, retry: Retry) -> None:
        """Let the protocol try something again when its time has come."""

        def due() -> None:
            self._timers.discard(timer)
            self._protocol.retry(retry.to)
            self.wake()

        timer = asyncio.get_running_loop().call_later(retry.seconds, due)
        self._timers.add(timer)

    async def run(self) -> None:
        """Raises `ConnectError` if no session was ever opened, else `ConnectionEnded`."""
        try:
            await self._run()
        finally:
            for timer in self._timers:
                timer.cancel()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            begin = loop.time()
            closed = await self._attempt()
            if self._protocol.session is None:
                raise self._not_opened(closed)
            failures = 1 if loop.time() - begin > _STEADY_S else failures + 1
            delay = None
            if closed.reconnect and self._backoff is not None:
                delay = self._backoff.delay(failures, random.random())
            if delay is None:
                raise ConnectionEnded(closed.code, closed.reason)
            await asyncio.sleep(delay)

    def _not_opened(self, closed: Closed) -> ConnectError:
        url = self._dialer.url
        if closed.reconnect:
            return ConnectError(url, f"{closed.reason} ({closed.code})")
        return Refused(url, closed.code, closed.reason)

    async def _attempt(self) -> Closed:
        """One connection from the handshake to the loss, or none."""
        try:
            socket = await self._dialer.dial()
        except Refused:
            raise
        except ConnectError as error:
            if self._protocol.session is None:
                raise
            return Closed(1006, error.reason, True)
        return await self._talk(socket)

    async def _talk(self, socket: ClientConnection) -> Closed:
        self._protocol.connected(wire.encoding_of(socket.subprotocol))
        try:
            async with asyncio.TaskGroup() as group:
                writer = group.create_task(self._write(socket))
                await self._read(socket)
                writer.cancel()
        finally:
            code, reason = self._protocol.to_close or (1000, "")
            await socket.close(code, reason)
            code = 1006 if socket.close_code is None else socket.close_code
            self._protocol.disconnected(code, socket.close_reason or "")
            closed = self._drain()
        assert closed is not None, "the protocol says how a connection ended"
        return closed

    async def _read(self, socket: ClientConnection) -> None:
        """Read until the connection ends, the opening takes too long or the protocol has had it."""
        with contextlib.suppress(ConnectionClosed, TimeoutError):
            async with asyncio.timeout(self._dialer.timeout) as opening:
                async for data in socket:
                    self._protocol.receive(data)
                    self._drain()
                    self.wake()
                    if self._protocol.phase is Phase.OPEN:
                        opening.reschedule(None)
                    if self._protocol.to_close is not None:
                        return

    async def _write(self, socket: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):  # the reader sees it, too
            while True:
                for data in self._protocol.data_to_send():
                    await socket.send(data)
                await self._wake.wait()
                self._wake.clear()

    def _drain(self) -> Closed | None:
        closed = None
        for item in self._protocol.take():
            if isinstance(item, Closed):
                closed = item
            self._hand(item)
        return closed
