import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from emopic_engine.backends import load_backend
from emopic_engine.engine import MODELS
from emopic_engine.errors import ModelError
from emopic_engine.face.check import check_pictures
from emopic_engine.face.crop import centred_crop, face_crop
from emopic_engine.face.detector import FaceDetector
from emopic_engine.face.geometry import CROP
from emopic_engine.face.matte import load_matte
from emopic_engine.face.matte_graph import MATTE_SIDE, WEIGHTS, matte_graph
from emopic_engine.face.matting import Matter, hint, matte_input

FOLDER = MODELS / "matte"


@pytest.fixture(scope="module")
def backend():
    return load_backend("torch")


@pytest.fixture(scope="module")
def matter(backend):
    return Matter(FOLDER, backend)


def test_the_hint_is_largest_at_the_middle_of_the_crop():
    place = np.array([(2.0, 0.0, 0.0), (0.0, 2.0, 0.0)])  # the crop: the upper left quarter
    where = hint(place)
    assert np.unravel_index(where.argmax(), where.shape) == (MATTE_SIDE // 4 - 1,) * 2
    assert (where[MATTE_SIDE // 2 :] == 0).all()
    assert 0 <= where.min() <= where.max() <= 1


def test_the_input_is_the_whole_picture_and_where_the_face_is():
    rgb = np.zeros((90, 300, 3), np.uint8)
    rgb[:, 150:] = 255
    crop = centred_crop(300, 90)
    blob = matte_input(rgb, crop)
    assert blob.shape == (1, 4, MATTE_SIDE, MATTE_SIDE)
    assert (blob[0, :3, :, 0] == -1).all()
    assert (blob[0, :3, :, -1] == 1).all()
    assert (blob[0, 3] == 0).all()  # nobody was found
    found = matte_input(rgb, type(crop)(crop.matrix, found=True))
    assert found[0, 3, MATTE_SIDE // 2, MATTE_SIDE // 2] > 0.99
    assert found[0, 3, MATTE_SIDE // 2, MATTE_SIDE // 4] == 0
    assert np.isclose(crop.matrix[0, 0], CROP / 90)


def test_a_real_face_is_in_front(matter, backend):
    rgb = np.ascontiguousarray(check_pictures(256)[0])
    box = FaceDetector(MODELS / "face_detector", backend).find_face(rgb)
    assert box is not None
    alpha = matter.matte(rgb, face_crop(box))
    assert alpha.shape == rgb.shape[:2]
    assert alpha.dtype == np.uint8
    x, y = box.anchors.mean(0).astype(int)
    assert alpha[y - 8 : y + 8, x - 8 : x + 8].mean() > 230


def test_a_directory_without_weights(tmp_path, backend):
    with pytest.raises(ModelError, match="there are no weights"):
        Matter(tmp_path, backend)


def test_weights_of_another_network(tmp_path):
    state = load_file(FOLDER / WEIGHTS)
    state.pop("last.bias")
    save_file(state, tmp_path / WEIGHTS)
    with pytest.raises(ModelError, match=r"last\.bias"):
        load_matte(tmp_path / WEIGHTS)


def test_the_weights_are_small_and_half_precision():
    assert (FOLDER / WEIGHTS).stat().st_size < 2_000_000
    assert {value.dtype for value in load_file(FOLDER / WEIGHTS).values()} == {torch.float16}


def test_the_graph_is_of_its_weights_alone(tmp_path):
    state = load_file(FOLDER / WEIGHTS)
    save_file(state | {"last.bias": state["last.bias"] + 1}, tmp_path / WEIGHTS)
    assert matte_graph(tmp_path).key != matte_graph(FOLDER).key
