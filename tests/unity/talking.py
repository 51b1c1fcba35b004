"""A C# session in a process of its own, steered and listened to by a test."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from tests.unity.building import MONO

PATIENCE_S = 30.0
Event = dict[str, Any]


class Game:
    """The driver's `talk`. `seen` are all events so far, in order."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.seen: list[Event] = []

    def do(self, *words: str) -> None:
        """Let the game do something: see `Talker.cs`."""
        assert self.process.stdin is not None
        self.process.stdin.write(("\t".join(words) + "\n").encode())

    async def event(self) -> Event:
        """The next event."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            line = await self.process.stdout.readline()
        assert line, f"the game ended after {self.seen[-3:]}"
        event: Event = json.loads(line)
        self.seen.append(event)
        return event

    async def until(self, kind: str, **fields: Any) -> Event:
        """The next event of a kind with these fields; others are passed over, errors not."""
        while True:
            event = await self.event()
            if event["event"] == kind and all(event[k] == v for k, v in fields.items()):
                return event
            wrong = event["event"] in ("error", "argument", "handler")
            assert not wrong, event

    async def put(self, character: str = "minji", builtin: str = "haru") -> Event:
        self.do("put", character, builtin)
        return await self.until("ready", character=character)

    async def say(self, line: str, text: str, character: str = "minji") -> Event:
        """Send a finished line and wait for what it means."""
        self.do("line", character, line, text)
        return await self.until("emotion", line=line)

    def of(self, kind: str) -> list[Event]:
        return [event for event in self.seen if event["event"] == kind]


@contextlib.asynccontextmanager
async def playing(driver: Path, url: str, *words: str) -> AsyncIterator[Game]:
    """A game whose session with `url` is being opened."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        str(MONO), "--debug", str(driver), "talk", url, *words, stdin=pipe, stdout=pipe, limit=2**20
    )
    try:
        yield Game(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(10):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
