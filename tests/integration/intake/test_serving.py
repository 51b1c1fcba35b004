"""Faces from the web and writing, asked of a running server over its websocket."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from benchmarks.ocr.render import FONTS, samples
from tests.integration.intake.web import PUBLIC, Reply, canary, web
from tests.integration.talker import running
from tests.integration.test_bad_input import picture

from emopic_client import wire
from emopic_server.errors import ConfigError
from emopic_server.intake.config import CaptureConfig, OcrConfig

PICTURES = CaptureConfig(service="pictures", networks=(f"{PUBLIC}/32",))
REAL = pytest.mark.skipif(
    shutil.which("tesseract") is None or not FONTS.is_dir(),
    reason="apt-get install tesseract-ocr tesseract-ocr-kor fonts-nanum-extra",
)


async def test_it_is_off_by_default() -> None:
    with web(lambda _: Reply(200, "image/png", picture())) as site:
        async with running() as server, server.session() as talker:
            await talker.send(wire.CharacterPut(character="a", url=f"http://{site.netloc}/"))
            error = await talker.refused("unavailable")
            assert error.ref == "a"
            assert "capture.service" in error.message
            await talker.alive()
    assert site.asked == []


async def test_a_picture_from_the_web_becomes_a_face() -> None:
    with web(lambda _: Reply(200, "image/png", picture(64))) as site:
        async with running(capture=PICTURES) as server, server.session() as talker:
            await talker.send(wire.CharacterPut(character="a", url=f"http://{site.netloc}/a.png"))
            ready = await talker.expect(wire.CharacterReady)
            assert (ready.width, ready.source) == (64, "found")
            await talker.send(wire.Watch(character="a", frames=wire.FrameOptions(size=64)))
            await talker.expect(wire.Frame)


async def test_inside_addresses_are_refused_and_lines_go_on() -> None:
    with canary() as bird:
        async with running(capture=PICTURES) as server, server.session() as talker:
            await talker.put("b")
            url = f"http://127.0.0.1:{bird.port}/"
            await talker.send(wire.CharacterPut(character="a", url=url))
            await talker.refused("address_refused")
            await talker.say("기쁘다", character="b")
            await talker.expect(wire.Emotion)
        assert bird.visits == []


async def test_pages_are_refused_where_only_pictures_are_fetched() -> None:
    with web(lambda _: Reply(200, "text/html", b"<p>me")) as site:
        async with running(capture=PICTURES) as server, server.session() as talker:
            await talker.send(wire.CharacterPut(character="a", url=f"http://{site.netloc}/"))
            await talker.refused("unavailable")


async def test_a_fetched_face_survives_a_restart(tmp_path: Path) -> None:
    where = str(tmp_path / "emopic.db")
    with web(lambda _: Reply(200, "image/png", picture(48))) as site:
        async with running(store=where, capture=PICTURES) as server, server.session() as talker:
            url = f"http://{site.netloc}/"
            await talker.send(wire.CharacterPut(character="a", url=url, shared=True))
            await talker.expect(wire.CharacterReady)
    async with running(store=where) as server, server.session() as talker:
        await talker.send(wire.Watch(character="a"))
        assert (await talker.expect(wire.CharacterReady)).width == 48
    assert len(site.asked) == 1


@REAL
async def test_writing_is_read_and_is_a_line_only_when_it_is_sent() -> None:
    (sample,) = samples({"NanumGothic": 1})
    async with running() as server, server.session() as talker:
        await talker.put("a")
        await talker.send(wire.Read(id="r1", picture=sample.picture))
        reading = await talker.expect(wire.Reading)
        assert reading.id == "r1"
        assert len(reading.text) > 3
        await talker.alive()
        assert not any(isinstance(message, wire.Emotion) for message in talker.seen)
        await talker.say(reading.text)
        await talker.expect(wire.Emotion)


@REAL
async def test_a_picture_without_writing_and_one_that_is_none() -> None:
    async with running() as server, server.session() as talker:
        await talker.send(wire.Read(id="r1", picture=picture(200, plain=True)))
        assert (await talker.refused("no_text")).ref == "r1"
        await talker.send(wire.Read(id="r2", picture=b"nothing"))
        assert (await talker.refused("picture_format")).ref == "r2"


async def test_reading_says_how_to_get_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    async with running() as server, server.session() as talker:
        await talker.send(wire.Read(id="r1", picture=picture()))
        error = await talker.refused("unavailable")
        assert "apt-get install tesseract-ocr" in error.message


async def test_a_service_without_its_key_ends_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EMOPIC_OCR_KEY", "EMOPIC_CAPTURE_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigError, match="EMOPIC_CAPTURE_KEY"):
        async with running(capture=CaptureConfig(service="screenshotlayer")):
            pass
    with pytest.raises(ConfigError, match="EMOPIC_OCR_KEY"):
        async with running(ocr=OcrConfig(service="clova", url="https://example.org")):
            pass
