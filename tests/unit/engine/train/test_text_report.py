"""The report: what is in it, and the command that prints it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from rich.console import Console
from typer.testing import CliRunner

from emopic_engine.cli import app
from emopic_engine.data.lines import LabelledLine
from emopic_engine.emotions import DEFAULT
from emopic_engine.train.ngram_control import NgramControl
from emopic_engine.train.text_report import report_table, text_report

LINES = [
    LabelledLine(label, text)
    for label, texts in enumerate((("좋다", "정말 좋다"), ("화난다", "정말 화난다")))
    for text in texts
] * 5


def always_joy(lines: Sequence[str]) -> NDArray[np.float32]:
    values = np.full((len(lines), 6), 0.04, np.float32)
    values[:, 0] = 0.8
    return values


def test_a_model_that_always_says_joy() -> None:
    control = NgramControl(LINES).asking(6)
    figures = text_report(always_joy, control, {"lines": LINES}, DEFAULT)["lines"]
    model = figures["model"]
    assert model["accuracy"] == 0.5
    assert model["intervals"]["accuracy"][0] < 0.5 < model["intervals"]["accuracy"][1]
    assert model["calibration_error"] == pytest.approx(0.3, abs=1e-6)
    assert model["flicker"]["mean"] == 0
    assert model["confusion"][1][0] == 10
    assert {error["text"] for error in model["errors"]} == {"화난다", "정말 화난다"}
    assert model["errors"][0]["answer"] == "joy"
    assert figures["control"]["accuracy"] == 1
    assert figures["difference"]["accuracy"] == -0.5
    assert figures["difference"]["interval"][1] < 0


def test_the_controls_unseen_labels_have_no_probability() -> None:
    values = NgramControl(LINES).asking(6)(["좋다"])
    assert values.shape == (1, 6)
    assert values[0, :2].sum() == pytest.approx(1, abs=1e-5)
    assert not values[0, 2:].any()


def test_the_table_names_every_figure() -> None:
    console = Console(width=140, record=True, quiet=False, file=None, force_terminal=False)
    figures = text_report(always_joy, always_joy, {"lines": LINES}, DEFAULT)
    with console.capture() as captured:
        console.print(report_table(figures))
    text = captured.get()
    for name in (
        "accuracy",
        "macro-F1",
        "weakest F1",
        "calibration",
        "no spaces",
        "+ ㅠㅠ",
        "typed",
    ):
        assert name in text
    assert "0.000 (0.000 to 0.000) anger" in text


def test_the_command(write_text_model, tmp_path: Path) -> None:
    folder = write_text_model()
    data = tmp_path / "lines.tsv"
    rows = [f"{DEFAULT.names[line.label]}\t{line.text}\n" for line in LINES]
    data.write_text("".join(rows), encoding="utf-8")
    out = tmp_path / "deep" / "report.json"
    arguments = ["train", "text-report", "--model", str(folder), "--test", str(data)]
    arguments += ["--train", str(data), "--backend", "torch", "--out", str(out)]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    assert "accuracy over control" in done.stdout
    kept = json.loads(out.read_text(encoding="utf-8"))
    assert (kept["backend"], kept["control_lines"]) == ("torch", len(LINES))
    assert kept["tests"]["lines"]["model"]["n"] == len(LINES)
    printed = CliRunner().invoke(app, [*arguments, "--json"], catch_exceptions=False)
    assert json.loads(printed.stdout) == kept
