"""A 3D head wants its weights all the time: a sender that ticks while the face moves or rests."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Protocol

from emopic_client.aio import Client
from emopic_client.bridges.shapes import SERVER_SET, ShapeNames, Weights


class Sender(Protocol):
    """Where weights go. `send` must not block: it hands a datagram to the system."""

    def send(self, values: dict[str, float], seconds: float) -> None:
        """Send all weights; `seconds` have passed since the first ones."""

    def close(self) -> None:
        """Release the socket."""


async def tick(
    client: Client,
    character: str,
    names: ShapeNames,
    sender: Sender,
    fps: float,
    told: Callable[[dict[str, float]], None] = lambda _: None,
) -> None:
    """Send a character's weights `fps` times a second until cancelled, then zeros.

    `told` hears of every change. Ends with the client's error when its session ends.
    """
    weights = Weights(names)
    reader = asyncio.create_task(_read(client, character, names, weights, told))
    loop = asyncio.get_running_loop()
    begin = loop.time()
    try:
        while not reader.done():
            now = loop.time()
            sender.send(weights.values, now - begin)
            late = (now - begin) % (1.0 / fps)
            await asyncio.wait([reader], timeout=1.0 / fps - late)
        reader.result()
    finally:
        reader.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await reader
        weights.zero()
        for _ in range(3):  # datagrams get lost; a face must not stay in a grimace for that
            sender.send(weights.values, loop.time() - begin)
        sender.close()


async def _read(
    client: Client,
    character: str,
    names: ShapeNames,
    weights: Weights,
    told: Callable[[dict[str, float]], None],
) -> None:
    async for shapes in client.blendshapes(character, SERVER_SET[names]):
        weights.take(shapes)
        told(weights.values)
