import cv2
import numpy as np
import pytest

from emopic_engine.face import cutout
from emopic_engine.face.cutout import freed, refined


def disc(side, radius, soft=0.0):
    y, x = np.mgrid[0:side, 0:side] + 0.5
    away = np.hypot(x - side / 2, y - side / 2)
    return np.clip((radius * side - away) / max(soft * side, 1e-6) + 0.5, 0, 1).astype(np.float32)


def painted(alpha, front=(210, 60, 50), behind=(30, 90, 200)):
    share = alpha[..., None]
    return (share * np.array(front) + (1 - share) * np.array(behind) + 0.5).astype(np.uint8)


@pytest.mark.parametrize("side", [48, 300, 900])
def test_edges_of_a_coarse_matte_move_to_those_of_the_picture(side):
    truth = disc(side, 0.3)
    rgb = painted(truth)
    coarse = disc(160, 0.306, soft=0.02)  # too large, and out of focus
    alpha = refined(rgb, coarse).astype(np.float32) / 255
    before = np.abs(cv2.resize(coarse, (side, side)) - truth).mean()
    assert alpha.shape == truth.shape
    assert np.abs(alpha - truth).mean() < before * 0.8


def test_tiles_join_without_a_seam(monkeypatch):
    rgb = painted(disc(900, 0.3, soft=0.05))
    coarse = disc(160, 0.3, soft=0.08)
    monkeypatch.setattr(cutout, "TILE", 900)
    whole = refined(rgb, coarse)
    monkeypatch.setattr(cutout, "TILE", 37)
    parts = refined(rgb, coarse)
    assert np.abs(whole.astype(int) - parts).max() <= 1
    assert np.abs(freed(rgb, whole).astype(int) - freed(rgb, parts)).max() <= 2


def test_a_picture_may_be_long_and_narrow():
    rgb = np.full((32, 4096, 3), 90, np.uint8)
    assert refined(rgb, disc(160, 0.3)).shape == (32, 4096)


def test_all_or_nothing_stays_so():
    rgb = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    assert (refined(rgb, np.ones((160, 160), np.float32)) == 255).all()
    assert (refined(rgb, np.zeros((160, 160), np.float32)) == 0).all()


def test_what_shines_through_hair_is_taken_out():
    alpha = disc(300, 0.3, soft=0.1)
    rgb = painted(alpha)
    levels = (alpha * 255 + 0.5).astype(np.uint8)
    colours = freed(rgb, levels).astype(int)
    half = (levels > 80) & (levels < 170)
    off = np.abs(colours[half] - (210, 60, 50)).mean()
    assert off < np.abs(rgb[half].astype(int) - (210, 60, 50)).mean() / 3


def test_nothing_of_the_room_is_left_under_transparent_pixels():
    rng = np.random.default_rng(1)
    alpha = (disc(300, 0.25) * 255).astype(np.uint8)
    room = rng.integers(0, 256, (300, 300, 3), np.uint8)
    person = np.full((300, 300, 3), (210, 60, 50), np.uint8)
    rgb = np.where(alpha[..., None] > 0, person, room)
    colours = freed(rgb, alpha)
    hidden = alpha == 0
    assert colours[hidden].std(0).max() < 60  # smooth, where the room was noise of 74
    far = disc(300, 0.45) == 0
    assert (colours[far] == cutout.GREY).all()
    assert (colours[alpha == 255] == rgb[alpha == 255]).all()
