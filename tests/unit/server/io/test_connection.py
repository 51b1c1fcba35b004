"""One websocket's messages and the event loop that everything else needs, too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

from tests.unit.server.core.bench import Bench

from emopic_client import wire
from emopic_server.core.hub import Hub
from emopic_server.io.connection import Link

PINGS = 200


class Flood:
    """A peer whose messages have all come in one read: none of them is waited for."""

    subprotocol = wire.MSGPACK_SUBPROTOCOL
    arrived = 0.0
    on_writable = None

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()

    def widen(self) -> None: ...

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield wire.encode(wire.Identify(client="flood"))
        for _ in range(PINGS):
            yield wire.encode(wire.Ping())


class Counting:
    """A hub, and how many messages it is given between two turns of the event loop."""

    def __init__(self) -> None:
        self._hub: Hub = Bench().hub
        self.received = self.in_a_row = self.longest = 0

    def receive(self, *arguments: Any) -> None:
        self._hub.receive(*arguments)
        self.received += 1
        self.in_a_row += 1
        self.longest = max(self.longest, self.in_a_row)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hub, name)


async def turns(hub: Counting) -> None:
    """What else is to be done: it is ready whenever the loop comes by."""
    while True:
        hub.in_a_row = 0
        await asyncio.sleep(0)


async def test_a_flood_of_one_client_leaves_the_loop_to_others():
    hub = Counting()
    other = asyncio.create_task(turns(hub))
    await asyncio.sleep(0)
    link = Link(cast(Any, Flood()), cast(Any, hub), lambda: None, lambda: None)
    await link.serve()
    other.cancel()
    assert hub.received == 1 + PINGS
    assert hub.longest <= 8
