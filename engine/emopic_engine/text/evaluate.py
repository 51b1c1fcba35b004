"""How well a text model does on labelled lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emopic_engine.data.lines import LabelledLine
from emopic_engine.errors import InputError
from emopic_engine.text.model import Scores, TextModel


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
