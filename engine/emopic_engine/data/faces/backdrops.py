"""Backgrounds to put cut-out people on, as varied as can be: patterns of the renderer, clutter,
other renders out of focus, stray photographs from a folder of the trainer's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from .scene import background, sample_scene

Rgb = NDArray[np.uint8]
ODDS = (0.30, 0.26, 0.12, 0.20, 0.12)  # pattern, clutter, grain, photo, another render


def sample_backdrop(
    rng: np.random.Generator, size: int, photos: Sequence[Rgb], others: Sequence[Rgb]
) -> Rgb:
    """A background [size, size, 3]. Without `photos` or `others`, clutter stands in for them."""
    kind = int(rng.choice(len(ODDS), p=ODDS))
    if kind == 3 and photos:
        drawn = _cut(photos[int(rng.integers(len(photos)))], size, rng)
    elif kind == 4 and others:
        drawn = _blurred(others[int(rng.integers(len(others)))], size, rng)
    elif kind == 0:
        scene = replace(sample_scene(rng), background=rng.uniform(0, 1, (2, 3)).astype(np.float32))
        drawn = (background(scene, size) * 255).astype(np.uint8)
    elif kind == 2:
        drawn = _grain(size, rng)
    else:
        drawn = _clutter(size, rng)
    return _lit(drawn, rng)


def _cut(photo: Rgb, size: int, rng: np.random.Generator) -> Rgb:
    """Any square of a photograph, mirrored or turned by a quarter, sometimes out of focus."""
    shortest = min(photo.shape[:2])
    side = int(rng.uniform(0.35, 1.0) * shortest)
    top = int(rng.integers(photo.shape[0] - side + 1))
    left = int(rng.integers(photo.shape[1] - side + 1))
    part = photo[top : top + side, left : left + side]
    small = cv2.resize(part, (size, size), interpolation=cv2.INTER_AREA)
    turned = np.rot90(small, int(rng.choice((0, 0, 1, 2, 3))))
    picture = np.ascontiguousarray(turned[:, :: int(rng.choice((-1, 1)))])
    if rng.random() < 0.4:
        picture = cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.6, 4)))
    return np.asarray(picture, np.uint8)


def _blurred(other: Rgb, size: int, rng: np.random.Generator) -> Rgb:
    """Somebody else's picture, far out of focus, so that nobody stands beside the person."""
    picture = cv2.resize(other, (size, size), interpolation=cv2.INTER_LINEAR)
    flipped = picture[:: int(rng.choice((-1, 1)))]
    return np.asarray(cv2.GaussianBlur(flipped, (0, 0), float(rng.uniform(4, 12))), np.uint8)


def _grain(size: int, rng: np.random.Generator) -> Rgb:
    """Noise of several sizes, each with a colour of its own."""
    total = np.zeros((size, size, 3), np.float32)
    for cells in rng.choice((3, 6, 12, 24, 48, 96), 3, replace=False):
        noise = rng.random((int(cells), int(cells), 1)).astype(np.float32)
        wide = cv2.resize(noise, (size, size), interpolation=cv2.INTER_CUBIC)
        total += wide[..., None] * rng.uniform(-1, 1, 3).astype(np.float32)
    low, high = float(total.min()), float(total.max())
    grain: Rgb = ((total - low) / (high - low + 1e-6) * 255).astype(np.uint8)
    return grain


def _clutter(size: int, rng: np.random.Generator) -> Rgb:
    """Boxes, discs, poles and letters of any size before a wall, in and out of focus."""
    canvas = np.empty((size, size, 3), np.uint8)
    canvas[:] = rng.integers(0, 256, 3)
    if rng.random() < 0.5:
        canvas[int(size * rng.uniform(0.4, 0.85)) :] = rng.integers(0, 256, 3)
    for _ in range(int(rng.integers(3, 22))):
        _thing(canvas, rng)
        if rng.random() < 0.12:
            canvas = np.asarray(cv2.GaussianBlur(canvas, (0, 0), float(rng.uniform(0.6, 4))))
    return canvas


def _thing(canvas: Rgb, rng: np.random.Generator) -> None:
    size = len(canvas)
    colour = [int(value) for value in rng.integers(0, 256, 3)]
    middle = rng.uniform(-0.1, 1.1, 2) * size
    reach = rng.uniform(0.03, 0.4, 2) * size
    first = (int(middle[0] - reach[0]), int(middle[1] - reach[1]))
    last = (int(middle[0] + reach[0]), int(middle[1] + reach[1]))
    centre, width = (int(middle[0]), int(middle[1])), int(rng.choice((-1, -1, 1, 3)))
    match int(rng.integers(5)):
        case 0:
            cv2.rectangle(canvas, first, last, colour, width)
        case 1:
            turn = float(rng.uniform(0, 180))
            axes = (int(reach[0]), int(reach[1]))
            cv2.ellipse(canvas, centre, axes, turn, 0, 360, colour, width, cv2.LINE_AA)
        case 2:
            cv2.line(canvas, first, last, colour, int(rng.integers(1, 9)), cv2.LINE_AA)
        case 3:
            corners = rng.normal(size=(int(rng.integers(3, 7)), 2)) * reach + middle
            cv2.fillPoly(canvas, [corners.astype(np.int32)], colour, cv2.LINE_AA)
        case _:
            text = "".join(rng.choice(list("EMOPICabcdefgh0123456789"), 5))
            height = float(rng.uniform(0.3, 2.0))
            cv2.putText(canvas, text, first, cv2.FONT_HERSHEY_SIMPLEX, height, colour, 1)


def _lit(picture: Rgb, rng: np.random.Generator) -> Rgb:
    """Brightness that falls off to one side, and a cast of colour."""
    size = len(picture)
    y, x = (np.mgrid[0:size, 0:size].astype(np.float32) / size) - 0.5
    turn, fall = rng.uniform(0, 6.28), rng.uniform(0, 0.5)
    slope = 1 + fall * (x * np.cos(turn) + y * np.sin(turn))
    gain = rng.uniform(0.6, 1.2) * (1 + rng.normal(size=3) * 0.08)
    lit = picture * slope[..., None].astype(np.float32) * gain.astype(np.float32)
    bounded: Rgb = np.clip(lit, 0, 255).astype(np.uint8)
    return bounded
