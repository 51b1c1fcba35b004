"""`emopic ocr` and `emopic capture`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from benchmarks.ocr.render import FONTS, samples
from tests.integration.intake.web import PUBLIC, Reply, web
from typer.testing import CliRunner

from emopic_engine.console import UsageError
from emopic_server.cli import app
from emopic_server.errors import ConfigError, Refusal

RUNNER = CliRunner()
REAL = pytest.mark.skipif(
    shutil.which("tesseract") is None or not FONTS.is_dir(),
    reason="apt-get install tesseract-ocr tesseract-ocr-kor fonts-nanum-extra",
)


@REAL
def test_a_picture_is_read_to_stdout(tmp_path: Path) -> None:
    (sample,) = samples({"NanumGothic": 1})
    path = tmp_path / "note.jpg"
    path.write_bytes(sample.picture)
    ran = RUNNER.invoke(app, ["ocr", str(path)])
    assert ran.exit_code == 0
    (line,) = ran.stdout.splitlines()
    assert any("가" <= letter <= "힣" for letter in line)


def test_a_picture_that_is_not_there() -> None:
    ran = RUNNER.invoke(app, ["ocr", "/nowhere.png"])
    assert isinstance(ran.exception, UsageError | Refusal)


def test_without_tesseract_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "note.png").write_bytes(b"picture")
    ran = RUNNER.invoke(app, ["ocr", str(tmp_path / "note.png")])
    assert isinstance(ran.exception, Refusal)
    assert "apt-get install tesseract-ocr" in str(ran.exception)


def test_a_picture_from_the_web(tmp_path: Path) -> None:
    out = tmp_path / "face.png"
    with web(lambda _: Reply(200, "image/png", b"picture")) as site:
        address = f"http://{site.netloc}/a.png"
        options = ["--service", "pictures", "--out", str(out)]
        ran = RUNNER.invoke(app, ["capture", address, *options])
        assert isinstance(ran.exception, Refusal), "this machine is not public"
        assert site.asked == []
        ran = RUNNER.invoke(app, ["capture", address, *options, "--network", f"{PUBLIC}/32"])
    assert ran.exit_code == 0
    assert out.read_bytes() == b"picture"


def test_an_unknown_service_is_named(tmp_path: Path) -> None:
    options = ["--service", "lynx", "--out", str(tmp_path / "x.png")]
    ran = RUNNER.invoke(app, ["capture", "https://example.org/", *options])
    assert isinstance(ran.exception, ConfigError)
    assert "lynx" in str(ran.exception)
