"""The adapter of this package's client: `python -m emopic_client.conformance.adapter`.

An example of what `docs/clients/conformance.md` asks for.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from typing import Any

import emopic_client
from emopic_client.aio import Client, connect
from emopic_client.errors import ConnectError, ConnectionEnded, EmopicError
from emopic_client.streams import Disconnected, Frames, Happening, Reconnected
from emopic_client.wire import CharacterReady, Emotion, Error, Frame, FrameOptions, Notice


def report(kind: str, **fields: Any) -> None:
    """Write one report."""
    sys.stdout.write(json.dumps({"is": kind, **fields}, ensure_ascii=False) + "\n")
    sys.stdout.flush()


class Adapter:
    """One client at a time, and the tasks that wait for its answers."""

    def __init__(self) -> None:
        self._client: Client | None = None
        self._running: asyncio.Task[None] | None = None
        self._asked: set[asyncio.Task[None]] = set()
        self._frames: dict[str, Frames] = {}
        self._newest: dict[str, Frame] = {}

    async def do(self, command: dict[str, Any]) -> None:
        """Carry out one command; unknown ones are left alone."""
        name = command.get("character", "")
        match command.get("do"):
            case "open":
                await self.close()
                run = self._run(command["url"], command.get("token"))
                self._running = asyncio.create_task(run)
            case "mark":
                report("mark", id=command["id"])
            case "close":
                await self.close()
            case "latest":
                self._latest(name)
            case "put" if self._client:
                self._ask(self._client.put(name, builtin=command["builtin"]))
            case "watch" if self._client:
                self._frames[name] = self._client.frames(name)
                options = FrameOptions(keep=command.get("keep", 0))
                self._ask(self._client.watch(name, frames=options))
            case "line" if self._client:
                self._ask(self._client.line(name, command["text"], id=command["id"]))

    async def close(self) -> None:
        """Close the client; there is none after that."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running, *self._asked])
        self._client = self._running = None
        self._frames.clear()
        self._newest.clear()

    async def _run(self, url: str, token: str | None) -> None:
        try:
            async with connect(url, token=token, name="conformance") as client:
                self._client = client
                report("open", resumed=False)
                async for event in client.events():
                    tell(event)
        except (ConnectError, ConnectionEnded):
            report("closed", final=True)

    def _ask(self, request: Any) -> None:
        """What comes of it is told by the events."""

        async def ask() -> None:
            with contextlib.suppress(EmopicError):
                await request

        task = asyncio.create_task(ask())
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)

    def _latest(self, name: str) -> None:
        while name in self._frames and (unread := self._frames[name].left()):
            self._newest[name] = unread[0]
        frame = self._newest.get(name)
        if frame is None:
            report("latest", character=name, n=None, bytes=0)
        else:
            report("latest", character=name, n=frame.n, bytes=len(frame.data))


def tell(event: Happening) -> None:
    """Report what the client told."""
    match event:
        case Reconnected():
            report("open", resumed=event.resumed)
        case Disconnected():
            report("closed", final=False)
        case CharacterReady():
            size = {"width": event.width, "height": event.height}
            report("character", character=event.character, **size)
        case Emotion():
            scores, top = list(event.scores), event.top
            report("emotion", line=event.line, top=top, scores=scores, final=event.final)
        case Notice():
            report("notice", code=event.code)
        case Error():
            fields = {"fault": event.fault, "ref": event.ref, "retry_ms": event.retry_ms}
            report("error", code=event.code, **fields)


async def main() -> None:
    """Carry out commands until there are no more."""
    adapter = Adapter()
    while line := await asyncio.to_thread(sys.stdin.readline):
        await adapter.do(json.loads(line))
    await adapter.close()


if __name__ == "__main__":
    sys.stderr.write(f"emopic-client {emopic_client.__version__}\n")
    asyncio.run(main())
