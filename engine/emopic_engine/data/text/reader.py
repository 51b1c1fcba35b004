"""Labelled tables to examples, with an account of what was left out and why.

reading = read_examples(load_mapping("kote"), [Path("val.tsv"), Path("test.tsv")])
reading.emotions, reading.examples, reading.account
lines = read_lines(load_mapping("chatbot"), [Path("ChatbotData.csv")])
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import track

from emopic_engine.data.text.example import Example, Line, Sex
from emopic_engine.data.text.mapping import LabelMapping
from emopic_engine.data.text.tables import Row, Table, read_table
from emopic_engine.data.text.votes import Verdict, Vote, majority, pooled
from emopic_engine.emotions import Emotions
from emopic_engine.errors import DataError, InputError

_SEX: Final[dict[str, Sex]] = {
    **dict.fromkeys(("female", "f", "woman", "여", "여성", "여자"), "female"),
    **dict.fromkeys(("male", "m", "man", "남", "남성", "남자"), "male"),
}


@dataclass
class Account:
    """What happened to the rows.

    `ties` counts lines whose raters disagreed evenly, by how the tie was broken; `left_out` lines
    that stand for none of the emotions, by the label that decided; `no_text` rows without text.
    """

    rows: int = 0
    no_text: int = 0
    ties: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Reading:
    """Examples in the order of the files, all over `emotions`."""

    emotions: Emotions
    examples: tuple[Example, ...]
    account: Account


def read_examples(
    mapping: LabelMapping, paths: Sequence[Path], console: Console | None = None
) -> Reading:
    """Read labelled tables; with `console`, under a progress bar.

    Raises `DataError` naming file, row and column for the first cell that cannot be used, and
    where nothing is left.
    """
    if not mapping.columns.label:
        raise DataError(f"{mapping.name} has lines without labels, and labels are needed here")
    account = Account()
    examples: list[Example] = []
    for path in paths:
        table = _table(path, mapping, console)
        reader = _Reader(mapping, table, account)
        for row in _tracked(table, console):
            examples += reader.examples(row)
    if not examples:
        raise DataError(f"{_names(paths)}: none of {account.rows} rows has an emotion to learn")
    return Reading(mapping.emotions, tuple(examples), account)


def read_lines(
    mapping: LabelMapping, paths: Sequence[Path], console: Console | None = None
) -> list[Line]:
    """Only the lines, from tables with labels or without. Raises like `read_examples`."""
    lines: list[Line] = []
    for path in paths:
        table = _table(path, mapping, console)
        reader = _Reader(mapping, table, Account())
        for row in _tracked(table, console):
            lines += reader.lines(row)
    if not lines:
        raise DataError(f"{_names(paths)}: there is no text in them")
    return lines


def _table(path: Path, mapping: LabelMapping, console: Console | None) -> Table:
    if console is None:
        return read_table(path, mapping.table)
    with console.status(f"opening {path.name}"):
        return read_table(path, mapping.table)


def _tracked(table: Table, console: Console | None) -> Iterable[Row]:
    if console is None:
        return table.rows
    hidden = not console.is_terminal
    return track(table.rows, table.path.name, console=console, transient=True, disable=hidden)


def _names(paths: Sequence[Path]) -> str:
    return ", ".join(map(str, paths)) or "no files"


class _Reader:
    """Reads the rows of one table, whose columns it has found."""

    def __init__(self, mapping: LabelMapping, table: Table, account: Account) -> None:
        columns = mapping.columns
        self._mapping, self._table, self._account = mapping, table, account
        self._text = [table.place(column) for column in columns.text]
        self._label = [table.place(column) for column in columns.label]
        self._strength = [table.place(column) for column in columns.strength]
        self._age = None if columns.age is None else table.place(columns.age)
        self._sex = None if columns.sex is None else table.place(columns.sex)

    def lines(self, row: Row) -> Iterator[Line]:
        """The row's lines: one for each text column that is not empty."""
        self._account.rows += 1
        texts = [self._table.cell(row, place) for place in self._text]
        self._account.no_text += not any(texts)
        age, sex = self._read_age(row), self._read_sex(row)
        for text in filter(None, texts):
            yield Line(text, self._mapping.name, age, sex)

    def examples(self, row: Row) -> Iterator[Example]:
        """The same with what the row's labels say; nothing if that is none of the emotions."""
        lines = list(self.lines(row))
        if not lines:
            return
        labels = self._labels(row)
        verdict = self._verdict(row, labels)
        if verdict.label is None:
            ignored = [label for label in labels if not any(self._mapping.weights[label])]
            self._account.left_out[max(ignored, key=ignored.count)] += 1
            return
        if verdict.tie != "none":
            self._account.ties[verdict.tie] += 1
        for line in lines:
            yield Example(
                text=line.text,
                source=line.source,
                age=line.age,
                sex=line.sex,
                label=verdict.label,
                target=verdict.target,
            )

    def _labels(self, row: Row) -> list[str]:
        separator = self._mapping.columns.separator
        found = []
        for place in self._label:
            cell = self._table.cell(row, place)
            for part in [cell] if separator is None else cell.split(separator):
                try:
                    found.append(self._mapping.label(part))
                except InputError as error:
                    where = self._table.at(row[0], place)
                    raise DataError(f"{where}: {error.message}") from error
        return found

    def _verdict(self, row: Row, labels: Sequence[str]) -> Verdict:
        strengths = [self._read_strength(row, place) for place in self._strength]
        votes = [
            Vote(self._mapping.weights[label], strength)
            for label, strength in zip(labels, strengths or repeat(0.0), strict=False)
        ]
        return majority(votes) if len(self._label) > 1 else pooled(votes)

    def _read_strength(self, row: Row, place: int) -> float:
        cell = self._table.cell(row, place)
        try:
            strength = float(cell)
        except ValueError:
            strength = -1.0
        if not 0 <= strength < float("inf"):
            where = self._table.at(row[0], place)
            raise DataError(f"{where}: a strength is a number from 0, got {cell!r}")
        return strength

    def _read_age(self, row: Row) -> str | None:
        return None if self._age is None else self._table.cell(row, self._age) or None

    def _read_sex(self, row: Row) -> Sex | None:
        return None if self._sex is None else read_sex(self._table, row, self._sex)


def read_sex(table: Table, row: Row, place: int) -> Sex | None:
    """The cell as a sex, None where it is empty. Raises `DataError` for anything unknown."""
    if not (cell := table.cell(row, place)):
        return None
    try:
        return _SEX[cell.casefold()]
    except KeyError as error:
        raise DataError(
            f"{table.at(row[0], place)}: unknown sex {cell!r}: use {', '.join(_SEX)}, or nothing"
        ) from error
