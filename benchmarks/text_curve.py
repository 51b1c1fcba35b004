"""Learning curves of the bundled text model, as a picture and as JSON.

`python -m benchmarks.text_curve --kote kote.tsv --chatbot chatbot.tsv`

Left: accuracy on the held-out lines by how many lines the n-grams learn from (every 16th, every
8th … all; the two files are made by `emopic data labels`). Right: the student's accuracy on the
same lines by epoch, from the log of the training that the bundled weights came from
(`benchmarks/results/text-student.csv`). Writes `benchmarks/results/text-curve.json` and
`docs/images/text_curve.png`.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from emopic_engine.data.lines import LabelledLine, read_tsv
from emopic_engine.emotions import DEFAULT
from emopic_engine.text.normalize import normalize
from emopic_engine.train.ngram_control import NgramControl
from emopic_engine.train.text_ngrams import fit_ngrams

ROOT = Path(__file__).parents[1]
LINES = ROOT / "engine" / "emopic_engine" / "data" / "lines_ko"
LOG = ROOT / "benchmarks" / "results" / "text-student.csv"
RESULT = ROOT / "benchmarks" / "results" / "text-curve.json"
PICTURE = ROOT / "docs" / "images" / "text_curve.png"
STEPS = (16, 8, 4, 2, 1)


def main(
    kote: Annotated[Path, typer.Option(help="Our labels joined with KOTE's comments.")],
    chatbot: Annotated[Path, typer.Option(help="Our labels joined with the chatbot's lines.")],
) -> None:
    """Fit, measure, draw."""
    files = [LINES / "train.tsv", LINES / "short.tsv", *sorted(LINES.glob("voices_?.tsv"))]
    lines = [line for path in [*files, kote, chatbot] for line in read_tsv(path, DEFAULT)]
    held = read_tsv(LINES / "held.tsv", DEFAULT)
    by_lines = [_point(lines[::step], held) for step in track(STEPS, "fitting")]
    curve = {"held_out": len(held), "ngrams": by_lines, "student": _student()}
    RESULT.write_text(json.dumps(curve, indent=2) + "\n", encoding="utf-8")
    _draw(by_lines, _student())


def _point(lines: list[LabelledLine], held: list[LabelledLine]) -> dict[str, float]:
    ngrams = fit_ngrams(lines, len(DEFAULT))
    right = [int(ngrams(normalize(line.text)).argmax()) == line.label for line in held]
    control = NgramControl(lines).predict([line.text for line in held])
    as_control = [answer == line.label for answer, line in zip(control, held, strict=True)]
    return {
        "lines": len(lines),
        "ngrams": sum(right) / len(held),
        "control": sum(as_control) / len(held),
    }


def _student() -> list[dict[str, float]]:
    with LOG.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["lines"] == "hold"]
    return [{name: float(row[name]) for name in ("epoch", "loss", "accuracy")} for row in rows]


def _draw(by_lines: list[dict[str, float]], by_epoch: list[dict[str, float]]) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    counts = [point["lines"] for point in by_lines]
    left.plot(counts, [point["ngrams"] for point in by_lines], "o-", label="n-grams of the model")
    left.plot(counts, [point["control"] for point in by_lines], "s--", label="n-gram control")
    left.set(xscale="log", xlabel="lines learned from", ylabel="accuracy, held-out lines")
    left.set_xticks(counts, [f"{count:,}" for count in counts])
    left.minorticks_off()
    left.legend()
    right.plot([p["epoch"] for p in by_epoch], [p["accuracy"] for p in by_epoch], "o-")
    right.set(xlabel="epoch of the 6-layer student")
    for axes in (left, right):
        axes.grid(alpha=0.3)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(PICTURE, dpi=110)


if __name__ == "__main__":
    typer.run(main)
