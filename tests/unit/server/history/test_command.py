"""`emopic history`, on a real file."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from tests.unit.server.history.events import BEGIN, HOUR, event
from typer.testing import CliRunner, Result

from emopic_engine.console import UsageError
from emopic_server.cli import app
from emopic_server.history.command import moment, offset_ms
from emopic_server.history.database import Database

RUNNER = CliRunner()


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Three events, one of them with a text."""
    path = tmp_path / "history.db"
    database = Database(str(path))
    database.prepare()
    database.write(
        [
            event(0, text='=1+1, "안녕"'),
            event(1500, top="anger", scores=(0.25, 0.75), speaker="me"),
            event(48 * HOUR, labels=("joy", "calm")),
        ]
    )
    database.close()
    return path


def run(command: str, path: Path, *options: str) -> Result:
    return RUNNER.invoke(app, ["history", command, "--url", str(path), *options])


def test_show(history: Path) -> None:
    ran = run("show", history, "--zone", "Asia/Seoul")
    assert ran.exit_code == 0
    assert [line.split()[1::2] for line in ran.stdout.splitlines() if "2026-" in line] == [
        ["2026-01-01", "2", "50%", "50%"],
        ["2026-01-03", "1", "100%", "0%"],
    ]
    assert "minji" in ran.stdout


def test_show_nothing(history: Path) -> None:
    ran = run("show", history, "--since", "2030-01-01")
    assert (ran.stdout, "nothing" in ran.stderr) == ("", True)


def test_export_csv(history: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    assert "3 events" in run("export", history, "--out", str(target)).stderr
    rows = list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8"))))
    assert [row["at"] for row in rows][:2] == [
        "2026-01-01T00:00:00.000+00:00",
        "2026-01-01T00:00:01.500+00:00",
    ]
    assert rows[0]["text"] == '\'=1+1, "안녕"'  # a spreadsheet must not run it
    assert [(row["joy"], row["anger"], row["calm"]) for row in rows] == [
        ("0.75", "0.25", ""),
        ("0.25", "0.75", ""),
        ("0.75", "", "0.25"),
    ]


def test_export_json(history: Path) -> None:
    ran = run("export", history, "--format", "json", "--speaker", "chat")
    first, second = json.loads(ran.stdout)
    assert first["text"] == '=1+1, "안녕"'
    assert second["scores"] == {"joy": 0.75, "calm": 0.25}
    assert second["text"] is None


def test_export_of_nothing_is_an_empty_array(history: Path) -> None:
    ran = run("export", history, "--format", "json", "--speaker", "nobody")
    assert json.loads(ran.stdout) == []


def test_delete_asks_first(history: Path) -> None:
    ran = RUNNER.invoke(
        app, ["history", "delete", "--url", str(history), "--speaker", "me"], input="n\n"
    )
    assert ran.exit_code == 1
    assert "1 events deleted" in run("delete", history, "--speaker", "me", "--yes").stdout
    assert "2 events deleted" in run("delete", history, "--everything", "--yes").stdout


@pytest.mark.parametrize("options", [[], ["--everything", "--speaker", "me"]])
def test_delete_wants_to_be_told_what(history: Path, options: list[str]) -> None:
    ran = run("delete", history, *options, "--yes")
    assert isinstance(ran.exception, UsageError)


def test_bench(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    ran = run("bench", tmp_path / "b.db", "--events", "2000", "--out", str(figures))
    assert ran.exit_code == 0, ran.output
    report = json.loads(figures.read_text(encoding="utf-8"))
    assert report["backend"] == "sqlite"
    assert all(question["plan"] for question in report["questions"])
    rows = {question["question"]: question["rows"] for question in report["questions"]}
    assert rows["everything by week"] > 300
    assert rows["a group's 100 newest lines"] == 100
    again = run("bench", tmp_path / "b.db", "--events", "10")
    assert isinstance(again.exception, UsageError)


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("show", ["--by", "year"]),
        ("show", ["--since", "yesterday"]),
        ("show", ["--zone", "Seoul/Asia", "--since", "2026-01-01"]),
        ("export", ["--format", "xml"]),
        ("export", ["--out", "/nowhere/at/all.csv"]),
    ],
)
def test_what_cannot_be_done_is_said(history: Path, command: str, options: list[str]) -> None:
    assert isinstance(run(command, history, *options).exception, UsageError)


def test_a_missing_file_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    assert isinstance(run("show", path).exception, UsageError)
    assert not path.exists()


def test_times() -> None:
    assert moment("2026-01-01T09:00", "Asia/Seoul", "--since") == BEGIN
    assert moment("2026-01-01T00:00+00:00", "Asia/Seoul", "--since") == BEGIN
    assert moment(None, None, "--since") is None
    assert offset_ms("Asia/Seoul") == 9 * HOUR
