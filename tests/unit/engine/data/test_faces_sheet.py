import json

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from emopic_engine.cli import app
from emopic_engine.data.faces.dataset import PER_SHARD, SHOTS, Manifest, shard_path
from emopic_engine.data.faces.looks import LOOKS
from emopic_engine.data.faces.sheet import contact_sheet, fetched
from emopic_engine.errors import DataError


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """One shard; person `i` is of grey `10 i` and of look `i mod 5`."""
    folder = tmp_path_factory.mktemp("faces")
    manifest = Manifest(2 * PER_SHARD, seed=1, held_out=PER_SHARD, size=32)
    (folder / "manifest.json").write_text(json.dumps(vars(manifest)))
    grey = (np.arange(PER_SHARD) * 10).astype(np.uint8)[:, None, None, None, None]
    flow = np.zeros((PER_SHARD, SHOTS, 64, 64, 3), np.float16)
    flow[..., 2] = 1
    np.savez(
        shard_path(folder, 0),
        pictures=np.broadcast_to(grey, (PER_SHARD, SHOTS, 32, 32, 3)),
        alpha=np.full((PER_SHARD, SHOTS, 32, 32), 255, np.uint8),
        expressions=np.zeros((PER_SHARD, SHOTS, 8), np.float32),
        to_rest=flow,
        from_rest=flow,
        landmarks=np.full((PER_SHARD, SHOTS, 68, 2), 0.5, np.float32),
        boxes=np.full((PER_SHARD, SHOTS, 4), 0.5, np.float32),
        looks=np.arange(PER_SHARD).astype(np.uint8) % len(LOOKS),
        wide_pictures=np.broadcast_to(grey, (PER_SHARD, 2, 40, 40, 3)),
        wide_alpha=np.full((PER_SHARD, 2, 40, 40), 255, np.uint8),
        wide_expressions=np.zeros((PER_SHARD, 2, 8), np.float32),
        wide_landmarks=np.full((PER_SHARD, 2, 68, 2), 0.5, np.float32),
        wide_boxes=np.broadcast_to(np.float32((0.2, 0.2, 0.8, 0.8)), (PER_SHARD, 2, 4)),
    )
    return folder


def test_people_of_all_looks_come_in_turn(data):
    sheet = contact_sheet(data, "people", rows=1, columns=5, held_out=False)
    assert sheet.shape == (32, 5 * 32, 3)
    assert sheet[16, 16::32, 0].tolist() == [0, 10, 20, 30, 40]


@pytest.mark.parametrize(
    ("kind", "shape"),
    [("expressions", (64, SHOTS * 32, 3)), ("wide", (80, 3 * 80, 3)), ("flow", (64, 10 * 32, 3))],
)
def test_each_kind_has_its_rows(data, kind, shape):
    assert contact_sheet(data, kind, rows=2, columns=3, held_out=False).shape == shape


def test_places_are_marked_on_wide_pictures(data):
    sheet = contact_sheet(data, "wide", rows=1, columns=1, held_out=False)
    assert sheet[20, 20].tolist() == [40, 220, 60]
    assert sheet[8, 20].tolist() == [230, 50, 50]
    assert (sheet[:, 40:] == 255).all()


def test_a_picture_is_fetched_along_its_flow():
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[:, 40] = 200
    flow = np.zeros((64, 64, 3), np.float16)
    flow[..., 0] = 8 / 64
    assert fetched(picture, flow)[10, 32, 0] == 200


def test_no_shard_on_that_side_is_said(data):
    with pytest.raises(DataError, match="no finished shard"):
        contact_sheet(data, "people", rows=1, columns=1, held_out=True)


def test_the_command_writes_a_picture(data, tmp_path):
    path = tmp_path / "deep" / "sheet.jpg"
    result = CliRunner().invoke(
        app, ["data", "faces-sheet", str(data), "--out", str(path), "--rows", "1"]
    )
    assert result.exit_code == 0
    assert cv2.imread(str(path)).shape == (32, 320, 3)


def test_another_ending_is_refused_by_name(data, tmp_path):
    arguments = ["data", "faces-sheet", str(data), "--out", str(tmp_path / "sheet.txt")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code != 0
    assert "sheet.txt" in str(result.exception or result.output)
