import numpy as np
import pytest

from emopic_engine.face.compose import FaceView, Maps, paint
from emopic_engine.face.crop import Crop, centred_crop
from emopic_engine.face.geometry import CANONICAL, CROP, fit_similarity

RNG = np.random.default_rng(3)


def picture(height, width):
    return RNG.integers(0, 256, (height, width, 3), np.uint8)


def crop_at(x, y, side, turn=0.0):
    """A crop of `side` pixels whose top left corner is (x, y), turned."""
    rotation = np.array([(np.cos(turn), -np.sin(turn)), (np.sin(turn), np.cos(turn))])
    anchors = (CANONICAL * side) @ rotation.T + (x, y)
    return Crop(fit_similarity(anchors.astype(np.float32), CANONICAL * CROP), True)


def wild_maps():
    """Maps as strong as the generator can make them."""
    return Maps(
        RNG.uniform(-0.25, 0.25, (CROP, CROP, 2)).astype(np.float32),
        RNG.uniform(-1, 1, (CROP, CROP, 4)).astype(np.float32),
    )


def plain_maps(flow=0.0, cover=0.0, colour=0.0, side=CROP):
    """The same everywhere; the flow is to the right."""
    flows = np.zeros((side, side, 2), np.float32)
    flows[..., 0] = flow
    colours = np.full((3, side, side), colour, np.float32)
    return Maps(flows, paint(colours, np.full((side, side), cover, np.float32)))


CASES = {
    "square": (256, 256, crop_at(60, 50, 140)),
    "odd sizes": (301, 173, crop_at(20, 90, 131)),
    "wide": (97, 640, crop_at(300, 5, 80)),
    "turned": (300, 300, crop_at(120, 60, 120, 0.5)),
    "over the left edge": (200, 260, crop_at(-50, 40, 150)),
    "over the lower right corner": (180, 180, crop_at(110, 120, 120)),
    "larger than the picture": (90, 120, crop_at(-40, -60, 220)),
    "tiny": (33, 41, crop_at(8, 4, 20)),
}


@pytest.mark.parametrize("size", [None, 64, 128, 9999])
@pytest.mark.parametrize("case", CASES)
def test_pixels_outside_the_feather_stay_as_they_were(case, size):
    height, width, crop = CASES[case]
    view = FaceView(picture(height, width), None, crop, size)
    made = view.compose(wild_maps())
    untouched = view.changeable == 0
    assert made.shape == (view.height, view.width, 3)
    assert made.dtype == np.uint8
    assert (made[untouched] == view.picture[untouched]).all()
    assert (made != view.picture).any()


@pytest.mark.parametrize("case", CASES)
def test_maps_without_motion_or_paint_change_nothing(case):
    height, width, crop = CASES[case]
    view = FaceView(picture(height, width), None, crop)
    assert (view.compose(plain_maps()) == view.picture).all()


@pytest.mark.parametrize("case", CASES)
def test_the_patch_is_the_rectangle_of_the_whole(case):
    height, width, crop = CASES[case]
    view = FaceView(picture(height, width), None, crop)
    maps = wild_maps()
    x, y, rect_width, rect_height = view.rect
    whole = view.compose(maps)
    assert (view.compose_patch(maps) == whole[y : y + rect_height, x : x + rect_width]).all()
    outside = np.ones((height, width), bool)
    outside[y : y + rect_height, x : x + rect_width] = False
    assert (whole[outside] == view.picture[outside]).all()
    assert (view.changeable[outside] == 0).all()


def test_a_crop_beside_the_picture_changes_nothing():
    view = FaceView(picture(50, 50), None, crop_at(500, 500, 60))
    assert view.rect[2] * view.rect[3] == 0
    assert view.compose_patch(wild_maps()).size == 0
    assert (view.compose(wild_maps()) == view.picture).all()


def test_never_larger_than_the_original():
    view = FaceView(picture(40, 80), None, centred_crop(80, 40), 512)
    assert (view.width, view.height) == (80, 40)


@pytest.mark.parametrize(
    ("size", "expected"), [(100, (100, 50)), (33, (33, 16)), (1, (1, 1)), (None, (200, 100))]
)
def test_the_longest_side_is_the_size(size, expected):
    view = FaceView(picture(100, 200), None, centred_crop(200, 100), size)
    assert (view.width, view.height) == expected


def test_alpha_is_kept():
    alpha = RNG.integers(0, 256, (90, 70), np.uint8)
    view = FaceView(picture(90, 70), alpha, centred_crop(70, 90))
    view.compose(wild_maps())
    assert view.alpha is alpha


def test_transparent_pixels_do_not_darken_a_smaller_view():
    rgb = np.zeros((64, 64, 3), np.uint8)
    alpha = np.zeros((64, 64), np.uint8)
    rgb[:, 21:], alpha[:, 21:] = 200, 255  # an edge between two pixels of the smaller view
    view = FaceView(rgb, alpha, centred_crop(64, 64), 16)
    assert view.alpha is not None
    assert (view.picture[view.alpha > 0] == 200).all()
    assert 0 < view.alpha[0, 5] < 255


def test_flow_fetches_from_where_it_points():
    """A flow of one tenth of the crop to the right moves the picture a tenth to the left."""
    ramp = np.tile(np.arange(256, dtype=np.uint8), (256, 1))[..., None].repeat(3, 2)
    view = FaceView(ramp, None, centred_crop(256, 256))
    made = view.compose(plain_maps(flow=0.1))
    middle = made[128, 64:192, 0].astype(int) - ramp[128, 64:192, 0]
    assert (np.abs(middle - 25.6) <= 1).all()


def test_maps_of_another_size_do_the_same():
    """Smooth maps at 192 px move and paint what they do at 128 px; outside nothing changes."""
    crop = crop_at(20, 30, 200, 0.2)
    soft = np.tile(np.arange(256, dtype=np.uint8), (256, 1))[..., None].repeat(3, 2)
    pictures = []
    for side in (CROP, 192):
        view = FaceView(soft, None, crop, None, side)
        pictures.append(view.compose(plain_maps(0.05, cover=0.4, colour=1.0, side=side)))
        untouched = view.changeable == 0
        assert (pictures[-1][untouched] == soft[untouched]).all()
    difference = np.abs(pictures[0].astype(int) - pictures[1])
    assert difference.mean() < 0.5
    assert np.abs(pictures[0].astype(int) - soft).max() > 40


def test_flow_turns_with_the_face():
    """On a face lying on its side, the crop's right is the picture's down."""
    ramp = np.tile(np.arange(256, dtype=np.uint8)[:, None], (1, 256))[..., None].repeat(3, 2)
    view = FaceView(ramp, None, crop_at(228, 28, 200, np.pi / 2))
    change = view.compose(plain_maps(flow=0.1))[128, 128, 0].astype(int) - 128
    assert abs(change - 20) <= 1


def test_paint_covers():
    view = FaceView(np.zeros((128, 128, 3), np.uint8), None, centred_crop(128, 128))
    made = view.compose(plain_maps(cover=1.0, colour=1.0))
    assert (made[40:90, 40:90] == 255).all()
    assert (made[0] == 0).all()
