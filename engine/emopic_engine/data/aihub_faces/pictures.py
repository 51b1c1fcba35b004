"""One picture of the data set: read upright, cut by its box, looked at, and resized."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from emopic_engine.errors import DataError
from emopic_engine.face.crop import cut, face_crop
from emopic_engine.face.detector import FaceBox

from .archives import MAX_MEMBER, read_member
from .index import KEPT, Place, Task
from .labels import Box
from .rules import Limits, judge_light, measure_light

Rgb = NDArray[np.uint8]
AROUND = 0.5  # of the box's longer side: what the detector sees on each side of it
FAR = 0.5  # of the box's sides: how far a found face's middle may lie from the box's
MAX_PIXELS = 120_000_000
QUALITY = 95


class Finder(Protocol):
    """What finds faces: `emopic_engine.face.detector.FaceDetector`."""

    def find_face(self, rgb: Rgb) -> FaceBox | None: ...


@dataclass(frozen=True)
class Cutting:
    """How pictures are cut: `size` pixels a side, `margin` in parts of the box's longer side.

    With `align`, faces are turned and scaled as the server does it, by eyes and chin, and the box
    only says which face is meant.
    """

    size: int = 256
    margin: float = 0.0
    align: bool = False


class Archives:
    """Opens each archive once; the last one stays open, since pictures come in order."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._file: BinaryIO | None = None

    def read(self, place: Place) -> bytes:
        """A picture's bytes. Raises `DataError`."""
        try:
            if place.member is None:
                if place.path.stat().st_size > MAX_MEMBER:
                    raise DataError(f"{place.path} is larger than {MAX_MEMBER:,} bytes")
                return place.path.read_bytes()
            return read_member(self._opened(place.path), place.path, place.member)
        except OSError as error:
            raise DataError(f"{place.path} cannot be read: {error.strerror or error}") from error

    def _opened(self, path: Path) -> BinaryIO:
        if self._file is None or path != self._path:
            self.close()
            self._file, self._path = path.open("rb"), path
        return self._file

    def close(self) -> None:
        """Close what is open."""
        if self._file is not None:
            self._file.close()
            self._file = None


def decode_upright(content: bytes, box: Box | None, side: int) -> tuple[Rgb, float]:
    """The upright picture, and its scale: 1 or less.

    Large JPEGs are decoded smaller where the box still has `side` pixels then. Boxes are in
    coordinates of the upright picture. Raises `DataError`.
    """
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as image:
            if image.width * image.height > MAX_PIXELS:
                raise DataError(f"{image.width}×{image.height} pixels are too many")
            full = max(image.size)
            if box is not None:
                share = min(1.0, side / max(1.0, box[2] - box[0], box[3] - box[1]))
                image.draft("RGB", (int(image.width * share), int(image.height * share)))
            rgb = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(str(error)) from error
    return rgb, max(rgb.shape[:2]) / full


def square_of(box: Box, margin: float) -> Box:
    """The square around a box's middle that holds it, with a margin on each side."""
    side = max(box[2] - box[0], box[3] - box[1]) * (1 + 2 * margin)
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return x - side / 2, y - side / 2, x + side / 2, y + side / 2


def cut_box(rgb: Rgb, box: Box) -> Rgb:
    """The box's pixels; where it leaves the picture, the picture's edge is repeated."""
    height, width = rgb.shape[:2]
    left, top, right, bottom = (round(value) for value in box)
    over = max(0, -left, -top, right - width, bottom - height)
    if over:
        rgb = np.asarray(cv2.copyMakeBorder(rgb, *(over,) * 4, cv2.BORDER_REPLICATE), np.uint8)
    return rgb[top + over : bottom + over, left + over : right + over]


def resized(rgb: Rgb, size: int) -> Rgb:
    """A square picture at `size` pixels a side."""
    how = cv2.INTER_AREA if rgb.shape[0] > size else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(rgb, (size, size), interpolation=how), np.uint8)


@dataclass(frozen=True)
class Look:
    """What became of a picture: a rule or `kept`, a note, and the cut face where it was kept."""

    result: str
    note: str | None = None
    face: Rgb | None = None


def look_at(
    task: Task,
    content: bytes,
    finder: Finder,
    cutting: Cutting,
    limits: Limits,
    off: frozenset[str],
) -> Look:
    """Apply the rules of pictures, those in `off` excepted, and cut the face."""
    wide = 1 + 2 * max(cutting.margin, AROUND)
    try:
        rgb, scale = decode_upright(content, task.box, max(cutting.size, int(320 / wide)))
    except DataError as error:
        return Look("unreadable", str(error))
    box = _within(tuple(value * scale for value in task.box), rgb)
    if box is None:
        return Look("boxes", f"the box lies outside the picture: {_short(task.box)}")
    sides = (task.box[2] - task.box[0], task.box[3] - task.box[1])
    if max(sides) < limits.side and "small" not in off:
        return Look("small", f"{sides[0]:.0f}×{sides[1]:.0f} pixels")
    found = _face_in(rgb, box, finder)
    if found is None and ("no_face" not in off or cutting.align):
        return Look("no_face")
    light = measure_light(cut_box(rgb, box))
    rule = judge_light(light, limits, off)
    if rule is not None:
        return Look(rule, f"blown out {light.blown:.2f}, contrast {light.contrast:.2f}")
    if cutting.align and found is not None:
        return Look(KEPT, face=cut(rgb, face_crop(found), cutting.size))
    return Look(KEPT, face=resized(cut_box(rgb, square_of(box, cutting.margin)), cutting.size))


def _within(box: tuple[float, ...], rgb: Rgb) -> Box | None:
    """The part of a box that lies in the picture, None where less than half of it does."""
    height, width = rgb.shape[:2]
    left, top = max(0.0, box[0]), max(0.0, box[1])
    right, bottom = min(float(width), box[2]), min(float(height), box[3])
    whole = (box[2] - box[0]) * (box[3] - box[1])
    if right - left < 2 or bottom - top < 2 or (right - left) * (bottom - top) < whole / 2:
        return None
    return left, top, right, bottom


def _face_in(rgb: Rgb, box: Box, finder: Finder) -> FaceBox | None:
    """The face whose middle lies in the middle part of the box, in the picture's coordinates."""
    around = square_of(box, AROUND)
    left, top = max(0, int(around[0])), max(0, int(around[1]))
    part = np.ascontiguousarray(rgb[top : int(around[3]), left : int(around[2])])
    found = finder.find_face(part)
    if found is None:
        return None
    x, y = left + found.x + found.width / 2, top + found.y + found.height / 2
    off_x = abs(x - (box[0] + box[2]) / 2) / (box[2] - box[0])
    off_y = abs(y - (box[1] + box[3]) / 2) / (box[3] - box[1])
    if max(off_x, off_y) > FAR:
        return None
    moved = (found.landmarks + np.array((left, top))).astype(np.float32)
    return FaceBox(found.x + left, found.y + top, found.width, found.height, found.score, moved)


def _short(box: Box) -> str:
    return ", ".join(f"{value:.0f}" for value in box)
