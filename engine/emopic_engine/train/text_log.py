"""The record of a training run: rows of figures, as a CSV file and as a picture."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from emopic_engine.errors import EngineError

TRAIN = "train"


@dataclass(frozen=True)
class Point:
    """Loss and accuracy after `step` optimiser steps, on the lines called `lines`.

    For `train` they are means over the steps since its last point, as trained (augmented, with
    dropout); `rate` is the learning rate of the encoder.
    """

    step: int
    epoch: float
    lines: str
    loss: float
    accuracy: float
    rate: float


def write_csv(path: Path, points: Iterable[Point]) -> None:
    """Write the whole record; the file is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Point)])
        writer.writeheader()
        writer.writerows(
            {k: round(v, 6) if isinstance(v, float) else v for k, v in asdict(point).items()}
            for point in points
        )


def write_plot(path: Path, points: Sequence[Point]) -> None:
    """Draw accuracy and loss by step, one curve for each set of lines, as PNG."""
    figure = new_figure(9, 4)
    for axes, what in zip(figure.subplots(1, 2), ("accuracy", "loss"), strict=True):
        for lines in dict.fromkeys(point.lines for point in points):
            curve = [point for point in points if point.lines == lines]
            steps, values = [p.step for p in curve], [getattr(p, what) for p in curve]
            axes.plot(steps, values, marker="o", markersize=3, label=lines)
        axes.set(xlabel="step", title=what)
        axes.grid(alpha=0.3)
        axes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)


def write_confusion(
    folder: Path, lines: str, confusion: Sequence[Sequence[int]], names: Sequence[str]
) -> None:
    """Write `confusion_<lines>.csv` and `.png`: rows are labels, columns answers, counts inside.

    The picture's shades are shares of the row. Names are the emotions in English, so that no
    Korean font is needed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"confusion_{lines}.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["label", *names])
        rows.writerows([name, *row] for name, row in zip(names, confusion, strict=True))
    side = 2 + 0.7 * len(names)
    figure = new_figure(side, side)
    axes = figure.subplots()
    shares = [[count / max(1, sum(row)) for count in row] for row in confusion]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for y, row in enumerate(confusion):
        for x, count in enumerate(row):
            shade = "white" if shares[y][x] > 0.5 else "black"
            axes.text(x, y, str(count), ha="center", va="center", color=shade)
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="answer", ylabel="label", title=lines)
    figure.savefig(folder / f"confusion_{lines}.png", dpi=120)


def new_figure(width: float, height: float) -> Any:
    """A figure that needs no display. Raises `EngineError` where matplotlib is not installed."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise EngineError(
            f"plots need matplotlib: pip install 'emopic-engine[train]' ({error})"
        ) from error
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure
