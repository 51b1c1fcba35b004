"""A line or a face that ends the engine each time: it does so twice, then it is refused."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import cv2
import numpy as np
import pytest
from tests.integration.engine_process import QUICK, fake_source, workers
from tests.integration.talker import Running, Talker, running

from emopic_client import wire

SMALL = wire.FrameOptions(size=32)


@pytest.fixture(autouse=True)
def armed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOPIC_TEST_FAULTS", "lines")


@contextlib.asynccontextmanager
async def two(**worker: float) -> AsyncIterator[tuple[Running, Talker, Talker]]:
    """A server with an engine process, one who causes trouble and one who does not."""
    async with (
        running(fake_source(), worker={**QUICK, **worker}) as server,
        server.session() as bad,
        server.session() as good,
    ):
        await bad.put("a")
        await good.put("a", builtin="mina")
        yield server, bad, good


def cursed(words: str) -> bytes:
    """A picture that does what these words say; decoders do not read so far."""
    image = np.zeros((32, 32, 3), np.uint8)
    image[:16] = 200
    return bytes(cv2.imencode(".png", image)[1]) + f"!fault:{words}".encode()


async def refusals(talker: Talker, count: int) -> list[str]:
    return [(await talker.expect(wire.Error)).code for _ in range(count)]


async def restarts(server: Running, count: int) -> None:
    """Wait until the process has been started again so often, and works."""
    async with asyncio.timeout(30):
        while workers(server)[0].trouble or workers(server)[0].restarts < count:
            await asyncio.sleep(0.01)
    assert workers(server)[0].restarts == count


@pytest.mark.parametrize("fault", ["exit", "crash", "hang"])
async def test_a_line_that_ends_the_engine_is_tried_twice(fault: str) -> None:
    async with two(lines_s=0.4) as (server, bad, good):
        for number, code in enumerate(("device", "device", "quarantined", "quarantined")):
            await bad.say(f"!fault:{fault}", str(number))
            error = await bad.refused(code)
            assert (error.ref, error.fault) == (str(number), "server")
            assert (error.retry_ms is None) == (code == "quarantined")
            await restarts(server, min(2, number + 1))
        await good.say("기쁘다")
        assert (await good.expect(wire.Emotion)).top == "joy"
        assert server.server.hub.metrics.counters["quarantined"] == {"": 1}


async def test_a_crowd_of_such_lines_ends_the_engine_twice() -> None:
    """Also those that waited already; the lines beside them are answered.

    The first comes by itself: what shares its batch is lost with it.
    """
    async with two() as (server, bad, good):
        await bad.say("!fault:exit", "first")
        await bad.refused("device")
        for number in range(8):
            await bad.say("!fault:exit", str(number))
            await good.say(f"기쁘다 {number}", str(number))
        codes = await refusals(bad, 8)
        assert set(codes) <= {"device", "quarantined"}
        assert workers(server)[0].restarts == 2
        for number in range(8):
            await good.say("기쁘다", f"again-{number}")
            await good.expect(wire.Emotion, line=f"again-{number}")


async def test_a_picture_that_ends_the_engine_is_tried_twice() -> None:
    async with two() as (server, bad, good):
        for number, code in enumerate(("device", "device", "quarantined")):
            await bad.send(wire.CharacterPut(character="b", face=cursed("exit")))
            assert (await bad.refused(code)).ref == "b"
            await restarts(server, min(2, number + 1))
        await good.put("b", face=cursed("nothing").split(b"!")[0])


async def test_a_face_that_ends_the_engine_is_not_shown_and_all_others_are() -> None:
    """Its view asks again once a second by itself, and is told once of each trouble."""
    async with two() as (server, bad, good):
        await bad.put("b", face=cursed("render:exit"))
        await bad.send(wire.Watch(character="b", frames=SMALL))
        assert await refusals(bad, 2) == ["device", "quarantined"]
        await restarts(server, 2)
        await good.send(wire.Watch(character="a", frames=SMALL))
        await good.expect(wire.Frame)
        for number in range(3):
            await bad.say("기쁘다", str(number), "b")
            await bad.expect(wire.Emotion, line=str(number))
        await good.say("기쁘다")
        await good.expect(wire.Frame, line="1")
        assert workers(server)[0].restarts == 2
        await bad.put("b")
        await bad.expect(wire.Frame, character="b")
