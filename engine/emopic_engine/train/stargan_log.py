"""The record of a StarGAN run: losses as CSV and PNG, faces as sample sheets."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from emopic_engine.errors import DataError

from .stargan_loss import Losses
from .text_log import new_figure

_COLUMNS: Final = (
    *("step", "rate"),
    *(f"critic_{part}" for part in ("real", "fake", "classes", "penalty", "accuracy")),
    *(f"generator_{part}" for part in ("fake", "classes", "reconstruction")),
)
_PANELS: Final = {
    "adversarial": ("critic_real", "critic_fake", "generator_fake"),
    "classes (cross entropy)": ("critic_classes", "generator_classes"),
    "reconstruction and penalty": ("generator_reconstruction", "critic_penalty"),
    "real faces the critic names": ("critic_accuracy",),
}
_SMOOTH: Final = 40  # points on a drawn curve, each the mean of its part of the run

Row = dict[str, float]


class StarganLog:
    """Means of the losses since the last row. `open_row` holds sums and counts of the next one."""

    def __init__(self, out: Path) -> None:
        self.path, self.picture = out / "losses.csv", out / "losses.png"
        self.rows: list[Row] = []
        self.open_row: dict[str, list[float]] = {}
        self.latest = ""

    def add(self, part: str, losses: Losses) -> None:
        """Count the losses of one step; `part` is `critic` or `generator`."""
        for name, value in losses.items():
            total = self.open_row.setdefault(f"{part}_{name}", [0.0, 0.0])
            total[0] += value.item()
            total[1] += 1

    def close_row(self, step: int, rate: float) -> None:
        """End a row after `step` steps."""
        means = {name: total / count for name, (total, count) in self.open_row.items()}
        self.rows.append({"step": step, "rate": rate, **means})
        self.open_row = {}
        told = ("critic_accuracy", "generator_classes", "generator_reconstruction")
        self.latest = "  ".join(f"{n.split('_')[1]} {means[n]:.3f}" for n in told if n in means)

    def write(self) -> None:
        """Replace `losses.csv`."""
        with self.path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, _COLUMNS, restval="")
            writer.writeheader()
            writer.writerows({name: _short(value) for name, value in r.items()} for r in self.rows)

    def draw(self) -> None:
        """Replace `losses.png`. Raises `EngineError` where matplotlib is not installed."""
        figure = new_figure(11, 6)
        for axes, (title, names) in zip(figure.subplots(2, 2).flat, _PANELS.items(), strict=True):
            for name in names:
                steps, values = smoothed(self.rows, name)
                axes.plot(steps, values, label=name.replace("_", " "))
            axes.set(xlabel="step", title=title)
            axes.grid(alpha=0.3)
            axes.legend()
        figure.savefig(self.picture, dpi=100)

    def resume(self, step: int, open_row: dict[str, list[float]]) -> None:
        """Go on after `step` steps; later rows, which a checkpoint did not keep, are forgotten."""
        try:
            with self.path.open(encoding="utf-8", newline="") as file:
                read = [{k: float(v) for k, v in row.items() if v} for row in csv.DictReader(file)]
        except (OSError, ValueError) as error:
            raise DataError(f"{self.path} cannot be read: {error}") from error
        self.rows = [{**row, "step": int(row["step"])} for row in read if row["step"] <= step]
        self.open_row = {name: list(total) for name, total in open_row.items()}


def smoothed(rows: Sequence[Row], name: str) -> tuple[list[float], list[float]]:
    """At most `_SMOOTH` points of a column: steps, and means over each part of the run."""
    found = [(row["step"], row[name]) for row in rows if name in row]
    parts = [part for part in np.array_split(np.array(found), _SMOOTH) if len(part)]
    steps = [float(part[:, 0].mean()) for part in parts]
    return steps, [float(part[:, 1].mean()) for part in parts]


def write_sheet(path: Path, columns: Sequence[Tensor]) -> None:
    """A JPEG whose columns are pictures [N, 3, S, S] in [-1, 1], row by row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    wide = torch.cat(list(columns), 3)  # [N, 3, S, S columns]
    tall = torch.cat(list(wide), 1).permute(1, 2, 0)  # [N S, S columns, 3]
    pixels: Any = ((tall + 1) * 127.5).round().clamp(0, 255).byte().numpy()
    Image.fromarray(pixels).save(path, quality=92)


def _short(value: float) -> float | str:
    return value if isinstance(value, int) else f"{value:.6g}"
