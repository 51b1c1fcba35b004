"""From a coarse matte to a clean cut: edges that follow the picture's own pixels, and the person's
colours freed of the background that shines through hair. NumPy and OpenCV only.

Sources: K. He and J. Sun, *Fast Guided Filter* (arXiv 1505.00996); M. Forte, *Approximate Fast
Foreground Colour Estimation* (ICIP 2021).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]
Alpha = NDArray[np.uint8]
Floats = NDArray[np.float32]
Values = TypeVar("Values", Rgb, Floats)
Part = tuple[slice, slice]

FINEST = 2048  # longest side at which edges are followed
GUIDE = 640  # longest side at which the guided filter is fitted
CARRY = 400  # longest side at which colours are carried
REACH = 1 / 56  # of that side: radius of the filter's windows
SMOOTH = 4e-4  # variance of brightness that counts as an edge
PAIRS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2), (0, 3), (1, 3), (2, 3))
BAND = 32  # rows that are solved at a time
TILE = 256  # pixels of the side of what is worked on at a time
HALF, SURE = 0.5, 0.02  # matte: from which on it is the person; how near to 0 or 1 is certain
EDGE = 1 / 48  # of the longest side: how far colours are carried outward
PURE = 0.85  # alpha from which on a pixel begins to tell the person's own colour
HAZE = 0.06  # alpha that is still nothing, and how near to 1 it is all
OPAQUE = 255
GREY = 127  # under pixels that show nothing


def refined(rgb: Rgb, coarse: Floats) -> Alpha:
    """The matte [h, w] in [0, 1], of any size, at the size of the picture uint8 [H, W, 3]: alpha
    uint8 [H, W] whose edges lie where the picture's do."""
    height, width = rgb.shape[:2]
    if max(height, width) > FINEST:
        half = shrunk(rgb, (max(1, width // 2), max(1, height // 2)))
        alpha = refined(half, coarse)
        return np.asarray(cv2.resize(alpha, (width, height)), np.uint8)
    size = _within(GUIDE, height, width)
    guide = shrunk(rgb, size).astype(np.float32) / np.float32(255)
    matte: Floats = np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC), np.float32)
    fit = _fitted(guide, matte.clip(0, 1))
    plain = (matte > HALF).astype(np.uint8) * np.uint8(255)
    wide = cv2.resize(plain, (width, height), interpolation=cv2.INTER_NEAREST)
    alpha = np.asarray(wide, np.uint8)

    def follow(part: Part) -> None:
        alpha[part] = _applied(rgb[part], _raised(fit, part, height, width))

    tiles = _tiles(matte, height, width)
    _each(follow, (part for part, (low, high) in tiles if high > SURE and low < 1 - SURE))
    return alpha


def _each(work: Callable[[Part], None], parts: Iterable[Part]) -> None:
    """Tiles side by side: OpenCV and NumPy let go of the interpreter while they compute."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(work, parts))


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


def _within(side: int, height: int, width: int) -> tuple[int, int]:
    """Width and height of a picture made to fit a square, if it is larger."""
    scale = min(1.0, side / max(height, width))
    return max(1, round(width * scale)), max(1, round(height * scale))


def shrunk(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture uint8 [H, W] or [H, W, C] at a smaller width and height. Large ones are halved
    before: that is many times quicker than areas of any size."""
    while min(picture.shape[1] / size[0], picture.shape[0] / size[1]) >= 2:
        half = cv2.resize(picture, (picture.shape[1] // 2, picture.shape[0] // 2))
        picture = np.asarray(half, np.uint8)
    if picture.shape[1::-1] == size:
        return picture
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _fitted(guide: Floats, matte: Floats) -> Floats:
    """In every window the matte as a linear function of colour: [h, w, 4], three slopes and a
    constant, averaged over the windows that hold a pixel. It is stretched a little, so that nearly
    nothing becomes nothing and nearly all becomes all: no haze over the background."""
    height, width = matte.shape
    reach = max(2, round(max(height, width) * REACH))
    window = (2 * reach + 1,) * 2
    planes = [*cv2.split(guide), matte]
    means = np.empty((4 + len(PAIRS), height, width), np.float32)
    for plane, mean in zip(planes, means, strict=False):
        cv2.blur(plane, window, mean)
    product = np.empty_like(matte)
    for (i, j), mean in zip(PAIRS, means[4:], strict=True):
        cv2.multiply(planes[i], planes[j], product)
        cv2.blur(product, window, mean)
    fit = np.empty((height, width, 4), np.float32)
    for top in range(0, height, BAND):  # what a band takes stays in the cache
        rows = slice(top, top + BAND)
        fit[rows] = _line(means[:, rows])
    fit[..., 3] -= HAZE
    return np.asarray(cv2.blur(fit / np.float32(1 - 2 * HAZE), window), np.float32)


def _line(means: Floats) -> Floats:
    """Least squares in each window, from its means [13, h, w] of colours, matte, and their
    products: [h, w, 4], three slopes and a constant."""
    colours, level = means[:3], means[3]
    xx, xy, xz, yy, yz, zz, *sides = (
        mean - means[i] * means[j] for (i, j), mean in zip(PAIRS, means[4:], strict=True)
    )
    xx, yy, zz = xx + SMOOTH, yy + SMOOTH, zz + SMOOTH
    # by its adjugate: many times quicker than a general solver for so many small systems
    a, b, c = yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy
    d, e, f = xx * zz - xz * xz, xy * xz - xx * yz, xx * yy - xy * xy
    x, y, z = sides
    scale = 1 / (xx * a + xy * b + xz * c)
    slopes = np.stack([a * x + b * y + c * z, b * x + d * y + e * z, c * x + e * y + f * z])
    slopes *= scale
    constant = level - (slopes * colours).sum(0)
    return np.asarray(cv2.merge([*slopes, constant]), np.float32)


def _raised(values: Values, part: Part, height: int, width: int) -> Values:
    """A part of small values [h, w, C] at the picture's size, where a resize of all puts it."""
    down, across = values.shape[0] / height, values.shape[1] / width
    top, left = part[0].start, part[1].start
    size = part[1].stop - left, part[0].stop - top
    move = np.array([(across, 0, across * (left + 0.5) - 0.5), (0, down, down * (top + 0.5) - 0.5)])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    mode = cv2.BORDER_REPLICATE
    raised = cv2.warpAffine(values, move, size, flags=flags, borderMode=mode)
    return cast(Values, raised)


def _applied(rgb: Rgb, fit: Floats) -> Alpha:
    # A fourth channel of 255 takes the constant along. OpenCV adds four numbers a pixel several
    # times quicker than NumPy, and rounds and limits on the way.
    colours = cv2.cvtColor(rgb, cv2.COLOR_RGB2RGBA)
    total = cv2.transform(cv2.multiply(colours, fit, dtype=cv2.CV_32F), np.ones((1, 4)))
    return np.asarray(cv2.add(total, np.zeros(1), dtype=cv2.CV_8U), np.uint8)


def freed(rgb: Rgb, alpha: Alpha) -> Rgb:
    """The person's own colours: where alpha is partial, what shines through is taken out; around
    the person their colours go on for a little, then comes plain grey. Opaque pixels are kept.

    So nothing of the background is left to be seen or restored.
    """
    height, width = alpha.shape
    size = _within(CARRY, height, width)
    share: Floats = shrunk(alpha, size).astype(np.float32) / np.float32(OPAQUE)
    colour = shrunk(rgb, size)
    reach = max(3, round(max(size) * EDGE))
    front = _carried(colour, _only(share), reach)
    behind = _carried(colour, _only(1 - share), reach)
    result = np.asarray(cv2.resize(front, (width, height)), np.uint8)

    def clear(part: Part) -> None:
        tile = alpha[part]
        if tile.min() == OPAQUE:
            result[part] = rgb[part]
        elif tile.max() > 0:
            far = _raised(behind, part, height, width)
            result[part] = _unmixed(rgb[part], tile, result[part], far)

    _each(clear, (part for part, (_, high) in _tiles(share, height, width) if high > 0))
    return result


def _only(share: Floats) -> Floats:
    """Weights of pixels that hold nothing else: what is mixed does not tell either colour."""
    weight: Floats = ((share - PURE) / (1 - PURE)).clip(0, 1)
    return weight


def _carried(colour: Rgb, weight: Floats, reach: int) -> Rgb:
    """Colours [h, w, 3] averaged by weight over near windows, then wider ones, then grey."""
    weighted = [plane * weight for plane in cv2.split(colour)]
    carried: list[NDArray[Any]] = [np.full_like(weight, GREY)] * 3
    for window in (8 * reach + 1, 2 * reach + 1, 5):
        total = cv2.blur(weight, (window, window))
        sure = np.clip(total * 20, 0, 1)
        part = sure / np.maximum(total, 1e-6)
        carried = [
            old * (1 - sure) + cv2.blur(plane, (window, window)) * part
            for old, plane in zip(carried, weighted, strict=True)
        ]
    return np.asarray(cv2.convertScaleAbs(cv2.merge(carried)), np.uint8)


def _unmixed(rgb: Rgb, alpha: Alpha, near: Rgb, far: Rgb) -> Rgb:
    """What alpha mixed, parted. With share s, the person's own colour o and what is behind it b,
    a pixel shows s o + (1 - s) b; where it is less `near` than that tells, o is moved by s of what
    is left over: opaque pixels stay, and those that show nothing take `near`."""
    share = np.arange(OPAQUE + 1, dtype=np.float32) / OPAQUE
    wide = cv2.merge([alpha] * 3)
    weights = ((rgb, share), (near, 1 - share**2), (far, share * (share - 1)))
    first, second, third = (
        cv2.multiply(colours, cv2.LUT(wide, table), dtype=cv2.CV_32F) for colours, table in weights
    )
    return np.asarray(cv2.add(cv2.add(first, second), third, dtype=cv2.CV_8U), np.uint8)
