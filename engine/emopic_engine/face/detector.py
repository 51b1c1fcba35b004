"""Finding the face in a picture: a box, then 68 landmarks. NumPy and OpenCV only.

Of several faces the largest clear one is taken. A tilted face is turned upright and its landmarks
are found once more, for they are meant for upright ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from emopic_engine.backends.base import Backend

from .geometry import Floats, invert_similarity
from .graphs import DETECTOR_SIDE, LANDMARK_SIDE, detector_graph, landmark_graph

Rgb = NDArray[np.uint8]

# Anchor boxes (cells) and pixel means of face-api's TinyFaceDetector and FaceLandmark68Net.
ANCHORS = np.array(
    [
        (1.603231, 2.094468),
        (6.041143, 7.080126),
        (2.882459, 3.518061),
        (4.266906, 5.178857),
        (9.041765, 10.66308),
    ]
)
DETECTOR_MEAN = np.array((117.001, 114.697, 97.404), np.float32)
LANDMARK_MEAN = np.array((122.782, 117.001, 104.298), np.float32)
THRESHOLD = 0.5
MARGIN = 0.25  # of the longest side: border added for a second try, for faces that fill a picture
APART = 0.3  # of two boxes' union: with less in common they are two faces
SMALL = 1 / 3  # of the largest face's width: narrower ones stand in the background
TILTED = 8.0  # degrees from which on a face is turned upright
RIGHT_EYE, LEFT_EYE, CHIN = slice(36, 42), slice(42, 48), 8  # in the 68-point scheme


@dataclass(frozen=True)
class FaceBox:
    """A found face in picture pixels (top left corner is 0, 0). `landmarks` is [68, 2].

    `faces` is how many there are of about its size, itself counted.
    """

    x: float
    y: float
    width: float
    height: float
    score: float
    landmarks: Floats
    faces: int = 1

    @property
    def anchors(self) -> Floats:
        """Centres of both eyes (left in the picture first) and the chin's tip, [3, 2]."""
        points = self.landmarks
        return np.stack([points[RIGHT_EYE].mean(0), points[LEFT_EYE].mean(0), points[CHIN]])


class FaceDetector:
    """Both networks, compiled. Not thread-safe."""

    def __init__(self, model_dir: Path, backend: Backend) -> None:
        self._detect = backend.compile(detector_graph(model_dir))
        self._landmarks = backend.compile(landmark_graph(model_dir))

    def find_face(self, rgb: Rgb) -> FaceBox | None:
        """The clearest large face of a picture [H, W, 3], or None."""
        found = self._find(rgb)
        if found is not None:
            return found
        margin = int(MARGIN * max(rgb.shape[:2]))
        wide = cv2.copyMakeBorder(rgb, *(margin,) * 4, cv2.BORDER_REPLICATE)
        found = self._find(np.asarray(wide, np.uint8))
        return None if found is None else _shifted(found, -margin)

    def _find(self, rgb: Rgb) -> FaceBox | None:
        blob, scale = _letterboxed(rgb)
        (cells,) = self._detect(blob)
        boxes = decode_cells(cells[0]) / (scale, scale, scale, scale, 1)
        if not len(boxes):
            return None
        ranked = sorted(boxes, key=lambda b: -float(b[4] * np.sqrt(b[2] * b[3])))
        x, y, width, height, score = (float(value) for value in ranked[0])
        points = self._find_landmarks(rgb, x, y, width, height)
        if points is None:
            return None
        points = self._upright(rgb, (x, y, width, height), points)
        return FaceBox(x, y, width, height, score, points, count_faces(ranked))

    def _upright(self, rgb: Rgb, box: tuple[float, float, float, float], points: Floats) -> Floats:
        """Landmarks of a tilted face, found again with the face turned upright."""
        x, y, width, height = box
        across = points[LEFT_EYE].mean(0) - points[RIGHT_EYE].mean(0)
        angle = float(np.degrees(np.arctan2(across[1], across[0])))
        if abs(angle) < TILTED:
            return points
        middle = x + width / 2, y + height / 2
        turn = np.asarray(cv2.getRotationMatrix2D(middle, angle, 1.0), np.float32)
        turn[:, 2] -= np.array((x, y), np.float32)
        size = max(2, round(width)), max(2, round(height))
        face = cv2.warpAffine(rgb, turn, size, borderMode=cv2.BORDER_REPLICATE)
        found = self._find_landmarks(np.asarray(face, np.uint8), 0, 0, *size)
        if found is None:
            return points
        back = invert_similarity(turn)
        turned: Floats = (found @ back[:, :2].T + back[:, 2]).astype(np.float32)
        return turned

    def _find_landmarks(
        self, rgb: Rgb, x: float, y: float, width: float, height: float
    ) -> Floats | None:
        """Landmarks inside a box, as face-api does: cut, pad to a centred square, resize."""
        left, top = max(0, int(x)), max(0, int(y))
        face = rgb[top : int(y + height), left : int(x + width)]
        if min(face.shape[:2]) < 2:
            return None
        rows, columns = face.shape[:2]
        side = max(rows, columns)
        down, right = (side - rows) // 2, (side - columns) // 2
        square = np.zeros((side, side, 3), np.uint8)
        square[down : down + rows, right : right + columns] = face
        small = cv2.resize(square, (LANDMARK_SIDE, LANDMARK_SIDE)).astype(np.float32)
        (points,) = self._landmarks(_blob(small, LANDMARK_MEAN))
        placed: Floats = points.reshape(68, 2) * side + (left - right, top - down)
        return placed.astype(np.float32)


