"""Bombs, polyglots and odd files: refused from the header, or read right, and never expensive."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image, ImageFile, PngImagePlugin

from emopic_engine.errors import PictureError
from emopic_engine.face.codec import decode, encode

HEADER_S = 0.05
GROWTH_BYTES = 4 * 1024 * 1024


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def photo(width: int = 64, height: int = 48) -> Image.Image:
    y, x = np.mgrid[0:height, 0:width]
    return Image.fromarray(np.stack([x * 4 % 256, y * 5 % 256, (x + y) % 256], -1).astype(np.uint8))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_chunk(kind: bytes, data: bytes) -> bytes:
    """A good PNG with one more chunk behind its header."""
    png = saved(photo(), "PNG")
    return png[:33] + chunk(kind, data) + png[33:]


def bomb(kind: str, side: int = 8_000) -> bytes:
    """A picture of 64 megapixels in a file that an upload may have."""
    image = Image.new("1" if kind == "PNG" else "L", (side, side))
    return saved(image, kind, **({"quality": 1} if kind == "JPEG" else {}))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_bombs_are_refused_before_a_pixel_is_decoded(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = bomb(kind)
    assert len(data) < 4 * 1024 * 1024

    def load(_: object) -> None:
        raise AssertionError("pixels are being decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    times = []
    tracemalloc.start()
    try:
        for _ in range(5):
            began = time.perf_counter()
            with pytest.raises(PictureError) as caught:
                decode(data)
            times.append(time.perf_counter() - began)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert caught.value.code == "picture_too_large"
    assert min(times) <= HEADER_S
    assert peak <= GROWTH_BYTES


@pytest.fixture(scope="module")
def deflated() -> bytes:
    """Fifty megabytes in fifty kilobytes."""
    return zlib.compress(bytes(50_000_000), 1)


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"iCCP"])
def test_compressed_metadata_is_not_inflated_without_bound(kind: bytes, deflated: bytes) -> None:
    heads = {b"zTXt": b"c\0\0", b"iTXt": b"c\0\1\0\0\0", b"iCCP": b"c\0\0"}
    data = with_chunk(kind, heads[kind] + deflated)
    tracemalloc.start()
    try:
        try:
            decode(data)
        except PictureError as error:
            assert error.code in ("picture_broken", "picture_format")  # noqa: PT017 - or it is read
        assert tracemalloc.get_traced_memory()[1] <= 2 * GROWTH_BYTES
    finally:
        tracemalloc.stop()


def test_cut_files_are_broken_and_nothing_worse() -> None:
    """Wherever a file is cut, it is a `PictureError`, or all of it was there already."""
    for data in (saved(photo(), kind) for kind in ("JPEG", "PNG", "WEBP")):
        for end in range(0, len(data), max(1, len(data) // 60)):
            try:
                rgb, _ = decode(data[:end])
            except PictureError as error:
                assert error.code in ("picture_format", "picture_broken")  # noqa: PT017
            else:
                assert rgb.shape == (48, 64, 3)


def test_a_polyglot_is_read_as_the_picture_it_is_and_loses_the_rest() -> None:
    """What is not pixels does not come out again: frames are made of pixels alone."""
    payload = b"<script>alert(1)</script>PK\x03\x04%PDF-1.7"
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", payload.decode("latin-1"))
    for data in (
        saved(photo(), "PNG", pnginfo=text) + payload,
        saved(photo(), "JPEG", comment=payload) + payload,
        saved(photo(), "WEBP", exif=b"Exif\0\0" + payload) + payload,
    ):
        assert payload in data
        rgb, alpha = decode(data)
        assert rgb.shape == (48, 64, 3)
        for kind in ("jpeg", "png", "webp"):
            assert b"script" not in encode(rgb, alpha, kind)


def test_a_picture_behind_another_files_head_is_none() -> None:
    for head in (b"GIF89a", b"%PDF-1.7\n", b"<html>", b"\0"):
        with pytest.raises(PictureError) as caught:
            decode(head + saved(photo(), "PNG"))
        assert caught.value.code == "picture_format"


def test_photos_of_phones_with_a_second_picture_are_read_as_their_first() -> None:
    """JPEGs with a gain map or a depth map behind the photo (MPO) are no animations."""
    data = saved(photo(), "MPO", save_all=True, append_images=[Image.new("RGB", (32, 32))])
    rgb, _ = decode(data)
    assert rgb.shape == (48, 64, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    for kind in ("JPEG", "PNG", "WEBP"):
        rgb, _ = decode(saved(photo(), kind, exif=exif))
        assert rgb.shape == ((48, 64, 3) if orientation < 5 else (64, 48, 3))


def test_a_jpeg_of_countless_scans_is_refused_before_it_is_decoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each scan of thirty bytes costs a pass over all pixels."""
    data = saved(photo(), "JPEG", progressive=True)
    last = data[data.rindex(b"\xff\xda") : -2]
    assert decode(data)[0].shape == (48, 64, 3)
    many = data[:-2] + 20_000 * last + data[-2:]
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda _: pytest.fail("it is being decoded"))
    began = time.perf_counter()
    with pytest.raises(PictureError, match="scans") as caught:
        decode(many)
    assert caught.value.code == "picture_broken"
    assert time.perf_counter() - began <= 20 * HEADER_S


def test_scans_of_what_lies_behind_the_picture_do_not_count() -> None:
    """A phone's film behind its photo holds the marker by chance."""
    for progressive in (False, True):
        data = saved(photo(), "JPEG", progressive=progressive, exif=bytes(b"Exif\0\0\xff\xda" * 99))
        assert decode(data + b"\xff\xda" * 1000)[0].shape == (48, 64, 3)


def test_an_orientation_that_cannot_be_read_is_none() -> None:
    rng = np.random.default_rng(1)
    good = Image.Exif()
    good[0x0112] = 6
    tags = bytearray(good.tobytes())
    for _ in range(200):
        broken = bytearray(tags)
        for place in rng.integers(6, len(broken), 3):
            broken[place] = rng.integers(256)
        rgb, _ = decode(saved(photo(), "JPEG", exif=bytes(broken)))
        assert sorted(rgb.shape) == [3, 48, 64]


def test_sixteen_bit_colour_keeps_its_range() -> None:
    """Pillow does not write it, so the file is made by hand."""
    values = np.linspace(0, 65535, 64 * 48 * 3).reshape(48, 64, 3).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    header = struct.pack(">IIBBBBB", 64, 48, 16, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    rgb, _ = decode(b"\x89PNG\r\n\x1a\n" + parts)
    assert np.abs(rgb.astype(int) - values.astype(int) // 257).max() <= 1
