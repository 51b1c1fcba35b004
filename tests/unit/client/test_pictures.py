"""Frames as pictures: whole ones, patches, every format."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from emopic_client import wire
from emopic_client.pictures import BadPicture, Canvas, pictures, pictures_sync

RED, BLUE = (255, 0, 0), (0, 0, 255)


def frame(
    colour: tuple[int, ...],
    format: wire.FrameFormat = "png",  # noqa: A002 - the protocol's word
    rect: wire.Rect | None = None,
    **more: Any,
) -> wire.Frame:
    size = (8, 6) if rect is None else rect[2:]
    image = Image.new("RGBA" if len(colour) == 4 else "RGB", size, colour)
    if format == "raw":
        data = image.convert("RGBA").tobytes()
    else:
        file = io.BytesIO()
        image.save(file, format, **({"lossless": True} if format == "webp" else {}))
        data = file.getvalue()
    fields = {"n": 1, "character": "a", "expression": (1.0,), "width": 8, "height": 6} | more
    return wire.Frame(format=format, data=data, rect=rect, **fields)


@pytest.mark.parametrize("format", ["png", "webp", "raw"])
def test_a_full_frame_in_every_format(format: wire.FrameFormat) -> None:  # noqa: A002
    picture = Canvas().draw(frame((*RED, 128), format))
    array = picture.array()
    assert (array.shape, array.dtype) == ((6, 8, 4), np.uint8)
    assert array[0, 0].tolist() == [255, 0, 0, 128]


def test_jpeg_is_close() -> None:
    array = Canvas().draw(frame(RED, "jpeg")).array().astype(int)
    assert array.shape == (6, 8, 3)
    assert abs(array - RED).max() < 6


def test_patches_are_drawn_on_the_full_frame_and_not_on_each_other() -> None:
    canvas = Canvas()
    canvas.draw(frame(RED))
    first = canvas.draw(frame(BLUE, rect=(0, 0, 2, 2))).array()
    second = canvas.draw(frame(BLUE, rect=(4, 4, 2, 2))).array()
    assert first[0, 0].tolist() == list(BLUE)
    assert first[5, 7].tolist() == list(RED)
    assert second[0, 0].tolist() == list(RED), "the first patch is gone"
    assert second[4, 5].tolist() == list(BLUE)


def test_a_picture_is_its_readers() -> None:
    canvas = Canvas()
    canvas.draw(frame(RED)).image.paste(BLUE, (0, 0, 8, 6))
    assert canvas.draw(frame(BLUE, rect=(4, 4, 1, 1))).array()[0, 0].tolist() == list(RED)


@pytest.mark.parametrize(
    ("format", "start"), [("png", b"\x89PNG"), ("jpeg", b"\xff\xd8"), ("webp", b"RIFF")]
)
def test_bytes_of_the_whole_picture(format: str, start: bytes) -> None:  # noqa: A002
    data = Canvas().draw(frame((*RED, 0), "raw")).encoded(format)
    assert data.startswith(start)
    assert Image.open(io.BytesIO(data)).size == (8, 6)


@pytest.mark.parametrize(
    "broken",
    [
        frame(RED, rect=(0, 0, 2, 2)),
        wire.Frame(
            character="a", n=7, expression=(1.0,), format="png", width=8, height=6, data=b"no"
        ),
        wire.Frame(
            character="a", n=7, expression=(1.0,), format="raw", width=8, height=6, data=b"no"
        ),
    ],
)
def test_what_is_no_picture_is_said(broken: wire.Frame) -> None:
    with pytest.raises(BadPicture, match=f"frame {broken.n}"):
        Canvas().draw(broken)


async def test_streams_of_frames_become_streams_of_pictures() -> None:
    frames = [frame(RED), frame(BLUE, rect=(0, 0, 8, 6), n=2)]

    async def coming():
        for item in frames:
            yield item

    colours = [p.array()[0, 0].tolist() async for p in pictures(coming())]
    assert colours == [list(RED), list(BLUE)]
    assert [p.frame.n for p in pictures_sync(frames)] == [1, 2]
