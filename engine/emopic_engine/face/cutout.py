"""From a coarse matte to a clean cut: edges that follow the picture's own pixels, and the person's
colours freed of the background that shines through hair. NumPy and OpenCV only.

Sources: K. He and J. Sun, *Fast Guided Filter* (arXiv 1505.00996); M. Forte, *Approximate Fast
Foreground Colour Estimation* (ICIP 2021).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]
Alpha = NDArray[np.uint8]
Floats = NDArray[np.float32]

GUIDE = 640  # longest side at which the guided filter is fitted
CARRY = 400  # longest side at which colours are carried
REACH = 1 / 56  # of that side: radius of the filter's windows
SMOOTH = 4e-4  # variance of brightness that counts as an edge
TILE = 256  # pixels of the side of what is worked on at a time
HALF, SURE = 0.5, 0.02  # matte: from which on it is the person; how near to 0 or 1 is certain
EDGE = 1 / 48  # of the longest side: how far colours are carried outward
PURE = 0.85  # alpha from which on a pixel begins to tell the person's own colour
GREY = 127  # under pixels that show nothing


def refined(rgb: Rgb, coarse: Floats) -> Alpha:
    """The matte [h, w] in [0, 1], of any size, at the size of the picture uint8 [H, W, 3]: alpha
    uint8 [H, W] whose edges lie where the picture's do."""
    height, width = rgb.shape[:2]
    scale = min(1.0, GUIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    guide = _small(rgb, size).astype(np.float32) / np.float32(255)
    matte: Floats = np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC), np.float32)
    fit = _fitted(guide, matte.clip(0, 1))
    if size == (width, height):
        return _applied(rgb, fit)
    plain = (matte > HALF).astype(np.uint8) * np.uint8(255)
    wide = cv2.resize(plain, (width, height), interpolation=cv2.INTER_NEAREST)
    alpha = np.asarray(wide, np.uint8)
    for part, (low, high) in _tiles(matte, height, width):
        if high > SURE and low < 1 - SURE:
            alpha[part] = _applied(rgb[part], _raised(fit, part, height, width))
    return alpha


Part = tuple[slice, slice]


def _tiles(small: Floats, height: int, width: int) -> Iterator[tuple[Part, tuple[float, float]]]:
    """Tiles of a picture, and how low and high the small version of it [h, w] gets in and around
    each."""
    down, across = small.shape[0] / height, small.shape[1] / width
    reach = max(2, round(max(small.shape) * REACH))
    low = cv2.erode(small, np.ones((2 * reach + 1,) * 2, np.uint8))
    high = cv2.dilate(small, np.ones((2 * reach + 1,) * 2, np.uint8))
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            part = slice(top, min(top + TILE, height)), slice(left, min(left + TILE, width))
            rows = slice(int(part[0].start * down), int(np.ceil(part[0].stop * down)))
            columns = slice(int(part[1].start * across), int(np.ceil(part[1].stop * across)))
            yield part, (float(low[rows, columns].min()), float(high[rows, columns].max()))


def _small(rgb: Rgb, size: tuple[int, int]) -> Rgb:
    if rgb.shape[1::-1] == size:
        return rgb
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)


def _fitted(guide: Floats, matte: Floats) -> Floats:
    """In every window the matte as a linear function of colour: [h, w, 4], three slopes and a
    constant, averaged over the windows that hold a pixel."""
    reach = max(2, round(max(guide.shape[:2]) * REACH))
    window = (2 * reach + 1,) * 2

    def mean(values: NDArray[Any]) -> Floats:
        return np.asarray(cv2.blur(values, window), np.float32)

    means, level = mean(guide), mean(matte)
    red, green, blue = (np.ascontiguousarray(guide[..., i]) for i in range(3))
    pairs = ((red, red), (red, green), (red, blue), (green, green), (green, blue), (blue, blue))
    spread = [mean(a * b) for a, b in pairs]
    for at, (i, j) in enumerate(((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))):
        spread[at] -= means[..., i] * means[..., j]
        if i == j:
            spread[at] += SMOOTH
    shared = mean(guide * matte[..., None]) - means * level[..., None]
    slopes = _solved(spread, shared)
    constant = level - (slopes * means).sum(-1)
    return mean(np.concatenate([slopes, constant[..., None]], -1).astype(np.float32))


