import numpy as np
import pytest

from emopic_engine.data.faces.actions import EMOTIONS, NEUTRAL
from emopic_engine.errors import DataError
from emopic_engine.face.compose import Maps
from emopic_engine.train.face_detector_import import (
    detector_name,
    landmark_name,
    read_weights,
    torch_layout,
)
from emopic_engine.train.face_eval import Verdict, applied, confusion, evaluate_faces
from emopic_engine.train.face_judge import cut_out, framed

COUNT = len(EMOTIONS)


class Reader:
    """Reads the emotion off the brightness, as `people` paints it."""

    name = "reader"

    def __call__(self, faces):
        return np.array([int(face.mean()) // 40 for face in faces])


class Finder:
    def __init__(self, lost=()):
        self.lost, self.calls = lost, -1

    def find_face(self, _picture):
        self.calls += 1
        return None if self.calls in self.lost else Box()


class Box:
    x = y = 100.0
    width = height = 90.0


def people(count):
    shades = np.arange(COUNT) * 40 + 20
    return np.tile(shades[None, :, None, None, None], (count, 1, 128, 128, 3)).astype(np.uint8)


def always_joy(_crop, expressions):
    return np.full((len(expressions), 128, 128, 3), 20, np.uint8)


def test_truth_is_read_right_and_a_constant_generator_is_not():
    report = evaluate_faces(people(3), always_joy, Finder(lost=(1,)), [Reader()])
    rendered, generated = report.verdicts
    assert (report.people, report.missed) == (2, 1)
    assert rendered.accuracy == 1.0
    assert generated.accuracy == pytest.approx(1 / COUNT)
    assert (generated.confusion[:, 0] == 2).all()
    assert report.error > 0
    assert report.error_of_copy > 0


def test_confusion_skips_people_without_a_face():
    table = confusion(Reader(), people(2), [None, (100, 100, 90, 90)])
    assert (table == np.eye(COUNT)).all()


def test_accuracy_is_the_diagonal():
    table = np.zeros((COUNT, COUNT), np.int64)
    table[NEUTRAL, NEUTRAL], table[0, 1] = 3, 1
    assert Verdict("j", "rendered", table).accuracy == 0.75


def test_maps_are_applied_without_a_feather():
    crop = np.zeros((128, 128, 3), np.uint8)
    crop[:, 64:] = 200
    flow = np.zeros((2, 128, 128), np.float32)
    flow[0] = 0.5  # fetch from half a picture to the right
    mask = np.zeros((1, 128, 128), np.float32)
    mask[0, 0] = 1
    made = applied(crop, Maps(flow, mask, np.ones((3, 128, 128), np.float32)))
    assert (made[1:, :] == 200).all()
    assert (made[0] == 255).all()


def test_the_frame_repeats_the_edge():
    picture = framed(np.full((128, 128, 3), 77, np.uint8))
    assert picture.shape == (352, 352, 3)
    assert (picture == 77).all()
    assert cut_out(picture, (10, 20, 30, 40)).shape == (40, 30, 3)


@pytest.mark.parametrize(
    ("published", "ours"),
    [
        ("conv0/filters", "first.weight"),
        ("conv3/depthwise_filter", "layers.2.depthwise.weight"),
        ("conv5/bias", "layers.4.pointwise.bias"),
        ("conv8/bias", "last.bias"),
    ],
)
def test_detector_names(published, ours):
    assert detector_name(published) == ours


@pytest.mark.parametrize(
    ("published", "ours"),
    [
        ("dense0/conv0/filters", "blocks.0.conv0.weight"),
        ("dense0/conv1/pointwise_filter", "blocks.0.conv1.pointwise.weight"),
        ("dense2/conv0/bias", "blocks.2.conv0.pointwise.bias"),
        ("fc/weights", "points.weight"),
    ],
)
def test_landmark_names(published, ours):
    assert landmark_name(published) == ours


def test_layouts():
    assert torch_layout("a.depthwise.weight", np.zeros((3, 3, 8, 1), np.float32)).shape == (
        8,
        1,
        3,
        3,
    )
    assert torch_layout("a.weight", np.zeros((3, 3, 2, 8), np.float32)).shape == (8, 2, 3, 3)
    assert torch_layout("points.weight", np.zeros((256, 136), np.float32)).shape == (136, 256)


def test_quantised_weights_are_read_and_lengths_checked(tmp_path):
    manifest = (
        '[{"weights": [{"name": "a", "shape": [2], "quantization": {"scale": 0.5, "min": -1}}]}]'
    )
    (tmp_path / "m-weights_manifest.json").write_text(manifest)
    (tmp_path / "m.bin").write_bytes(bytes([0, 4]))
    assert read_weights(tmp_path, "m")["a"].tolist() == [-1.0, 1.0]
    (tmp_path / "m.bin").write_bytes(bytes([0, 4, 9]))
    with pytest.raises(DataError, match="describes 2 bytes"):
        read_weights(tmp_path, "m")
