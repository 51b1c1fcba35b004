import numpy as np

from emopic_engine.face.crop import centred_crop, cut, face_crop, feather, flattened, network_input
from emopic_engine.face.detector import FaceBox
from emopic_engine.face.geometry import CANONICAL, CROP


def box_with_anchors(anchors):
    points = np.zeros((68, 2), np.float32)
    points[36:42], points[42:48], points[8] = anchors
    return FaceBox(0, 0, 1, 1, 0.9, points)


def test_face_crop_puts_eyes_and_chin_in_place():
    anchors = CANONICAL * 300 + (40, 25)
    crop = face_crop(box_with_anchors(anchors))
    placed = anchors @ crop.matrix[:, :2].T + crop.matrix[:, 2]
    assert crop.found
    assert np.allclose(placed, CANONICAL * CROP, atol=1e-3)


def test_centred_crop_of_a_wide_picture_is_its_middle():
    picture = np.zeros((100, 300, 3), np.uint8)
    picture[:, 100:200] = 200
    crop = centred_crop(300, 100)
    assert not crop.found
    assert (cut(picture, crop)[:, 2:-2] == 200).all()


def test_cut_at_scale_one_copies_pixels():
    picture = np.random.default_rng(0).integers(0, 256, (CROP, CROP, 3), np.uint8)
    assert (cut(picture, centred_crop(CROP, CROP)) == picture).all()


def test_cut_averages_large_pictures():
    stripes = np.zeros((1024, 1024, 3), np.uint8)
    stripes[:, ::2] = 255
    assert np.abs(cut(stripes, centred_crop(1024, 1024)).astype(int) - 128).max() <= 1


def test_cut_beyond_the_edge_repeats_it():
    picture = np.full((60, 60, 3), 90, np.uint8)
    anchors = CANONICAL * 100 - (50, 50)  # half of the face lies outside
    assert (cut(picture, face_crop(box_with_anchors(anchors))) == 90).all()


def test_transparent_pixels_are_grey_for_the_networks():
    rgb = np.full((2, 2, 3), 255, np.uint8)
    alpha = np.array([(0, 255), (255, 0)], np.uint8)
    assert flattened(rgb, alpha)[..., 0].tolist() == [[127, 255], [255, 127]]
    assert flattened(rgb, None) is rgb


def test_network_input_range_and_layout():
    picture = np.zeros((CROP, CROP, 3), np.uint8)
    picture[0, 1] = (255, 0, 127)
    blob = network_input(picture)
    assert blob.shape == (1, 3, CROP, CROP)
    assert blob.dtype == np.float32
    assert np.allclose(blob[0, :, 0, 1], (1, -1, 127 / 127.5 - 1))


def test_feather_is_one_on_the_face_and_zero_at_the_rim():
    weight = feather()
    rim = np.concatenate([weight[0], weight[-1], weight[:, 0], weight[:, -1]])
    x, y = (CANONICAL * CROP).astype(int).T
    assert (rim == 0).all()
    assert (weight[y, x] == 1).all()
    assert weight.max() == 1
