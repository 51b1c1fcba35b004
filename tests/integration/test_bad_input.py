"""Bad input: a typed error each time, and the connection goes on."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from tests.integration.talker import Talker, running
from websockets.asyncio.client import connect

from emopic_client import wire


def picture(side: int = 64, *, plain: bool = False) -> bytes:
    image = np.zeros((side, side, 3), np.uint8)
    if not plain:
        image[: side // 2] = 200
    return bytes(cv2.imencode(".png", image)[1])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xc1", "bad_message"),
        (b"", "bad_message"),
        (b"\x81\xa4type\xa4line", "bad_field"),
        (b"\xdf\xff\xff\xff\xff", "bad_message"),
        (b"\x91" * 1000, "bad_field"),
        ('{"type":"ping"}', "bad_message"),
        ("안녕", "bad_message"),
    ],
)
async def test_unreadable(data: bytes | str, code: str) -> None:
    async with running() as server, server.session() as talker:
        await talker.ws.send(data)
        error = await talker.refused(code)
        assert error.fault == "client"
        await talker.alive()


LINE = {"type": "line", "character": "a", "id": "1", "text": "안녕"}


@pytest.mark.parametrize(
    ("fields", "code", "names"),
    [
        ({"type": "dance"}, "unknown_type", "dance"),
        ({"text": "no type"}, "unknown_type", "type"),
        ({"type": 7}, "bad_field", ""),
        ({"type": "line"}, "bad_field", "character"),
        ({**LINE, "text": 5}, "bad_field", "text"),
        ({**LINE, "partial": "yes"}, "bad_field", "partial"),
        ({**LINE, "id": ""}, "bad_field", "id"),
        ({**LINE, "id": "x" * 129}, "bad_field", "128"),
        ({**LINE, "character": "b"}, "unknown_character", "'b'"),
        ({**LINE, "text": ""}, "line_empty", "empty"),
        ({**LINE, "text": " \n\t "}, "line_empty", "empty"),
        ({**LINE, "text": "가" * 10_000}, "line_too_long", "500"),
        ({**LINE, "text": "가" * 30_000}, "message_too_large", "65536"),
        ({"type": "watch", "character": "b"}, "unknown_character", "'b'"),
        ({"type": "unwatch", "character": "a"}, "unknown_character", "not watched"),
        ({"type": "character.drop", "character": "b"}, "unknown_character", "'b'"),
        ({"type": "watch", "character": "a", "frames": {"fps": 0}}, "bad_field", "fps"),
        ({"type": "watch", "character": "a", "frames": {"fps": 61}}, "bad_field", "61"),
        ({"type": "watch", "character": "a", "frames": {"size": 9}}, "bad_field", "16 … 2048"),
        ({"type": "watch", "character": "a", "frames": {"size": 4096}}, "bad_field", "4096"),
        ({"type": "watch", "character": "a", "frames": {"quality": 0}}, "bad_field", "quality"),
        ({"type": "watch", "character": "a", "frames": {"format": "bmp"}}, "bad_field", "bmp"),
        ({"type": "watch", "character": "a", "blendshapes": "arkit2"}, "bad_field", "arkit2"),
        ({"type": "express", "character": "a", "expression": {"glee": 1.0}}, "unknown_emotion", ""),
        (
            {"type": "express", "character": "a", "expression": {"joy": 2.0}},
            "bad_field",
            "expression",
        ),
        (
            {"type": "express", "character": "a", "expression": {"joy": float("nan")}},
            "bad_field",
            "",
        ),
        (
            {"type": "express", "character": "a", "expression": {}, "hold_ms": -1},
            "bad_field",
            "hold_ms",
        ),
        ({"type": "character.put", "character": "b"}, "bad_field", "one of face"),
        ({"type": "character.put", "character": "", "builtin": "haru"}, "bad_field", "character"),
        ({"type": "character.put", "character": "b", "builtin": "zed"}, "unknown_builtin", "haru"),
        (
            {
                "type": "character.put",
                "character": "b",
                "builtin": "haru",
                "options": {"strength": 3.0},
            },
            "bad_field",
            "strength",
        ),
        (
            {"type": "character.put", "character": "b", "face": b"\x00" * (4 * 1024 * 1024 + 1)},
            "picture_too_large",
            "4194304",
        ),
        ({"type": "character.put", "character": "b", "face": b"GIF89a"}, "picture_format", ""),
        (
            {"type": "character.put", "character": "b", "face": picture(1)},
            "picture_too_small",
            "1x1",
        ),
    ],
)
async def test_refused(fields: dict[str, Any], code: str, names: str) -> None:
    async with running() as server, server.session() as talker:
        await talker.put("a")
        await talker.send_map(**fields)
        if code == "bad_field" and fields["type"] == 7:
            error = await talker.expect(wire.Error)
            assert error.code in ("bad_field", "unknown_type")
        else:
            error = await talker.refused(code)
        assert error.fault == "client"
        assert error.seq == 2
        assert names in error.message
        await talker.alive()
        await talker.say("기쁘다", "after")
        assert (await talker.expect(wire.Emotion)).line == "after"


async def test_errors_refer_to_what_they_are_about() -> None:
    async with running() as server, server.session() as talker:
        await talker.put("a")
        await talker.say("", "line-7")
        assert (await talker.refused("line_empty")).ref == "line-7"
        await talker.send(wire.Watch(character="nobody"))
        assert (await talker.refused("unknown_character")).ref == "nobody"
        await talker.send(wire.CharacterPut(character="b", face=b"nonsense"))
        assert (await talker.refused("picture_format")).ref == "b"


async def test_emoji_only() -> None:
    async with running() as server, server.session() as talker:
        await talker.put("a")
        await talker.say("😀😀😂")
        assert (await talker.expect(wire.Emotion)).top == "joy"


async def test_a_long_line_is_cut_on_request() -> None:
    async with running() as server, server.session() as talker:
        await talker.put("a")
        await talker.say("기쁘다 " * 300, cut=True)
        notice = await talker.expect(wire.Notice)
        assert (notice.code, notice.line) == ("line_cut", "1")
        await talker.expect(wire.Emotion, line="1")
        assert [len(line) for batch in server.engine.batches for line in batch] == [500]


async def test_no_face_is_a_notice() -> None:
    async with running() as server, server.session() as talker:
        ready = await talker.put("a", face=picture(plain=True))
        assert (ready.source, ready.width) == ("centred", 64)
        assert (await talker.expect(wire.Notice)).code == "face_centred"


async def test_a_failed_replacement_keeps_the_old_face() -> None:
    async with running() as server, server.session() as talker:
        await talker.put("a")
        await talker.send(wire.Watch(character="a", frames=wire.FrameOptions(size=64)))
        await talker.expect(wire.Frame)
        await talker.send(wire.CharacterPut(character="a", face=b"nonsense"))
        await talker.refused("picture_format")
        await talker.say("기쁘다")
        assert (await talker.expect(wire.Frame, line="1")).width == 64


async def test_the_device_fails_the_batch_and_goes_on() -> None:
    async with running() as server, server.session() as talker:
        await talker.put("a")
        await talker.say("!device", "1")
        error = await talker.refused("device")
        assert (error.fault, error.ref) == ("server", "1")
        assert error.retry_ms is not None
        await talker.say("!bug", "2")
        assert (await talker.refused("engine")).ref == "2"
        await talker.say("!engine", "3")
        assert (await talker.refused("line_empty")).ref == "3"
        await talker.say("기쁘다", "4")
        assert (await talker.expect(wire.Emotion)).line == "4"


async def test_too_many_characters() -> None:
    limits = {"characters_per_session": 2}
    async with running(limits=limits) as server, server.session() as talker:
        await talker.put("a")
        await talker.put("b", shared=True)
        await talker.send(wire.CharacterPut(character="c", builtin="haru"))
        await talker.refused("too_many_characters")
        await talker.put("b", shared=True)
        await talker.send(wire.CharacterDrop(character="a"))
        await talker.expect(wire.CharacterDropped, character="a", reason="dropped")
        await talker.put("c")


async def test_too_many_messages() -> None:
    limits = {"messages_per_minute": 60, "messages_burst": 5}
    async with running(limits=limits) as server, server.session() as talker:
        for number in range(6):
            await talker.send(wire.Ping(token=str(number)))
        error = await talker.refused("rate_limited")
        assert error.ref == "ping"
        assert error.retry_ms is not None
        assert 0 < error.retry_ms <= 1001
        for _ in range(40):
            await talker.send(wire.Ping())
        bye = await talker.closed()
        assert (bye.code, bye.reconnect) == (wire.RATE_LIMITED.code, True)


async def test_too_many_unreadable_messages() -> None:
    limits = {"messages_per_minute": 60, "messages_burst": 5}
    async with running(limits=limits) as server, server.session() as talker:
        for _ in range(40):
            await talker.ws.send(b"\xc1")
        assert (await talker.closed()).code == wire.RATE_LIMITED.code


async def test_a_full_queue_is_busy_and_every_line_is_answered() -> None:
    async with running(queue={"lines": 8, "line_batch": 4}) as server, server.session() as talker:
        await talker.put("a")
        server.engine.classifying.close()
        for number in range(30):
            await talker.say("기쁘다", str(number))
        first = await talker.refused("busy")
        assert first.fault == "server"
        assert first.retry_ms is not None
        server.engine.classifying.open()
        answered = await answers(talker, 29)
        assert len(answered) == 29
        assert "busy" in answered.values()
        assert "emotion" in answered.values()


async def answers(talker: Talker, count: int) -> dict[str, str]:
    found: dict[str, str] = {}
    while len(found) < count:
        match await talker.receive():
            case wire.Emotion(line=line):
                assert found.setdefault(line, "emotion") == "emotion"
            case wire.Error(code=code, ref=str(ref)):
                assert found.setdefault(ref, code) == code
    return found


async def test_text_on_json_that_is_not_json() -> None:
    async with running() as server, server.connect("json") as talker:
        await talker.open()
        for data in (
            "{",
            "[]",
            '{"type":"line","text":"\\ud800"}',
            '{"type":"ping","token":1e999}',
        ):
            await talker.ws.send(data)
            assert (await talker.expect(wire.Error)).fault == "client"
        await talker.ws.send(b'{"type":"ping"}')
        await talker.refused("bad_message")
        await talker.alive()


async def test_oversize_and_broken_frames_close_only_that_connection() -> None:
    limits = {"face_bytes": 64 * 1024, "message_bytes": 1024}
    async with running(limits=limits) as server, server.session() as good:
        async with server.session() as bad:
            await bad.ws.send(b"\x00" * 100_000)
            await bad.ws.wait_closed()
            assert bad.ws.close_code == 1009
        async with connect(server.ws, subprotocols=["emopic.v1.json"]) as raw:  # type: ignore[list-item]
            await raw.send(b"\xff\xfe", text=True)
            await raw.wait_closed()
            assert raw.close_code == 1007
        await good.alive()
