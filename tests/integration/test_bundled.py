"""The server with the bundled models: a line goes in, a face answers."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image
from tests.integration.talker import running

from emopic_client import wire
from emopic_engine.engine import Engine, EngineConfig

pytestmark = [pytest.mark.models, pytest.mark.timeout(300)]


def picture(kind: str) -> bytes:
    buffer = BytesIO()
    Image.linear_gradient("L").resize((200, 120)).convert("RGB").save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.load(EngineConfig(threads=1))


async def test_every_builtin_shows_joy(engine: Engine) -> None:
    async with running(engine) as server, server.session() as talker:
        for builtin in engine.builtins:
            ready = await talker.put(builtin.id, builtin=builtin.id)
            assert ready.source == "builtin"
            frames = wire.FrameOptions(size=128, patches=False)
            await talker.send(wire.Watch(character=builtin.id, frames=frames))
            rest = await talker.expect(wire.Frame)
            await talker.say("오늘 시험에 합격해서 정말 너무 기뻐요!", builtin.id, builtin.id)
            emotion = await talker.expect(wire.Emotion)
            assert emotion.top == "joy"
            assert sum(emotion.scores) == pytest.approx(1.0, abs=1e-3)
            moved = await talker.expect(wire.Frame, line=builtin.id)
            image = Image.open(BytesIO(moved.data))
            assert image.size == (moved.width, moved.height)
            assert max(image.size) == 128
            assert moved.data != rest.data
            await talker.send(wire.Unwatch(character=builtin.id))


async def test_the_complete_line_counts(engine: Engine) -> None:
    """What partial lines said before does not matter to the answer for the whole text."""
    async with running(engine) as server, server.session() as talker:
        await talker.put(builtin=engine.builtins[0].id)
        text = "너 때문에 진짜 화가 나서 미치겠어"
        for end in range(2, len(text), 3):
            await talker.say(text[:end], "typed", partial=True)
        await talker.say(text, "typed")
        typed = await talker.expect(wire.Emotion, line="typed", final=True)
        await talker.say(text, "whole")
        whole = await talker.expect(wire.Emotion, line="whole")
        assert typed.top == whole.top == "anger"
        assert typed.scores == pytest.approx(whole.scores, abs=0.02)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"not a picture", "picture_format"),
        (b"GIF89a" + bytes(100), "picture_format"),
        (picture("PNG")[:300], "picture_broken"),
        (picture("JPEG")[:300], "picture_broken"),
        (picture("GIF"), "picture_format"),
    ],
)
async def test_pictures_that_are_none(engine: Engine, data: bytes, code: str) -> None:
    async with running(engine) as server, server.session() as talker:
        await talker.send(wire.CharacterPut(character="x", face=data))
        error = await talker.expect(wire.Error)
        assert (error.code, error.fault, error.ref) == (code, "client", "x")
        await talker.alive()


async def test_a_picture_without_a_face_keeps_its_size(engine: Engine) -> None:
    async with running(engine) as server, server.session() as talker:
        ready = await talker.put("x", face=picture("PNG"))
        assert (ready.width, ready.height, ready.source) == (200, 120, "centred")
        assert (await talker.expect(wire.Notice)).code == "face_centred"
        await talker.send(wire.Watch(character="x", frames=wire.FrameOptions(format="png")))
        frame = await talker.expect(wire.Frame)
        assert (frame.width, frame.height) == (200, 120)


async def test_emoji_only_and_long_lines(engine: Engine) -> None:
    async with running(engine) as server, server.session() as talker:
        await talker.put(builtin=engine.builtins[0].id)
        await talker.say("😀🎉", "emoji")
        answer = await talker.receive()
        assert isinstance(answer, wire.Emotion | wire.Error)
        await talker.say("가나다라 " * 100, "long")
        assert (await talker.expect(wire.Emotion)).line == "long"
