"""A photographed line of writing made ready to be read: even light, straight, at one size.

The order matters: shadows would bend the search for the angle, and the size of the writing can
only be told when it is straight. NumPy and OpenCV only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from emopic_engine.errors import PictureError
from emopic_engine.face.codec import PictureLimits, decode
from emopic_server.errors import Refusal

Grey: TypeAlias = NDArray[np.uint8]

LONGEST: Final = 1600  # pixels; more costs time and reads no better
LINE_HEIGHT: Final = 48  # pixels from the top of a line's ink to its bottom
_MOST_ANGLE: Final = 25.0  # degrees; a page that is turned further is not a line of writing
_SEARCH_SIDE: Final = 480
_LEAST_INK: Final = 30  # pixels
_MARGIN: Final = 16
_PAPER: Final = 235  # what is brighter than this after dividing by the paper is paper
_PALEST_INK: Final = 160.0
_SCALES: Final = (0.2, 4.0)


@dataclass(frozen=True)
class Page:
    """Dark writing on white, uint8 [H, W]. `angle` is what it was turned back by, in degrees;
    `rows` how many lines of writing it seems to have.
    """

    grey: Grey
    angle: float
    rows: int

    def png(self) -> bytes:
        """The page as a picture file."""
        return cv2.imencode(".png", self.grey)[1].tobytes()


def straighten(picture: bytes, limits: PictureLimits | None = None) -> Page:
    """Read a JPEG, PNG or WebP and correct it. Raises `Refusal`: the codec's codes or `no_text`."""
    grey = even_light(_grey(picture, limits))
    ink = _ink(grey)
    angle = _angle(ink)
    grey, ink = _turned(grey, -angle, 255), _turned(ink, -angle, 0)
    top, bottom, left, right = _box(ink)
    heights = _row_heights(ink[top:bottom, left:right])
    grey = grey[top:bottom, left:right]
    scale = float(np.clip(LINE_HEIGHT / max(1.0, float(np.median(heights))), *_SCALES))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    grey = np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=how), np.uint8)
    framed = cv2.copyMakeBorder(grey, *(_MARGIN,) * 4, cv2.BORDER_CONSTANT, value=(255,))
    return Page(np.asarray(framed, np.uint8), angle, len(heights))


def even_light(grey: Grey) -> Grey:
    """Divide by the paper's own brightness, so that shadows and folds turn white."""
    side = max(15, (max(grey.shape) // 20) | 1)
    paper = cv2.dilate(grey, np.ones((7, 7), np.uint8))
    paper = cv2.GaussianBlur(cv2.medianBlur(paper, min(side, 255)), (0, 0), side / 4)
    flat = cv2.divide(grey, paper, scale=255)
    black = min(_PALEST_INK, float(np.percentile(flat, 1)))
    stretched = (flat.astype(np.float32) - black) * (255 / (_PAPER - black))
    return np.asarray(np.clip(stretched, 0, 255), np.uint8)


def _grey(picture: bytes, limits: PictureLimits | None) -> Grey:
    try:
        rgb, alpha = decode(picture, limits or PictureLimits())
    except PictureError as error:
        raise Refusal(error.code, error.message) from error
    grey: Any = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    if alpha is not None:  # writing on nothing is writing on white
        grey = 255 - (255 - grey.astype(np.uint16)) * alpha // 255
        grey = grey.astype(np.uint8)
    scale = LONGEST / max(grey.shape)
    if scale < 1:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if np.median(grey) < 100:  # chalk on a board
        grey = 255 - grey
    return np.asarray(grey, np.uint8)


def _ink(grey: Grey) -> Grey:
    """255 where there is writing, without specks."""
    _, ink = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink)
    kept = np.zeros(count, np.uint8)
    kept[1:] = np.where(stats[1:, cv2.CC_STAT_AREA] >= max(6, grey.size // 150_000), 255, 0)
    clean = np.asarray(kept[labels], np.uint8)
    share = float(np.count_nonzero(clean)) / clean.size
    if np.count_nonzero(clean) < _LEAST_INK or share > 0.5:
        raise Refusal("no_text", "no writing was found: use a picture of dark writing on paper")
    return clean


def _angle(ink: Grey) -> float:
    """The angle at which rows are emptiest between lines and fullest on them."""
    scale = min(1.0, _SEARCH_SIDE / max(ink.shape))
    small = np.asarray(
        cv2.resize(ink, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
    )
    coarse = np.arange(-_MOST_ANGLE, _MOST_ANGLE + 1, 1.0)
    best = max(coarse, key=lambda angle: _sharpness(small, angle))
    fine = best + np.arange(-0.8, 0.81, 0.2)
    return float(max(fine, key=lambda angle: _sharpness(small, angle)))


def _sharpness(ink: Grey, angle: float) -> float:
    rows = _turned(ink, -angle, 0).sum(1, dtype=np.float64)
    return float(np.square(rows).sum())


def _turned(grey: Grey, angle: float, fill: int) -> Grey:
    """Turned by `angle` degrees (counter-clockwise), on a sheet that holds all of it."""
    if abs(angle) < 0.05:
        return grey
    height, width = grey.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    size = int(height * sin + width * cos) + 1, int(height * cos + width * sin) + 1
    matrix[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    turned = cv2.warpAffine(grey, matrix, size, flags=cv2.INTER_LINEAR, borderValue=(fill,))
    return np.asarray(turned, np.uint8)


def _box(ink: Grey) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(ink.max(1) > 127), np.flatnonzero(ink.max(0) > 127)
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _row_heights(ink: Grey) -> list[int]:
    """Heights of the lines of writing: stretches of rows with ink, slim ones aside."""
    filled = np.concatenate([[0], (ink > 127).mean(1) > 0.004, [0]]).astype(np.int8)
    edges = np.flatnonzero(np.diff(filled))
    heights = (edges[1::2] - edges[::2]).tolist()
    tallest = max(heights, default=ink.shape[0])
    return [height for height in heights if height > tallest * 0.35] or [ink.shape[0]]
