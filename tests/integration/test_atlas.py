"""The atlas in a running server: what is there is shown without the engine, whatever that does."""

from __future__ import annotations

import asyncio
import threading
import urllib.request
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.fakes import FakeEngine, FakePicture
from tests.integration.talker import Talker, running
from tests.unit.test_import_rules import SERVER, imports

from emopic_client import wire
from emopic_engine.errors import EngineError

AT_ONCE = wire.CharacterOptions(transition_ms=0, hold_ms=600_000)
SMALL = wire.FrameOptions(size=64)


async def show(talker: Talker, mood: str, character: str = "a") -> wire.Frame:
    """Let a character show an emotion; the frame that does."""
    await talker.send(wire.Express(character=character, expression={mood: 1.0}))
    return await talker.expect(wire.Frame, character=character)


async def test_a_known_frame_comes_while_the_device_stands_still() -> None:
    async with running() as server, server.session() as talker:
        await talker.put("a", options=AT_ONCE)
        await talker.put("b", options=AT_ONCE)
        await talker.send(wire.Watch(character="a", frames=SMALL))
        await talker.expect(wire.Frame, character="a")
        for mood in ("joy", "anger", "sadness"):
            await show(talker, mood)
        server.engine.rendering.close()
        await talker.send(wire.Watch(character="b", frames=wire.FrameOptions(size=96)))
        await asyncio.to_thread(server.engine.rendering.waiting.wait, 5)
        frames = [await show(talker, mood) for mood in ("anger", "sadness", "anger")]
        assert all(frame.cached for frame in frames)
        assert server.engine.rendering.waiting.is_set(), "the engine still stands"


async def test_characters_with_the_same_face_share_what_was_rendered() -> None:
    async with running() as server, server.session() as one, server.session() as two:
        for talker in (one, two):
            await talker.put("a", options=AT_ONCE)  # private to each: two characters
            await talker.send(wire.Watch(character="a", frames=SMALL))
            await talker.expect(wire.Frame)
        assert not (await show(one, "joy")).cached
        before = len(server.engine.rendered)
        assert (await show(two, "joy")).cached
        assert len(server.engine.rendered) == before


class Watched(FakeEngine):
    """Notes which threads encode."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: set[int] = set()

    def render(self, jobs: Sequence[Any]) -> list[FakePicture | EngineError]:
        self.threads.add(threading.get_ident())
        return super().render(jobs)


async def test_each_picture_is_encoded_once_and_not_on_the_event_loop() -> None:
    engine = Watched()
    async with (
        running(engine) as server,
        server.session() as one,
        server.session() as two,
        server.session() as three,
    ):
        await one.put("a", shared=True, options=AT_ONCE)
        large = wire.FrameOptions(size=96, format="png")
        wanted = ((one, SMALL), (two, SMALL), (three, large))
        for talker, frames in wanted:
            await talker.send(wire.Watch(character="a", frames=frames))
            await talker.expect(wire.Frame)
        await one.send(wire.Express(character="a", expression={"joy": 1.0}))
        for talker, _ in wanted:
            await talker.expect(wire.Frame)
        joyful = [job for job in engine.rendered if job.expression[0] == 1.0]
        encoded = Counter((job.format, job.size) for job in joyful)
        assert encoded == {("jpeg", 64): 1, ("png", 96): 1}
        assert engine.threads
        assert threading.get_ident() not in engine.threads


ROOMS = [*(SERVER / "core").rglob("*.py"), *(SERVER / "io").glob("*.py")]


@pytest.mark.parametrize("path", sorted(ROOMS), ids=lambda path: path.name)
def test_the_event_loops_rooms_know_no_encoder(path: Path) -> None:
    """`io.hosting` is where engines are: those files are not among these."""
    names = set(imports(path))
    assert not {name.split(".")[0] for name in names} & {"simplejpeg", "PIL", "cv2"}
    assert not names & {"emopic_engine.engine", "emopic_engine.frames"}


async def test_hits_misses_and_evictions_are_told() -> None:
    """A picture of a 64 px raw frame is 16 KiB: an atlas of 1 MB holds some sixty."""
    async with running(atlas_mb=1) as server, server.session() as talker:
        raw = wire.FrameOptions(size=64, format="raw", patches=False)
        await talker.put("a", options=AT_ONCE)
        await talker.send(wire.Watch(character="a", frames=raw))
        await talker.expect(wire.Frame)
        for step in range(1, 17):
            for other in range(0, 17 - step, 2):
                weights = {"joy": step / 16, "anger": other / 16}
                await talker.send(wire.Express(character="a", expression=weights))
                await talker.expect(wire.Frame)
        assert not (await show(talker, "anger")).cached
        assert (await show(talker, "joy")).cached
        faint = wire.Express(character="a", expression={"joy": 1 / 16})
        await talker.send(faint)
        assert not (await talker.expect(wire.Frame)).cached, "evicted long ago"
        page = await asyncio.to_thread(_get, server.http + "/metrics")
        values = dict(line.rsplit(" ", 1) for line in page.splitlines() if not line.startswith("#"))
        assert float(values["emopic_atlas_hits"]) >= 1
        assert float(values["emopic_atlas_misses"]) == len(server.engine.rendered)
        assert float(values["emopic_atlas_evictions"]) > 0
        assert 900_000 < float(values["emopic_atlas_bytes"]) <= 1024 * 1024
        assert 50 < float(values["emopic_atlas_pictures"]) < 70
        assert float(values["emopic_bake_waiting"]) == 0


def _get(address: str) -> str:
    with urllib.request.urlopen(address, timeout=10) as answer:
        return str(answer.read().decode())


async def test_a_baked_character_shows_each_emotion_from_the_atlas_the_first_time() -> None:
    async with running() as server, server.session() as talker:
        options = wire.CharacterOptions(transition_ms=0, hold_ms=600_000, bake=True)
        await talker.put("a", options=options)
        await talker.send(wire.Watch(character="a", frames=SMALL))
        await talker.expect(wire.Notice, code="baked", character="a")
        rendered = len(server.engine.rendered)
        assert rendered == 81, "the neutral face and 16 steps to each of five emotions"
        for mood in ("joy", "anger", "anxiety", "sadness", "surprise"):
            assert (await show(talker, mood)).cached
        assert len(server.engine.rendered) == rendered
