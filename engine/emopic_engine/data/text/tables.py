"""CSV, TSV and xlsx files as rows of text.

A row's number is its place among the records, from 1 and with the header, as spreadsheets show it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

from emopic_engine.data.text.mapping import Column, TableFormat
from emopic_engine.errors import DataError

_DELIMITERS: Final = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
Row = tuple[int, Sequence[str]]


@dataclass(frozen=True)
class Table:
    """A file's rows in memory, without the header and without blank rows."""

    path: Path
    header: tuple[str, ...] | None
    rows: Sequence[Row]

    def place(self, column: Column) -> int:
        """The column's index. Raises `DataError` if the header has no such name.

        Spaces and case in names do not matter: AI Hub writes both `4번감정세기` and `5번 감정세기`.
        """
        if isinstance(column, int):
            return column - 1
        if self.header is None:
            raise DataError(f"{self.path} has no header: give column {column!r} as a number")
        names = [_fold(name) for name in self.header]
        if _fold(column) not in names:
            raise DataError(
                f"{self.path}, row 1: there is no column {column!r}; it has "
                f"{', '.join(map(repr, self.header))}"
            )
        return names.index(_fold(column))

    def cell(self, row: Row, place: int) -> str:
        """The cell's text without outer spaces. Raises `DataError` if the row is too short."""
        number, cells = row
        if place >= len(cells):
            raise DataError(
                f"{self.at(number, place)} is missing: the row has {len(cells)} columns"
            )
        return cells[place].strip()

    def at(self, number: int, place: int) -> str:
        """A cell's address, for messages."""
        known = self.header is not None and place < len(self.header)
        name = repr(self.header[place]) if self.header and known else str(place + 1)
        return f"{self.path}, row {number}, column {name}"


def read_table(path: Path, form: TableFormat) -> Table:
    """Read the file. Raises `DataError` naming the file, and the row where it knows one."""
    excel = path.suffix.lower() == ".xlsx"
    records = _excel(path, form.sheet) if excel else _delimited(path, form)
    numbered = enumerate(records, 1)
    header = next((cells for _, cells in islice(numbered, 1)), None) if form.header else None
    rows = [(number, cells) for number, cells in numbered if any(map(str.strip, cells))]
    if not rows:
        raise DataError(f"{path} holds no rows")
    return Table(path, None if header is None else tuple(map(str.strip, header)), rows)


def _delimited(path: Path, form: TableFormat) -> Iterator[list[str]]:
    delimiter = form.delimiter or _DELIMITERS.get(path.suffix.lower())
    if delimiter is None:
        raise DataError(f"{path}: the ending must be .csv, .tsv, .txt or .xlsx")
    text = _decoded(path, form.encodings)
    records = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        quoting=csv.QUOTE_MINIMAL if form.quotes else csv.QUOTE_NONE,
        strict=True,
    )
    for number in count(1):
        try:
            yield next(records)
        except StopIteration:
            return
        except csv.Error as error:
            raise DataError(f"{path}, row {number}: {error}") from error


def _decoded(path: Path, encodings: Sequence[str]) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    failures = []
    for encoding in encodings:
        try:
            return content.decode(encoding).removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            failures.append(f"{encoding} (line {line})")
    raise DataError(f"{path} is in none of these encodings: {', '.join(failures)}")


def _excel(path: Path, sheet: str | None) -> Iterator[list[str]]:
    try:
        from openpyxl import load_workbook
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError as error:
        raise DataError(
            f"{path}: xlsx needs openpyxl: pip install 'emopic-engine[data]' ({error})"
        ) from error
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    except (BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise DataError(f"{path} is not an xlsx file: {error}") from error
    try:
        if sheet is not None and sheet not in book.sheetnames:
            raise DataError(f"{path} has no sheet {sheet!r}; it has {', '.join(book.sheetnames)}")
        page = book[sheet or book.sheetnames[0]]
        width = 0  # of the header: a row in the file ends with its last cell that holds something
        for cells in page.iter_rows(values_only=True):
            width = width or len(cells)
            texts = ["" if cell is None else str(cell) for cell in cells]
            yield texts + [""] * (width - len(texts))
    finally:
        book.close()


def _fold(name: str) -> str:
    return "".join(name.split()).casefold()
