"""Several engine processes under one server: lines in order, faces shared out, one may die."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from tests.integration.engine_process import QUICK, WORDS, fake_source, kill, until_back, workers
from tests.integration.talker import Talker, running

from emopic_client import wire

NAMES = ("a", "b", "c", "d", "e", "f")
SMALL = wire.FrameOptions(size=32, fps=30)
DEVICES = ["cpu", "cpu", "cpu"]


async def cast(talker: Talker) -> None:
    """Six faces of four built-in ones, all watched."""
    builtins = ("haru", "mina", "jun", "sora")
    for number, name in enumerate(NAMES):
        await talker.put(name, builtin=builtins[number % 4])
        await talker.send(wire.Watch(character=name, frames=SMALL))
    await framed(talker, since=0)


async def framed(talker: Talker, since: int) -> None:
    """Wait until all have been shown, not counting the first `since` messages."""
    async with asyncio.timeout(20):
        while True:
            new = talker.seen[since:]
            if {frame.character for frame in new if isinstance(frame, wire.Frame)} == set(NAMES):
                return
            await talker.receive()


async def test_lines_keep_their_order_and_every_face_is_shown() -> None:
    async with (
        running(fake_source(3), devices=DEVICES) as server,
        server.session() as talker,
    ):
        await cast(talker)
        for number in range(60):
            await talker.say(WORDS[number % 5], f"{number}", NAMES[number % 6])
        lines: list[str] = []
        moved: dict[str, set[str]] = defaultdict(set)
        async with asyncio.timeout(20):
            while len(lines) < 60 or len(moved) < 6:
                message = await talker.receive()
                if isinstance(message, wire.Emotion):
                    lines.append(message.line)
                elif isinstance(message, wire.Frame) and message.line:
                    moved[message.character].add(message.line)
        assert lines == [str(number) for number in range(60)]
        placement = server.server.hub.scheduler.placement
        homes = {placement.home(key, 1e9) for key in ("haru", "mina", "jun", "sora")}
        assert homes == {0, 1, 2}, "four faces on three workers"


async def test_the_others_take_over_the_faces_of_a_worker_that_died() -> None:
    """Nobody is told that the engine is away, since it is not; every face goes on."""
    async with (
        running(fake_source(3), devices=DEVICES, worker=QUICK, atlas_mb=0) as server,
        server.session() as talker,
    ):
        await cast(talker)
        for victim in range(3):
            old = kill(server, victim)
            for number, name in enumerate(NAMES):
                await talker.send(
                    wire.Express(character=name, expression={"joy": 0.1 + victim / 4})
                )
                await talker.say(WORDS[number % 5], f"{victim}-{number}", name)
            missing = {f"{victim}-{number}" for number in range(6)}
            async with asyncio.timeout(20):
                while missing:
                    message = await talker.receive()
                    if isinstance(message, wire.Emotion):
                        missing.discard(message.line)
                    elif isinstance(message, wire.Error):
                        assert message.code == "device"
                        missing.discard(message.ref or "")
            await until_back(server, old, victim)
        since = len(talker.seen)
        for name in NAMES:
            await talker.send(wire.Express(character=name, expression={"surprise": 1.0}))
        await framed(talker, since)
        assert [status.restarts for status in workers(server)] == [1, 1, 1]
        assert not [m for m in talker.seen if isinstance(m, wire.Notice)]
