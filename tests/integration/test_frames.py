"""What watchers see: frames, patches and blendshapes, rendered once however many watch."""

from __future__ import annotations

import asyncio
import contextlib
from itertools import pairwise

import pytest
from tests.fakes import FakeEngine
from tests.integration.talker import Running, Talker, running

from emopic_client import wire

SMALL = wire.FrameOptions(size=64)
QUICK = wire.CharacterOptions(transition_ms=100, hold_ms=100, decay_ms=100)


async def until_rest(talker: Talker, neutral: int = 3) -> list[wire.Frame]:
    """Frames until the face is neutral again."""
    frames: list[wire.Frame] = []
    while not frames or frames[-1].expression[neutral] != 1.0:
        frames.append(await talker.expect(wire.Frame))
    return frames


async def test_a_line_moves_the_face_and_lets_it_go() -> None:
    async with running() as server, server.session() as talker:
        await talker.put("a", options=QUICK)
        await talker.send(wire.Watch(character="a", frames=SMALL))
        first = await talker.expect(wire.Frame)
        assert first.rect is None
        assert first.expression == (0.0, 0.0, 0.0, 1.0, 0.0, 0.0)
        assert (first.width, first.height, first.line) == (64, 64, None)
        await talker.say("정말 기쁘다", "7")
        emotion = await talker.expect(wire.Emotion)
        assert (emotion.top, emotion.final) == ("joy", True)
        assert set(emotion.spans_ms) == {"receive", "queue", "classify", "deliver"}
        frames = await until_rest(talker)
        assert frames[0].line == "7"
        assert frames[0].expression[0] > 0, "the first frame after a line shows a step already"
        assert max(frame.expression[0] for frame in frames) > 0.5
        assert [frame.n for frame in frames] == sorted({frame.n for frame in frames})
        assert all(frame.rect is not None for frame in frames), "patches after the full frame"
        assert all(one.expression != next_one.expression for one, next_one in pairwise(frames))


async def test_no_patches_when_none_are_wanted() -> None:
    async with running() as server, server.session() as talker:
        await talker.put("a", options=QUICK)
        options = wire.FrameOptions(size=64, patches=False, format="png")
        await talker.send(wire.Watch(character="a", frames=options))
        await talker.expect(wire.Frame)
        await talker.say("기쁘다")
        frames = await until_rest(talker)
        assert all(frame.rect is None for frame in frames)
        assert all(frame.data.startswith(b"\x89PNG") for frame in frames)


async def test_partial_lines_move_the_face_too() -> None:
    async with running() as server, server.session() as talker:
        await talker.put("a")
        await talker.send(wire.Watch(character="a", frames=SMALL))
        await talker.expect(wire.Frame)
        await talker.say("기쁘", partial=True)
        emotion = await talker.expect(wire.Emotion)
        assert not emotion.final
        assert (await talker.expect(wire.Frame)).line == "1"
        await talker.say("기쁘지 않고 슬프다 ㅠㅠ 눈물")
        emotion = await talker.expect(wire.Emotion, final=True)
        assert emotion.top == "sadness"


async def test_waiting_partial_lines_are_replaced_and_complete_ones_are_not() -> None:
    async with running() as server, server.session() as talker:
        await talker.put("a")
        server.engine.classifying.close()
        await talker.say("first", "0")
        await asyncio.to_thread(server.engine.classifying.waiting.wait, 5)
        for text in ("ㄱ", "기", "기쁘"):
            await talker.say(text, "1", partial=True)
        await talker.say("기쁘다", "1")
        await talker.say("기쁘네", "1")
        await talker.alive()
        server.engine.classifying.open()
        for _ in range(3):
            last = await talker.expect(wire.Emotion, final=True)
        assert last.line == "1"
        assert server.engine.batches == [["first"], ["기쁘다", "기쁘네"]]


async def test_express_drives_the_face() -> None:
    async with running() as server, server.session() as talker:
        await talker.put("a", options=wire.CharacterOptions(transition_ms=0))
        await talker.send(wire.Watch(character="a", frames=SMALL))
        await talker.expect(wire.Frame)
        await talker.send(wire.Express(character="a", expression={"anger": 0.5}))
        frame = await talker.expect(wire.Frame)
        assert frame.expression == (0.0, 0.5, 0.0, 0.5, 0.0, 0.0)
        assert frame.line is None


