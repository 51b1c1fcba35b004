"""Fitting n-grams, blending them with an encoder, and the command that does both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from emopic_engine.backends import load_backend
from emopic_engine.cli import app
from emopic_engine.data.lines import LabelledLine
from emopic_engine.emotions import DEFAULT
from emopic_engine.errors import InputError, ModelError
from emopic_engine.text.config import read_config
from emopic_engine.text.model import Scores, TextModel, softmax
from emopic_engine.train.text_ngrams import find_blend, fit_ngrams, unseen_logits

SAID = {
    0: ("너무 좋아", "정말 좋아요", "좋아 최고"),
    1: ("짜증나 진짜", "진짜 화나", "화나 짜증나"),
    4: ("슬퍼 눈물나", "눈물나게 슬퍼", "너무 슬퍼"),
}
LINES = [LabelledLine(label, text) for label, texts in SAID.items() for text in texts]


def test_ngrams_learn_and_do_not_need_spaces() -> None:
    ngrams = fit_ngrams(LINES, 6)
    for line in LINES:
        assert ngrams(line.text).argmax() == line.label
        assert ngrams(line.text.replace(" ", "")).argmax() == line.label


def test_a_label_nobody_used_is_unlikely() -> None:
    assert set(fit_ngrams(LINES, 6)("너무 좋아").argsort()[:3].tolist()) == {2, 3, 5}


def test_two_labels_are_enough() -> None:
    ngrams = fit_ngrams(LINES[:6], 2)
    assert [ngrams(line.text).argmax() for line in LINES[:6]] == [0, 0, 0, 1, 1, 1]


def test_too_few_labels_are_an_error() -> None:
    with pytest.raises(InputError, match="at least 2 emotions, got 1"):
        fit_ngrams(LINES[:3], 6)
    with pytest.raises(InputError, match="at least 2 emotions, got 0"):
        fit_ngrams([], 6)


def test_as_teachers_they_have_not_seen_what_they_answer() -> None:
    lines = [*LINES, LabelledLine(2, "오직여기만있는말 두려워"), LabelledLine(2, "두려워")]
    unseen, more = unseen_logits(lines, ["너무 좋아"], 6, folds=len(lines))
    known = fit_ngrams(lines, 6)
    assert unseen.shape == (len(lines), 6)
    assert more[0].argmax() == 0
    # Who has seen a line is surer of it, in the mean.
    right = softmax(unseen)[range(len(lines)), [line.label for line in lines]]
    seen = softmax(np.stack([known(line.text) for line in lines]))
    assert right.mean() < seen[range(len(lines)), [line.label for line in lines]].mean()


def test_the_blend_trusts_who_is_right() -> None:
    chance = np.random.default_rng(0)
    labels = chance.integers(0, 3, 400).tolist()
    truth = np.eye(3, dtype=np.float32)[labels]
    knows = truth * 3 + chance.normal(size=(400, 3)).astype(np.float32)
    guesses = chance.normal(size=(400, 3)).astype(np.float32)
    assert find_blend(knows, guesses, labels).weight < 0.15
    assert find_blend(guesses, knows, labels).weight > 6
    both = truth * 3 + chance.normal(size=(400, 3)).astype(np.float32)
    blend = find_blend(knows, both, labels)
    assert 0.5 < blend.weight < 2
    assert blend.loss < min(blend.encoder_loss, blend.ngrams_loss)


def test_the_command_writes_a_model_that_asks_both(write_text_model, tmp_path: Path) -> None:
    model, out = write_text_model(), tmp_path / "both"
    rows = [f"{DEFAULT.names[line.label]}\t{line.text}\n" for line in LINES]
    lines = tmp_path / "lines.tsv"
    lines.write_text("".join(rows), encoding="utf-8")
    arguments = ["train", "text-ngrams", str(model), "--train", str(lines)]
    result = CliRunner().invoke(app, [*arguments, "--held", str(lines), "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "held-out lines" in result.output
    assert read_config(out).ngrams
    assert not read_config(model).ngrams
    asked = TextModel(out, load_backend("torch", threads=1)).classify([x.text for x in LINES])
    tops = [answer.top for answer in asked if isinstance(answer, Scores)]
    assert tops == [line.label for line in LINES]  # the random encoder alone cannot know


def test_a_model_without_its_ngrams_says_so(write_text_model) -> None:
    model = write_text_model()
    config = model / "config.json"
    config.write_text(
        config.read_text(encoding="utf-8").replace('"emopic": {', '"emopic": {"ngrams": true,'),
        encoding="utf-8",
    )
    with pytest.raises(ModelError, match=r"ngrams\.safetensors cannot be read"):
        TextModel(model, load_backend("torch", threads=1))
