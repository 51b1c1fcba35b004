"""Who is in front: the matte of a picture, from the network and the picture's own edges."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emopic_engine.backends.base import Backend

from .crop import Crop, Rgb
from .cutout import Alpha, refined, shrunk
from .geometry import CROP, Floats
from .matte_graph import MATTE_SIDE, matte_graph

HALF: Final = 0.5


class Matter:
    """The matting network, compiled. Not thread-safe.

    Raises `ModelError` when the directory does not fit.
    """

    def __init__(self, model_dir: Path, backend: Backend) -> None:
        self._run = backend.compile(matte_graph(model_dir))

    def matte(self, rgb: Rgb, crop: Crop | None) -> Alpha:
        """Alpha uint8 [H, W] of the person whose face `crop` holds, or of whoever stands out."""
        return refined(rgb, self.coarse(rgb, crop))

    def coarse(self, rgb: Rgb, crop: Crop | None) -> Floats:
        """What the network alone says, [160, 160] in [0, 1]."""
        (alpha,) = self._run(matte_input(rgb, crop))
        coarse: Floats = alpha[0, 0]
        return coarse


def matte_input(rgb: Rgb, crop: Crop | None) -> Floats:
    """The picture, squeezed into a square, with the hint: float32 [1, 4, 160, 160]."""
    side = (MATTE_SIDE, MATTE_SIDE)
    small = shrunk(rgb, side).astype(np.float32) / 127.5 - 1
    if crop is None or not crop.found:
        where = np.zeros(side, np.float32)
    else:
        height, width = rgb.shape[:2]
        matrix = crop.matrix.astype(np.float64) / CROP
        matrix[:, 0] *= width
        matrix[:, 1] *= height
        where = hint(matrix)
    stacked = np.concatenate([small, where[..., None]], -1)
    return np.ascontiguousarray(stacked.transpose(2, 0, 1)[None], np.float32)


def hint(matrix: NDArray[np.float64], side: int = MATTE_SIDE) -> Floats:
    """Where the face is, [side, side]: 1 at the middle of its crop, 0 from the crop's sides on.

    `matrix` [2, 3] takes places in the picture to places in the crop, both in fractions.
    """
    place = (np.arange(side) + HALF) / side
    x, y = np.meshgrid(place, place)
    across = matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2] - HALF
    down = matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2] - HALF
    near: Floats = np.clip(1 - 4 * (across**2 + down**2), 0, 1).astype(np.float32)
    return near