def count_faces(ranked: Sequence[NDArray[np.float64]]) -> int:
    """How many faces boxes [K, 5] mean, the best first: near ones are one, small ones none."""
    kept: list[NDArray[np.float64]] = []
    for box in ranked:
        if box[2] >= SMALL * ranked[0][2] and all(_overlap(box, other) < APART for other in kept):
            kept.append(box)
    return len(kept)


def _overlap(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """What two boxes have in common, in parts of what they cover together."""
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[:2] + a[2:4], b[:2] + b[2:4])
    common = float(np.prod(np.maximum(0, high - low)))
    return common / float(a[2] * a[3] + b[2] * b[3] - common)


def decode_cells(cells: NDArray[np.float32]) -> NDArray[np.float64]:
    """Detector output [25, n, n] → boxes [K, 5] (x, y, width, height in input pixels, score)."""
    side = cells.shape[-1]
    table = cells.reshape(5, 5, side, side).astype(np.float64)  # box, value, row, column
    score = _sigmoid(table[:, 4])
    box, row, column = np.nonzero(score > THRESHOLD)
    values = table[box, :, row, column]
    cell = DETECTOR_SIDE / side
    width, height = (np.exp(values[:, 2:4]) * ANCHORS[box] * cell).T
    x = (column + _sigmoid(values[:, 0])) * cell - width / 2
    y = (row + _sigmoid(values[:, 1])) * cell - height / 2
    return np.stack([x, y, width, height, score[box, row, column]], 1)


def _sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    value: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(x, -60, 60)))
    return value


def _letterboxed(rgb: Rgb) -> tuple[Floats, float]:
    """The picture in the top left of the detector's square, and its scale."""
    rows, columns = rgb.shape[:2]
    scale = DETECTOR_SIDE / max(rows, columns)
    size = max(1, round(columns * scale)), max(1, round(rows * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(rgb, size, interpolation=how)
    square = np.zeros((DETECTOR_SIDE, DETECTOR_SIDE, 3), np.float32)
    square[: size[1], : size[0]] = small
    return _blob(square, DETECTOR_MEAN), scale


def _blob(picture: Floats, mean: Floats) -> Floats:
    return np.ascontiguousarray(((picture - mean) / 255).transpose(2, 0, 1)[None], np.float32)


def _shifted(face: FaceBox, by: float) -> FaceBox:
    points = (face.landmarks + by).astype(np.float32)
    return replace(face, x=face.x + by, y=face.y + by, landmarks=points)
