"""The tables `[capture]` and `[ocr]`, and the services they make."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from emopic_engine.face.codec import PictureLimits
from emopic_server.config import ServerConfig
from emopic_server.errors import ConfigError, Refusal
from emopic_server.intake.capture import FaceFinder
from emopic_server.intake.clova import ClovaOcr
from emopic_server.intake.config import CaptureConfig, CutoutConfig, OcrConfig
from emopic_server.intake.removebg import RemoveBg
from emopic_server.intake.services import Unavailable, load_cutter, load_finder, load_recogniser

BYTES = 1000


def load(tmp_path: Path, text: str) -> ServerConfig:
    path = tmp_path / "emopic.toml"
    path.write_text(text, encoding="utf-8")
    return ServerConfig.load(path)


def test_the_defaults_visit_nothing_and_ask_nobody() -> None:
    config = ServerConfig()
    assert config.capture.service == "off"
    assert config.ocr.service == "tesseract"
    assert isinstance(load_finder(config.capture, BYTES), Unavailable)


def test_people_are_cut_out_by_the_engine_unless_a_service_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_cutter(ServerConfig().cutout, PictureLimits()) is None
    config = load(tmp_path, '[cutout]\nservice = "removebg"')
    monkeypatch.delenv("EMOPIC_CUTOUT_KEY", raising=False)
    with pytest.raises(ConfigError, match="EMOPIC_CUTOUT_KEY"):
        load_cutter(config.cutout, PictureLimits())
    monkeypatch.setenv("EMOPIC_CUTOUT_KEY", "s3cret-key")
    assert isinstance(load_cutter(config.cutout, PictureLimits()), RemoveBg)
    assert "s3cret" not in repr(CutoutConfig("removebg", "s3cret-key"))


def test_a_file_sets_both(tmp_path: Path) -> None:
    text = """
        [capture]
        service = "chromium"
        sandbox = false
        networks = ["10.20.0.0/24"]
        browser = "/usr/bin/true"
        [ocr]
        service = "clova"
        url = "https://example.org/custom/v1/7/abc"
        key = "s3cret-key"
        daily = 5
    """
    config = load(tmp_path, text)
    assert config.capture.sandbox is False
    assert isinstance(load_finder(config.capture, BYTES), FaceFinder)
    assert isinstance(load_recogniser(config.ocr, PictureLimits()), ClovaOcr)
    assert "s3cret" not in repr(config)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[capture]\nservice = "firefox"', "capture.service = 'firefox'"),
        ('[capture]\nnetworks = ["10.0.0.1/8"]', "capture.networks"),
        ('[capture]\nsandbox = "no"', "capture.sandbox = 'no': expected true or false"),
        ('[cutout]\nservice = "scissors"', "cutout.service = 'scissors'"),
        ("[capture]\ndaily = 0", "capture.daily = 0"),
        ("[capture]\nsandboxed = true", "capture.sandboxed"),
        ('[ocr]\nservice = "magic"', "ocr.service = 'magic'"),
        ("ocr = true", "ocr = True: expected a table"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert named in caught.value.message


def test_a_mistyped_key_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, "[ocr]\nkey = 8675309")
    assert "8675309" not in caught.value.message


def test_the_environment_has_keys_too(monkeypatch: pytest.MonkeyPatch) -> None:
    config = OcrConfig(service="clova", url="https://example.org/custom")
    monkeypatch.delenv("EMOPIC_OCR_KEY", raising=False)
    with pytest.raises(ConfigError, match="EMOPIC_OCR_KEY"):
        load_recogniser(config, PictureLimits())
    monkeypatch.setenv("EMOPIC_OCR_KEY", "abc")
    assert isinstance(load_recogniser(config, PictureLimits()), ClovaOcr)


def test_clova_needs_its_address() -> None:
    with pytest.raises(ConfigError, match=r"ocr\.url"):
        load_recogniser(OcrConfig(service="clova", key="abc"), PictureLimits())


def test_off_says_so() -> None:
    reader = load_recogniser(OcrConfig(service="off"), PictureLimits())
    with pytest.raises(Refusal, match=r"ocr\.service"):
        asyncio.run(reader.read(b""))
    finder = load_finder(CaptureConfig(), BYTES)
    with pytest.raises(Refusal, match=r"capture\.service"):
        asyncio.run(finder.find("https://example.org/"))


def test_a_browser_that_is_missing_ends_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="apt-get install chromium"):
        load_finder(CaptureConfig(service="chromium", sandbox=False), BYTES)
