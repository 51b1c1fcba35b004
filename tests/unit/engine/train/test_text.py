"""Training on a tiny base: deterministic, resumable, measured, calibrated."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

from emopic_engine.backends import load_backend
from emopic_engine.data.lines import LabelledLine
from emopic_engine.emotions import Emotions
from emopic_engine.errors import InputError
from emopic_engine.text.classifier import TextClassifier
from emopic_engine.text.config import TextConfig
from emopic_engine.text.model import Scores, TextModel
from emopic_engine.text.tokenizer import Tokenizer
from emopic_engine.train import text
from emopic_engine.train.ngram_control import NgramControl
from emopic_engine.train.text_augment import PERTURBATIONS, augment
from emopic_engine.train.text_fit import Recipe, class_weights, fit, predict

RECIPE = Recipe(epochs=3, batch=4, rate=3e-3, head_rate=1e-2, seed=5)
LINES = [
    LabelledLine(label, line)
    for label, lines in enumerate(
        (
            ("기분이 좋다", "오늘 정말 좋다", "정말 기분이 좋다", "오늘 기분이 좋다"),
            ("너무 슬퍼서", "울었어 너무", "슬퍼서 울었어", "너무 슬퍼서 울었어"),
        )
    )
    for line in lines
]


@pytest.fixture
def tokenizer(tmp_path: Path, spiece: bytes) -> Tokenizer:
    (tmp_path / "spiece.model").write_bytes(spiece)
    return Tokenizer(tmp_path / "spiece.model")


@pytest.fixture
def fresh(text_config: TextConfig):
    def make() -> TextClassifier:
        torch.manual_seed(3)
        return TextClassifier(
            replace(text_config, pooling="mean", emotions=Emotions(("a", "b"), ("ㄱ", "ㄴ")))
        )

    return make


def test_the_same_seed_gives_the_same_model(fresh, tokenizer: Tokenizer) -> None:
    texts = [example.text for example in LINES]
    first, again, other = (
        predict(fit(fresh(), tokenizer, LINES, recipe), tokenizer, texts)
        for recipe in (RECIPE, RECIPE, replace(RECIPE, seed=6))
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


class Stopped(Exception):
    """Stands for a process that was ended."""


def test_a_resumed_run_ends_where_an_unbroken_one_does(
    fresh, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    texts = [example.text for example in LINES]
    whole = predict(fit(fresh(), tokenizer, LINES, RECIPE), tokenizer, texts)

    def stop(epoch: int, loss: float) -> None:
        assert loss > 0
        if epoch == 2:
            raise Stopped

    checkpoint = tmp_path / "run.pt"
    with pytest.raises(Stopped):
        fit(fresh(), tokenizer, LINES, RECIPE, checkpoint, stop)
    epochs: list[int] = []
    resumed = fit(
        fresh(), tokenizer, LINES, RECIPE, checkpoint, lambda epoch, _: epochs.append(epoch)
    )
    assert epochs == [3]
    np.testing.assert_array_equal(predict(resumed, tokenizer, texts), whole)


def test_it_learns(fresh, tokenizer: Tokenizer) -> None:
    recipe = replace(RECIPE, epochs=15, augment=0.0)
    trained = fit(fresh(), tokenizer, LINES, recipe)
    answers = predict(trained, tokenizer, [e.text for e in LINES]).argmax(axis=1)
    assert answers.tolist() == [e.label for e in LINES]


def test_class_weights_balance_and_average_to_one() -> None:
    labels = [0, 0, 0, 1]
    weights = class_weights(labels, 3)
    torch.testing.assert_close(weights, torch.tensor([4 / 6, 2.0, 0.0]))
    assert weights[labels].mean().item() == pytest.approx(1)


def test_folds_spread_every_label() -> None:
    labels = [0] * 10 + [1] * 5
    fold = text.split(labels, 5, seed=1)
    for label, share in ((0, 2), (1, 1)):
        assert np.bincount(fold[np.asarray(labels) == label]).tolist() == [share] * 5
    assert text.split(labels, 5, seed=2).tolist() != fold.tolist()
    with pytest.raises(InputError, match="folds"):
        text.split(labels, 16, seed=1)


def test_temperature_undoes_overconfidence() -> None:
    chance = np.random.default_rng(0)
    true = chance.normal(size=(4000, 4)).astype(np.float32)
    labels = (true + chance.gumbel(size=true.shape)).argmax(axis=1).tolist()
    found = text.best_temperature(true * 3, labels)
    assert found == pytest.approx(3, rel=0.1)
    assert text.calibration_error(true * 3, labels, found) < 0.03
    assert text.calibration_error(true * 3, labels, 1.0) > 0.1


def test_calibration_error_by_hand() -> None:
    logits = np.log(np.array([[0.75, 0.25], [0.75, 0.25]], np.float32))
    assert text.calibration_error(logits, [0, 1], 1.0) == pytest.approx(0.25, abs=1e-6)


def test_augmenting_keeps_the_letters() -> None:
    chance = random.Random(0)
    line = "오늘 정말 기분이 좋다"
    seen = {augment(line, chance, 0.5) for _ in range(200)}
    assert len(seen) > 40
    assert all(changed.replace(" ", "").startswith("오늘정말기분이좋다") for changed in seen)
    assert {augment(line, chance, 0.0) for _ in range(20)} == {line}


def test_perturbations_by_example() -> None:
    changed = {name: change("왜 이래 ㅠㅠ!!") for name, change in PERTURBATIONS.items()}
    assert changed["spaces removed"] == "왜이래ㅠㅠ!!"
    assert changed["ending stripped"] == "왜 이래"
    assert changed["+ ㅋㅋ"] == "왜 이래 ㅠㅠ!! ㅋㅋ"
    assert PERTURBATIONS["ending stripped"]("ㅋㅋㅋ") == "ㅋㅋㅋ"


def test_the_control_learns() -> None:
    assert NgramControl(LINES).predict(["정말 좋다", "울었어"]) == [0, 1]


def test_from_lines_to_a_directory(write_text_model, tmp_path: Path) -> None:
    base = write_text_model(pooling="mean")
    data = tmp_path / "lines.tsv"
    rows = [f"{('기쁨', 'sadness')[e.label]}\t{e.text}\n" for e in LINES]
    data.write_text("".join(rows), encoding="utf-8")
    emotions = Emotions.from_labels(["joy", "sadness"])
    recipe = replace(RECIPE, epochs=1)
    out, work = tmp_path / "out", tmp_path / "work"
    more = tmp_path / "more.tsv"
    more.write_text("joy\t헐 좋다\n", encoding="utf-8")
    job = text.Job(data, base, out, work, recipe, emotions, folds=2, extra=(more,), tests=(data,))
    figures = text.train_text(job, Console(quiet=True))
    model = TextModel(out, load_backend("torch", threads=1))
    assert model.emotions == emotions
    assert model.config.temperature == figures["cross_validation"]["temperature"]
    assert model.config.pooling == "mean"
    assert all(isinstance(scores, Scores) for scores in model.classify([e.text for e in LINES]))
    assert figures["tests"]["lines"]["model"]["n"] == len(LINES)
    assert figures["cross_validation"]["model"]["n"] == len(LINES)
    assert (figures["lines"], figures["extra"]) == (len(LINES), 1)
    kept = json.loads(next(work.glob("*/report.json")).read_text(encoding="utf-8"))
    assert kept == json.loads(json.dumps(figures))
    plain = text.train_text(replace(job, folds=0, temperature=1.5), Console(quiet=True))
    assert TextModel(out, load_backend("torch", threads=1)).config.temperature == 1.5
    assert "cross_validation" not in plain
    # Everything is kept: a second run computes nothing anew and ends the same.
    assert text.train_text(job, Console(quiet=True)) == figures
