"""From a picture to the 128 px crop that the generator sees, and back."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .detector import FaceBox
from .geometry import CANONICAL, CROP, Floats, fit_similarity, scale_of

Rgb = NDArray[np.uint8]
Alpha = NDArray[np.uint8]
BEHIND = 127  # grey under transparent pixels, for the networks only


@dataclass(frozen=True)
class Crop:
    """`matrix` [2, 3] takes picture coordinates to crop coordinates.

    Both are continuous: the top left corner is (0, 0) and the first pixel's centre (½, ½).
    """

    matrix: Floats
    found: bool


def face_crop(face: FaceBox) -> Crop:
    """The crop that puts eyes and chin where the generator expects them."""
    return Crop(fit_similarity(face.anchors, CANONICAL * CROP), True)


def centred_crop(width: int, height: int) -> Crop:
    """The largest centred square, for pictures in which no face was found."""
    side = min(width, height)
    scale = CROP / side
    matrix = np.array(
        [(scale, 0, -scale * (width - side) / 2), (0, scale, -scale * (height - side) / 2)],
        np.float32,
    )
    return Crop(matrix, False)


def cut(rgb: Rgb, crop: Crop, side: int = CROP) -> Rgb:
    """The crop's pixels [side, side, 3]; large pictures are averaged down, not skipped over."""
    matrix = crop.matrix * np.float32(side / CROP)
    scale = scale_of(matrix)
    if scale < 0.75:
        height, width = rgb.shape[:2]
        size = max(1, round(width * scale)), max(1, round(height * scale))
        rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
        matrix = matrix.copy()
        matrix[:, 0] *= width / size[0]
        matrix[:, 1] *= height / size[1]
    return np.asarray(
        cv2.warpAffine(
            rgb,
            pixel_matrix(matrix),
            (side, side),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.uint8,
    )


def pixel_matrix(matrix: Floats) -> Floats:
    """The same transform for OpenCV, where a pixel's centre has whole coordinates."""
    moved = matrix.copy()
    moved[:, 2] += matrix[:, :2] @ np.array((0.5, 0.5), np.float32) - 0.5
    return moved


def flattened(rgb: Rgb, alpha: Alpha | None) -> Rgb:
    """The picture on plain grey, as the networks see it."""
    if alpha is None:
        return rgb
    share = alpha[..., None].astype(np.float32) / 255
    return (rgb * share + BEHIND * (1 - share) + 0.5).astype(np.uint8)


def network_input(crop_rgb: Rgb) -> Floats:
    """uint8 [S, S, 3] → float32 [1, 3, S, S] in [-1, 1]."""
    scaled = crop_rgb.transpose(2, 0, 1)[None].astype(np.float32) / 127.5 - 1
    return np.ascontiguousarray(scaled)


def feather(side: int = CROP) -> Floats:
    """How far the generator's answer counts, [side, side]: 1 on the face, 0 at the crop's rim."""
    line = ((np.arange(side) + 0.5) / side).astype(np.float32)
    across = _smooth(line, 0.02, 0.12) * _smooth(line[::-1], 0.02, 0.12)
    down = _smooth(line, 0.02, 0.12) * _smooth(line[::-1], 0.012, 0.06)
    weight: Floats = (down[:, None] * across[None, :]).astype(np.float32)
    return weight


def _smooth(x: Floats, low: float, high: float) -> Floats:
    t = np.clip((x - low) / (high - low), 0, 1)
    curve: Floats = t * t * (3 - 2 * t)
    return curve
