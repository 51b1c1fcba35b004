"""What each stream does at its bound and at its end."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.client.talk import emotion, face, frame

from emopic_client.errors import ConnectionEnded, Overflow
from emopic_client.streams import Emotions, Events, Frames, Shapes
from emopic_client.wire import Blendshapes

PATCH = (0, 0, 4, 4)


async def nothing() -> None:
    pass


async def test_events_come_in_order() -> None:
    events = Events(3)
    for seq in (1, 2, 3):
        events.put(face(seq))
    assert [await anext(events) for _ in range(3)] == [face(1), face(2), face(3)]


async def test_too_many_events_are_an_error_behind_those_that_fit() -> None:
    events = Events(2)
    for seq in (1, 2, 3, 4):
        events.put(face(seq))
    assert [await anext(events), await anext(events)] == [face(1), face(2)]
    with pytest.raises(Overflow, match="2 events waited"):
        await anext(events)


async def test_a_slow_reader_gets_the_latest_full_frame() -> None:
    frames = Frames("a", nothing)
    for n in (1, 2, 3):
        frames.put(frame(n))
    assert await anext(frames) == frame(3)


async def test_a_patch_never_comes_without_its_full_frame() -> None:
    frames = Frames("a", nothing)
    frames.put(frame(1))
    frames.put(frame(2, rect=PATCH))
    frames.put(frame(3, rect=PATCH))
    assert await anext(frames) == frame(1)
    assert await anext(frames) == frame(3, rect=PATCH)
    frames.put(frame(4, rect=PATCH))
    frames.put(frame(5))
    assert await anext(frames) == frame(5), "a full frame makes older patches useless"


async def test_shapes_keep_the_latest() -> None:
    shapes = Shapes("a", nothing)
    for n in (1, 2):
        shapes.put(Blendshapes(character="a", n=n, names_id="vrm1", values=()))
    assert (await anext(shapes)).n == 2


async def test_a_waiting_reader_is_woken() -> None:
    events = Events(2)
    reader = asyncio.create_task(anext(events))
    await asyncio.sleep(0)
    assert not reader.done()
    events.put(face(1))
    assert await reader == face(1)


async def test_cancelling_a_read_loses_nothing() -> None:
    events = Events(2)
    reader = asyncio.create_task(anext(events))
    await asyncio.sleep(0)
    reader.cancel()
    events.put(face(1))
    assert await anext(events) == face(1)


async def test_the_end_comes_after_what_has_arrived() -> None:
    events = Events(2)
    events.put(face(1))
    events.end(None)
    events.put(face(2))
    assert [event async for event in events] == [face(1)]


async def test_an_end_with_a_reason_is_raised() -> None:
    events = Events(2)
    events.put(face(1))
    events.end(ConnectionEnded(4007, "taken"))
    assert await anext(events) == face(1)
    for _ in range(2):
        with pytest.raises(ConnectionEnded):
            await anext(events)


async def test_what_has_to_happen_first_happens_once_and_may_fail() -> None:
    calls = []

    async def first() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise OSError("not yet")

    frames = Frames("a", first)
    frames.put(frame(1))
    frames.put(frame(2, rect=PATCH))
    with pytest.raises(OSError, match="not yet"):
        await anext(frames)
    assert [(await anext(frames)).n, (await anext(frames)).n] == [1, 2]
    assert len(calls) == 2


async def test_emotions_are_those_of_one_character_in_order() -> None:
    emotions = Emotions("a", nothing, 3)
    for item in (emotion(1, "l1"), emotion(2, "l2", "b"), face(3), frame(1), emotion(4, "l3")):
        emotions.offer(item)
    assert [await anext(emotions), await anext(emotions)] == [emotion(1, "l1"), emotion(4, "l3")]


async def test_too_many_emotions_are_an_error_behind_those_that_fit() -> None:
    emotions = Emotions("a", nothing, 1)
    emotions.offer(emotion(1, "l1"))
    emotions.offer(emotion(2, "l2"))
    assert await anext(emotions) == emotion(1, "l1")
    with pytest.raises(Overflow, match="1 emotions waited"):
        await anext(emotions)


def test_each_stream_takes_what_is_its_own() -> None:
    shapes = Blendshapes(character="a", n=1, names_id="vrm1", values=(0.5,))
    items = [face(1), emotion(2, "l1"), frame(1), shapes]
    streams = {
        Events(9): items[:2],
        Emotions("a", nothing, 9): [items[1]],
        Frames("a", nothing): [items[2]],
        Shapes("a", nothing): [items[3]],
        Frames("b", nothing): [],
    }
    for stream, wanted in streams.items():
        for item in items:
            stream.offer(item)  # type: ignore[arg-type]
        assert [left for _ in items for left in stream.left()] == wanted
