import json
from pathlib import Path

import cv2
import numpy as np
import pytest

import emopic_engine
from emopic_engine.backends import load_backend
from emopic_engine.face.crop import flattened
from emopic_engine.face.detector import FaceDetector, decode_cells

MODELS = Path(emopic_engine.__file__).parent / "models"
CHARACTERS = MODELS / "characters"
NAMES = [item["file"] for item in json.loads((CHARACTERS / "characters.json").read_text())]


@pytest.fixture(scope="module")
def detector():
    return FaceDetector(MODELS / "face_detector", load_backend("torch"))


def character(name):
    rgba = cv2.cvtColor(
        cv2.imread(str(CHARACTERS / name), cv2.IMREAD_UNCHANGED), cv2.COLOR_BGRA2RGBA
    )
    return flattened(np.ascontiguousarray(rgba[..., :3]), rgba[..., 3])


@pytest.mark.models
@pytest.mark.parametrize("name", NAMES)
def test_eyes_and_chin_of_a_character_are_where_they_were_drawn(detector, name):
    face = detector.find_face(character(name))
    assert face is not None
    drawn = np.array([(0.40, 0.43), (0.60, 0.43), (0.50, 0.794)]) * 512
    assert np.abs(face.anchors - drawn).max() < 0.04 * 512


@pytest.mark.models
def test_a_moved_and_shrunk_face_is_followed(detector):
    small = cv2.resize(character(NAMES[0]), (200, 200), interpolation=cv2.INTER_AREA)
    scene = np.full((360, 500, 3), 120, np.uint8)
    scene[100:300, 250:450] = small
    before = detector.find_face(character(NAMES[0])).anchors * (200 / 512) + (250, 100)
    assert np.abs(detector.find_face(scene).anchors - before).max() < 8


@pytest.mark.models
def test_a_face_that_fills_the_picture_is_found(detector):
    tight = np.ascontiguousarray(character(NAMES[0])[150:430, 130:390])
    face = detector.find_face(tight)
    assert face is not None
    assert np.abs(face.anchors[0] - (0.40 * 512 - 130, 0.43 * 512 - 150)).max() < 25


@pytest.mark.models
@pytest.mark.parametrize("size", [(200, 300), (33, 32), (64, 900)])
def test_blank_pictures_have_no_face(detector, size):
    assert detector.find_face(np.full((*size, 3), 140, np.uint8)) is None


def test_cells_are_decoded_to_boxes():
    cells = np.full((25, 10, 10), -9.0, np.float32)
    cells[5:10, 4, 6] = (0.0, 0.0, 0.0, 0.0, 3.0)  # second anchor of the cell in row 4, column 6
    ((x, y, width, height, score),) = decode_cells(cells)
    assert (x + width / 2, y + height / 2) == pytest.approx((6.5 * 32, 4.5 * 32))
    assert (width, height) == pytest.approx((6.041143 * 32, 7.080126 * 32))
    assert score == pytest.approx(1 / (1 + np.exp(-3)))
