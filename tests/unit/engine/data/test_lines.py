"""Reading `label<TAB>text` files."""

from __future__ import annotations

from pathlib import Path

import pytest

from emopic_engine.data.lines import LabelledLine, read_tsv
from emopic_engine.emotions import DEFAULT
from emopic_engine.errors import DataError


def test_both_languages_blank_rows_and_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "lines.tsv"
    path.write_bytes("\ufeff기쁨\t좋다\r\n\nanger\t 왜 이래\u2028끝 \n".encode())
    assert read_tsv(path, DEFAULT) == [
        LabelledLine(0, "좋다"),
        LabelledLine(1, " 왜 이래\u2028끝 "),
    ]


BAD = {
    "unknown label": ("joy\ta\n행복\tb\n", r"lines\.tsv, row 2, column 1: .*'행복'.*joy 기쁨"),
    "no tab": ("joy 좋다\n", "row 1: expected label<TAB>text, got 1 columns"),
    "too many tabs": ("\njoy\t좋다\t1\n", "row 2: .*3 columns"),
    "empty text": ("joy\t \n", "row 1, column 2: the text is empty"),
    "not UTF-8": (b"joy\tok\njoy\t\xb0\xa1\n", "row 2: not UTF-8 at byte 5"),
    "empty file": ("\n \n", "holds no lines"),
}


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD)
def test_bad_files_name_row_and_column(tmp_path: Path, content: str | bytes, message: str) -> None:
    path = tmp_path / "lines.tsv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=message):
        read_tsv(path, DEFAULT)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_tsv(tmp_path / "none.tsv", DEFAULT)
