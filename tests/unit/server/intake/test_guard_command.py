"""`emopic guard`."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from emopic_engine.console import UsageError
from emopic_server.cli import app
from emopic_server.intake.guard_command import read_labelled

RUNNER = CliRunner()


def test_lines_are_judged_and_shown_masked() -> None:
    ran = RUNNER.invoke(app, ["guard", "아 시1발 [b]진짜[/b]", "시발점"])
    assert ran.exit_code == 0
    assert ran.stdout.splitlines() == [
        "profane  아 *** [b]진짜[/b]   (시1발)",
        "clean    시발점",
    ]


def test_a_pipe_is_masked() -> None:
    ran = RUNNER.invoke(app, ["guard", "--mask"], input="병신아\n안녕 [x]\n")
    assert ran.stdout == "**아\n안녕 [x]\n"


def test_a_file_is_measured(tmp_path: Path) -> None:
    path = tmp_path / "lines.tsv"
    path.write_text("# two right, one wrong\nprofane\t씨발\nclean\t안녕\nclean\t병신\n", "utf-8")
    ran = RUNNER.invoke(app, ["guard", "--test", str(path)])
    assert "3 lines: precision 0.5000, recall 1.0000" in ran.stdout
    assert "accused  병신" in ran.stdout


@pytest.mark.parametrize("row", ["rude\t씨발", "profane", "profane\t", "씨발"])
def test_a_wrong_row_is_named(tmp_path: Path, row: str) -> None:
    path = tmp_path / "lines.tsv"
    path.write_text(f"clean\t안녕\n{row}\n", "utf-8")
    with pytest.raises(UsageError, match=r"lines\.tsv:2"):
        read_labelled(path)


def test_an_unknown_opinion_is_a_usage_error() -> None:
    ran = RUNNER.invoke(app, ["guard", "--second-opinion", "mother", "x"])
    assert isinstance(ran.exception, UsageError)
