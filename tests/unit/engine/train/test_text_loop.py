"""The loop on a tiny model: it learns, and a resumed run is bit for bit a whole one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from emopic_engine.emotions import Emotions
from emopic_engine.errors import DeviceError, InputError
from emopic_engine.text.classifier import TextClassifier
from emopic_engine.text.config import TextConfig
from emopic_engine.text.tokenizer import Tokenizer
from emopic_engine.train.text_augment import Augmentation
from emopic_engine.train.text_lines import TrainLine
from emopic_engine.train.text_loop import Keeping, Run, Settings, batches, predict, train
from emopic_engine.train.text_loss import LossSettings

EMOTIONS = Emotions(("a", "b"), ("ㄱ", "ㄴ"))
GOOD = ("기분이 좋다", "오늘 정말 좋다", "정말 기분이 좋다", "오늘 기분이 좋다", "좋다")
BAD = ("너무 슬퍼서", "울었어 너무", "슬퍼서 울었어", "너무 슬퍼서 울었어", "울었어")
LINES = [TrainLine(text, (1.0, 0.0)) for text in GOOD] + [TrainLine(t, (0.0, 1.0)) for t in BAD]
TEXTS = [line.text for line in LINES]
SETTINGS = Settings(
    emotions=EMOTIONS,
    epochs=3,
    batch=3,
    rate=3e-3,
    head_rate=1e-2,
    bucket=2,
    augmentation=Augmentation(),
    log_every=2,
    save_every=1,
    seed=5,
)


@pytest.fixture
def tokenizer(tmp_path: Path, spiece: bytes) -> Tokenizer:
    (tmp_path / "spiece.model").write_bytes(spiece)
    return Tokenizer(tmp_path / "spiece.model")


@pytest.fixture
def fresh(text_config: TextConfig):
    def make() -> TextClassifier:
        torch.manual_seed(3)
        return TextClassifier(replace(text_config, emotions=EMOTIONS))

    return make


class Stopped(Exception):
    """Stands for a process that was ended."""


@pytest.mark.parametrize("at", [1, 4, 7, 11])
def test_a_resumed_run_is_bit_for_bit_a_whole_one(
    fresh, tokenizer: Tokenizer, tmp_path: Path, at: int
) -> None:
    whole_keeping = Keeping(tmp_path / "whole", "test")
    tests = {"test": LINES}
    whole = fresh()
    record = train(whole, tokenizer, LINES, SETTINGS, tests, whole_keeping)

    def stop(run: Run, steps: int, _: int) -> None:
        assert steps == 12
        if run.step == at:
            raise Stopped

    keeping = Keeping(tmp_path / "parts", "test")
    with pytest.raises(Stopped):
        train(fresh(), tokenizer, LINES, SETTINGS, tests, keeping, stop)
    torch.rand(at)  # another process would have its generators elsewhere
    steps: list[int] = []
    resumed = fresh()
    again = train(
        resumed, tokenizer, LINES, SETTINGS, tests, keeping, lambda run, *_: steps.append(run.step)
    )
    assert steps == list(range(at + 1, 13))
    assert again == record
    state = resumed.state_dict()
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, state[name]), name


def test_a_finished_run_is_not_trained_again(fresh, tokenizer: Tokenizer, tmp_path: Path) -> None:
    keeping = Keeping(tmp_path / "run")
    first, again = fresh(), fresh()
    train(first, tokenizer, LINES, SETTINGS, keeping=keeping)

    def never(*_: object) -> None:
        raise AssertionError

    train(again, tokenizer, LINES, SETTINGS, keeping=keeping, watch=never)
    np.testing.assert_array_equal(
        predict(first, tokenizer, TEXTS), predict(again, tokenizer, TEXTS)
    )


def test_other_seeds_give_other_models(fresh, tokenizer: Tokenizer) -> None:
    logits = []
    for seed in (5, 5, 6):
        classifier = fresh()
        train(classifier, tokenizer, LINES, replace(SETTINGS, seed=seed))
        logits.append(predict(classifier, tokenizer, TEXTS))
    np.testing.assert_array_equal(logits[0], logits[1])
    assert not np.array_equal(logits[0], logits[2])


@pytest.mark.parametrize("decay", ["linear", "cosine"])
def test_it_learns_and_says_so(fresh, tokenizer: Tokenizer, decay: str) -> None:
    settings = replace(
        SETTINGS, epochs=15, augmentation=replace(SETTINGS.augmentation, prefix=0.0), decay=decay
    )
    classifier = fresh()
    run = train(classifier, tokenizer, LINES, settings, {"test": LINES})
    answers = predict(classifier, tokenizer, TEXTS).argmax(axis=1)
    assert answers.tolist() == [line.top for line in LINES]
    test = [point for point in run.points if point.lines == "test"]
    assert len(test) == 15
    assert (test[-1].accuracy, test[-1].step) == (1.0, 60)
    assert test[-1].loss < test[0].loss
    rates = [point.rate for point in test]
    assert max(rates) <= settings.rate
    assert rates[-1] == pytest.approx(0, abs=1e-6)


def test_a_teacher_alone_is_enough(fresh, tokenizer: Tokenizer) -> None:
    logits = np.array([[3.0, -3.0]] * len(GOOD) + [[-3.0, 3.0]] * len(BAD))
    lines = [TrainLine(t, None, teacher=tuple(row)) for t, row in zip(TEXTS, logits, strict=True)]
    classifier = fresh()
    settings = replace(SETTINGS, epochs=15, augmentation=Augmentation(0, 0, 0, 0, 0, 0, 0))
    train(classifier, tokenizer, lines, settings)
    answers = predict(classifier, tokenizer, TEXTS).argmax(axis=1)
    assert answers.tolist() == [line.top for line in lines]


def test_weights_decide_between_lines_that_disagree(fresh, tokenizer: Tokenizer) -> None:
    lines = [TrainLine("좋다", (1.0, 0.0), weight=9.0), TrainLine("좋다", (0.0, 1.0), weight=1.0)]
    settings = replace(
        SETTINGS, epochs=60, batch=2, augmentation=Augmentation(0, 0, 0, 0, 0, 0, 0), dropout=0.0
    )
    classifier = fresh()
    train(classifier, tokenizer, lines, settings)
    logits = predict(classifier, tokenizer, ["좋다"])[0]
    probability = 1 / (1 + np.exp(logits[1] - logits[0]))
    assert probability == pytest.approx(0.9, abs=0.05)


def test_the_best_epoch_is_kept(fresh, tokenizer: Tokenizer, tmp_path: Path) -> None:
    # The test lines say the opposite of the lines, so learning makes the accuracy fall.
    upside_down = [TrainLine(line.text, tuple(reversed(line.target or ()))) for line in LINES]
    settings = replace(SETTINGS, epochs=8, augmentation=Augmentation(0, 0, 0, 0, 0, 0, 0))
    classifier = fresh()
    run = train(
        classifier, tokenizer, LINES, settings, {"dev": upside_down}, Keeping(tmp_path, "dev")
    )
    curve = [point.accuracy for point in run.points if point.lines == "dev"]
    assert run.best == max(curve) > curve[-1]
    assert curve.index(max(curve)) + 1 == run.best_epoch
    answers = predict(classifier, tokenizer, TEXTS).argmax(axis=1)
    assert float(np.mean(answers == [line.top for line in upside_down])) == run.best


def test_every_line_comes_once_in_an_epoch() -> None:
    plain = replace(SETTINGS, augmentation=Augmentation(0, 0, 0, 0, 0, 0, 0))
    for bucket in (1, 2):
        settings = replace(plain, bucket=bucket)
        first, second = (
            [line.text for batch in batches(LINES, settings, epoch) for line in batch]
            for epoch in (0, 1)
        )
        assert sorted(first) == sorted(second) == sorted(TEXTS)
        assert first != second


def test_the_loss_is_watched(fresh, tokenizer: Tokenizer) -> None:
    classifier = fresh()
    with torch.no_grad():
        classifier.classifier.bias.fill_(float("nan"))
    with pytest.raises(DeviceError, match="step 1: lower the rate"):
        train(classifier, tokenizer, LINES, SETTINGS)


def test_what_cannot_work(fresh, tokenizer: Tokenizer, tmp_path: Path) -> None:
    classifier = fresh()
    with pytest.raises(InputError, match="no lines"):
        train(classifier, tokenizer, [], SETTINGS)
    with pytest.raises(InputError, match="'step'"):
        train(classifier, tokenizer, LINES, replace(SETTINGS, decay="step"))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="'dev'"):
        train(classifier, tokenizer, LINES, SETTINGS, keeping=Keeping(tmp_path, "dev"))
    with pytest.raises(InputError, match="weights"):
        train(classifier, tokenizer, [replace(line, weight=0.0) for line in LINES], SETTINGS)


def test_smoothing_and_balance_are_settings(fresh, tokenizer: Tokenizer) -> None:
    first, second = fresh(), fresh()
    train(first, tokenizer, LINES[:7], SETTINGS)
    other = replace(SETTINGS, balanced=True, loss=LossSettings(smoothing=0.1))
    train(second, tokenizer, LINES[:7], other)
    assert not np.array_equal(predict(first, tokenizer, TEXTS), predict(second, tokenizer, TEXTS))
