"""What training reads: a line, what it should be answered with, and how much it counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from emopic_engine.data.text.example import Example
from emopic_engine.errors import InputError
from emopic_engine.text.model import softmax


@dataclass(frozen=True, slots=True)
class TrainLine:
    """A line to learn from. It has a `target`, a `teacher`, or both.

    `target` holds the share of each emotion, sum 1, None where nobody has labelled the line;
    `teacher` a teacher's logits for the whole line. `weight` is relative to the other lines'.
    `shown` in (0, 1] is how much of the line is there: below 1 it is still being typed, and the
    less there is, the nearer to neutral the right answer.
    """

    text: str
    target: tuple[float, ...] | None = None
    weight: float = 1.0
    teacher: tuple[float, ...] | None = None
    shown: float = 1.0

    @property
    def label(self) -> int:
        """The same as `top`, so that these lines are `Labelled`."""
        return self.top

    @property
    def top(self) -> int:
        """The emotion the line is thought to have; the target says so before the teacher."""
        values = self.target if self.target is not None else self.teacher
        if values is None:
            raise InputError(f"a line to train on needs a target or a teacher: {self.text!r}")
        return int(np.argmax(values))


class Labelled(Protocol):
    """Anything with a text and the index of its emotion: `LabelledLine`, `Example`."""

    @property
    def text(self) -> str: ...
    @property
    def label(self) -> int: ...


def hard_lines(examples: Iterable[Labelled], classes: int, weight: float = 1.0) -> list[TrainLine]:
    """Lines whose target is their one label."""
    rows = [tuple(row) for row in np.eye(classes).tolist()]
    return [TrainLine(example.text, rows[example.label], weight) for example in examples]


def soft_lines(examples: Iterable[Example], weight: float = 1.0) -> list[TrainLine]:
    """Lines whose target is the share that each emotion got from the people who labelled them."""
    return [TrainLine(example.text, example.target, weight) for example in examples]


def taught(
    texts: Sequence[str],
    logits: NDArray[np.float32],
    weight: float = 1.0,
    at_least: float = 0.0,
) -> list[TrainLine]:
    """Unlabelled lines with a teacher's logits [len(texts), K], where the teacher is sure enough.

    `at_least` is the lowest probability of the teacher's answer that is believed.
    """
    sure = softmax(logits).max(axis=1) >= at_least
    return [
        TrainLine(text, None, weight, tuple(row.tolist()))
        for text, row, kept in zip(texts, logits, sure, strict=True)
        if kept
    ]


def with_teacher(lines: Sequence[TrainLine], logits: NDArray[np.float32]) -> list[TrainLine]:
    """The same lines with a teacher's logits [len(lines), K] beside their targets."""
    return [
        replace(line, teacher=tuple(row.tolist())) for line, row in zip(lines, logits, strict=True)
    ]
