"""Pictures people send: refused from the header, or read right."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from emopic_engine.errors import InputError, PictureError
from emopic_engine.face.codec import FORMATS, PictureLimits, decode, encode


def saved(image: Image.Image, format: str, **options) -> bytes:  # noqa: A002
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def gradient(width: int = 64, height: int = 48) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 4 % 256, y * 5 % 256, (x + y) % 256], -1).astype(np.uint8)


def png_header_only(width: int, height: int) -> bytes:
    """A PNG that claims a size and has next to no pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + chunk(b"IEND", b"")
    )


def code_of(data: bytes) -> str:
    with pytest.raises(PictureError) as caught:
        decode(data)
    assert caught.value.message
    return caught.value.code


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "picture_format"),
        (b"hello, I am not a picture", "picture_format"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "picture_format"),
        (saved(Image.new("RGB", (64, 64)), "BMP"), "picture_format"),
        (saved(Image.new("RGB", (64, 64)), "GIF"), "picture_format"),
        (png_header_only(12000, 12000), "picture_too_large"),
        (png_header_only(4097, 100), "picture_too_large"),
        (png_header_only(2_000_000_000, 2), "picture_too_large"),
        (saved(Image.new("RGB", (1, 1)), "PNG"), "picture_too_small"),
        (saved(Image.new("RGB", (31, 400)), "PNG"), "picture_too_small"),
        (saved(Image.fromarray(gradient()), "JPEG")[:300], "picture_broken"),
        (png_header_only(64, 64), "picture_broken"),
        (b"\0" * (4 * 1024 * 1024 + 1), "picture_too_large"),
    ],
)
def test_refused(data, code):
    assert code_of(data) == code


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_animated_pictures_are_refused(format):  # noqa: A002
    frames = [Image.new("RGB", (64, 64), color) for color in ("red", "blue")]
    data = saved(frames[0], format, save_all=True, append_images=frames[1:])
    assert code_of(data) == "picture_format"


def test_the_limits_are_the_callers():
    data = saved(Image.fromarray(gradient()), "PNG")
    with pytest.raises(PictureError, match="64×48"):
        decode(data, PictureLimits(max_side=50))


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_lossless_pictures_come_back_exactly(format):  # noqa: A002
    rgb, alpha = decode(saved(Image.fromarray(gradient()), format, lossless=True))
    np.testing.assert_array_equal(rgb, gradient())
    assert alpha is None


def test_alpha_is_kept():
    rgba = np.dstack([gradient(), np.full((48, 64), 77, np.uint8)])
    rgb, alpha = decode(saved(Image.fromarray(rgba), "PNG"))
    np.testing.assert_array_equal(rgb, gradient())
    assert alpha is not None
    assert (alpha == 77).all()


@pytest.mark.parametrize("mode", ["CMYK", "L", "P", "LA", "1"])
def test_other_modes_become_rgb(mode):
    format = "JPEG" if mode in ("CMYK", "L") else "PNG"  # noqa: A001
    rgb, _ = decode(saved(Image.fromarray(gradient()).convert(mode), format))
    assert rgb.shape == (48, 64, 3)
    assert rgb.dtype == np.uint8
    assert rgb.flags.c_contiguous


def test_sixteen_bits_are_scaled_not_clipped():
    grey = np.linspace(0, 65535, 64 * 48).reshape(48, 64).astype(np.uint16)
    rgb, _ = decode(saved(Image.fromarray(grey), "PNG"))
    assert np.abs(rgb[..., 0].astype(int) - grey // 257).max() <= 1


def test_exif_orientation_is_applied():
    exif = Image.Exif()
    exif[0x0112] = 6  # rotated by 90 degrees
    rgb, _ = decode(saved(Image.fromarray(gradient()), "JPEG", exif=exif))
    assert rgb.shape == (64, 48, 3)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("with_alpha", [False, True])
def test_encoded_frames_read_back(format, with_alpha):  # noqa: A002
    alpha = np.full((48, 64), 255, np.uint8) if with_alpha else None
    data = encode(gradient(), alpha, format, quality=95)
    if format == "raw":
        back = np.frombuffer(data, np.uint8).reshape(48, 64, 4)[..., :3]
    else:
        back, _ = decode(data)
    assert back.shape == (48, 64, 3)
    tolerance = 0 if format in ("png", "raw") else 6
    assert np.abs(back.astype(int) - gradient()).mean() <= tolerance


def test_jpeg_shows_transparent_parts_on_white():
    black = np.zeros((32, 32, 3), np.uint8)
    rgb, _ = decode(encode(black, np.zeros((32, 32), np.uint8), "jpeg"))
    assert rgb.min() >= 250


def test_an_unknown_format_is_named():
    with pytest.raises(InputError, match="'avif'"):
        encode(gradient(), None, "avif")
