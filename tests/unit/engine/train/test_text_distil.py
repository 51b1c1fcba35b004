"""Students: which layers they get, and what their teachers tell them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from emopic_engine.emotions import Emotions
from emopic_engine.errors import InputError
from emopic_engine.text.classifier import TextClassifier, load_classifier
from emopic_engine.text.config import TextConfig, read_config
from emopic_engine.text.model import load_tokenizer
from emopic_engine.train.text_distil import (
    evenly,
    start_student,
    student,
    student_config,
    teacher_logits,
)
from emopic_engine.train.text_loop import predict

LINES = ["오늘 정말 기분이 좋다", "왜 자꾸 화나게 해", "헐"]


@pytest.mark.parametrize(
    ("layers", "kept", "expected"),
    [
        (12, 6, [0, 2, 4, 7, 9, 11]),  # as DistilBERT chose
        (12, 4, [0, 4, 7, 11]),
        (12, 12, list(range(12))),
        (12, 1, [0]),
    ],
)
def test_layers_are_evenly_chosen(layers: int, kept: int, expected: list[int]) -> None:
    assert evenly(layers, kept) == expected


@pytest.mark.parametrize("kept", [0, 13])
def test_layers_there_are_not(kept: int) -> None:
    with pytest.raises(InputError, match=f"1 to 12 layers, got {kept}"):
        evenly(12, kept)


def test_a_student_has_the_bases_weights(text_config: TextConfig) -> None:
    config = replace(text_config, bert={**text_config.bert, "num_hidden_layers": 4})
    base = TextClassifier(config)
    small = student(base, config, 2)
    assert len(small.bert.encoder.layer) == 2
    for name in ("embeddings.word_embeddings", "pooler.dense"):
        assert torch.equal(
            small.bert.get_submodule(name).weight, base.bert.get_submodule(name).weight
        )
    for new, old in ((0, 0), (1, 3)):
        assert torch.equal(
            small.bert.encoder.layer[new].output.dense.weight,
            base.bert.encoder.layer[old].output.dense.weight,
        )
    assert student_config(config, 2).bert["num_hidden_layers"] == 2
    assert small.eval()(torch.tensor([[2, 9, 3]]), torch.ones(1, 3, dtype=torch.int64)).shape == (
        1,
        6,
    )


def test_a_student_starts_from_a_directory(write_text_model) -> None:
    folder = write_text_model()
    base = load_classifier(folder)
    config = replace(read_config(folder), emotions=Emotions.from_labels(["joy", "sadness"]))
    first, again, other = (start_student(folder, config, 1, seed) for seed in (1, 1, 2))
    assert torch.equal(first.classifier.weight, again.classifier.weight)
    assert not torch.equal(first.classifier.weight, other.classifier.weight)
    heir = start_student(folder, read_config(folder), 1, 1)  # the same emotions: the head, too
    assert torch.equal(heir.classifier.weight, base.classifier.weight)
    assert torch.equal(
        first.bert.encoder.layer[0].output.dense.weight,
        base.bert.encoder.layer[0].output.dense.weight,
    )


def test_teachers_are_averaged_and_calibrated(write_text_model) -> None:
    folder = write_text_model(temperature=2.0)
    config = read_config(folder)
    tokenizer = load_tokenizer(folder, config.vocab_size)
    raw = predict(load_classifier(folder), tokenizer, LINES)
    np.testing.assert_allclose(teacher_logits([folder], LINES, config), raw / 2, rtol=1e-6)
    np.testing.assert_allclose(teacher_logits([folder] * 2, LINES, config), raw / 2, rtol=1e-6)


def test_teachers_that_do_not_fit(write_text_model, text_config: TextConfig) -> None:
    folder = write_text_model()
    other = replace(text_config, emotions=Emotions.from_labels(["joy", "sadness"]))
    with pytest.raises(InputError, match="the student joy, sadness"):
        teacher_logits([folder], LINES, other)
    with pytest.raises(InputError, match="at least one teacher"):
        teacher_logits([], LINES, text_config)
