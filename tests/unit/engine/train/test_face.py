import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from tests.unit.engine.train.face_noise import NAMED, write_noise

from emopic_engine.data.faces.actions import CHANNELS, EMOTIONS, NEUTRAL
from emopic_engine.data.faces.dataset import PER_SHARD, shard_path
from emopic_engine.errors import BackendUnavailable, DataError
from emopic_engine.face.graphs import read_settings
from emopic_engine.face.live import Live, LiveConfig, load_live
from emopic_engine.train import face as work
from emopic_engine.train.face import FaceRun, FaceTraining, train_face
from emopic_engine.train.face_batches import FaceBatches, chained
from emopic_engine.train.face_loss import region_weights
from emopic_engine.train.face_state import export_live, load_run, save_run, warm_start

TINY = FaceTraining(sources=2, targets=2, detail=8)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_noise(tmp_path_factory.mktemp("faces"))


def read(data, *, held_out=False):
    return FaceBatches(data, held_out=held_out, channels=len(CHANNELS))


def state_of(run):
    return {name: value.clone() for name, value in run.model.state_dict().items()}


def changed(run, before):
    return {name for name, value in run.model.state_dict().items() if (value != before[name]).any()}


def test_flow_runs_from_target_over_rest_to_source(data):
    batch = read(data).at(np.array([3]), np.array([2]), np.array([[5, 2]]))
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


def test_faces_without_a_named_expression_are_sources_only(data):
    batches = read(data)
    seen = set()
    for seed in range(5):
        batch = batches.sample(np.random.default_rng(seed), 6, 3)
        assert (batch.expressions >= 0).all()
        seen |= {tuple(row.tolist()) for row in batch.expressions}
    assert len(seen) > NAMED


def test_targets_of_a_face_differ(data):
    batches = read(data)
    batch = batches.sample(np.random.default_rng(2), 1, NAMED)
    pairs = torch.cdist(batch.targets.flatten(1), batch.targets.flatten(1))
    assert (pairs[~torch.eye(NAMED, dtype=torch.bool)] > 0).all()


def test_mirroring_turns_the_flow_round(data):
    batches = read(data)
    signs = set()
    for seed in range(10):
        flow = batches.sample(np.random.default_rng(seed), 4, 2).flow[:, 0]
        signs |= set(torch.sign(flow).unique().tolist())
    assert signs >= {-1.0, 1.0}


def test_the_same_seed_makes_the_same_batch(data):
    batches = read(data)
    first, second = (batches.sample(np.random.default_rng(7), 3, 2) for _ in range(2))
    assert torch.equal(first.sources, second.sources)
    assert torch.equal(first.expressions, second.expressions)


def test_the_encoder_sees_some_sources_worse_than_they_are(data):
    batch = read(data).sample(np.random.default_rng(3), 30, 1)
    apart = (batch.seen - batch.sources).abs().amax((1, 2, 3))
    assert 0.1 < (apart > 0).float().mean() < 0.8
    assert batch.seen.abs().max() <= 1


def test_shards_that_finish_later_are_taken_in(tmp_path):
    folder = write_noise(tmp_path, shards=3)
    shard_path(folder, 1).rename(tmp_path / "later")
    batches = read(folder)
    assert batches.people == PER_SHARD
    (tmp_path / "later").rename(shard_path(folder, 1))
    batches.take_new()
    assert batches.people == 2 * PER_SHARD
    assert read(folder, held_out=True).people == PER_SHARD


def test_fewer_columns_show_nothing_in_the_others_and_more_are_refused(tmp_path):
    folder = write_noise(tmp_path, columns=len(EMOTIONS))
    batches = read(folder)
    expressions = next(iter(batches.shards.values()))["expressions"]
    assert expressions.shape[2] == len(CHANNELS)
    assert (expressions[:, :NAMED, len(EMOTIONS) :] == 0).all()
    assert (expressions[:, NAMED:] == -1).all()
    with pytest.raises(DataError, match="more than the model's 5 channels"):
        FaceBatches(folder, held_out=False, channels=5)


def test_region_counts_mouth_and_eyes_most():
    region = region_weights()[0, 0]
    mouth, eye, corner = region[96, 64], region[51, 46], region[2, 2]
    assert min(mouth, eye) > 3 * corner
    assert corner == pytest.approx(1.0, abs=0.05)
    assert torch.allclose(
        region_weights(64)[0, 0], region.unflatten(0, (64, 2)).mean(1)[:, ::2], atol=0.2
    )


def test_a_step_learns(data):
    run = FaceRun(data, TINY)
    before = state_of(run)
    losses = run.train_step(0.0)
    assert np.isfinite(list(losses.values())).all()
    assert {"pixels", "flow", "edges"} <= set(losses)
    assert {"decoder.paint.weight", "decoder.detail.0.leave.weight"} <= changed(run, before)


def test_the_judge_learns_from_renders_before_anything_else(data, monkeypatch):
    monkeypatch.setattr(work, "JUDGE_STEPS", 12)
    monkeypatch.setattr(work, "JUDGE_SOURCES", 3)
    run = FaceRun(data, TINY)
    before = state_of(run)
    first, errors = run.teach_judge(), [run.teach_judge() for _ in range(3)]
    assert min(errors) < first  # the same twelve batches over and over
    assert not changed(run, before)


