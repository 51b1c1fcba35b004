"""A picture in a terminal: two pixels a character cell, for rich. Needs Pillow and rich."""

from __future__ import annotations

from typing import Final

from PIL import Image
from rich.color import Color
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.segment import Segment
from rich.style import Style

_UPPER_HALF: Final = "▀"


class TerminalPicture:
    """A renderable of `width` cells, or fewer where the terminal is narrower or low.

    The upper pixel of a cell is its text colour, the lower one its background.
    """

    def __init__(self, image: Image.Image, width: int = 48) -> None:
        self._image = image
        self._width = width

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Cells, row by row."""
        columns, rows = self._cells(options.max_width, console.height - 2)
        image = _flat(self._image).resize((columns, rows * 2), Image.Resampling.BOX)
        data = image.tobytes()
        pixels = [tuple(data[at : at + 3]) for at in range(0, len(data), 3)]
        for row in range(rows):
            above = pixels[2 * row * columns : (2 * row + 1) * columns]
            below = pixels[(2 * row + 1) * columns : (2 * row + 2) * columns]
            for upper, lower in zip(above, below, strict=True):
                style = Style(color=Color.from_rgb(*upper), bgcolor=Color.from_rgb(*lower))
                yield Segment(_UPPER_HALF, style)
            yield Segment.line()

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """As wide as it is drawn."""
        columns, _ = self._cells(options.max_width, console.height - 2)
        return Measurement(columns, columns)

    def _cells(self, most_columns: int, most_rows: int) -> tuple[int, int]:
        ratio = self._image.height / self._image.width
        columns = max(1, min(self._width, most_columns, round(2 * max(1, most_rows) / ratio)))
        return columns, max(1, round(columns * ratio / 2))


def _flat(image: Image.Image) -> Image.Image:
    """RGB; what is transparent becomes black, as most terminals are."""
    if image.mode != "RGBA":
        return image.convert("RGB")
    ground = Image.new("RGBA", image.size, (0, 0, 0, 255))
    return Image.alpha_composite(ground, image).convert("RGB")
