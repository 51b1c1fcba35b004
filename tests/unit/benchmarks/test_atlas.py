"""What the atlas' benchmark measures with, where the answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.atlas import SIZE, farthest, pure, quantised, shown

from emopic_engine.face.compose import Maps
from emopic_engine.face.crop import Crop
from emopic_engine.face.model import Face
from emopic_server.core.movement import STEPS, levels_of

SIDE = 8


def maps(flow: float, cover: float) -> Maps:
    """One pixel is moved to the right by a share of the width, and so much of it painted over."""
    moved = np.zeros((SIDE, SIDE, 2), np.float32)
    moved[3, 4, 0] = flow
    paint = np.full((SIDE, SIDE, 4), -1, np.float32)
    paint[3, 4, 3] = 2 * cover - 1
    return Maps(moved, paint)


@pytest.fixture
def face() -> Face:
    whole = np.eye(2, 3, dtype=np.float32) * (SIDE / SIZE)
    return Face(np.zeros((SIZE, SIZE, 3), np.uint8), None, Crop(whole, True), (), SIDE)


@pytest.mark.parametrize(("cover", "share"), [(0.0, 1.0), (0.5, 0.5), (1.0, 0.0)])
def test_what_is_painted_over_does_not_move(face: Face, cover: float, share: float):
    width = face.view(SIZE).rect[2]
    found = farthest(maps(0.25, 0.0), maps(0.0, cover), face)
    assert found == pytest.approx(0.25 * width * share)


def test_expressions_are_quantised_as_asked_and_then_as_before():
    with quantised(4):
        assert levels_of((0.5,)) == (2,)
        coarse, firsts = shown([(1.0, 0.0), (0.0, 1.0)], 1, gap_s=4.0)
        assert set(coarse) <= pure(2, 1, 4)
    assert levels_of((0.5,)) == (STEPS // 2,)
    fine, _ = shown([(1.0, 0.0), (0.0, 1.0)], 1, gap_s=4.0)
    assert set(fine) <= pure(2, 1, STEPS)
    assert len(set(coarse)) < len(set(fine))
    assert 0 in firsts
