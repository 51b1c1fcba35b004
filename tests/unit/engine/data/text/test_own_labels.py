"""Labels apart from their lines: joined by id or by row."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from emopic_engine.cli import app
from emopic_engine.data.lines import LabelledLine
from emopic_engine.data.text.mapping import load_mapping
from emopic_engine.data.text.own_labels import own_labels
from emopic_engine.emotions import DEFAULT
from emopic_engine.errors import DataError

CHATBOT = 'Q,A,label\n안녕,반가워요,0\n"슬퍼, 정말",힘내요,1\n'
KOTE = "5954\t어이없네요 그 카페\t0,6\n26060\t응원합니다\t1,2\n"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_by_row(tmp_path: Path) -> None:
    table = write(tmp_path / "chat.csv", CHATBOT)
    labels = write(tmp_path / "labels.tsv", "sadness\t2\n중립\t1\n")
    found = own_labels(labels, load_mapping("chatbot"), table, DEFAULT, None)
    assert found == [LabelledLine(4, "슬퍼, 정말"), LabelledLine(3, "안녕")]


def test_by_id(tmp_path: Path) -> None:
    table = write(tmp_path / "val.tsv", KOTE)
    labels = write(tmp_path / "labels.tsv", "joy\t26060\n")
    assert own_labels(labels, load_mapping("kote"), table, DEFAULT, 1) == [
        LabelledLine(0, "응원합니다")
    ]


def test_another_file(tmp_path: Path) -> None:
    table = write(tmp_path / "val.tsv", KOTE)
    labels = write(tmp_path / "labels.tsv", "joy\t1\n")
    with pytest.raises(DataError, match=r"has no line '1'; is it the right file"):
        own_labels(labels, load_mapping("kote"), table, DEFAULT, 1)


def test_the_command(tmp_path: Path) -> None:
    table = write(tmp_path / "val.tsv", KOTE)
    labels = write(tmp_path / "labels.tsv", "joy\t26060\nanger\t5954\n")
    out = tmp_path / "deep" / "out.tsv"
    arguments = ["data", "labels", str(labels), "kote", str(table), "--id-column", "1"]
    done = CliRunner().invoke(app, [*arguments, "--out", str(out)], catch_exceptions=False)
    assert done.exit_code == 0
    assert out.read_text(encoding="utf-8") == "joy\t응원합니다\nanger\t어이없네요 그 카페\n"