@pytest.mark.parametrize(("names_id", "count"), [("arkit", 52), ("vrm0", 18), ("vrm1", 18)])
async def test_blendshapes(names_id: wire.BlendshapeSet, count: int) -> None:
    async with running() as server, server.session() as talker:
        await talker.put("a", options=QUICK)
        await talker.send(wire.Watch(character="a", blendshapes=names_id))
        first = await talker.expect(wire.Blendshapes)
        assert first.names is not None
        assert len(first.names) == len(first.values) == count
        await talker.say("깜짝 놀라", "9")
        await talker.expect(wire.Emotion)
        moved = await talker.receive()
        assert isinstance(moved, wire.Blendshapes), "at once with the emotion"
        assert moved.names is None
        assert moved.line == "9"
        assert moved.values != first.values
        assert server.engine.rendered == []


async def test_two_watchers_one_rendering() -> None:
    engine = FakeEngine()
    async with (
        running(engine, atlas_mb=0) as server,
        server.session() as one,
        server.session() as two,
    ):
        await one.put("a", shared=True, options=wire.CharacterOptions(transition_ms=0))
        for talker in (one, two):
            await talker.send(wire.Watch(character="a", frames=SMALL))
        await one.expect(wire.Frame)
        assert (await two.expect(wire.CharacterReady)).character == "a"
        await two.expect(wire.Frame)
        for step in range(1, 7):
            await two.send(wire.Express(character="a", expression={"joy": step / 8}))
            assert await one.expect(wire.Frame) == await two.expect(wire.Frame)
            if step == 1:  # until here, each may have needed a full picture of its own
                before = len(engine.rendered)
        assert len(engine.rendered) - before == 5
        await two.say("기쁘다", "1")
        for talker in (one, two):
            await talker.expect(wire.Emotion, line="1")


async def test_a_late_watcher_gets_a_full_frame_and_the_others_nothing() -> None:
    async with running() as server, server.session() as one, server.session() as two:
        await one.put("a", shared=True)
        await one.send(wire.Watch(character="a", frames=SMALL))
        await one.expect(wire.Frame)
        await two.send(wire.Watch(character="a", frames=SMALL))
        assert (await two.expect(wire.Frame)).rect is None
        await one.alive()
        assert sum(isinstance(message, wire.Frame) for message in one.seen) == 1


async def test_cached_frames_are_not_rendered_again() -> None:
    async with running() as server, server.session() as talker:
        options = wire.CharacterOptions(transition_ms=0, hold_ms=60_000)
        await talker.put("a", options=options)
        await talker.send(
            wire.Watch(character="a", frames=wire.FrameOptions(size=64, patches=False))
        )
        assert not (await talker.expect(wire.Frame)).cached
        seen = []
        for name in ("joy", "anger", "joy", "anger"):
            await talker.send(wire.Express(character="a", expression={name: 1.0}))
            seen.append((await talker.expect(wire.Frame)).cached)
        assert seen == [False, False, True, True]
        assert len(server.engine.rendered) == 3


async def test_a_new_face_is_shown_to_everyone() -> None:
    async with running() as server, server.session() as one, server.session() as two:
        await one.put("a", shared=True)
        await two.send(wire.Watch(character="a", frames=SMALL))
        await two.expect(wire.CharacterReady)
        old = await two.expect(wire.Frame)
        await one.put("a", builtin="sora", shared=True)
        await two.expect(wire.CharacterReady)
        new = await two.expect(wire.Frame)
        assert new.rect is None
        assert new.data != old.data


async def test_private_characters_are_private() -> None:
    token = "long enough"
    async with (
        running(token=token) as server,
        server.session(token=token) as one,
        server.session(token=token) as two,
    ):
        await one.put("a")
        await two.send(wire.Watch(character="a"))
        await two.refused("unknown_character")
        await two.say("기쁘다")
        await two.refused("unknown_character")


async def test_groups_do_not_see_each_other() -> None:
    async with (
        running() as server,
        server.session(token="group-one") as one,
        server.session(token="group-two") as two,
    ):
        await one.put("a", shared=True)
        await two.send(wire.Watch(character="a"))
        await two.refused("unknown_character")
        await two.send(wire.CharacterDrop(character="a"))
        await two.refused("unknown_character")


