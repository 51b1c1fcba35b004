import numpy as np
import pytest
from tests.unit.engine.face.pictures import png

from emopic_engine.errors import InputError, PictureError
from emopic_engine.face.background import read_background, set_behind
from emopic_engine.face.crop import centred_crop

SIDE = 64
CROP = centred_crop(SIDE, SIDE)


def half(_rgb, _crop):
    """The left half is the person."""
    alpha = np.zeros((SIDE, SIDE), np.uint8)
    alpha[:, : SIDE // 2] = 255
    return alpha


def never(_rgb, _crop):
    raise AssertionError("this picture has alpha of its own")


@pytest.fixture
def rgb():
    picture = np.zeros((SIDE, SIDE, 3), np.uint8)
    picture[:, : SIDE // 2] = (200, 40, 40)
    picture[:, SIDE // 2 :] = (20, 20, 240)
    return picture


@pytest.mark.parametrize("text", ["", "none", "#12345", "#12345g", "transparent\n", "Transparent"])
def test_other_words_are_refused(text):
    with pytest.raises(InputError, match="use transparent, #rrggbb or a picture") as caught:
        read_background(text)
    assert caught.value.code == "bad_background"


def test_a_picture_that_is_none_is_refused():
    with pytest.raises(PictureError):
        read_background(b"no picture")


def test_transparent_frames_have_alpha_and_show_nothing_of_the_room(rgb):
    seen, alpha = set_behind(rgb, None, CROP, read_background("transparent"), half)
    assert (alpha == half(rgb, CROP)).all()
    assert (seen[:, :32] == rgb[:, :32]).all()  # opaque pixels are the upload's own
    blue = seen[:, 32:, 2].astype(int) - seen[:, 32:, 0]
    assert blue.max() <= 0  # where nothing shows: the person's red carried on, or grey


@pytest.mark.parametrize("text", ["#0a0B0c", "#0A0b0C"])
def test_a_colour_is_seen_where_the_person_is_not(rgb, text):
    seen, alpha = set_behind(rgb, None, CROP, read_background(text), half)
    assert alpha is None
    assert (seen[:, 32:] == (10, 11, 12)).all()
    assert (seen[:, :32] == rgb[:, :32]).all()


def test_a_picture_covers_all_and_its_middle_is_kept(rgb):
    wide = np.zeros((SIDE // 2, SIDE * 2, 3), np.uint8)
    wide[:, : SIDE // 2] = 255  # beyond the left edge once it covers the height
    wide[:, SIDE // 2 :] = (0, 99, 0)
    seen, alpha = set_behind(rgb, None, CROP, read_background(png(wide)), half)
    assert alpha is None
    assert seen.shape == rgb.shape
    assert (seen[:, 40:] == (0, 99, 0)).all()


def test_alpha_of_its_own_is_kept(rgb):
    own = np.full((SIDE, SIDE), 255, np.uint8)
    own[:10] = 0
    seen, alpha = set_behind(rgb, own, CROP, read_background("transparent"), never)
    assert (alpha == own).all()
    assert (seen == rgb).all()
    seen, alpha = set_behind(rgb, own, CROP, read_background("#ffffff"), never)
    assert alpha is None
    assert (seen[:10] == 255).all()
    assert (seen[10:] == rgb[10:]).all()


def test_alpha_that_hides_nothing_is_none(rgb):
    opaque = np.full((SIDE, SIDE), 255, np.uint8)
    _, alpha = set_behind(rgb, opaque, CROP, read_background("transparent"), half)
    assert (alpha == half(rgb, CROP)).all()
