"""How well a text model does on labelled lines, and how honest its probabilities are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emopic_engine.data.lines import LabelledLine
from emopic_engine.errors import InputError
from emopic_engine.text.model import Scores, TextModel, softmax

Logits = NDArray[np.float32]

_TEMPERATURES: Final = np.geomspace(0.2, 5, 161)
_BINS: Final = 10
_RESAMPLES: Final = 2000


@dataclass(frozen=True)
class Report:
    """Figures over `n` lines.

    `confusion[i][j]` counts lines of label i answered with j; a line without an answer is in no
    column and counts as wrong. `per_class` maps a label to its F1; `macro_f1` is their mean over
    the labels that occur, in the lines or in the answers.
    """

    n: int
    accuracy: float
    macro_f1: float
    per_class: dict[str, float]
    confusion: list[list[int]]

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values, for JSON."""
        return asdict(self)


def evaluate(model: TextModel, examples: Sequence[LabelledLine]) -> Report:
    """Classify every line and compare. Raises `InputError` if there are none."""
    answers = model.classify([example.text for example in examples])
    tops = [answer.top if isinstance(answer, Scores) else -1 for answer in answers]
    return report([example.label for example in examples], tops, model.emotions.names)


def report(labels: Sequence[int], answers: Sequence[int], names: Sequence[str]) -> Report:
    """The figures for these answers; -1 stands for none."""
    if not labels:
        raise InputError("there are no lines to evaluate")
    confusion = np.zeros((len(names), len(names)), np.int64)
    for label, answer in zip(labels, answers, strict=True):
        if answer >= 0:
            confusion[label, answer] += 1
    support = np.bincount(labels, minlength=len(names))
    f1, occurs = _f1(confusion, support)
    return Report(
        n=len(labels),
        accuracy=float(np.trace(confusion) / len(labels)),
        macro_f1=float(f1[occurs].mean()),
        per_class=dict(zip(names, f1.tolist(), strict=True)),
        confusion=confusion.tolist(),
    )


def _f1(
    confusion: NDArray[np.int64], support: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """F1 per label, 0 where it never occurs, and whether it does."""
    total = np.asarray(support) + confusion.sum(axis=0)
    return 2 * np.diag(confusion) / np.maximum(total, 1), total > 0


def best_temperature(logits: Logits, labels: Sequence[int]) -> float:
    """The temperature with the lowest negative log-likelihood (Guo et al. 2017)."""
    losses = [negative_log_likelihood(logits, labels, t) for t in _TEMPERATURES]
    return round(float(_TEMPERATURES[int(np.argmin(losses))]), 3)


def negative_log_likelihood(logits: Logits, labels: Sequence[int], temperature: float) -> float:
    """Mean over the lines, in nats."""
    values = softmax(logits / np.float32(temperature))[np.arange(len(labels)), list(labels)]
    return float(-np.log(np.maximum(values, 1e-12)).mean())


def calibration_error(logits: Logits, labels: Sequence[int], temperature: float = 1.0) -> float:
    """Expected calibration error over ten bins of equal width (Guo et al. 2017)."""
    return expected_calibration_error(softmax(logits / np.float32(temperature)), labels)


def expected_calibration_error(values: NDArray[np.float32], labels: Sequence[int]) -> float:
    """The same from probabilities [n, K]: the mean gap between how sure and how often right."""
    sure = values.max(axis=1)
    right = values.argmax(axis=1) == np.asarray(labels)
    bins = np.minimum((sure * _BINS).astype(int), _BINS - 1)
    gaps = [abs(float((sure - right)[bins == b].sum())) for b in range(_BINS)]
    return sum(gaps) / len(labels)


@dataclass(frozen=True)
class Intervals:
    """95 % intervals `(low, high)` of a report's figures, by bootstrap over its lines."""

    accuracy: tuple[float, float]
    macro_f1: tuple[float, float]
    per_class: dict[str, tuple[float, float]]

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values, for JSON."""
        return asdict(self)


def intervals(
    labels: Sequence[int], answers: Sequence[int], names: Sequence[str], seed: int = 0
) -> Intervals:
    """Percentile bootstrap, 2,000 resamples of the lines (Efron and Tibshirani 1993)."""
    chance = np.random.default_rng(seed)
    truth, given = np.asarray(labels), np.asarray(answers)
    found = []
    for _ in range(_RESAMPLES):
        chosen = chance.integers(len(truth), size=len(truth))
        sample = report(truth[chosen].tolist(), given[chosen].tolist(), names)
        found.append([sample.accuracy, sample.macro_f1, *sample.per_class.values()])
    bounds = [_bounds(column) for column in np.asarray(found).T]
    return Intervals(bounds[0], bounds[1], dict(zip(names, bounds[2:], strict=True)))


def difference_interval(
    right: Sequence[bool], other: Sequence[bool], seed: int = 0
) -> tuple[float, float]:
    """95 % interval of accuracy minus another model's accuracy on the same lines, paired."""
    gaps = np.asarray(right, float) - np.asarray(other, float)
    chance = np.random.default_rng(seed)
    chosen = chance.integers(len(gaps), size=(_RESAMPLES, len(gaps)))
    return _bounds(gaps[chosen].mean(axis=1))


def _bounds(values: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.percentile(values, (2.5, 97.5))
    return float(low), float(high)
