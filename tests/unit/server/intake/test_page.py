"""Straightening a picture of writing, on writing that is drawn here."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from emopic_server.errors import Refusal
from emopic_server.intake.page import LINE_HEIGHT, even_light, straighten


def sheet(rows: int = 1, *, size: float = 2.0, height: int = 420) -> NDArray[np.uint8]:
    """Dark words on white."""
    page = np.full((height, 1100), 255, np.uint8)
    for row in range(rows):
        at = (150, height // 2 + 90 * row)
        cv2.putText(page, "living faces now", at, cv2.FONT_HERSHEY_SIMPLEX, size, (0,), 5)
    return page


def turned(page: NDArray[np.uint8], angle: float) -> NDArray[np.uint8]:
    height, width = page.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    return np.asarray(cv2.warpAffine(page, matrix, (width, height), borderValue=(255,)), np.uint8)


def png(page: NDArray[np.uint8]) -> bytes:
    return bytes(cv2.imencode(".png", page)[1].tobytes())


@given(st.floats(-20, 20))
@settings(max_examples=8)
def test_the_angle_is_found(angle: float) -> None:
    page = straighten(png(turned(sheet(height=800), angle)))
    assert page.angle == pytest.approx(angle, abs=1.2)
    assert page.rows == 1


@pytest.mark.parametrize("size", [0.8, 1.5, 2.2])
def test_writing_of_any_size_comes_out_at_one_size(size: float) -> None:
    page = straighten(png(sheet(size=size)))
    assert page.grey.shape[0] == pytest.approx(LINE_HEIGHT + 32, abs=3)


def test_lines_are_counted() -> None:
    assert straighten(png(sheet(2))).rows == 2


def test_a_shadow_is_taken_away() -> None:
    page = sheet()
    shadow = np.linspace(1.0, 0.35, page.shape[1])[None]
    shaded = (page * shadow).astype(np.uint8)
    blank = page == 255
    assert shaded[blank].std() > 30
    even = even_light(shaded)
    assert even[blank].mean() > 250
    assert even[blank].std() < 12
    assert even[page == 0].mean() < 40


def test_chalk_on_a_board_is_turned_to_ink_on_paper() -> None:
    page = straighten(png(255 - sheet()))
    assert np.median(page.grey) > 240
    assert page.grey.min() < 60


def test_writing_on_nothing_is_on_white() -> None:
    page = sheet()
    clear = np.dstack([np.zeros((*page.shape, 3), np.uint8), 255 - page])
    data = bytes(cv2.imencode(".png", clear)[1].tobytes())
    assert straighten(data).rows == 1


@pytest.mark.parametrize("fill", [255, 0, 128])
def test_an_empty_page_has_no_writing(fill: int) -> None:
    with pytest.raises(Refusal) as caught:
        straighten(png(np.full((300, 500), fill, np.uint8)))
    assert caught.value.code == "no_text"


def test_what_is_no_picture_is_refused_with_the_codecs_code() -> None:
    with pytest.raises(Refusal) as caught:
        straighten(b"not a picture")
    assert caught.value.code == "picture_format"
