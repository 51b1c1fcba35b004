"""In: what somebody writes in a chat becomes a character's lines."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final, TypeAlias

from emopic_client import wire
from emopic_client.aio import Client
from emopic_client.backoff import Backoff
from emopic_client.bridges.errors import BridgeError, SourceEnded
from emopic_client.bridges.gate import ChatLine, Gate
from emopic_client.errors import RequestError, RequestTimeout

Told: TypeAlias = Callable[[ChatLine, wire.Emotion], None]
Lines: TypeAlias = AsyncIterator[ChatLine]
Source: TypeAlias = Callable[[], Lines]

STEADY_S: Final = 30.0  # a connection that lasted this long starts the back-off anew


async def speak(client: Client, character: str, lines: Lines, gate: Gate, told: Told) -> None:
    """Say every line that passes the gate, in order, until there are no more.

    One line is said at a time. A line that the server refuses, or is too busy for, is dropped and
    counted under its error code: a chat does not wait.
    """
    loop = asyncio.get_running_loop()
    async for line in lines:
        admitted = gate.admit(line, loop.time())
        if admitted is None:
            continue
        try:
            told(admitted, await client.line(character, admitted.text, cut=True))
        except RequestError as error:
            gate.dropped[error.code] += 1
        except RequestTimeout:
            gate.dropped["timeout"] += 1


async def persistent(
    source: Source, lost: Callable[[BridgeError, float], None], backoff: Backoff | None = None
) -> Lines:
    """The lines of a source that is opened again when it fails, after a growing wait.

    `lost` hears of each failure and of the seconds until the next attempt. Ends with the source,
    and raises what ended it for good: `SourceEnded`, or the failure after the last attempt.
    """
    loop = asyncio.get_running_loop()
    backoff = backoff or Backoff(first=1.0, most=60.0)
    failures = 0
    while True:
        begin = loop.time()
        try:
            async for line in source():
                yield line
            return
        except SourceEnded:
            raise
        except BridgeError as error:
            failures = 1 if loop.time() - begin > STEADY_S else failures + 1
            delay = backoff.delay(failures, 0.0)
            if delay is None:
                raise
            lost(error, delay)
            await asyncio.sleep(delay)
