"""Marking frames as generated: readable metadata, the same pixels, a word in the corner."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from emopic_engine.errors import InputError
from emopic_engine.face.codec import encode
from emopic_engine.face.mark import COMMENT, MARKS, MIXED, MOVED, Mark, stamp, tagged, xmp

Pixels = NDArray[np.uint8]
CASES = [("jpeg", False, 85), ("png", False, 85), ("png", True, 85)] + [
    ("webp", alpha, quality) for alpha in (False, True) for quality in (80, 100)
]
EVERY_CASE = pytest.mark.parametrize(("format", "transparent", "quality"), CASES)


def picture(width: int = 61, height: int = 47) -> tuple[Pixels, Pixels]:
    random = np.random.default_rng(3)
    rgb = random.integers(0, 256, (height, width, 3), np.uint8)
    return rgb, random.integers(1, 256, (height, width), np.uint8)


def pixels(data: bytes) -> Pixels:
    with Image.open(io.BytesIO(data)) as image:
        return np.array(image)


@EVERY_CASE
def test_metadata_are_read_and_no_pixel_changes(
    format: str,  # noqa: A002
    transparent: bool,
    quality: int,
) -> None:
    rgb, alpha = picture()
    data = encode(rgb, alpha if transparent else None, format, quality)
    marked = tagged(data, format)
    assert (pixels(marked) == pixels(data)).all()
    with Image.open(io.BytesIO(marked)) as image:
        image.load()
        found = image.info.get("xmp") or image.info["XML:com.adobe.xmp"]
        said = image.info.get("comment", image.info.get("Comment"))
    text = found if isinstance(found, str) else found.decode()
    assert f"/newscodes/digitalsourcetype/{MOVED}" in text
    if format != "webp":
        assert (said if isinstance(said, str) else said.decode()) == COMMENT


@pytest.mark.parametrize("width", [16, 17])
@pytest.mark.parametrize("quality", [80, 100])
def test_a_webp_keeps_its_size_in_the_new_header(width: int, quality: int) -> None:
    rgb, _ = picture(width, 33)
    marked = tagged(encode(rgb, None, "webp", quality), "webp")
    assert marked[12:16] == b"VP8X"
    assert int.from_bytes(marked[24:27], "little") + 1 == width
    assert int.from_bytes(marked[27:30], "little") + 1 == 33
    assert struct.unpack("<I", marked[4:8])[0] == len(marked) - 8


def test_png_chunks_have_right_checksums() -> None:
    data = tagged(encode(*picture(), "png"), "png")
    at, kinds = 8, []
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        body = data[at + 4 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0] == zlib.crc32(body)
        kinds.append(body[:4])
        at += 12 + length
    assert kinds[:3] == [b"IHDR", b"iTXt", b"tEXt"]


def test_raw_has_no_place_for_metadata() -> None:
    assert tagged(b"1234", "raw") == b"1234"


def test_sprites_say_that_they_were_mixed() -> None:
    assert MIXED.encode() in xmp(MIXED)
    assert MIXED.encode() in tagged(encode(*picture(), "png"), "png", MIXED)


def test_the_word_stands_in_the_lower_right_corner() -> None:
    rgb = np.full((256, 256, 3), 128, np.uint8)
    marked, alpha = stamp(rgb, None, (256, 256))
    assert alpha is None
    changed = (marked != rgb).any(-1)
    assert changed.any()
    assert not changed[:230].any()
    assert not changed[:, :160].any()
    assert marked.max() > 220, "white letters"
    assert marked.min() < 40, "with a dark edge"
    assert (rgb == 128).all(), "what was given is left alone"


@pytest.mark.parametrize("rect", [(0, 0, 256, 256), (200, 240, 40, 16), (190, 200, 66, 56)])
def test_a_patch_has_the_part_of_the_word_that_the_full_frame_has_there(
    rect: tuple[int, int, int, int],
) -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (256, 256, 3), np.uint8)
    veil = np.random.default_rng(2).integers(0, 256, (256, 256), np.uint8)
    x, y, w, h = rect
    here = slice(y, y + h), slice(x, x + w)
    whole, whole_alpha = stamp(rgb, veil, (256, 256))
    part, part_alpha = stamp(rgb[here], veil[here], (256, 256), (x, y))
    assert whole_alpha is not None
    assert part_alpha is not None
    assert (part == whole[here]).all()
    assert (part_alpha == whole_alpha[here]).all()


def test_a_patch_beside_the_word_is_left_alone() -> None:
    rgb = np.zeros((40, 40, 3), np.uint8)
    assert stamp(rgb, None, (256, 256), (0, 0))[0] is rgb


def test_the_word_can_be_seen_where_the_picture_is_transparent() -> None:
    rgb, veil = np.zeros((256, 256, 3), np.uint8), np.zeros((256, 256), np.uint8)
    _, alpha = stamp(rgb, veil, (256, 256))
    assert alpha is not None
    assert alpha.max() > 200


@pytest.mark.parametrize("side", [1, 8, 16, 40])
def test_tiny_pictures_are_marked_as_far_as_they_go(side: int) -> None:
    rgb = np.zeros((side, side, 3), np.uint8)
    assert stamp(rgb, None, (side, side))[0].shape == rgb.shape


def test_marks() -> None:
    assert [Mark(kind).told for kind in MARKS] == [False, True, True]
    assert [Mark(kind).visible for kind in MARKS] == [False, False, True]
    with pytest.raises(InputError, match="'loud' is unknown; choose one of off, metadata"):
        Mark("loud")
