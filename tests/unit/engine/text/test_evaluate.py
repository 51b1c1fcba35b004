"""Figures against ones computed by hand and by scikit-learn."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from emopic_engine.backends import load_backend
from emopic_engine.data.lines import LabelledLine
from emopic_engine.errors import InputError
from emopic_engine.text.evaluate import (
    best_temperature,
    calibration_error,
    difference_interval,
    evaluate,
    expected_calibration_error,
    intervals,
    negative_log_likelihood,
    report,
)
from emopic_engine.text.model import Scores, TextModel


def test_by_hand() -> None:
    # label a: 3 lines, 2 right; label b: 1 line, right; label c: 1 line, answered with a.
    found = report([0, 0, 0, 1, 2], [0, 0, 1, 1, 0], ("a", "b", "c"))
    assert found.n == 5
    assert found.accuracy == pytest.approx(3 / 5)
    assert found.confusion == [[2, 1, 0], [0, 1, 0], [1, 0, 0]]
    assert found.per_class == pytest.approx({"a": 2 / 3, "b": 2 / 3, "c": 0})
    assert found.macro_f1 == pytest.approx(4 / 9)


def test_a_label_that_never_occurs_does_not_count() -> None:
    assert report([0, 1], [0, 1], ("a", "b", "c")).macro_f1 == 1


def test_no_answer_is_wrong() -> None:
    found = report([0, 1], [0, -1], ("a", "b"))
    assert found.accuracy == 0.5
    assert found.confusion == [[1, 0], [0, 0]]
    assert found.per_class == {"a": 1.0, "b": 0.0}


def test_nothing_to_evaluate() -> None:
    with pytest.raises(InputError):
        report([], [], ("a",))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40))
def test_as_scikit_learn_has_it(pairs: list[tuple[int, int]]) -> None:
    labels, answers = [a for a, _ in pairs], [b for _, b in pairs]
    found = report(labels, answers, ("a", "b", "c", "d"))
    assert found.accuracy == pytest.approx(accuracy_score(labels, answers))
    assert found.macro_f1 == pytest.approx(
        f1_score(labels, answers, average="macro", zero_division=0.0)
    )


def test_a_model_on_lines(write_text_model) -> None:
    model = TextModel(write_text_model(), load_backend("torch", threads=1))
    lines = ["오늘 정말 기분이 좋다", "왜 자꾸 화나게 해", "헐"]
    tops = [scores.top for scores in model.classify(lines) if isinstance(scores, Scores)]
    examples = [LabelledLine(tops[0], lines[0]), LabelledLine(tops[1], lines[1])]
    examples += [LabelledLine((tops[2] + 1) % 6, lines[2]), LabelledLine(0, "\u3164")]
    found = evaluate(model, examples)
    assert (found.n, found.accuracy) == (4, 0.5)
    assert json.loads(json.dumps(found.to_dict()))["confusion"] == found.confusion


def test_intervals_hold_the_figure_and_narrow_with_more_lines() -> None:
    few = intervals([0, 1] * 10, [0, 0] * 10, ("a", "b"))
    many = intervals([0, 1] * 200, [0, 0] * 200, ("a", "b"))
    for found in (few, many):
        low, high = found.accuracy
        assert low < 0.5 < high
    assert many.accuracy[1] - many.accuracy[0] < few.accuracy[1] - few.accuracy[0]
    # Binomial: ± 1.96 · sqrt(.25 / 400).
    assert many.accuracy == pytest.approx((0.451, 0.549), abs=0.01)
    assert many.per_class["b"] == (0, 0)
    assert intervals([0, 1] * 10, [0, 0] * 10, ("a", "b")) == few


def test_a_paired_difference() -> None:
    right = [True] * 90 + [False] * 10
    assert difference_interval(right, right) == (0, 0)
    low, high = difference_interval(right, [True] * 80 + [False] * 20)
    assert 0 < low < 0.1 < high


def test_calibration_error_of_probabilities() -> None:
    values = np.array([[0.75, 0.25], [0.75, 0.25]], np.float32)
    assert expected_calibration_error(values, [0, 1]) == pytest.approx(0.25, abs=1e-6)
    assert expected_calibration_error(values, [0, 0]) == pytest.approx(0.25, abs=1e-6)
    assert calibration_error(np.log(values), [0, 1]) == pytest.approx(0.25, abs=1e-6)


def test_temperature_undoes_overconfidence() -> None:
    chance = np.random.default_rng(0)
    true = chance.normal(size=(4000, 4)).astype(np.float32)
    labels = (true + chance.gumbel(size=true.shape)).argmax(axis=1).tolist()
    found = best_temperature(true * 3, labels)
    assert found == pytest.approx(3, rel=0.1)
    assert calibration_error(true * 3, labels, found) < 0.03
    assert calibration_error(true * 3, labels, 1.0) > 0.1
    assert negative_log_likelihood(true * 3, labels, found) < negative_log_likelihood(
        true * 3, labels, 1.0
    )
