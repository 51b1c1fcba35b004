"""The parts of an aligned crop that the generator decodes once more: mouth and eyes."""

from __future__ import annotations

from dataclasses import dataclass

PARTS = 16  # a crop's side in the units below


@dataclass(frozen=True)
class Region:
    """A fixed rectangle of the aligned crop, in sixteenths of its side."""

    name: str
    left: int
    top: int
    right: int
    bottom: int

    def slices(self, side: int) -> tuple[slice, slice]:
        """Rows and columns in a map of `side` pixels, a multiple of 16."""
        unit = side // PARTS
        rows = slice(self.top * unit, self.bottom * unit)
        return rows, slice(self.left * unit, self.right * unit)

    def shape(self, side: int) -> tuple[int, int]:
        """Rows and columns of the region in such a map."""
        unit = side // PARTS
        return (self.bottom - self.top) * unit, (self.right - self.left) * unit

    def padding(self, side: int) -> tuple[int, int, int, int]:
        """What lies around it: left, right, top, bottom, as torch's `pad` takes it."""
        unit = side // PARTS
        right, bottom = PARTS - self.right, PARTS - self.bottom
        return self.left * unit, right * unit, self.top * unit, bottom * unit


# Eyes lie at 6.4 sixteenths from the top and the chin's tip at 14.6: see `geometry.CANONICAL`.
REGIONS = (Region("mouth", 4, 9, 12, 15), Region("eyes", 2, 3, 14, 8))