async def test_drop_tells_the_watchers() -> None:
    async with running() as server, server.session() as one, server.session() as two:
        await one.put("a", shared=True)
        await two.send(wire.Watch(character="a", frames=SMALL))
        await two.expect(wire.Frame)
        await one.send(wire.CharacterDrop(character="a"))
        for talker in (one, two):
            assert (await talker.expect(wire.CharacterDropped)).reason == "dropped"
        await two.say("기쁘다")
        await two.refused("unknown_character")


async def test_lines_of_a_dropped_character_are_answered() -> None:
    async with running() as server, server.session() as talker:
        await talker.put("a")
        server.engine.classifying.close()
        await talker.say("하나", "1")
        await asyncio.to_thread(server.engine.classifying.waiting.wait, 5)
        await talker.say("둘", "2")
        await talker.send(wire.CharacterDrop(character="a"))
        assert (await talker.refused("unknown_character")).ref == "2"
        server.engine.classifying.open()
        assert (await talker.expect(wire.Emotion)).line == "1"


async def test_unwatch_ends_it() -> None:
    async with running() as server, server.session() as talker:
        await talker.put("a")
        await talker.send(wire.Watch(character="a", frames=SMALL))
        await talker.expect(wire.Frame)
        await talker.send(wire.Unwatch(character="a"))
        await talker.say("기쁘다")
        await talker.expect(wire.Emotion)  # whoever says a line gets its answer
        await talker.alive()
        assert sum(isinstance(message, wire.Frame) for message in talker.seen) == 1
        assert server.engine.rendered[-1].n == 1


async def test_a_line_goes_before_waiting_frames() -> None:
    async with running(atlas_mb=0) as server, server.session() as talker:
        for name in "abcdef":
            await talker.put(name)
        server.engine.rendering.close()
        for name in "abcdef":
            await talker.send(wire.Watch(character=name, frames=SMALL))
        await asyncio.to_thread(server.engine.rendering.waiting.wait, 5)
        await talker.say("기쁘다")
        await talker.alive()
        server.engine.rendering.open()
        await talker.expect(wire.Emotion)
        assert sum(isinstance(message, wire.Frame) for message in talker.seen) <= 4


async def test_a_slow_client_skips_frames_and_slows_nobody() -> None:
    """One client stops reading; the other sees every frame, and the slow one the last picture."""
    big = wire.FrameOptions(size=512, format="raw", patches=False, fps=60)
    async with running() as server, server.session() as quick, server.session() as slow:
        await quick.put("a", shared=True, options=wire.CharacterOptions(transition_ms=0))
        for talker in (quick, slow):
            await talker.send(wire.Watch(character="a", frames=big))
            await talker.expect(wire.Frame)
        await slow.alive()
        slow.ws.transport.pause_reading()
        for step in range(1, 41):
            weights = {"joy": step % 16 / 16, "anger": 0.5 * (step % 2)}
            await quick.send(wire.Express(character="a", expression=weights, hold_ms=60_000))
            last = await quick.expect(wire.Frame)
        assert skipped(server) > 10
        slow.ws.transport.resume_reading()
        frame = await slow.expect(wire.Frame, expression=last.expression)
        assert frame.data == last.data
        assert sum(isinstance(message, wire.Frame) for message in slow.seen) < 30
        await slow.alive()


def skipped(server: Running) -> int:
    hub = server.server._hub
    assert hub is not None
    return hub.metrics.counters["frames_skipped"]["mailbox"]


async def test_a_client_that_reads_no_events_is_closed_and_can_resume() -> None:
    limits = {"outbox_events": 20, "resume_events": 20}
    async with running(limits=limits) as server, server.session() as talker:
        ready = next(m for m in talker.seen if isinstance(m, wire.Ready))
        await talker.put("a")
        await talker.send(
            wire.Watch(
                character="a",
                frames=wire.FrameOptions(size=1024, format="raw", patches=False, fps=60),
            )
        )
        await talker.expect(wire.Frame)
        talker.ws.transport.pause_reading()
        hub = server.server._hub
        assert hub is not None
        async with asyncio.timeout(20):
            number = 0
            while hub.metrics.counters["closes"][str(wire.SLOW_CLIENT.code)] == 0:
                with contextlib.suppress(Exception):
                    await talker.say("기쁘다" if number % 2 else "슬프다", str(number))
                number += 1
                await asyncio.sleep(0.002)
        talker.ws.transport.resume_reading()
        await talker.ws.wait_closed()
        async with server.connect() as again:
            told = await again.open(resume=wire.Resume(session=ready.session, seq=0))
            assert not told.resumed, "twenty events are kept, more were missed: said, not hidden"
