"""`emopic sprites`: pack, check and unpack a folder of drawings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from emopic_engine.errors import PictureError
from emopic_engine.face.sprite_files import read_zip
from emopic_engine.sprite_commands import app

RUN = CliRunner()
NAMES = ("joy", "anger", "anxiety", "중립", "joy-blink")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for i, name in enumerate(NAMES):
        pixels = np.full((80, 60, 4), 40 * i, np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    (tmp_path / "notes.txt").write_text("by me")
    return tmp_path


def test_pack_writes_what_sillytavern_knows_and_a_server_takes(folder: Path) -> None:
    done = RUN.invoke(app, ["pack", str(folder), "-o", str(folder / "out" / "set.zip")])
    assert done.exit_code == 0, done.output
    files = read_zip((folder / "out" / "set.zip").read_bytes(), 1 << 20)
    assert files.labels == ("anger", "joy", "nervousness", "neutral")
    assert files.channel("joy", "blink") is not None
    assert "refuses" not in done.output


def test_pack_makes_pictures_smaller_and_keeps_names(folder: Path) -> None:
    zipped = folder / "small.zip"
    how = ["--side", "48", "--webp", "90", "--emotions"]
    assert RUN.invoke(app, ["pack", str(folder), "-o", str(zipped), *how]).exit_code == 0
    back = folder / "back"
    assert RUN.invoke(app, ["unpack", str(zipped), "-o", str(back)]).exit_code == 0
    written = {path.name for path in back.iterdir()}
    assert written == {"joy.webp", "joy-blink.webp", "anger.webp", "anxiety.webp", "neutral.webp"}
    with Image.open(back / "joy.webp") as image:
        assert (image.size, image.mode) == ((36, 48), "RGBA")


def test_check_says_which_picture_shows_what(folder: Path) -> None:
    done = RUN.invoke(app, ["check", str(folder)])
    assert done.exit_code == 0, done.output
    row = next(line for line in done.output.splitlines() if "surprise" in line)
    assert "neutral" in row
    assert "60×80" in done.output
    assert "notes.txt" in done.output


def test_a_folder_without_pictures_is_an_error_that_names_the_fix(tmp_path: Path) -> None:
    done = RUN.invoke(app, ["check", str(tmp_path)])
    assert isinstance(done.exception, PictureError)
    assert "joy.png" in str(done.exception)
