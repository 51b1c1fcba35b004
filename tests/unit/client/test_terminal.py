"""Pictures in a terminal."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from rich.console import Console

from emopic_client.terminal import TerminalPicture


def drawn(image: Image.Image, width: int = 48, columns: int = 80, rows: int = 40) -> str:
    file = io.StringIO()
    console = Console(
        file=file, force_terminal=True, color_system="truecolor", width=columns, height=rows
    )
    console.print(TerminalPicture(image, width))
    return file.getvalue()


def test_a_cell_shows_two_pixels() -> None:
    image = Image.new("RGB", (1, 2))
    image.putpixel((0, 0), (255, 0, 0))
    image.putpixel((0, 1), (0, 0, 255))
    assert drawn(image, 1).startswith("\x1b[38;2;255;0;0;48;2;0;0;255m▀")


@pytest.mark.parametrize(
    ("size", "columns", "rows", "cells"),
    [
        ((100, 100), 80, 40, (48, 24)),
        ((100, 100), 20, 40, (20, 10)),
        ((100, 100), 80, 12, (20, 10)),
        ((100, 200), 80, 42, (40, 40)),
    ],
)
def test_it_fits_the_terminal_and_keeps_its_shape(size, columns, rows, cells) -> None:
    text = drawn(Image.new("RGB", size), 48, columns, rows)
    lines = text.splitlines()
    assert (lines[0].count("▀"), len(lines)) == cells


def test_what_is_transparent_is_black() -> None:
    assert "38;2;0;0;0;48;2;0;0;0" in drawn(Image.new("RGBA", (2, 2), (255, 255, 255, 0)), 1)
