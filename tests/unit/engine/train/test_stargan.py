import csv
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from emopic_engine.emotions import Emotions
from emopic_engine.errors import BackendUnavailable, DataError
from emopic_engine.face.stargan import load_stargan
from emopic_engine.face.stargan_graph import read_stargan_config
from emopic_engine.train.stargan import Machine, StarganRun, train_stargan
from emopic_engine.train.stargan_critic import Discriminator
from emopic_engine.train.stargan_data import read_folders
from emopic_engine.train.stargan_export import export_stargan, stargan_config
from emopic_engine.train.stargan_settings import StarganSettings

SETTINGS = StarganSettings(
    size=16,
    conv_dim=4,
    blocks=1,
    critic_dim=4,
    critic_layers=2,
    batch=3,
    iterations=12,
    critic_steps=2,
    log_every=5,
    sample_every=6,
    save_every=6,
    rows=2,
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Five pictures of each of three emotions, each emotion in a colour of its own."""
    folder = tmp_path_factory.mktemp("faces")
    rng = np.random.default_rng(0)
    for place, name in enumerate(("joy", "anger", "neutral")):
        (folder / name).mkdir()
        for number in range(5):
            pixels = rng.integers(0, 80, (20, 18, 3), np.uint8)
            pixels[..., place] += 150
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return read_folders(folder, Emotions.from_labels(("joy", "anger", "neutral")))


class Stop(Exception):
    pass


def stop_at(step):
    def advance(now, _said):
        if now == step:
            raise Stop

    return advance


def size_of(path):
    with Image.open(path) as image:
        return image.size


def weights(path):
    return torch.load(path, weights_only=True)


def test_published_defaults():
    settings = StarganSettings()
    assert (settings.size, settings.batch, settings.iterations) == (128, 16, 200_000)
    assert (settings.conv_dim, settings.blocks) == (64, 6)
    assert (settings.critic_dim, settings.critic_layers) == (64, 6)
    assert (settings.rate, settings.critic_steps, settings.betas) == (1e-4, 5, (0.5, 0.999))
    weights = settings.weights
    assert (weights.classes, weights.reconstruction, weights.penalty) == (1, 10, 10)


def test_the_rate_falls_in_a_line_over_the_second_half():
    settings = StarganSettings()
    rates = [settings.rate_at(step) for step in (0, 100_000, 150_000, 199_999, 200_000)]
    assert rates == pytest.approx([1e-4, 1e-4, 5e-5, 1e-9, 0])


def test_the_critic_has_the_published_names_and_shapes():
    with torch.device("meta"):
        state = Discriminator(128, 64, 5, 6).state_dict()
    assert state["main.0.weight"].shape == (64, 3, 4, 4)
    assert state["main.10.bias"].shape == (2048,)
    assert state["conv1.weight"].shape == (1, 2048, 3, 3)
    assert state["conv2.weight"].shape == (5, 2048, 2, 2)
    assert len(state) == 14
    realness, logits = Discriminator(32, 4, 3, 3)(torch.zeros(2, 3, 32, 32))
    assert (realness.shape, logits.shape) == ((2, 1, 4, 4), (2, 3))


def test_a_critic_too_deep_for_the_picture_is_refused():
    with pytest.raises(DataError, match="multiple of 64, not 96"):
        Discriminator(96, 4, 3, 6)


def test_a_run_leaves_all_it_should(data, tmp_path):
    out = tmp_path / "run"
    checkpoint = train_stargan(data, out, SETTINGS)
    assert checkpoint == out / "12-G.ckpt"
    assert load_stargan(checkpoint).main[0].in_channels == 6
    kept = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert kept == {
        *("checkpoint.pt", "settings.json", "losses.csv", "losses.png"),
        *("6-G.ckpt", "6-D.ckpt", "12-G.ckpt", "12-D.ckpt"),
        *("samples/000006.jpg", "samples/000012.jpg"),
    }
    assert size_of(out / "samples" / "000012.jpg") == (16 * 4, 16 * 2)
    with (out / "losses.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["5", "10", "12"]
    assert all(np.isfinite(float(value)) for row in rows for value in row.values())


@pytest.mark.parametrize("stopped", [5, 7])
def test_a_resumed_run_ends_bit_for_bit_as_one_that_was_not_stopped(
    data, tmp_path, stopped, monkeypatch
):
    monkeypatch.setattr("emopic_engine.train.stargan.CHECKPOINT_STEPS", 3)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train_stargan(data, whole, SETTINGS)
    with pytest.raises(Stop):
        train_stargan(data, parts, SETTINGS, advance=stop_at(stopped))
    train_stargan(data, parts, SETTINGS, resume=True)
    for name in ("12-G.ckpt", "12-D.ckpt"):
        one, other = weights(whole / name), weights(parts / name)
        assert all(torch.equal(one[key], other[key]) for key in one)
    for name in ("losses.csv", "samples/000012.jpg"):
        assert (whole / name).read_bytes() == (parts / name).read_bytes()


def test_another_seed_makes_another_generator(data, tmp_path):
    short = replace(SETTINGS, iterations=2)
    one = weights(train_stargan(data, tmp_path / "one", short))
    other = weights(train_stargan(data, tmp_path / "other", replace(short, seed=1)))
    assert not torch.equal(one["main.0.weight"], other["main.0.weight"])


def test_a_run_is_not_overwritten_nor_mixed_up(data, tmp_path):
    short = replace(SETTINGS, iterations=2)
    train_stargan(data, tmp_path, short)
    with pytest.raises(DataError, match="--resume"):
        train_stargan(data, tmp_path, short)
    with pytest.raises(DataError, match=r"rate was 0\.0001, not 0\.5"):
        train_stargan(data, tmp_path, replace(short, rate=0.5), resume=True)
    turned = replace(data, emotions=Emotions.from_labels(("anger", "joy", "neutral")))
    with pytest.raises(DataError, match="joy,anger,neutral, not anger,joy,neutral"):
        train_stargan(turned, tmp_path, short, resume=True)


def test_a_finished_run_can_be_made_longer(data, tmp_path):
    train_stargan(data, tmp_path, replace(SETTINGS, iterations=2))
    assert train_stargan(data, tmp_path, replace(SETTINGS, iterations=4), resume=True).exists()


def test_the_generator_waits_for_its_turn(data, tmp_path):
    run = StarganRun(data, tmp_path, SETTINGS, Machine())
    before = run.generator.main[0].weight.clone()
    seen = []

    def advance(step, _said):
        seen.append(torch.equal(run.generator.main[0].weight, before))
        if step == 2:
            raise Stop

    with pytest.raises(Stop):
        run.work(advance)
    assert seen == [True, False]


def test_one_domain_asks_for_nothing_else_and_is_exported_so(data, tmp_path):
    settings = replace(SETTINGS, iterations=2, domain="분노")
    asked = []
    run = StarganRun(data, tmp_path / "x", settings, Machine())
    run.out.mkdir()
    step = run.train_step
    run.train_step = lambda batch: (asked.extend(batch.wanted.tolist()), step(batch))
    run.work(lambda _step, _said: None)
    assert set(asked) == {1}
    checkpoint = train_stargan(data, tmp_path / "run", settings)
    assert size_of(tmp_path / "run" / "samples" / "000002.jpg") == (16 * 2, 16 * 2)
    model_dir = tmp_path / "model"
    export_stargan(checkpoint, model_dir, stargan_config(checkpoint, None, None, None, "changed"))
    config = read_stargan_config(model_dir)
    assert (config.emotions, config.shown) == (("joy", "anger", "neutral"), ("anger",))
    assert config.size == 16


def test_a_published_checkpoint_needs_its_domains_named(data, tmp_path):
    checkpoint = train_stargan(data, tmp_path, replace(SETTINGS, iterations=2))
    (tmp_path / "settings.json").unlink()
    with pytest.raises(DataError, match="--emotions"):
        stargan_config(checkpoint, None, None, None, "changed")
    config = stargan_config(checkpoint, "joy,anger,neutral", 16, "joy", "all")
    assert (config.shown, config.cover, config.size) == (("joy",), "all", 16)


def test_cuda_is_never_replaced(data, tmp_path):
    if torch.cuda.is_available():
        pytest.skip("there is CUDA here")
    with pytest.raises(BackendUnavailable, match="cuda"):
        train_stargan(data, tmp_path, SETTINGS, Machine("cuda"))


@pytest.mark.parametrize(
    ("change", "said"),
    [({"batch": 0}, "batch must be at least 1"), ({"size": 30}, "multiple of 4")],
)
def test_settings_that_cannot_be(change, said):
    with pytest.raises(DataError, match=said):
        replace(SETTINGS, **change)


def test_settings_are_kept_for_people(data, tmp_path):
    train_stargan(data, tmp_path, replace(SETTINGS, iterations=2))
    kept = json.loads((tmp_path / "settings.json").read_text())
    assert kept["emotions"] == "joy,anger,neutral"
    assert kept["weights"] == {"classes": 1.0, "reconstruction": 10.0, "penalty": 10.0}
