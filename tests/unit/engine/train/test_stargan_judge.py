import csv

import numpy as np
import pytest
import torch
from PIL import Image

from emopic_engine.emotions import Emotions
from emopic_engine.errors import DataError, ModelError
from emopic_engine.face.stargan import Generator
from emopic_engine.train.stargan_data import read_folders
from emopic_engine.train.stargan_judge import (
    all_pictures,
    judge_generator,
    judge_pictures,
    judge_run,
    load_judge,
    train_judge,
)

NAMES = ("joy", "anger", "neutral")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Faces whose colour is their emotion."""
    folder = tmp_path_factory.mktemp("faces")
    rng = np.random.default_rng(0)
    for place, name in enumerate(NAMES):
        (folder / name).mkdir()
        for number in range(6):
            pixels = rng.integers(0, 90, (64, 64, 3), np.uint8)
            pixels[..., place] += 120
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return read_folders(folder, Emotions.from_labels(NAMES))


@pytest.fixture(scope="module")
def judge(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("judge") / "judge.pt"
    train_judge(data, path, steps=25)
    return load_judge(path)


class Painter(torch.nn.Module):
    """Paints the picture in the wanted domain's colour, except for one that it does not know."""

    def __init__(self, unknown):
        super().__init__()
        self.unknown = unknown

    def forward(self, pictures, domain):
        wanted = domain * (torch.arange(3) != self.unknown)
        return torch.where(wanted.any(1)[:, None, None, None], self.paint(wanted), pictures)

    def paint(self, wanted):
        return (wanted * 0.9 - 0.7)[:, :, None, None].expand(-1, -1, 64, 64)


def test_a_judge_names_what_it_learned(judge, data):
    assert judge.emotions == data.emotions
    assert judge_pictures(judge, *all_pictures(data, 64)) == 1


def test_copying_earns_nothing_and_hitting_all(judge, data):
    faces, labels = all_pictures(data, 64)
    copied = judge_generator(judge, lambda pictures, _: pictures, faces, labels, 7)
    assert (copied.step, copied.accuracy, copied.changed) == (7, 0, 0)
    painted = judge_generator(judge, Painter(unknown=1), faces, labels, 7)
    assert painted.by_emotion == {"joy": 1, "anger": 0, "neutral": 1}
    assert painted.accuracy == pytest.approx(2 / 3)
    assert painted.changed > 0


def test_a_run_is_judged_checkpoint_by_checkpoint(judge, data, tmp_path):
    for step in (10, 5):
        torch.save(Generator(4, 3, 1).state_dict(), tmp_path / f"{step}-G.ckpt")
    verdicts = judge_run(tmp_path, judge, data, size=16)
    assert [verdict.step for verdict in verdicts] == [5, 10]
    with (tmp_path / "judged.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["step", "accuracy", *NAMES, "changed"]
    with Image.open(tmp_path / "judged.png") as image:
        assert image.width > 400


def test_what_does_not_fit_is_named(judge, data, tmp_path):
    with pytest.raises(DataError, match="holds no <step>-G"):
        judge_run(tmp_path, judge, data, size=16)
    turned = read_folders(data.paths[0].parents[1], Emotions.from_labels(("anger", "joy")))
    with pytest.raises(DataError, match="the judge knows joy,anger,neutral"):
        judge_run(tmp_path, judge, turned, size=16)
    torch.save({"emotions": "joy"}, tmp_path / "other.pt")
    with pytest.raises(ModelError, match="is not a judge"):
        load_judge(tmp_path / "other.pt")
