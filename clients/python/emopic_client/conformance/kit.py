"""What scenarios are written with: the stage, the driver, and the steps they share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import msgspec

from emopic_client import wire
from emopic_client.conformance.broken import BrokenRule, check
from emopic_client.conformance.driver import Driver
from emopic_client.conformance.stage import HELLO, Peer, Stage

NAME: Final = "minji"
SESSION: Final = "c0ffee"
_SCORES: Final = (0.75, 0.0, 0.0, 0.125, 0.0, 0.125)
_REST: Final = (0.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass
class Kit:
    """One run of one scenario. `seq` is the number of the session's last event.

    `quiet` in seconds is how long nobody must come where a client must not.
    """

    stage: Stage
    driver: Driver
    quiet: float
    seq: int = 0
    session: str = SESSION
    said: set[str] = field(default_factory=set)

    # ── opening ──────────────────────────────────────────────────────────────────────────────────

    async def connect(self, token: str | None = None) -> Peer:
        """A new client, connected, that has heard nothing yet."""
        given = {} if token is None else {"token": token}
        await self.driver.tell("open", url=self.stage.url, **given)
        return await self.stage.accept()

    async def open(self, **hello: Any) -> Peer:
        """A new client with an open session. `hello` replaces fields of the usual one."""
        self.seq = 0
        peer = await self.connect()
        await peer.send(msgspec.structs.replace(HELLO, **hello))
        await peer.expect(wire.Identify)
        await peer.send(wire.Ready(session=self.session, seq=0, resumed=False))
        await self.driver.report("open", resumed=False)
        return peer

    async def come_back(self, *, resumed: bool = True) -> Peer:
        """The client comes back by itself and asks for its session and place."""
        peer = await self.stage.accept()
        await peer.send(HELLO)
        identify = await peer.expect(wire.Identify)
        wanted = wire.Resume(session=self.session, seq=self.seq)
        check(
            identify.resume == wanted,
            f"expected identify with resume {_plain(wanted)}, got {_plain(identify.resume)}",
        )
        if not resumed:
            self.session, self.seq = f"{self.session}-2", 0
        await peer.send(wire.Ready(session=self.session, seq=self.seq, resumed=resumed))
        return peer

    async def stopped(self) -> None:
        """The client says that it is over, and does not come back."""
        await self.driver.report("closed", final=True)
        await self.stage.nobody(self.quiet)

    # ── a character ──────────────────────────────────────────────────────────────────────────────

    async def put(self, peer: Peer) -> None:
        """The client puts the character and hears that it is there."""
        await self.driver.tell("put", character=NAME, builtin="haru")
        await peer.expect(wire.CharacterPut, character=NAME, builtin="haru")
        await peer.send(self.ready())
        await self.driver.report("character", character=NAME, width=256, height=256)

    async def watch(self, peer: Peer) -> None:
        """The client watches the character with frames."""
        await self.driver.tell("watch", character=NAME)
        watch = await peer.expect(wire.Watch, character=NAME)
        check(watch.frames is not None, "expected a watch with frames")

    async def scene(self, **hello: Any) -> Peer:
        """A session with a character that is put and watched."""
        peer = await self.open(**hello)
        await self.put(peer)
        await self.watch(peer)
        return peer

    async def say(self, peer: Peer, line: str, text: str = "오늘 진짜 최고야!") -> wire.Line:
        """The client says a line."""
        await self.driver.tell("line", character=NAME, id=line, text=text)
        return await peer.expect(wire.Line, id=line, partial=False)

    async def answered(self, peer: Peer, line: str) -> None:
        """A line goes all the way: said, answered, reported."""
        await self.say(peer, line)
        await peer.send(self.emotion(line))
        await self.driver.report("emotion", line=line, top="joy", final=True)

    async def latest(self) -> dict[str, Any]:
        """The newest frame that the client holds, once it has read all that was sent."""
        await self.driver.tell("latest", character=NAME)
        return await self.driver.report("latest", character=NAME)

    # ── messages ─────────────────────────────────────────────────────────────────────────────────

    def next_seq(self) -> int:
        """The number of the next event."""
        self.seq += 1
        return self.seq

    def ready(self) -> wire.CharacterReady:
        """The character is there."""
        return wire.CharacterReady(
            seq=self.next_seq(), character=NAME, width=256, height=256, source="builtin"
        )

    def emotion(self, line: str) -> wire.Emotion:
        """What a line means: joy."""
        return wire.Emotion(
            seq=self.next_seq(),
            character=NAME,
            line=line,
            scores=_SCORES,
            top="joy",
            intensity=0.75,
            final=True,
        )

    def error(self, code: str, fault: wire.Fault, ref: str, retry: int | None) -> wire.Error:
        """A line was refused."""
        return wire.Error(
            seq=self.next_seq(), code=code, message=code, fault=fault, ref=ref, retry_ms=retry
        )

    def frame(
        self, n: int, size: int = 16, *, patch: bool = False, slot: int | None = None
    ) -> wire.Frame:
        """A frame whose data is `size` bytes that are no picture, for none is looked at."""
        return wire.Frame(
            character=NAME,
            n=n,
            expression=_REST,
            format="jpeg",
            width=256,
            height=256,
            data=bytes(size),
            rect=(32, 32, 64, 64) if patch else None,
            slot=slot,
        )


Play: TypeAlias = Callable[[Kit], Awaitable[None]]


async def either(first: Awaitable[Any], second: Awaitable[Any]) -> tuple[bool, bool]:
    """Wait until one of two things has happened; which one(s) did. The other is given up."""
    tasks = [asyncio.ensure_future(first), asyncio.ensure_future(second)]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    done = [task.done() and task.exception() is None for task in tasks]
    errors = [task.exception() for task in tasks if task.done() and task.exception()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if not any(done):
        raise errors[0] or BrokenRule("nothing happened")
    return done[0], done[1]


def _plain(resume: wire.Resume | None) -> str:
    return "none" if resume is None else f"{{session: {resume.session!r}, seq: {resume.seq}}}"
