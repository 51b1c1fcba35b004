import json

import numpy as np
import pytest
import torch

from emopic_engine.data.faces.dataset import PER_SHARD, PHOTOS, SHOTS, Manifest, shard_path
from emopic_engine.errors import DataError
from emopic_engine.face.graphs import read_settings
from emopic_engine.face.live import LiveConfig, load_live
from emopic_engine.train.face import FaceRun, FaceTraining, export_live, train_face
from emopic_engine.train.face_batches import FaceBatches, chained
from emopic_engine.train.face_loss import region_weights

NAMED = SHOTS - PHOTOS


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Two shards of noise; in shot `s` everything lies `s` hundredths right of where it rests."""
    folder = tmp_path_factory.mktemp("faces")
    manifest = Manifest(identities=2 * PER_SHARD, seed=1, held_out=PER_SHARD)
    (folder / "manifest.json").write_text(json.dumps(vars(manifest)))
    rng = np.random.default_rng(0)
    shift = np.zeros((PER_SHARD, SHOTS, 64, 64, 3), np.float16)
    shift[..., 2] = 1
    shift[..., 0] = np.arange(SHOTS)[:, None, None] / 100
    for index in range(2):
        np.savez(
            shard_path(folder, index),
            pictures=rng.integers(0, 256, (PER_SHARD, SHOTS, 128, 128, 3), np.uint8),
            expressions=rng.random((PER_SHARD, SHOTS, 6)).astype(np.float32),
            to_rest=shift * np.array((-1, 1, 1), np.float16),
            from_rest=shift,
        )
    return folder


def test_flow_runs_from_target_over_rest_to_source(data):
    batches = FaceBatches(data, held_out=False)
    batch = batches.at(np.array([3]), np.array([2]), np.array([[5, 2]]))
    assert torch.allclose(batch.flow[0, 0], torch.tensor(0.02 - 0.05), atol=1e-4)
    assert (batch.flow[1] == 0).all()  # the source itself
    assert (batch.valid == 1).all()


def test_chained_flow_is_valid_only_where_both_are():
    first = torch.zeros(1, 3, 8, 8)
    first[:, 2] = 1
    second = first.clone()
    first[:, 2, 0] = 0
    second[:, 2, :, 7] = 0
    _, valid = chained(first, second)
    assert (valid[0, 0, 0] == 0).all()
    assert (valid[0, 0, :, 7] == 0).all()
    assert (valid[0, 0, 1:, :7] == 1).all()


def test_photo_like_shots_are_sources_only(data):
    batches = FaceBatches(data, held_out=False)
    batches.expressions[:, NAMED:] = -1
    for seed in range(5):
        batch = batches.sample(np.random.default_rng(seed), 6, 3)
        assert (batch.expressions >= 0).all()


def test_mirroring_turns_the_flow_round(data):
    batches = FaceBatches(data, held_out=False)
    signs = set()
    for seed in range(10):
        flow = batches.sample(np.random.default_rng(seed), 4, 2).flow[:, 0]
        signs |= set(torch.sign(flow).unique().tolist())
    assert signs >= {-1.0, 1.0}


def test_the_same_seed_makes_the_same_batch(data):
    batches = FaceBatches(data, held_out=False)
    first, second = (batches.sample(np.random.default_rng(7), 3, 2) for _ in range(2))
    assert torch.equal(first.sources, second.sources)
    assert torch.equal(first.expressions, second.expressions)


def test_region_counts_mouth_and_eyes_most():
    region = region_weights()[0, 0]
    mouth, eye, corner = region[96, 64], region[51, 46], region[2, 2]
    assert min(mouth, eye) > 3 * corner
    assert corner == pytest.approx(1.0, abs=0.05)


def test_a_step_learns(data):
    run = FaceRun(data, FaceTraining(sources=2, targets=2))
    before = {name: value.clone() for name, value in run.model.state_dict().items()}
    loss, motion = run.train_step(0.0)
    assert np.isfinite([loss, motion]).all()
    changed = [
        name for name, value in run.model.state_dict().items() if (value != before[name]).any()
    ]
    assert "decoder.paint.weight" in changed


def test_the_rate_falls_to_its_floor():
    class Clock:
        step, settings = 10_000, FaceTraining(rate=1.0)

    rates = [FaceRun.rate(Clock, share) for share in (0.0, 0.5, 1.0, 1.5)]
    assert rates == pytest.approx([1.0, 0.515, 0.03, 0.03])


def test_a_run_is_bounded_resumed_and_exported(data, tmp_path):
    out, model = tmp_path / "run", tmp_path / "live"
    settings = FaceTraining(minutes=0.001, sources=1, targets=1)
    checkpoint = train_face(data, out, settings)
    steps = torch.load(checkpoint, weights_only=True)["step"]
    assert steps >= 1
    with pytest.raises(DataError, match="--resume"):
        train_face(data, out, settings)
    longer = FaceTraining(minutes=0.02, sources=1, targets=1)
    train_face(data, out, longer, resume=True)
    assert torch.load(checkpoint, weights_only=True)["step"] > steps
    export_live(checkpoint, model)
    settings_read = read_settings(model)
    load_live(LiveConfig(**vars(settings_read)), model / "model.safetensors")


def test_no_finished_shard_is_an_error(data, tmp_path):
    (tmp_path / "manifest.json").write_text((data / "manifest.json").read_text())
    with pytest.raises(DataError, match="no finished shard"):
        FaceBatches(tmp_path, held_out=False)
