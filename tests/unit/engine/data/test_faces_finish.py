import numpy as np
import pytest

from emopic_engine.data.faces.finish import finished, inked, painted, pixelled, pixelled_alpha
from emopic_engine.data.faces.looks import LOOKS, Look, sample_look

RNG = np.random.default_rng(0)
PICTURE = RNG.integers(0, 256, (128, 128, 3), np.uint8)
RGBA = np.ones((64, 64, 4), np.float32)


def test_lines_are_drawn_where_the_kind_changes_and_alpha_stays():
    kinds = np.zeros((64, 64, 4), np.uint8)
    kinds[:, 32:, 0] = 5
    drawn = inked(RGBA, kinds, Look(lines=1.0, ink=0.2), 1.0)
    assert drawn[10, 32, 0] < 0.5
    assert drawn[10, 10, 0] == drawn[10, 60, 0] == 1.0
    assert (drawn[..., 3] == 1).all()
    assert (RGBA == 1).all()  # the caller's picture is untouched


@pytest.mark.parametrize(
    ("channel", "step", "line"), [(1, 3, False), (1, 40, True), (2, 8, False), (2, 60, True)]
)
def test_small_steps_of_tag_and_depth_make_no_line(channel, step, line):
    kinds = np.zeros((64, 64, 4), np.uint8)
    kinds[:, 32:, channel] = step
    assert (inked(RGBA, kinds, Look(lines=1.0), 1.0)[..., :3].min() < 1) == line


def test_pixels_are_coarse_and_of_few_colours():
    look = Look("pixel", grid=32, levels=6)
    coarse = pixelled(PICTURE, look)
    blocks = coarse.reshape(32, 4, 32, 4, 3)
    assert (blocks == blocks[:, :1, :, :1]).all()
    assert len(np.unique(coarse)) <= 6


def test_alpha_gets_the_same_squares():
    alpha = np.zeros((128, 128), np.uint8)
    alpha[:, :66] = 255
    squares = pixelled_alpha(alpha, Look("pixel", grid=32, levels=6)).reshape(32, 4, 32, 4)
    assert (squares == squares[:, :1, :, :1]).all()
    assert pixelled_alpha(alpha, Look()) is alpha


def test_strokes_are_the_same_in_every_picture_of_a_person():
    """What does not change between two pictures does not change after painting either."""
    look = Look("paint", stroke=2.0, seed=5)
    other = PICTURE.copy()
    other[90:110, 50:80] = 0
    first, second = painted(PICTURE, look), painted(other, look)
    assert np.array_equal(first[:70], second[:70])
    assert not np.array_equal(first, second)


def test_painting_calms_a_picture_down():
    before = np.abs(np.diff(PICTURE.astype(float), axis=0)).mean()
    after = np.abs(
        np.diff(painted(PICTURE, Look("paint", stroke=2.0)).astype(float), axis=0)
    ).mean()
    assert after < 0.5 * before


def test_the_soft_look_leaves_pictures_alone():
    assert finished(PICTURE, Look()) is PICTURE


def test_all_looks_are_sampled():
    looks = [sample_look(np.random.default_rng(seed)) for seed in range(80)]
    assert {look.name for look in looks} == set(LOOKS)
    assert all(LOOKS[look.index] == look.name for look in looks)
    assert all(look.grid and look.levels for look in looks if look.name == "pixel")
