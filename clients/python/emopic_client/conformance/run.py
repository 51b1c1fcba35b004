"""Plays scenarios to a client and gathers the verdicts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from emopic_client.conformance.broken import BrokenRule
from emopic_client.conformance.driver import Driver
from emopic_client.conformance.kit import Kit
from emopic_client.conformance.scenarios import SCENARIOS
from emopic_client.conformance.stage import staged
from emopic_client.errors import InvalidRequest

QUIET_S: Final = 2.0  # longer than a first back-off, which is a quarter of a second


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one scenario; `broken` is empty for a pass. `seconds` it took."""

    scenario: str
    broken: str
    seconds: float


async def play(
    command: str,
    names: Sequence[str],
    url: str = "ws://127.0.0.1:0",
    patience: float = 10.0,
    quiet: float = QUIET_S,
) -> AsyncIterator[Verdict]:
    """Play these scenarios to the client whose adapter `command` starts, one after another.

    Listens at `url` (port 0: any free one). `patience` in seconds bounds each step; `quiet` is
    how long nobody must come where a client must not. Raises
    `InvalidRequest` for an unknown scenario or an unusable `url`, `OSError` where the adapter
    cannot be started or the address is taken.
    """
    host, port = _address(url)
    unknown = [name for name in names if name not in SCENARIOS]
    if unknown:
        raise InvalidRequest(f"no such scenario: {unknown[0]}; there are {', '.join(SCENARIOS)}")
    driver = Driver(command, patience)
    try:
        async with staged(host, port, patience) as stage:
            for name in names or SCENARIOS:
                await driver.start()
                yield await _one(name, Kit(stage, driver, quiet))
    finally:
        await driver.stop()


async def _one(name: str, kit: Kit) -> Verdict:
    loop = asyncio.get_running_loop()
    begin = loop.time()
    kit.driver.forget()
    kit.stage.forget()
    broken = ""
    try:
        await SCENARIOS[name](kit)
        await kit.driver.tell("close")
        await kit.driver.reports()
    except BrokenRule as error:
        broken = str(error)
        await kit.driver.stop()  # the next one starts with a fresh process
    return Verdict(name, broken, loop.time() - begin)


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    if parts.scheme != "ws" or not parts.hostname:
        raise InvalidRequest(f"cannot listen at {url!r}: use ws://HOST:PORT")
    try:
        return parts.hostname, parts.port or 0
    except ValueError as error:
        raise InvalidRequest(f"cannot listen at {url!r}: {error}") from error
