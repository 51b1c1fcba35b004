"""The loss by hand: soft targets, a teacher, weights, half-typed lines."""

from __future__ import annotations

import math

import pytest
import torch

from emopic_engine.errors import InputError
from emopic_engine.train.text_lines import TrainLine, taught
from emopic_engine.train.text_loss import LossSettings, balance, line_losses, wanted

LOGITS = torch.tensor([[1.0, 0.0, -1.0]])
PROBABILITIES = torch.softmax(LOGITS, dim=1)


def loss(line: TrainLine, settings: LossSettings) -> float:
    return float(line_losses(LOGITS, wanted([line], 3, settings), settings.temperature)[0])


def test_a_hard_target_is_the_usual_cross_entropy() -> None:
    found = loss(TrainLine("가", (1, 0, 0)), LossSettings())
    assert found == pytest.approx(-math.log(float(PROBABILITIES[0, 0])))


def test_a_soft_target_with_smoothing_is_torchs() -> None:
    target = torch.tensor([[0.7, 0.2, 0.1]])
    expected = torch.nn.functional.cross_entropy(LOGITS, target, label_smoothing=0.1)
    found = loss(TrainLine("가", (0.7, 0.2, 0.1)), LossSettings(smoothing=0.1))
    assert found == pytest.approx(float(expected), abs=1e-6)


def test_a_teacher_that_agrees_costs_nothing() -> None:
    line = TrainLine("가", None, teacher=(1.0, 0.0, -1.0))
    assert loss(line, LossSettings(temperature=3.0)) == pytest.approx(0, abs=1e-6)
    other = TrainLine("가", None, teacher=(-1.0, 0.0, 1.0))
    assert loss(other, LossSettings(temperature=3.0)) > 0.5


def test_target_and_teacher_share_the_loss() -> None:
    both = TrainLine("가", (0, 0, 1), teacher=(0.0, 2.0, 0.0))
    alone = (TrainLine("가", (0, 0, 1)), TrainLine("가", None, teacher=(0.0, 2.0, 0.0)))
    settings = LossSettings(teacher_share=0.3)
    by_target, by_teacher = (loss(line, settings) for line in alone)
    assert loss(both, settings) == pytest.approx(0.7 * by_target + 0.3 * by_teacher, rel=1e-5)


@pytest.mark.parametrize(
    ("neutral", "expected"), [(1, [0.25, 0.75, 0.0]), (None, [0.5, 0.25, 0.25])]
)
def test_a_line_half_there_is_mostly_neutral(neutral: int | None, expected: list[float]) -> None:
    settings = LossSettings(patience=2.0, neutral=neutral)
    answer = wanted([TrainLine("가", (1, 0, 0), shown=0.5)], 3, settings)
    assert answer.target[0].tolist() == pytest.approx(expected)
    whole = wanted([TrainLine("가", (1, 0, 0))], 3, settings)
    assert whole.target[0].tolist() == [1, 0, 0]


def test_rare_emotions_weigh_more() -> None:
    lines = [*[TrainLine("가", (1.0, 0.0))] * 3, TrainLine("나", (0.0, 1.0))]
    factors = balance([*lines, TrainLine("다", None, teacher=(1.0, 2.0))], 2)
    assert factors == pytest.approx([4 / 6] * 3 + [2.0, 1.0])
    assert sum(factors[:4]) / 4 == pytest.approx(1)


def test_only_lines_the_teacher_is_sure_of() -> None:
    logits = torch.tensor([[4.0, 0.0], [0.1, 0.0]]).numpy()
    assert [line.text for line in taught(["가", "나"], logits, at_least=0.9)] == ["가"]
    assert [line.teacher for line in taught(["가"], logits[:1])] == [(4.0, 0.0)]


def test_a_line_with_neither_target_nor_teacher() -> None:
    with pytest.raises(InputError, match="'가'"):
        _ = TrainLine("가").top
