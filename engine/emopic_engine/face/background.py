"""What stands behind a person: nothing, a colour, or another picture.

A background is said as `transparent`, as `#rrggbb`, or as the bytes of a picture. A picture that
has alpha of its own keeps it; any other is matted first.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import cv2
import numpy as np

from emopic_engine.errors import InputError

from . import codec
from .crop import Alpha, Crop, Rgb, flattened
from .cutout import freed

Background: TypeAlias = str | bytes
Matting: TypeAlias = Callable[[Rgb, Crop], Alpha]

TRANSPARENT: Final = "transparent"
COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, eq=False)
class Behind:
    """A background, read. `colour` is RGB, `picture` uint8 [H, W, 3]; neither: transparent."""

    colour: tuple[int, int, int] | None = None
    picture: Rgb | None = None

    @property
    def transparent(self) -> bool:
        """Whether frames have alpha."""
        return self.colour is None and self.picture is None

    def sized(self, width: int, height: int) -> Rgb:
        """The background [height, width, 3]: a picture covers it all, its middle is kept."""
        if self.picture is None:
            return np.full((height, width, 3), self.colour or (0, 0, 0), np.uint8)
        rows, columns = self.picture.shape[:2]
        scale = max(width / columns, height / rows)
        size = max(width, round(columns * scale)), max(height, round(rows * scale))
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        wide = cv2.resize(self.picture, size, interpolation=how)
        left, top = (size[0] - width) // 2, (size[1] - height) // 2
        return np.ascontiguousarray(wide[top : top + height, left : left + width])


def read_background(background: Background, limits: codec.PictureLimits | None = None) -> Behind:
    """Raises `InputError` (`bad_background`) for other words, `PictureError` for the picture."""
    if isinstance(background, bytes):
        rgb, alpha = codec.decode(background, limits)
        return Behind(picture=flattened(rgb, alpha))
    if background == TRANSPARENT:
        return Behind()
    if COLOUR.fullmatch(background) is None:
        raise InputError(
            f"background {background!r} is none: use {TRANSPARENT}, #rrggbb or a picture",
            code="bad_background",
        )
    red, green, blue = bytes.fromhex(background[1:])
    return Behind(colour=(red, green, blue))


def set_behind(
    rgb: Rgb, alpha: Alpha | None, crop: Crop, behind: Behind, matting: Matting
) -> tuple[Rgb, Alpha | None]:
    """The picture before its new background; with alpha where that is transparent.

    `alpha` is the picture's own; None, or one that hides nothing, asks `matting` for it.
    """
    if alpha is None or int(alpha.min()) == 255:
        alpha = matting(rgb, crop)
        rgb = freed(rgb, alpha)
    if behind.transparent:
        return rgb, alpha
    height, width = alpha.shape
    share = alpha.astype(np.float32) / 255
    return np.asarray(cv2.blendLinear(rgb, behind.sized(width, height), share, 1 - share)), None
