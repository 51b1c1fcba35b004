"""The Python client against the real server over a small engine: requests and streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.integration.talker import Running, running

import emopic_client
from emopic_client import Client, wire


@pytest.fixture
async def server() -> AsyncIterator[Running]:
    async with running() as server:
        yield server


@pytest.fixture
async def client(server: Running) -> AsyncIterator[Client]:
    async with emopic_client.connect(server.http.replace("http", "ws")) as client:
        yield client


def picture() -> bytes:
    pixels = np.random.default_rng(0).integers(0, 255, (48, 32, 3), np.uint8)
    done, data = cv2.imencode(".png", pixels)
    assert done
    return bytes(data)


async def test_hello(client: Client) -> None:
    assert client.emotions[:2] == ("joy", "anger")
    assert client.hello.engine.backend == "fake"
    assert client.connected


async def test_put_and_line(client: Client) -> None:
    ready = await client.put("minji", builtin="haru")
    assert (ready.character, ready.source) == ("minji", "builtin")
    emotion = await client.line("minji", "오늘 진짜 최고야, 너무 좋아!")
    assert (emotion.top, emotion.final) == ("joy", True)
    assert sum(emotion.scores) == pytest.approx(1.0)


async def test_lines_at_once_get_their_own_answers(client: Client) -> None:
    await client.put("minji", builtin="haru")
    texts = {"joy": "너무 좋아", "anger": "짜증", "sadness": "슬퍼", "surprise": "깜짝"}
    emotions = await asyncio.gather(*[client.line("minji", text) for text in texts.values()])
    assert [emotion.top for emotion in emotions] == list(texts)


async def test_a_face_from_bytes_and_from_a_file(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "face.png"
    path.write_bytes(picture())
    for face in (picture(), path):
        ready = await client.put("me", face=face)
        assert (ready.width, ready.height, ready.source) == (32, 48, "found")
    with pytest.raises(FileNotFoundError):
        await client.put("me", face=tmp_path / "none.png")


async def test_frames_follow_a_line(client: Client) -> None:
    await client.put("minji", builtin="haru")
    frames = client.frames("minji", wire.FrameOptions(size=64, format="png"))
    first = await anext(frames)
    assert first.rect is None
    assert first.data.startswith(b"\x89PNG")
    assert max(first.width, first.height) == 64
    await client.line("minji", "너무 좋아", id="l1")
    async for frame in frames:
        if frame.line == "l1" and frame.expression[0] >= 0.5:
            break


async def test_express_and_blendshapes(client: Client) -> None:
    await client.put("minji", builtin="haru")
    shapes = client.blendshapes("minji", "vrm1")
    rest = await anext(shapes)
    assert rest.names is not None
    assert rest.values[rest.names.index("happy")] == 0.0
    client.express("minji", {"joy": 1.0}, hold_ms=60_000)
    async for moved in shapes:
        assert moved.names == rest.names
        if moved.values[rest.names.index("happy")] == 1.0:
            break


async def test_frames_and_blendshapes_of_one_character_together(client: Client) -> None:
    await client.put("minji", builtin="haru")
    frames, shapes = client.frames("minji"), client.blendshapes("minji")
    await anext(frames)
    await anext(shapes)
    client.express("minji", {"anger": 1.0})
    await anext(frames)
    await anext(shapes)


async def test_partial_lines_come_as_events(client: Client) -> None:
    await client.put("minji", builtin="haru")
    events = client.events()
    line = client.new_id()
    client.partial("minji", "너무 좋", id=line)
    async for event in events:
        if isinstance(event, wire.Emotion):
            assert (event.line, event.final, event.top) == (line, False, "joy")
            break
    final = await client.line("minji", "너무 슬퍼", id=line)
    assert (final.top, final.final) == ("sadness", True)


async def test_a_notice_comes_as_an_event(client: Client) -> None:
    events = client.events()
    await client.put("minji", builtin="haru")
    await client.line("minji", "가" * 600, cut=True)
    codes = []
    async for event in events:
        if isinstance(event, wire.Notice):
            codes.append(event.code)
        if isinstance(event, wire.Emotion):
            break
    assert codes == ["line_cut"]


@pytest.mark.parametrize(
    ("code", "text"),
    [("line_empty", "  "), ("line_too_long", "가" * 501), ("line_empty", "!engine")],
)
async def test_refused_lines(client: Client, code: str, text: str) -> None:
    await client.put("minji", builtin="haru")
    with pytest.raises(emopic_client.RequestRefused) as caught:
        await client.line("minji", text)
    assert caught.value.code == code
    assert (await client.line("minji", "좋아")).top == "joy"


async def test_refused_characters(client: Client) -> None:
    for code, options in (
        ("unknown_builtin", {"builtin": "nobody"}),
        ("bad_field", {}),
        ("picture_format", {"face": b"GIF89a"}),
    ):
        with pytest.raises(emopic_client.RequestRefused) as caught:
            await client.put("x", **options)
        assert caught.value.code == code
    for request in (client.watch("x"), client.drop("x"), client.line("x", "좋아")):
        with pytest.raises(emopic_client.RequestRefused) as caught:
            await request
        assert caught.value.code == "unknown_character"
    await client.unwatch("x")


async def test_a_failed_device_is_the_servers_fault(client: Client) -> None:
    await client.put("minji", builtin="haru")
    with pytest.raises(emopic_client.ServerFailed) as caught:
        await client.line("minji", "!device")
    assert caught.value.code == "device"
    assert caught.value.retry_ms


async def test_two_clients_watch_one_shared_character(server: Running, client: Client) -> None:
    await client.put("minji", builtin="haru", shared=True)
    async with emopic_client.connect(server.ws) as other:
        events = other.events()
        await other.watch("minji")
        await client.line("minji", "너무 좋아", id="from-one")
        async for event in events:
            if isinstance(event, wire.Emotion):
                assert event.line == "from-one"
                break


async def test_drop_and_unwatch(client: Client) -> None:
    await client.put("minji", builtin="haru")
    await client.watch("minji", frames=wire.FrameOptions())
    await client.unwatch("minji")
    await client.drop("minji")
    with pytest.raises(emopic_client.RequestRefused):
        await client.watch("minji")


async def test_json_says_the_same(server: Running) -> None:
    async with emopic_client.connect(server.ws, encoding="json") as client:
        await client.put("나", face=picture())
        assert (await client.line("나", "너무 좋아")).top == "joy"
        assert (await anext(client.frames("나"))).data.startswith(b"\xff\xd8")


async def test_ping(client: Client) -> None:
    assert 0.0 < await client.ping() < 5.0


async def test_a_request_times_out_and_the_client_lives_on(server: Running, client: Client) -> None:
    await client.put("minji", builtin="haru")
    server.engine.classifying.close()
    with pytest.raises(emopic_client.RequestTimeout, match="line minji late"):
        await client.line("minji", "좋아", id="late", timeout=0.05)
    server.engine.classifying.open()
    assert (await client.line("minji", "슬퍼")).top == "sadness"


async def test_closing_ends_who_waits(server: Running) -> None:
    async with emopic_client.connect(server.ws) as client:
        await client.put("minji", builtin="haru")
        server.engine.classifying.close()
        events = client.events()
        line = asyncio.create_task(client.line("minji", "좋아"))
        await client.ping()
    with pytest.raises(emopic_client.ConnectionEnded):
        await line
    assert [type(event) async for event in events] == []
    with pytest.raises(emopic_client.ConnectionEnded):
        await client.ping()
    server.engine.classifying.open()


async def test_an_unread_event_stream_overflows_and_nothing_else_suffers(client: Client) -> None:
    events = client.events(most=3)
    for _ in range(5):
        await client.put("minji", builtin="haru")
    with pytest.raises(emopic_client.Overflow):
        async for _ in events:
            pass
    assert client.connected


async def test_emotions_of_a_character_are_everybodys(server: Running, client: Client) -> None:
    await client.put("minji", builtin="haru", shared=True)
    async with emopic_client.connect(server.ws) as other:
        emotions = other.emotions_of("minji")
        await other.watch("minji")
        await client.line("minji", "너무 좋아", id="l1")
        heard = await asyncio.wait_for(anext(emotions), 10)
    assert (heard.line, heard.top) == ("l1", "joy")


async def test_the_first_read_of_emotions_watches(server: Running, client: Client) -> None:
    await client.put("minji", builtin="haru", shared=True)
    async with emopic_client.connect(server.ws) as other:
        reading = asyncio.create_task(anext(other.emotions_of("minji")))
        while not reading.done():
            await client.line("minji", "너무 좋아")
        assert reading.result().top == "joy"


async def test_what_cannot_be_read_or_fetched_is_refused(client: Client, tmp_path: Path) -> None:
    (tmp_path / "no.png").write_bytes(b"nothing")
    with pytest.raises(emopic_client.RequestError):
        await client.read(tmp_path / "no.png")
    with pytest.raises(emopic_client.RequestError):
        await client.put("minji", url="ftp://nowhere.invalid/face.png")
