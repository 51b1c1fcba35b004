"""`emopic data mapping|lines|eda` as commands."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from emopic_engine.cli import app
from emopic_engine.console import UsageError
from emopic_engine.data.lines import read_tsv
from emopic_engine.data.text.store import read_soft
from emopic_engine.emotions import DEFAULT
from emopic_engine.errors import DataError


def data(*arguments: str | Path) -> str:
    done = CliRunner().invoke(
        app, ["data", *map(str, arguments)], standalone_mode=False, catch_exceptions=False
    )
    return done.output


def test_lines_are_written_each_once(speech_csv: Path, tmp_path: Path) -> None:
    out = tmp_path / "lines.tsv"
    said = data("lines", "aihub_speech", speech_csv, "--out", out)
    # Two are copies of each other, and one text stands there with two labels.
    assert [line.label for line in read_tsv(out, DEFAULT)] == [0, 1, 2, 3, 4]
    assert "1 duplicates and 1 texts with conflicting labels left out" in " ".join(said.split())
    data("lines", "aihub_speech", speech_csv, "--out", out, "--keep-duplicates")
    assert len(read_tsv(out, DEFAULT)) == 8


def test_soft_lines_come_back(kote_tsv: Path, tmp_path: Path) -> None:
    soft, again = tmp_path / "soft.tsv", tmp_path / "again.tsv"
    said = data("lines", "kote", kote_tsv, "--out", soft, "--soft")
    assert "emotions: joy,anger,anxiety,neutral,sadness,surprise" in said
    data("lines", "soft", soft, "--out", again, "--soft")
    assert read_soft(again).examples == read_soft(soft).examples


def test_a_mapping_can_be_copied_and_changed(single_xlsx: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(data("mapping", "aihub_single").replace("{}", '"anger"'), encoding="utf-8")
    out = tmp_path / "lines.tsv"
    data("lines", mine, single_xlsx, "--out", out)
    assert [line.label for line in read_tsv(out, DEFAULT)] == [0, 2, 3, 1, 5]


def test_mappings_are_listed() -> None:
    listed = data("mapping")
    assert "aihub_speech" in listed
    assert "no labels" in listed
    assert "(44)" in listed


def test_mistakes_name_the_value(kote_tsv: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown data set 'kotee'"):
        data("mapping", "kotee")
    with pytest.raises(DataError, match="unknown data set 'kotee'"):
        data("lines", "kotee", kote_tsv, "--out", tmp_path / "x.tsv")
    with pytest.raises(DataError, match="cannot be written"):
        data("lines", "kote", kote_tsv, "--out", kote_tsv / "x.tsv")


def test_eda_writes_a_page(kote_tsv: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    data("eda", "kote", kote_tsv, "--out", out, "--title", "댓글")
    assert "<h1>댓글</h1>" in out.read_text(encoding="utf-8")
