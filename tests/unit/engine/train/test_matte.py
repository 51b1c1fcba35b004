"""Training of the matting network, on a few drawn discs instead of people."""

import json

import cv2
import numpy as np
import pytest
import torch
from tests.unit.engine.train.face_noise import write_noise

from emopic_engine.data.faces.backdrops import sample_backdrop
from emopic_engine.data.faces.dataset import PER_SHARD, SHOTS, Shots, shard_path
from emopic_engine.errors import DataError
from emopic_engine.face.geometry import CANONICAL
from emopic_engine.face.matte import Matte, load_matte
from emopic_engine.train.matte import MatteTraining, export_matte, matte_loss, train_matte
from emopic_engine.train.matte_data import draw_sample, plain_sample, read_cutouts, read_photos
from emopic_engine.train.matte_eval import evaluate_matte, measures

QUICK = MatteTraining(minutes=0.02, batch=2)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Two shards, of which the last is held out: bright discs on a dark ground."""
    folder = write_noise(tmp_path_factory.mktemp("faces"), side=64)
    for index in range(2):
        with np.load(shard_path(folder, index)) as file:
            arrays = {name: file[name] for name in Shots.__dataclass_fields__}
        for prefix, shots in (("", SHOTS), ("wide_", 2)):
            arrays |= discs(prefix, shots)
        np.savez(shard_path(folder, index), **arrays)
    return folder


def discs(prefix, shots):
    y, x = np.mgrid[0:64, 0:64] + 0.5
    alpha = ((np.hypot(x - 32, y - 38) < 20) * 255).astype(np.uint8)
    picture = np.where(alpha[..., None] > 0, (230, 180, 150), (20, 30, 60)).astype(np.uint8)
    points = np.zeros((68, 2), np.float32)
    points[36:42], points[42:48], points[8] = CANONICAL * 0.5 + 0.25
    shape = (PER_SHARD, shots)
    return {
        f"{prefix}pictures": np.broadcast_to(picture, (*shape, 64, 64, 3)),
        f"{prefix}alpha": np.broadcast_to(alpha, (*shape, 64, 64)),
        f"{prefix}landmarks": np.broadcast_to(points, (*shape, 68, 2)),
    }


@pytest.fixture(scope="module")
def cutouts(data):
    return read_cutouts(data, held_out=False)


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("run")
    return train_matte(data, out, QUICK)


def test_a_cutout_has_nothing_of_its_first_background(cutouts):
    cutout = cutouts[0]
    shown = cutout.rgb[cutout.alpha > 128].astype(int)
    assert len(cutouts) == 3 * PER_SHARD
    assert np.abs(shown - (230, 180, 150)).max() <= 12
    assert [cutout.close for cutout in cutouts[:3]] == [False, False, True]


@pytest.mark.parametrize("side", [96, 160])
def test_a_sample_is_decided_by_its_number_and_hangs_together(cutouts, side):
    samples = [draw_sample(np.random.default_rng(n), cutouts, (), side) for n in range(12)]
    again = draw_sample(np.random.default_rng(5), cutouts, (), side)
    assert (again.picture == samples[5].picture).all()
    for sample in samples:
        assert sample.network_input().shape == (4, side, side)
        assert 0.02 < (sample.alpha > 127).mean() < 0.98
        hinted = sample.hint > 0.9
        if hinted.any():  # the face is where the person is
            assert (sample.alpha[hinted] > 127).mean() > 0.8
    assert any((sample.hint == 0).all() for sample in samples)


def test_plain_samples_are_before_the_given_background(cutouts):
    behind = np.full((160, 160, 3), 7, np.uint8)
    sample = plain_sample(cutouts[0], behind)
    assert (sample.picture[sample.alpha == 0] == 7).all()


def test_photos_are_backgrounds(tmp_path):
    with pytest.raises(DataError, match="no pictures"):
        read_photos(tmp_path)
    cv2.imwrite(str(tmp_path / "a.png"), np.full((40, 50, 3), (0, 0, 250), np.uint8))
    photos = read_photos(tmp_path)
    assert photos[0][0, 0].tolist() == [250, 0, 0]
    shown = [sample_backdrop(np.random.default_rng(n), 32, photos, ()) for n in range(30)]
    red = [p for p in shown if p[..., 0].min() > 60 and p[..., 1:].max() < 40]
    assert 2 <= len(red) <= 15


def test_the_loss_is_least_for_the_truth():
    truth = torch.zeros(2, 1, 32, 32)
    truth[..., 8:24, 8:24] = 1
    right, wrong, unsure = truth * 16 - 8, 8 - truth * 16, truth * 0
    losses = [float(matte_loss(logits, truth)) for logits in (right, unsure, wrong)]
    assert losses[0] < 0.1 < losses[1] < losses[2]


def test_a_run_is_written_and_goes_on(run, data):
    state = torch.load(run, weights_only=True)
    assert state["step"] >= 1
    with pytest.raises(DataError, match="add --resume"):
        train_matte(data, run.parent, QUICK)
    more = MatteTraining(minutes=0.04, batch=2)
    train_matte(data, run.parent, more, resume=True)
    assert torch.load(run, weights_only=True)["step"] > state["step"]
    assert json.loads((run.parent / "settings.json").read_text())["minutes"] == 0.04


def test_an_exported_model_is_that_of_the_run(run, tmp_path):
    export_matte(run, tmp_path)
    model = load_matte(tmp_path / "model.safetensors")
    trained = Matte()
    trained.load_state_dict(torch.load(run, weights_only=True)["model"])
    x = torch.randn(1, 4, 160, 160)
    with torch.no_grad():
        assert torch.allclose(model(x), trained.eval()(x), atol=0.02)
        assert model(x).shape == (1, 1, 160, 160)


def test_measures():
    truth = np.zeros((40, 40), np.uint8)
    truth[10:30, 10:30] = 255
    assert measures(truth, truth) == (1.0, 0.0, 0.0)
    iou, error, edge = measures(np.roll(truth, 2, 0), truth)
    assert iou == pytest.approx(360 / 440)
    assert error == pytest.approx(80 / 1600)
    assert edge > error
    nothing = np.zeros_like(truth)
    assert measures(nothing, nothing) == (1.0, 0.0, 0.0)
    assert measures(nothing, truth)[0] == 0.0


def test_an_evaluation_counts_and_draws(run, data, tmp_path):
    export_matte(run, tmp_path)
    sheet = tmp_path / "sheet.png"
    report = evaluate_matte(data, tmp_path, None, people=12, backend="torch", sheet=sheet)
    assert report["all"]["pictures"] == 36
    assert report["crops"]["pictures"] == 12
    assert 0 <= report["all"]["iou"] <= 1
    picture = cv2.imread(str(sheet))
    assert picture is not None
    assert picture.shape == (4 * 4 * 160, 6 * 160, 3)
