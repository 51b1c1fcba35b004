"""What happens to a picture after it was drawn: lines, brush strokes, coarse pixels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .head import Floats
from .looks import Look

Rgb = NDArray[np.uint8]
REFERENCE = 128  # lines and strokes are given for pictures of this size
DEEP = 12  # steps of depth (of 255 over 4 dm) that make a line
TAG_STEP = 6  # steps between the tags of neighbouring locks


def inked(rgba: Floats, kinds: Rgb, look: Look, scale: float) -> Floats:
    """Premultiplied [N, N, 4] with lines where the kind, the tag or the depth changes.

    `kinds` [N, N, 4] holds those three; `scale` is how many of these pixels make one of a picture
    of 128. Lines lie inside the head: its alpha does not change.
    """
    reach = max(1, round(look.lines * scale / 2))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2)
    upper, lower = cv2.dilate(kinds, kernel), cv2.erode(kinds, kernel)
    change = upper.astype(np.int16) - lower
    line = (change[..., 0] > 0) | (change[..., 1] > TAG_STEP) | (change[..., 2] > DEEP)
    softened = cv2.GaussianBlur(line.astype(np.float32), (0, 0), 0.25 * scale)
    dark = 1 - (1 - look.ink) * min(1.0, look.lines) * softened
    drawn = rgba.copy()
    drawn[..., :3] *= dark[..., None]
    return drawn


def finished(picture: Rgb, look: Look) -> Rgb:
    """The look's last step, the same for every picture of a person."""
    if look.stroke:
        picture = painted(picture, look)
    if look.grid:
        picture = pixelled(picture, look)
    return picture


def pixelled(picture: Rgb, look: Look) -> Rgb:
    """Coarse pixels with few colour steps."""
    size = picture.shape[1], picture.shape[0]
    small = cv2.resize(picture, (look.grid, look.grid), interpolation=cv2.INTER_AREA)
    step = 255 / (look.levels - 1)
    coarse = (np.rint(small / step) * step).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_NEAREST), np.uint8)


def pixelled_alpha(alpha: Rgb, look: Look) -> Rgb:
    """The same squares of an alpha channel [N, N]."""
    if not look.grid:
        return alpha
    small = cv2.resize(alpha, (look.grid, look.grid), interpolation=cv2.INTER_AREA)
    return np.asarray(
        cv2.resize(small, alpha.shape[::-1], interpolation=cv2.INTER_NEAREST), np.uint8
    )


def painted(picture: Rgb, look: Look) -> Rgb:
    """Brush strokes: edges wander a little, then each place takes its calmest neighbourhood.

    The wandering belongs to the picture, not to the expression, so that strokes do not boil.
    """
    size = len(picture)
    stroke = look.stroke * size / REFERENCE
    cells = max(4, round(size / (2.5 * stroke)))
    noise = np.random.default_rng(look.seed).normal(size=(cells, cells, 2)).astype(np.float32)
    wander = cv2.resize(noise, (size, size), interpolation=cv2.INTER_CUBIC) * stroke * 0.22
    grid = np.stack(np.meshgrid(np.arange(size), np.arange(size)), -1).astype(np.float32)
    place = grid + wander
    moved = cv2.remap(
        picture, place[..., 0], place[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    return _calmest(np.asarray(moved, np.uint8), max(1, round(stroke * 0.8)))


def _calmest(picture: Rgb, reach: int) -> Rgb:
    """Kuwahara's filter: of four squares that touch a pixel, the mean of the least varied one."""
    values = picture.astype(np.float32)
    size = (reach + 1, reach + 1)
    best = np.full(picture.shape[:2], np.inf, np.float32)
    result = values
    for anchor in ((0, 0), (reach, 0), (0, reach), (reach, reach)):
        mean = cv2.blur(values, size, anchor=anchor)
        spread = (cv2.blur(values * values, size, anchor=anchor) - mean * mean).sum(-1)
        calmer = spread < best
        best = np.where(calmer, spread, best)
        result = np.where(calmer[..., None], mean, result)
    return (np.clip(result, 0, 255) + 0.5).astype(np.uint8)
