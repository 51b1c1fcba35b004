"""A viewer with the read-only token, and texts of lines, over sockets and the Python client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.integration.talker import Running, running

import emopic_client
from emopic_client import Client, wire

OWN, READER = "the-owners-token", "the-readers-token"
LINE = "오늘 진짜 최고야, 너무 좋아!"


@pytest.fixture
async def server() -> AsyncIterator[Running]:
    async with running(token=OWN, read_only_token=READER) as server:
        yield server


@pytest.fixture
async def owner(server: Running) -> AsyncIterator[Client]:
    async with emopic_client.connect(server.http, token=OWN) as client:
        await client.put("minji", builtin="haru", shared=True)
        yield client


@pytest.fixture
async def viewer(server: Running) -> AsyncIterator[Client]:
    async with emopic_client.connect(server.http, token=READER) as client:
        yield client


async def next_emotion(events: emopic_client.Events) -> wire.Emotion:
    async with asyncio.timeout(10):
        async for event in events:
            if isinstance(event, wire.Emotion):
                return event
    raise AssertionError("the stream ended")


async def test_a_viewer_knows_that_it_is_one(owner: Client, viewer: Client) -> None:
    assert (owner.read_only, viewer.read_only) == (False, True)


async def test_a_viewer_gets_lines_and_faces(owner: Client, viewer: Client) -> None:
    events = viewer.events()
    frames = viewer.frames("minji")
    await viewer.watch("minji", frames=wire.FrameOptions(size=64), text=True)
    await owner.line("minji", LINE)
    emotion = await next_emotion(events)
    assert (emotion.top, emotion.text) == ("joy", LINE)
    async with asyncio.timeout(10):
        assert (await anext(frames)).data


async def test_reading_frames_keeps_the_texts(owner: Client, viewer: Client) -> None:
    """`frames` watches again by itself; it must not forget what the program asked for."""
    events = viewer.events()
    await viewer.watch("minji", text=True)
    async with asyncio.timeout(10):
        await anext(viewer.frames("minji", wire.FrameOptions(size=64)))
        await anext(viewer.blendshapes("minji", "vrm1"))
    await owner.line("minji", LINE)
    assert (await next_emotion(events)).text == LINE


async def test_what_a_viewer_may_not_do_is_a_typed_error(viewer: Client) -> None:
    with pytest.raises(emopic_client.RequestRefused) as caught:
        await viewer.line("minji", LINE)
    assert caught.value.code == "read_only"
    with pytest.raises(emopic_client.RequestRefused) as caught:
        await viewer.put("minji", builtin="haru", shared=True)
    assert caught.value.code == "read_only"
    with pytest.raises(emopic_client.RequestRefused) as caught:
        await viewer.drop("minji")
    assert caught.value.code == "read_only"


async def test_a_locked_face_answers_lines_and_stays(owner: Client) -> None:
    await owner.watch("minji", blendshapes="vrm1")
    owner.express("minji", {"anger": 1.0}, hold_ms=60_000, lock=True)
    assert (await owner.line("minji", LINE)).top == "joy"
    shapes = owner.blendshapes("minji", "vrm1")
    async with asyncio.timeout(10):
        async for shape in shapes:
            names = dict(zip(shape.names or (), shape.values, strict=True))
            assert names["happy"] == 0.0
            if names["angry"] == 1.0:
                break


async def test_texts_are_not_logged(
    owner: Client, viewer: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG", logger="emopic_server"):
        await viewer.watch("minji", text=True)
        await owner.line("minji", LINE)
        await viewer.ping()
    assert LINE not in caplog.text
    assert READER not in caplog.text
