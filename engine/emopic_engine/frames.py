"""From a face and the generator's answer to an encoded frame: the whole picture, or a patch of it.

A patch is the rectangle that any expression of the face can change, never less. So it may be drawn
over *any* full frame of the same face and size, whichever was the last one to arrive, and frames
may be skipped in between. A rectangle of this very expression would be 1 to 8 % smaller, and right
over one particular full frame only.

JPEG and WebP work in blocks of 16 pixels. The rectangle's edges lie on block borders (or on the
picture's edge), so the blocks of a JPEG patch are those of the full frame: the same pixels, but for
the outermost ring, where decoders that smooth colour look past the edge.
"""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import Final, Protocol, TypeVar

from emopic_engine.atlas import Picture
from emopic_engine.face import codec
from emopic_engine.face.codec import Rgb
from emopic_engine.face.compose import Rect
from emopic_engine.face.mark import MARKED_NOT, Mark, stamp, tagged

M = TypeVar("M")
M_contra = TypeVar("M_contra", contravariant=True)

BLOCK: Final = 16
# A patch of fewer pixels than this is smaller in every format; above it both are encoded.
CLOSE: Final = 7 / 8


class ViewLike(Protocol[M_contra]):
    """A face at one output size, as `emopic_engine.face.compose.FaceView`.

    It is composed from what the generator has answered, or whatever else it takes.
    """

    width: int
    height: int
    rect: Rect
    picture: Rgb
    alpha: Rgb | None

    def compose(self, maps: M_contra, /) -> Rgb: ...
    def compose_patch(self, maps: M_contra, /) -> Rgb: ...


def encode_frame(
    view: ViewLike[M],
    maps: M,
    format: str,  # noqa: A002
    quality: int,
    *,
    patch: bool,
    mark: Mark = MARKED_NOT,
) -> Picture:
    """Compose and encode a frame of `view`.

    With `patch`, only the changeable rectangle where that takes fewer bytes. Raises `InputError`
    for an unknown format.
    """
    began = perf_counter()
    picture = _smaller(view, maps, format, quality, patch, mark)
    return replace(picture, encode_s=perf_counter() - began)


def _smaller(
    view: ViewLike[M],
    maps: M,
    format: str,  # noqa: A002
    quality: int,
    patch: bool,
    mark: Mark,
) -> Picture:
    rect = blocks_around(view.rect, view.width, view.height)
    pixels = rect[2] * rect[3]
    whole = view.width * view.height
    if not patch or pixels in (0, whole):
        return _full(view, maps, format, quality, mark)
    part = _part(view, maps, rect, format, quality, mark)
    if pixels <= CLOSE * whole:
        return part
    full = _full(view, maps, format, quality, mark)
    return part if len(part.data) < len(full.data) else full


def blocks_around(rect: Rect, width: int, height: int) -> Rect:
    """`rect` (x, y, w, h) made larger until its edges lie on block borders or the picture's edge.

    An empty rectangle stays empty.
    """
    x, y, w, h = rect
    if not w * h:
        return (x, y, 0, 0)
    left, top = x - x % BLOCK, y - y % BLOCK
    right = min(width, -(-(x + w) // BLOCK) * BLOCK)
    bottom = min(height, -(-(y + h) // BLOCK) * BLOCK)
    return (left, top, right - left, bottom - top)


def _full(view: ViewLike[M], maps: M, format: str, quality: int, mark: Mark) -> Picture:  # noqa: A002
    data = _encoded(view, view.compose(maps), view.alpha, (0, 0), format, quality, mark)
    return Picture(data, format, view.width, view.height, None)


def _part(
    view: ViewLike[M],
    maps: M,
    rect: Rect,
    format: str,  # noqa: A002
    quality: int,
    mark: Mark,
) -> Picture:
    rows = slice(rect[1], rect[1] + rect[3])
    columns = slice(rect[0], rect[0] + rect[2])
    rgb = view.picture[rows, columns].copy()
    x, y = view.rect[0] - rect[0], view.rect[1] - rect[1]
    rgb[y : y + view.rect[3], x : x + view.rect[2]] = view.compose_patch(maps)
    alpha = None if view.alpha is None else view.alpha[rows, columns]
    data = _encoded(view, rgb, alpha, rect[:2], format, quality, mark)
    return Picture(data, format, view.width, view.height, rect)


def _encoded(
    view: ViewLike[M],
    rgb: Rgb,
    alpha: Rgb | None,
    at: tuple[int, int],
    format: str,  # noqa: A002
    quality: int,
    mark: Mark,
) -> bytes:
    if mark.visible:
        rgb, alpha = stamp(rgb, alpha, (view.width, view.height), at)
    data = codec.encode(rgb, alpha, format, quality)
    return tagged(data, format, mark.source) if mark.told else data
