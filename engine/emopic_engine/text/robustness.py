"""What moves a model's answers that should not: spacing, trailing marks, a line still being typed.

Everything here asks a function from lines to scores, so that a network and a control are measured
in the same way.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emopic_engine.data.lines import LabelledLine
from emopic_engine.text.evaluate import difference_interval
from emopic_engine.text.model import Scores, TextModel
from emopic_engine.text.normalize import normalize
from emopic_engine.text.perturb import MEANING_STAYS, Perturbation
from emopic_engine.text.typed import Typed

Ask = Callable[[Sequence[str]], NDArray[np.float32]]
"""Probabilities float32 [n, K]; a row of zeros where a line has no answer."""


def asking(model: TextModel) -> Ask:
    """The model as such a function."""
    nothing = np.zeros(len(model.emotions), np.float32)

    def ask(lines: Sequence[str]) -> NDArray[np.float32]:
        answers = model.classify(lines)
        return np.stack([a.values if isinstance(a, Scores) else nothing for a in answers])

    return ask


def tops(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """The answer of each row, int64 [n]; -1 for none."""
    return np.where(values.any(axis=1), values.argmax(axis=1), -1)


@dataclass(frozen=True)
class Perturbed:
    """Accuracy on `n` lines before and after a change.

    `interval` is the 95 % interval of `after - before`; `same` the share of unchanged answers.
    """

    n: int
    before: float
    after: float
    interval: tuple[float, float]
    same: float


def perturbed(
    ask: Ask,
    examples: Sequence[LabelledLine],
    names: Sequence[str],
    perturbations: Mapping[str, Perturbation] = MEANING_STAYS,
) -> dict[str, Perturbed]:
    """Each change, on the lines whose meaning it leaves alone. Changes that fit no line are left
    out. `names` are the emotions in English, in order.
    """
    answers = tops(ask([example.text for example in examples]))
    found = {}
    for name, perturbation in perturbations.items():
        fits = np.array([perturbation.applies(names[e.label]) for e in examples])
        if fits.any():
            chosen = [e for e, fit in zip(examples, fits, strict=True) if fit]
            changed = tops(ask([perturbation.change(e.text) for e in chosen]))
            labels = np.array([e.label for e in chosen])
            found[name] = _perturbed(labels, answers[fits], changed)
    return found


def _perturbed(
    labels: NDArray[np.int64], before: NDArray[np.int64], after: NDArray[np.int64]
) -> Perturbed:
    right, right_after = before == labels, after == labels
    return Perturbed(
        n=len(labels),
        before=float(right.mean()),
        after=float(right_after.mean()),
        interval=difference_interval(right_after.tolist(), right.tolist()),
        same=float((before == after).mean()),
    )


@dataclass(frozen=True)
class Flicker:
    """How the top label moves while lines are typed, one syllable after the other.

    `changes` counts, for each line, how often the answer differs from the one a syllable before;
    `from_neutral` also counts the step from a neutral face to the first answer. `settles` is the
    share of lines whose last answer is the answer to the whole line. `held` are the same counts as
    a server shows a growing line (`Typed`), the finished line included.
    """

    lines: int
    median: float
    mean: float
    at_most_one: float
    median_from_neutral: float
    settles: float
    held_median: float
    held_at_most_one: float
    changes: list[int]

    def to_dict(self) -> dict[str, Any]:
        """The figures without the single lines, for JSON."""
        figures = asdict(self)
        del figures["changes"]
        return figures


def flicker(ask: Ask, lines: Sequence[str], neutral: int | None) -> Flicker:
    """Type every line and count. `neutral` is its index, None where the label set has none."""
    typed = [prefixes(line) for line in lines]
    parts = sorted({part for beginnings in typed for part in beginnings})
    values = ask(parts)
    answers = dict(zip(parts, tops(values).tolist(), strict=True))
    scores = dict(zip(parts, values.tolist(), strict=True))
    whole = tops(ask(lines)).tolist()
    paths = [[answers[part] for part in beginnings] for beginnings in typed]
    changes = [_changes(path) for path in paths]
    started = [
        count + (neutral is not None and bool(path) and path[0] != neutral)
        for count, path in zip(changes, paths, strict=True)
    ]
    held = [
        _changes([*_held([scores[part] for part in beginnings], neutral), end])
        for beginnings, end in zip(typed, whole, strict=True)
    ]
    settled = [path[-1:] == [end] for path, end in zip(paths, whole, strict=True)]
    return Flicker(
        lines=len(lines),
        median=float(np.median(changes)),
        mean=float(np.mean(changes)),
        at_most_one=float(np.mean([count <= 1 for count in changes])),
        median_from_neutral=float(np.median(started)),
        settles=float(np.mean(settled)),
        held_median=float(np.median(held)),
        held_at_most_one=float(np.mean([count <= 1 for count in held])),
        changes=changes,
    )


def prefixes(line: str) -> list[str]:
    """The line as it grows, by one character each; those that add nothing to see are left out.

    Hangul grows by syllables, whatever form it comes in.
    """
    text = unicodedata.normalize("NFC", line)
    grown = [text[:length] for length in range(1, len(text) + 1)]
    seen = dict.fromkeys(part for part in grown if normalize(part) and not part[-1].isspace())
    return list(seen)


def _held(scores: Sequence[Sequence[float]], neutral: int | None) -> list[int]:
    line = Typed(neutral)
    return [line.grow(None, row) for row in scores]


def _changes(path: Sequence[int]) -> int:
    return sum(a != b for a, b in pairwise(path))
