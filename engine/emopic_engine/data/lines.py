"""Labelled lines: a TSV file of `label<TAB>text`, one line a row, labels in Korean or English."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from emopic_engine.emotions import Emotions
from emopic_engine.errors import DataError, InputError


@dataclass(frozen=True)
class LabelledLine:
    """A line and the index of its emotion in the set it was read with."""

    label: int
    text: str


def read_tsv(path: Path, emotions: Emotions) -> list[LabelledLine]:
    """The file's lines; blank rows are skipped, a byte-order mark is allowed.

    Raises `DataError` naming file, row (from 1) and column for anything else.
    """
    try:
        rows = path.read_bytes().split(b"\n")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    rows[0] = rows[0].removeprefix(b"\xef\xbb\xbf")
    examples = [
        _read_row(f"{path}, row {number}", row.rstrip(b"\r"), emotions)
        for number, row in enumerate(rows, 1)
        if row.strip()
    ]
    if not examples:
        raise DataError(f"{path} holds no lines: each row is label<TAB>text")
    return examples


def _read_row(place: str, row: bytes, emotions: Emotions) -> LabelledLine:
    try:
        label, text = row.decode("utf-8").split("\t")
    except UnicodeDecodeError as error:
        raise DataError(f"{place}: not UTF-8 at byte {error.start + 1}") from error
    except ValueError as error:
        fields = row.count(b"\t") + 1
        raise DataError(f"{place}: expected label<TAB>text, got {fields} columns") from error
    if not text.strip():
        raise DataError(f"{place}, column 2: the text is empty")
    try:
        return LabelledLine(emotions.index(label), text)
    except InputError as error:
        raise DataError(f"{place}, column 1: {error.message}") from error
