"""From a coarse matte to a clean cut: edges that follow the picture's own pixels, and the person's
colours freed of the background that shines through hair. NumPy and OpenCV only.

Sources: K. He and J. Sun, *Fast Guided Filter* (arXiv 1505.00996); M. Forte, *Approximate Fast
Foreground Colour Estimation* (ICIP 2021).
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]
Alpha = NDArray[np.uint8]
Floats = NDArray[np.float32]

GUIDE = 640  # longest side at which the guided filter is fitted
REACH = 1 / 56  # of that side: radius of the filter's windows
SMOOTH = 4e-4  # variance of brightness that counts as an edge
STRIP = 1 << 20  # pixels worked on at a time
EDGE = 1 / 48  # of the longest side: how far colours are carried outward
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
    alpha = np.empty((height, width), np.uint8)
    rows = max(1, STRIP // width)
    for top in range(0, height, rows):
        part = rgb[top : top + rows]
        alpha[top : top + rows] = _applied(part, _rows(fit, top, len(part), height, width))
    return alpha


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
    spread = np.empty((*matte.shape, 3, 3), np.float32)
    for i in range(3):
        for j in range(i, 3):
            both = mean(guide[..., i] * guide[..., j]) - means[..., i] * means[..., j]
            spread[..., i, j] = spread[..., j, i] = both
    spread += np.eye(3, dtype=np.float32) * SMOOTH
    shared = mean(guide * matte[..., None]) - means * level[..., None]
    slopes = np.linalg.solve(spread, shared[..., None])[..., 0]
    constant = level - (slopes * means).sum(-1)
    return mean(np.concatenate([slopes, constant[..., None]], -1).astype(np.float32))


def _rows(fit: Floats, top: int, count: int, height: int, width: int) -> Floats:
    """Rows of the fit at the picture's size, exactly where a resize of the whole puts them."""
    down, across = fit.shape[0] / height, fit.shape[1] / width
    warp = np.array([(across, 0, across / 2 - 0.5), (0, down, down * (top + 0.5) - 0.5)])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    mode = cv2.BORDER_REPLICATE
    raised = cv2.warpAffine(fit, warp, (width, count), flags=flags, borderMode=mode)
    return np.asarray(raised, np.float32)


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
    scale = min(1.0, GUIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    share: Floats = np.asarray(small, np.float32) / np.float32(255)
    colour = _small(rgb, size).astype(np.float32)
    reach = max(3, round(max(size) * EDGE))
    front = _carried(
        colour, np.square(np.square(share)), reach
    )  # nearly opaque pixels count nearly alone
    behind = _carried(colour, np.square(np.square(1 - share)), reach)
    result = np.empty_like(rgb)
    rows = max(1, STRIP // width)
    for top in range(0, height, rows):
        part = slice(top, top + rows)
        count = len(alpha[part])
        near = _rows(front, top, count, height, width)
        far = _rows(behind, top, count, height, width)
        result[part] = _unmixed(rgb[part], alpha[part], near, far)
    return result


def _carried(colour: Floats, weight: Floats, reach: int) -> Floats:
    """Colours [h, w, 3] averaged by weight over near windows, then wider ones, then grey."""
    carried: NDArray[Any] = np.full_like(colour, GREY)
    for window in (4 * reach + 1, reach | 1, 3):
        total = cv2.blur(weight, (window, window))[..., None]
        mean = cv2.blur(colour * weight[..., None], (window, window)) / np.maximum(total, 1e-6)
        sure = np.clip(total * 20, 0, 1)
        carried = carried * (1 - sure) + mean * sure
    return carried.astype(np.float32)


def _unmixed(rgb: Rgb, alpha: Alpha, near: Floats, far: Floats) -> Rgb:
    share = alpha[..., None].astype(np.float32) / 255
    left = rgb - share * near - (1 - share) * far
    colour = np.clip(near + share * left, 0, 255)
    colour = np.where(alpha[..., None] == 255, rgb, colour + 0.5)
    bounded: Rgb = np.clip(colour, 0, 255).astype(np.uint8)
    return bounded