def _solved(spread: list[Floats], shared: Floats) -> Floats:
    """x [h, w, 3] of A x = b for symmetric A, given as its six upper values: by its adjugate,
    which is many times quicker than a general solver for so many small ones."""
    xx, xy, xz, yy, yz, zz = spread
    cofactors = (
        yy * zz - yz * yz,
        xz * yz - xy * zz,
        xy * yz - xz * yy,
        xx * zz - xz * xz,
        xy * xz - xx * yz,
        xx * yy - xy * xy,
    )
    a, b, c, d, e, f = cofactors
    scale = 1 / (xx * a + xy * b + xz * c)
    x, y, z = (shared[..., i] * scale for i in range(3))
    solved = np.stack([a * x + b * y + c * z, b * x + d * y + e * z, c * x + e * y + f * z], -1)
    return np.asarray(solved, np.float32)


def _raised(values: Floats, part: Part, height: int, width: int) -> Floats:
    """A part of small values [h, w, C] at the picture's size, where a resize of all puts it."""
    down, across = values.shape[0] / height, values.shape[1] / width
    top, left = part[0].start, part[1].start
    size = part[1].stop - left, part[0].stop - top
    move = np.array([(across, 0, across * (left + 0.5) - 0.5), (0, down, down * (top + 0.5) - 0.5)])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    mode = cv2.BORDER_REPLICATE
    return np.asarray(cv2.warpAffine(values, move, size, flags=flags, borderMode=mode), np.float32)


def _applied(rgb: Rgb, fit: Floats) -> Alpha:
    alpha = (rgb * fit[..., :3]).sum(-1) / 255 + fit[..., 3]
    # what is nearly nothing is nothing, and nearly all is all: no haze over the background
    alpha = (alpha - 0.06) / 0.88
    rounded: Alpha = (np.clip(alpha, 0, 1) * 255 + 0.5).astype(np.uint8)
    return rounded


def freed(rgb: Rgb, alpha: Alpha) -> Rgb:
    """The person's own colours: where alpha is partial, what shines through is taken out; around
    the person their colours go on for a little, then comes plain grey. Opaque pixels are kept.

    So nothing of the background is left to be seen or restored.
    """
    height, width = alpha.shape
    scale = min(1.0, CARRY / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    share: Floats = np.asarray(small, np.float32) / np.float32(255)
    colour = _small(rgb, size).astype(np.float32)
    reach = max(3, round(max(size) * EDGE))
    front = _carried(colour, _only(share), reach)
    behind = _carried(colour, _only(1 - share), reach)
    result = np.asarray(cv2.resize(_rounded(front), (width, height)), np.uint8)
    for part, _ in _tiles(share, height, width):
        tile = alpha[part]
        if tile.min() == 255:
            result[part] = rgb[part]
        elif tile.max() > 0:
            near, far = (_raised(colours, part, height, width) for colours in (front, behind))
            result[part] = _unmixed(rgb[part], tile, near, far)
    return result


def _only(share: Floats) -> Floats:
    """Weights of pixels that hold nothing else: what is mixed does not tell either colour."""
    weight: Floats = ((share - PURE) / (1 - PURE)).clip(0, 1)
    return weight


def _carried(colour: Floats, weight: Floats, reach: int) -> Floats:
    """Colours [h, w, 3] averaged by weight over near windows, then wider ones, then grey."""
    carried: NDArray[Any] = np.full_like(colour, GREY)
    for window in (8 * reach + 1, 2 * reach + 1, 5):
        total = cv2.blur(weight, (window, window))[..., None]
        mean = cv2.blur(colour * weight[..., None], (window, window)) / np.maximum(total, 1e-6)
        sure = np.clip(total * 20, 0, 1)
        carried = carried * (1 - sure) + mean * sure
    return carried.astype(np.float32)


def _unmixed(rgb: Rgb, alpha: Alpha, near: Floats, far: Floats) -> Rgb:
    share = alpha[..., None].astype(np.float32) / 255
    left = rgb - share * near - (1 - share) * far
    colour = np.clip(near + share * left, 0, 255)
    return np.where(alpha[..., None] == 255, rgb, _rounded(colour))


def _rounded(values: NDArray[Any]) -> Rgb:
    rounded: Rgb = (np.clip(values, 0, 255) + 0.5).astype(np.uint8)
    return rounded