def test_judge_and_critics_teach_the_generator_when_it_is_their_time(data):
    run = FaceRun(data, TINY)
    assert run.train_step(0.0)["features"] == 0
    judge, critics = (learner.net for learner in (run.judge, run.critics))
    before = [[p.clone() for p in net.parameters()] for net in (judge, critics)]
    terms = run.train_step(0.5)
    assert min(terms["reading"], terms["features"]) > 0
    assert "critics" not in terms
    still = list(zip(critics.parameters(), before[1], strict=True))
    assert all(torch.equal(now, then) for now, then in still)
    assert "critics" in run.train_step(0.9)
    for net, earlier in zip((judge, critics), before, strict=True):
        pairs = zip(net.parameters(), earlier, strict=True)
        assert any(not torch.equal(now, then) for now, then in pairs)


def test_a_run_works_at_another_crop_size(tmp_path):
    run = FaceRun(write_noise(tmp_path, side=192), replace(TINY, sources=1, targets=1))
    assert run.config.size == 192
    assert np.isfinite(list(run.train_step(0.9).values())).all()


def test_the_rate_falls_to_its_floor():
    class Clock:
        step, settings = 10_000, FaceTraining(rate=1.0)

    rates = [FaceRun.rate(Clock, share) for share in (0.0, 0.5, 1.0, 1.5)]
    assert rates == pytest.approx([1.0, 0.515, 0.03, 0.03])


def test_a_run_is_bounded_resumed_and_exported(data, tmp_path, monkeypatch):
    monkeypatch.setattr(work, "JUDGE_STEPS", 1)
    out, model = tmp_path / "run", tmp_path / "live"
    settings = replace(TINY, minutes=0.001, sources=1, targets=1)
    checkpoint = train_face(data, out, settings)
    steps = torch.load(checkpoint, weights_only=True)["step"]
    assert steps >= 1
    with pytest.raises(DataError, match="--resume"):
        train_face(data, out, settings)
    with pytest.raises(DataError, match="detail=8"):
        train_face(data, out, replace(settings, detail=0), resume=True)
    worked = torch.load(checkpoint, weights_only=True)["worked"] / 60
    train_face(data, out, replace(settings, minutes=worked + 0.005), resume=True)
    assert torch.load(checkpoint, weights_only=True)["step"] > steps
    export_live(checkpoint, model, 1.2)
    read_back = read_settings(model)
    assert (read_back.channels, read_back.gain, read_back.detail) == (CHANNELS, 1.2, 8)
    load_live(LiveConfig(**vars(read_back)), model / "model.safetensors")


def test_a_resumed_run_takes_the_step_that_an_unbroken_one_takes(data, tmp_path):
    whole = FaceRun(data, TINY)
    whole.train_step(0.9)
    save_run(whole, tmp_path / "checkpoint.pt")
    resumed = FaceRun(data, replace(TINY, seed=TINY.seed))
    load_run(resumed, tmp_path / "checkpoint.pt")
    torch.manual_seed(5)
    first = whole.train_step(0.9)
    torch.manual_seed(5)
    assert resumed.train_step(0.9) == pytest.approx(first, rel=1e-4)


@torch.inference_mode()
def test_a_start_takes_over_what_an_earlier_model_knows(data, tmp_path):
    """A model of six emotions without the finer branch; lids and jaw start without effect."""
    config = LiveConfig(EMOTIONS)
    torch.manual_seed(1)
    old = Live(config).eval()
    torch.nn.init.normal_(old.decoder.paint.weight, std=0.1)  # heads start at zero
    save_file(old.state_dict(), tmp_path / "model.safetensors")
    values = {"model_type": "emopic-live", **vars(config)}
    (tmp_path / "config.json").write_text(json.dumps(values))
    run = FaceRun(data, TINY)
    assert str(tmp_path) in warm_start(run.model, tmp_path)
    expression = torch.zeros(1, len(CHANNELS))
    expression[0, NEUTRAL], expression[0, 0] = 0.2, 0.8
    picture = torch.rand(1, 3, 128, 128) * 2 - 1
    wanted = old.decoder(*old.encoder(picture), expression[:, : len(EMOTIONS)])
    expression[0, len(EMOTIONS) :] = 1.0
    model = run.model.eval()
    for made, want in zip(model.decoder(*model.encoder(picture), expression), wanted, strict=True):
        assert torch.allclose(made, want, atol=1e-3)


def test_a_device_that_is_not_there_is_named(data):
    with pytest.raises(BackendUnavailable, match="warp"):
        FaceRun(data, replace(TINY, device="warp"))
    if not torch.cuda.is_available():
        with pytest.raises(BackendUnavailable, match="--device cpu"):
            FaceRun(data, replace(TINY, device="cuda"))


def test_no_finished_shard_is_an_error(data, tmp_path):
    (tmp_path / "manifest.json").write_text((data / "manifest.json").read_text())
    with pytest.raises(DataError, match="no finished shard"):
        read(tmp_path)
