"""Frames as Pillow images, numpy arrays or encoded bytes. Needs `emopic-client[pictures]`.

    async for picture in pictures(client.frames("minji")):
        picture.image          # a Pillow image, RGB or RGBA
        picture.array()        # uint8 [height, width, 3 or 4]
        picture.encoded("png")

A patch is drawn over the last full frame, so what comes out is always the whole picture.
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from emopic_client.errors import EmopicError
from emopic_client.wire import Frame

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class BadPicture(EmopicError):
    """A frame's data is no picture of its format, or a patch of nothing."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A whole picture and the frame that completed it. `image` is the caller's to keep."""

    frame: Frame
    image: Image.Image

    def array(self) -> NDArray[np.uint8]:
        """The pixels, uint8 [height, width, 3 or 4], RGB or RGBA; a copy."""
        import numpy as np

        return np.array(self.image, dtype=np.uint8)

    def encoded(self, format: str = "png") -> bytes:  # noqa: A002 - the protocol's word
        """The picture as `png`, `jpeg` or `webp`; JPEG drops transparency."""
        image = self.image.convert("RGB") if format == "jpeg" else self.image
        file = io.BytesIO()
        image.save(file, format)
        return file.getvalue()


class Canvas:
    """The face of one character: full frames replace it, patches are drawn on it."""

    def __init__(self) -> None:
        self._full: Image.Image | None = None

    def draw(self, frame: Frame) -> Picture:
        """The whole picture after this frame. Raises `BadPicture`."""
        image = _decoded(frame)
        if frame.rect is None:
            self._full = image
            return Picture(frame, image.copy())
        if self._full is None:
            raise BadPicture(f"frame {frame.n} is a patch, and no full frame came before it")
        whole = self._full.copy()  # patches do not build on each other
        whole.paste(image, frame.rect[:2])
        return Picture(frame, whole)


async def pictures(frames: AsyncIterable[Frame]) -> AsyncIterator[Picture]:
    """Whole pictures of a character's frames, as they come."""
    canvas = Canvas()
    async for frame in frames:
        yield canvas.draw(frame)


def pictures_sync(frames: Iterable[Frame]) -> Iterator[Picture]:
    """The same for the synchronous client."""
    canvas = Canvas()
    for frame in frames:
        yield canvas.draw(frame)


def _decoded(frame: Frame) -> Image.Image:
    size = (frame.width, frame.height) if frame.rect is None else frame.rect[2:]
    try:
        if frame.format == "raw":
            return Image.frombytes("RGBA", size, frame.data)
        image = Image.open(io.BytesIO(frame.data), formats=[frame.format])
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    except (OSError, ValueError) as error:
        raise BadPicture(f"frame {frame.n} is no {frame.format} of {size}: {error}") from error
