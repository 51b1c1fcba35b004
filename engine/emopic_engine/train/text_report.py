"""`emopic train text-report`: one model's figures on test lines, beside the n-gram control's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from emopic_engine.data.lines import LabelledLine
from emopic_engine.emotions import Emotions
from emopic_engine.text.evaluate import (
    difference_interval,
    expected_calibration_error,
    intervals,
    report,
)
from emopic_engine.text.robustness import Ask, flicker, perturbed, tops

Figures = dict[str, Any]


def text_report(
    model: Ask,
    control: Ask | None,
    tests: Mapping[str, Sequence[LabelledLine]],
    emotions: Emotions,
) -> dict[str, Figures]:
    """For each test its figures: `model`, and with a control `control` and `difference`.

    A part holds the report with its confusion matrix, 95 % intervals, the expected calibration
    error, accuracy under perturbations, flicker, and the errors, the surest first. Where every
    line is neutral, accuracy is the share of lines left neutral.
    """
    found: dict[str, Figures] = {}
    for name, examples in tests.items():
        found[name] = {"model": _part(model, examples, emotions)}
        if control is not None:
            found[name] |= {
                "control": _part(control, examples, emotions),
                "difference": _difference(model, control, examples),
            }
    return found


def _part(ask: Ask, examples: Sequence[LabelledLine], emotions: Emotions) -> Figures:
    labels = [example.label for example in examples]
    texts = [example.text for example in examples]
    values = ask(texts)
    answers = tops(values)
    changed = perturbed(ask, examples, emotions.names)
    return {
        **report(labels, answers.tolist(), emotions.names).to_dict(),
        "intervals": intervals(labels, answers.tolist(), emotions.names).to_dict(),
        "calibration_error": expected_calibration_error(values, labels),
        "perturbed": {name: asdict(figures) for name, figures in changed.items()},
        "flicker": flicker(ask, texts, emotions.neutral).to_dict(),
        "errors": _errors(examples, values, answers, emotions.names),
    }


def _errors(
    examples: Sequence[LabelledLine],
    values: NDArray[np.float32],
    answers: NDArray[np.int64],
    names: Sequence[str],
) -> list[Figures]:
    wrong = [
        {
            "text": example.text,
            "label": names[example.label],
            "answer": names[answer] if answer >= 0 else None,
            "probability": round(float(row.max()), 4),
            "of_label": round(float(row[example.label]), 4),
        }
        for example, row, answer in zip(examples, values, answers.tolist(), strict=True)
        if answer != example.label
    ]
    return sorted(wrong, key=lambda error: -error["probability"])


def _difference(model: Ask, control: Ask, examples: Sequence[LabelledLine]) -> Figures:
    texts = [example.text for example in examples]
    labels = np.array([example.label for example in examples])
    right, other = tops(model(texts)) == labels, tops(control(texts)) == labels
    return {
        "accuracy": float(right.mean() - other.mean()),
        "interval": difference_interval(right.tolist(), other.tolist()),
    }


def report_table(tests: Mapping[str, Figures]) -> Table:
    """The figures for reading: one section for each test, one column for each model."""
    columns = [part for part in ("model", "control") if all(part in f for f in tests.values())]
    table = Table("test", "figure", *columns)
    for name, figures in tests.items():
        parts = [_rows(figures[column]) for column in columns]
        for place, what in enumerate(parts[0]):
            table.add_row("" if place else name, what, *(part.get(what, "") for part in parts))
        if "difference" in figures:
            gap, bounds = figures["difference"]["accuracy"], figures["difference"]["interval"]
            table.add_row("", "accuracy over control", f"{gap:+.3f} {_between(bounds, '+.3f')}")
        table.add_section()
    return table


def _rows(part: Figures) -> dict[str, str]:
    bounds = part["intervals"]
    f1 = part["per_class"]
    occurs = [name for name, row in zip(f1, part["confusion"], strict=True) if any(row)]
    weakest = min(occurs or f1, key=lambda name: f1[name])
    rows = {
        "lines": str(part["n"]),
        "accuracy": f"{part['accuracy']:.3f} {_between(bounds['accuracy'])}",
        "macro-F1": f"{part['macro_f1']:.3f} {_between(bounds['macro_f1'])}",
        "weakest F1": f"{f1[weakest]:.3f} {_between(bounds['per_class'][weakest])} {weakest}",
        "calibration error": f"{part['calibration_error']:.3f}",
    }
    for name, figures in part["perturbed"].items():
        change = 100 * (figures["after"] - figures["before"])
        rows[name] = f"{figures['after']:.3f} ({change:+.1f} points, {figures['n']} lines)"
    moves = part["flicker"]
    rows["label changes while typed"] = (
        f"median {moves['median']:g}, mean {moves['mean']:.2f}, ≤ 1 in {moves['at_most_one']:.0%}"
    )
    rows["label changes as served"] = (
        f"median {moves['held_median']:g}, ≤ 1 in {moves['held_at_most_one']:.0%}"
    )
    rows["typed = whole"] = f"{moves['settles']:.1%}"
    return rows


def _between(bounds: Sequence[float], form: str = ".3f") -> str:
    low, high = bounds
    return f"({low:{form}} to {high:{form}})"
