"""Camera noise, blur and compression: what pictures go through before somebody uploads them.

Data sets hold clean pictures, because looks must agree between a person's pictures and noise need
not. A generator that moves pixels of its source carries the source's noise along; so train it with

    source = degraded(clean source)
    target = clean target + valid × (source - clean source, fetched along the true flow)

and it learns neither to remove noise nor to paint it. Networks that only read pictures take
`degraded` alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]


@dataclass(frozen=True)
class Degradation:
    """How much of each; 0 leaves it out."""

    noise: float = 0.0  # standard deviation of the sensor's, in levels of 255
    grain: float = 1.0  # size of its grain in pixels
    blur: float = 0.0  # standard deviation in pixels
    shrink: float = 1.0  # scale through which the picture went
    quality: int = 0  # of JPEG or WebP, 1 to 100
    webp: bool = False
    seed: int = 0


def sample_degradation(rng: np.random.Generator) -> Degradation:
    """One in three pictures stays clean."""
    if rng.random() < 0.33:
        return Degradation()
    used = rng.random(4)
    return Degradation(
        noise=float(rng.uniform(1, 9)) if used[0] < 0.5 else 0.0,
        grain=float(rng.uniform(1, 2)),
        blur=float(rng.uniform(0.3, 0.9)) if used[1] < 0.25 else 0.0,
        shrink=float(rng.uniform(0.55, 0.95)) if used[2] < 0.25 else 1.0,
        quality=int(rng.integers(25, 92)) if used[3] < 0.65 else 0,
        webp=bool(rng.random() < 0.3),
        seed=int(rng.integers(1 << 30)),
    )


def degraded(picture: Rgb, how: Degradation) -> Rgb:
    """The picture [H, W, 3] after shrinking, blur, noise and compression, in this order."""
    result = _noisy(_blurred(_shrunk(picture, how), how), how)
    if not how.quality:
        return result
    ending, flag = (
        (".webp", cv2.IMWRITE_WEBP_QUALITY) if how.webp else (".jpg", cv2.IMWRITE_JPEG_QUALITY)
    )
    _, data = cv2.imencode(ending, result[..., ::-1], [flag, how.quality])
    return np.array(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)[..., ::-1].copy()


def _shrunk(picture: Rgb, how: Degradation) -> Rgb:
    if how.shrink == 1.0:
        return picture
    height, width = picture.shape[:2]
    size = max(1, round(width * how.shrink)), max(1, round(height * how.shrink))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _blurred(picture: Rgb, how: Degradation) -> Rgb:
    if not how.blur:
        return picture
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), how.blur), np.uint8)


def _noisy(picture: Rgb, how: Degradation) -> Rgb:
    """More noise where it is dark, and more in brightness than in colour, as sensors have it."""
    if not how.noise:
        return picture
    height, width = picture.shape[:2]
    rng = np.random.default_rng(how.seed)
    cells = max(1, round(height / how.grain)), max(1, round(width / how.grain))
    grain = rng.normal(size=(*cells, 1)) + 0.5 * rng.normal(size=(*cells, 3))
    wide = cv2.resize(grain.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    values = picture.astype(np.float32)
    strength = how.noise * (1.2 - 0.6 * values.mean(-1, keepdims=True) / 255)
    noisy: Rgb = np.clip(values + wide * strength + 0.5, 0, 255).astype(np.uint8)
    return noisy
