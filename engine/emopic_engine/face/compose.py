"""Putting an expression into the original picture, at any size up to its own.

The generator's flow and mask are faded to zero at the crop's rim *before* they are applied, so
nothing is blended twice: a pixel is fetched from where the faded flow points and painted over by
the faded mask. Where both are zero the original pixel comes out unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .crop import Alpha, Crop, Rgb, feather, pixel_matrix
from .geometry import CROP, Floats, invert_similarity

Rect = tuple[int, int, int, int]
NO_MAP: Any = None  # OpenCV: the coordinates are in the first map already


@dataclass(frozen=True)
class Maps:
    """The generator's answer for one frame, S pixels a side.

    `flow` [S, S, 2] says from where each pixel comes, as (x, y) in fractions of the crop's width.
    `paint` [S, S, 4] in [-1, 1] is red, green, blue, and how much of the pixel they cover: from -1,
    nothing, to 1, all.
    """

    flow: Floats
    paint: Floats


class FaceView:
    """A base face at one output size. `rect` (x, y, width, height) bounds every change.

    `side` is what the generator's maps measure. Holds the resized picture and what does not depend
    on the expression. `picture` and `alpha` must not be changed.
    """

    def __init__(
        self,
        rgb: Rgb,
        alpha: Alpha | None,
        crop: Crop,
        size: int | None = None,
        side: int = CROP,
    ) -> None:
        height, width = rgb.shape[:2]
        longest = max(width, height)
        scale = min(1.0, size / longest) if size else 1.0
        self.width, self.height = max(1, round(width * scale)), max(1, round(height * scale))
        self.picture, self.alpha = _resized(rgb, alpha, self.width, self.height)
        to_crop = crop.matrix * np.float32(side / CROP)
        to_crop[:, 0] *= width / self.width
        to_crop[:, 1] *= height / self.height
        from_crop = invert_similarity(to_crop)
        self.rect = _bounds(from_crop, side, self.width, self.height)
        x, y, rect_width, rect_height = self.rect
        to_crop[:, 2] += to_crop[:, :2] @ np.array((x, y), np.float32)
        self._warp = pixel_matrix(to_crop)
        self._feathers = _feathers(side)
        self._turn = from_crop[:, :2] * side  # flow in crop widths → pixels of the view
        rows, columns = np.mgrid[y : y + rect_height, x : x + rect_width]
        self._grid = np.stack([columns, rows], -1).astype(np.float32)
        self._base = self.picture[y : y + rect_height, x : x + rect_width]

    @property
    def changeable(self) -> Floats:
        """[height, width] in [0, 1]: the feather. Where it is 0, no expression changes anything."""
        x, y, width, height = self.rect
        whole = np.zeros((self.height, self.width), np.float32)
        if width and height:
            whole[y : y + height, x : x + width] = self._raised(self._feathers.cover * 2)
        return whole

    def compose(self, maps: Maps) -> Rgb:
        """The whole picture with the expression, uint8 [height, width, 3]. A new array."""
        x, y, width, height = self.rect
        picture = self.picture.copy()
        picture[y : y + height, x : x + width] = self.compose_patch(maps)
        return picture

    def compose_patch(self, maps: Maps) -> Rgb:
        """Only the rectangle `rect`, uint8 [h, w, 3]. A new array."""
        if not self._base.size:
            return self._base.copy()
        flow = cv2.multiply(maps.flow, self._feathers.flow)
        mask = (cv2.extractChannel(maps.paint, 3) + 1) * self._feathers.cover
        places = self._raised(cv2.transform(flow, self._turn))
        places += self._grid
        moved = cv2.remap(
            self.picture, places, NO_MAP, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        cover = self._raised(mask)
        # OpenCV warps four channels in a third of the time of three.
        painted = cv2.cvtColor(self._raised(_as_bytes(maps.paint)), cv2.COLOR_RGBA2RGB)
        return np.asarray(cv2.blendLinear(moved, painted, 1 - cover, cover), np.uint8)

    def _raised(self, values: NDArray[Any]) -> NDArray[Any]:
        """Values of the crop [S, S(, C)] at the rectangle's pixels; 0 outside the crop."""
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        raised: NDArray[Any] = cv2.warpAffine(values, self._warp, self.rect[2:], flags=flags)
        return raised


def paint(colour: Floats, cover: Floats) -> Floats:
    """A colour [3, S, S] in [-1, 1] and a cover [S, S] in [0, 1] as `Maps.paint`."""
    return np.asarray(cv2.merge([*colour, cover * 2 - 1]), np.float32)


def _as_bytes(values: Floats) -> NDArray[np.uint8]:
    """Values in [-1, 1] as uint8 of the same shape; in one pass, where numpy takes four."""
    return np.asarray(cv2.convertScaleAbs(values, alpha=127.5, beta=127.5), np.uint8)


@dataclass(frozen=True)
class _Feathers:
    """`flow` [S, S, 2]; `cover` [S, S] is half of the feather, for what reaches from -1 to 1."""

    flow: Floats
    cover: Floats


@lru_cache(maxsize=4)
def _feathers(side: int) -> _Feathers:
    whole = feather(side)
    return _Feathers(np.asarray(cv2.merge([whole, whole]), np.float32), whole * np.float32(0.5))


def _bounds(from_crop: Floats, side: int, width: int, height: int) -> Rect:
    """The pixels that the crop touches, cut off at the picture's edge."""
    corners = np.array([(0, 0), (side, 0), (0, side), (side, side)], np.float32)
    placed = corners @ from_crop[:, :2].T + from_crop[:, 2]
    left, top = np.clip(np.floor(placed.min(0) + 1e-3), 0, (width, height)).astype(int)
    right, bottom = np.clip(np.ceil(placed.max(0) - 1e-3), 0, (width, height)).astype(int)
    return int(left), int(top), int(right - left), int(bottom - top)


def _resized(rgb: Rgb, alpha: Alpha | None, width: int, height: int) -> tuple[Rgb, Alpha | None]:
    """The picture at another size; transparent pixels lend their colour no weight."""
    if rgb.shape[1::-1] == (width, height):
        return rgb, alpha
    if alpha is None:
        small = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA)
        return np.asarray(small, np.uint8), None
    share = alpha.astype(np.float32)[..., None]
    both = np.concatenate([rgb * share, share], -1)
    both = cv2.resize(both, (width, height), interpolation=cv2.INTER_AREA)
    colour = both[..., :3] / np.maximum(both[..., 3:], 1e-3)
    return _rounded(colour), _rounded(both[..., 3])


def _rounded(values: NDArray[Any]) -> NDArray[np.uint8]:
    rounded: NDArray[np.uint8] = (np.clip(values, 0, 255) + 0.5).astype(np.uint8)
    return rounded
