"""Pictures in and out: bounded decoding, EXIF orientation, and frame encoding."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from emopic_engine.errors import InputError, PictureError

Rgb = NDArray[np.uint8]
FORMATS = ("jpeg", "webp", "png", "raw")
_READABLE = ("JPEG", "PNG", "WEBP")
_MOST_SCANS = 64  # a progressive photo has about ten
_SOS, _EOI = 0xDA, 0xD9
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")  # with a length behind it, or the end


@dataclass(frozen=True)
class PictureLimits:
    """What an uploaded picture may be. Checked from the header, before any pixel is decoded."""

    max_bytes: int = 4 * 1024 * 1024
    max_side: int = 4096
    max_pixels: int = 16_000_000
    min_side: int = 32


def decode(data: bytes, limits: PictureLimits | None = None) -> tuple[Rgb, Rgb | None]:
    """Read an uploaded picture.

    Returns `(rgb [H, W, 3], alpha [H, W] or None)`, both uint8, upright by its EXIF tag. CMYK,
    palette and 16-bit pictures are converted. Raises `PictureError` with code `picture_format`
    (not JPEG, PNG or WebP; animated), `picture_too_large`, `picture_too_small` or
    `picture_broken`.
    """
    limits = limits or PictureLimits()
    if len(data) > limits.max_bytes:
        raise PictureError(
            f"the picture has {len(data):,} bytes, at most {limits.max_bytes:,} are read",
            code="picture_too_large",
        )
    with _open(data) as image:
        _check_header(image, limits)
        if image.format in ("JPEG", "MPO") and _scans(data) > _MOST_SCANS:
            raise PictureError(f"the JPEG has more than {_MOST_SCANS} scans")
        try:
            return _pixels(image)
        except (OSError, ValueError, SyntaxError, EOFError) as error:
            raise PictureError(f"the picture cannot be read: {error}") from error


@contextmanager
def _open(data: bytes) -> Iterator[Image.Image]:
    with warnings.catch_warnings():
        # Our own limit, checked next, is far below Pillow's, which only warns; and odd metadata,
        # of which it warns too, are none of our business.
        warnings.simplefilter("ignore")
        try:
            image = Image.open(io.BytesIO(data), formats=_READABLE)
        except Image.DecompressionBombError as error:
            raise PictureError(str(error), code="picture_too_large") from error
        except UnidentifiedImageError as error:
            raise PictureError(
                "the data is not a JPEG, PNG or WebP picture", code="picture_format"
            ) from error
        except (OSError, ValueError, SyntaxError, EOFError) as error:
            raise PictureError(f"the picture cannot be read: {error}") from error
        with image:
            yield image


def _check_header(image: Image.Image, limits: PictureLimits) -> None:
    width, height = image.size
    if max(width, height) > limits.max_side or width * height > limits.max_pixels:
        raise PictureError(
            f"the picture has {width}×{height} pixels; at most {limits.max_side} a side and "
            f"{limits.max_pixels:,} in all are read",
            code="picture_too_large",
        )
    if min(width, height) < limits.min_side:
        raise PictureError(
            f"the picture has {width}×{height} pixels; each side needs at least {limits.min_side}",
            code="picture_too_small",
        )
    # An MPO is a JPEG with more pictures behind it, which phones add: gain maps, depths.
    if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
        raise PictureError("the picture is animated; send one still frame", code="picture_format")


def _scans(data: bytes) -> int:
    """How many scans the first picture of a JPEG has, up to one more than are read.

    An empty scan takes thirty bytes, and as long as the picture has pixels: a small file with a
    hundred thousand of them would keep the decoder busy for an hour.
    """
    count, place = 0, 2
    while count <= _MOST_SCANS and (marker := _MARKER.search(data, place)):
        kind, place = data[marker.end() - 1], marker.end()
        if kind == _EOI:
            break
        count += kind == _SOS
        place += int.from_bytes(data[place : place + 2], "big")
    return count


def _upright(image: Image.Image) -> Image.Image:
    """Turned as its EXIF tag says; as it is where that cannot be read, as everyone shows it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ImageOps.exif_transpose(image)
        except Exception:  # noqa: BLE001 - Pillow's parser lets through whatever broken tags lead to
            return image


def _pixels(image: Image.Image) -> tuple[Rgb, Rgb | None]:
    image.load()
    upright = _upright(image)
    if upright.mode.startswith("I"):  # 16-bit grey: Pillow would clip it instead of scaling it
        grey = np.asarray(upright, np.float32)
        upright = Image.fromarray((grey * (255.0 / 65535.0)).astype(np.uint8))
    has_alpha = "A" in upright.getbands() or "transparency" in upright.info
    if not has_alpha:
        return np.array(upright.convert("RGB")), None
    rgba = np.array(upright.convert("RGBA"))
    return np.ascontiguousarray(rgba[..., :3]), np.ascontiguousarray(rgba[..., 3])


def encode(rgb: Rgb, alpha: Rgb | None, format: str, quality: int = 85) -> bytes:  # noqa: A002
    """Encode a frame. `rgb` uint8 [H, W, 3], `alpha` uint8 [H, W] or None.

    `jpeg` has no alpha: transparent parts are shown on white. `webp` is lossy at `quality` below
    100. `raw` is RGBA bytes row by row. Raises `InputError` for an unknown format.
    """
    if format == "jpeg":
        flat = rgb if alpha is None else _on_white(rgb, alpha)
        return bytes(
            simplejpeg.encode_jpeg(np.ascontiguousarray(flat), quality, colorsubsampling="420")
        )
    if format == "raw":
        return _with_alpha(rgb, alpha, always=True).tobytes()
    if format in ("webp", "png"):
        return _pillow(_with_alpha(rgb, alpha), format, quality)
    raise InputError(f"frame format {format!r} is unknown; choose one of {', '.join(FORMATS)}")


def _with_alpha(rgb: Rgb, alpha: Rgb | None, *, always: bool = False) -> Rgb:
    if alpha is None and not always:
        return rgb
    opaque = np.full(rgb.shape[:2], 255, np.uint8) if alpha is None else alpha
    return np.dstack([rgb, opaque])


def _on_white(rgb: Rgb, alpha: Rgb) -> Rgb:
    weight = alpha[..., None].astype(np.uint16)
    mixed = (rgb * weight + 255 * (255 - weight) + 127) // 255
    return mixed.astype(np.uint8)


def _pillow(pixels: Rgb, format: str, quality: int) -> bytes:  # noqa: A002
    out = io.BytesIO()
    if format == "webp":
        # Method 2 costs a third of the default's time for about 5 % more bytes.
        Image.fromarray(pixels).save(
            out, "WEBP", quality=quality, method=2, lossless=quality >= 100
        )
    else:
        Image.fromarray(pixels).save(out, "PNG", compress_level=1)
    return out.getvalue()
