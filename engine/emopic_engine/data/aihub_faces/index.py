"""The index of a data set: what is labelled, where its picture lies, what became of it.

One SQLite file, so that half a million pictures need no memory and a stopped run goes on.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from emopic_engine.errors import DataError

from .archives import Member
from .labels import Box, FaceRecord
from .rules import LabelVerdict

VERSION: Final = 1
KEPT: Final = "kept"
_AT_ONCE: Final = 1_000  # rows of one transaction
_SCHEMA: Final = """
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE sources (id INTEGER PRIMARY KEY, path TEXT UNIQUE NOT NULL, stamp TEXT NOT NULL,
  pictures INTEGER NOT NULL, records INTEGER NOT NULL);
CREATE TABLE pictures (name TEXT PRIMARY KEY, source INTEGER NOT NULL, member TEXT NOT NULL,
  offset INTEGER, packed INTEGER, size INTEGER, method INTEGER, crc INTEGER) WITHOUT ROWID;
CREATE TABLE records (name TEXT PRIMARY KEY, sex TEXT NOT NULL, age TEXT NOT NULL,
  uploader TEXT NOT NULL, votes TEXT NOT NULL, label TEXT NOT NULL, box TEXT,
  draw INTEGER NOT NULL, result TEXT, note TEXT) WITHOUT ROWID;
CREATE TABLE queue (number INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE refused (source TEXT NOT NULL, number INTEGER NOT NULL, reason TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Place:
    """Where a picture lies: a file, or a member of an archive."""

    name: str
    path: Path
    member: Member | None


@dataclass(frozen=True)
class Task:
    """A labelled picture to look at."""

    place: Place
    label: str
    box: Box


@dataclass(frozen=True)
class Sampled:
    """A picture that shows what a result looks like."""

    place: Place
    label: str
    note: str | None
    box: Box | None


class FaceIndex:
    """The file `path`; made if it is not there. Not thread-safe. Close it after use.

    Raises `DataError` when the file is another version's or was made with other settings.
    """

    def __init__(self, path: Path, settings: dict[str, Any] | None = None) -> None:
        self.path = path
        fresh = not path.exists()
        if fresh and settings is None:
            raise DataError(f"there is no index {path}: run `emopic data aihub-faces` first")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._base = sqlite3.connect(path, isolation_level=None)
        try:
            if fresh:
                self._make(settings or {})
            self._check(settings)
        except BaseException:
            self._base.close()
            raise

    def close(self) -> None:
        self._base.close()

    def _make(self, settings: dict[str, Any]) -> None:
        self._base.execute("PRAGMA journal_mode = WAL")
        with self._transaction():
            for statement in _SCHEMA.split(";"):
                self._base.execute(statement)
            about = {"version": VERSION, "settings": settings}
            rows = [(key, json.dumps(value, sort_keys=True)) for key, value in about.items()]
            self._base.executemany("INSERT INTO about VALUES (?, ?)", rows)

    def _check(self, settings: dict[str, Any] | None) -> None:
        try:
            self._base.execute("PRAGMA synchronous = NORMAL")
            found = dict(self._base.execute("SELECT key, value FROM about"))
        except sqlite3.DatabaseError as error:
            raise DataError(f"{self.path} is not an index of faces: {error}") from error
        if json.loads(found["version"]) != VERSION:
            raise DataError(f"{self.path} is of version {found['version']}, not {VERSION}")
        self.settings: dict[str, Any] = json.loads(found["settings"])
        if settings is None:
            return
        asked = json.loads(json.dumps(settings))
        other = [key for key in asked if asked[key] != self.settings.get(key)]
        if other:
            told = ", ".join(f"{k} was {self.settings.get(k)}, not {asked[k]}" for k in other)
            raise DataError(f"{self.path} has other settings ({told}): choose a new --out")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._base.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._base.execute("ROLLBACK")
            raise
        self._base.execute("COMMIT")

    def _many(self, statement: str, rows: Iterable[Sequence[Any]]) -> int:
        """Run a statement for all rows in bounded parts; how many rows it changed."""
        before, left = self._base.total_changes, iter(rows)
        while part := list(islice(left, _AT_ONCE)):
            self._base.executemany(statement, part)
        return self._base.total_changes - before

    def has_source(self, path: Path, stamp: str) -> bool:
        """Whether a source was read to its end. Raises `DataError` when it has changed since."""
        row = self._base.execute("SELECT stamp FROM sources WHERE path = ?", [str(path)]).fetchone()
        if row is not None and row[0] != stamp:
            raise DataError(f"{path} has changed since it was read: choose a new --out")
        return row is not None

    def add_pictures(
        self, path: Path, stamp: str, found: Iterable[tuple[str, str, Member | None]]
    ) -> int:
        """All pictures of a source, or none: name, path within, member. The first of a name stays.

        Returns how many are new.
        """
        with self._transaction():
            source = self._new_source(path, stamp)
            rows = ((name, source, inner, *_span(member)) for name, inner, member in found)
            marks = "?, ?, ?, ?, ?, ?, ?, ?"
            added = self._many(f"INSERT OR IGNORE INTO pictures VALUES ({marks})", rows)
            self._base.execute("UPDATE sources SET pictures = ? WHERE id = ?", [added, source])
        return added

    def _new_source(self, path: Path, stamp: str) -> int:
        row = self._base.execute(
            "INSERT INTO sources (path, stamp, pictures, records) VALUES (?, ?, 0, 0) RETURNING id",
            [str(path), stamp],
        ).fetchone()
        return int(row[0])

    def add_records(
        self, path: Path, stamp: str, found: Iterable[tuple[FaceRecord, LabelVerdict] | str]
    ) -> int:
        """All records of a source, or none; a text is the reason why a record was refused.

        Returns how many are new.
        """
        refused: list[tuple[str, int, str]] = []

        def rows() -> Iterator[Sequence[Any]]:
            for number, item in enumerate(found, 1):
                if isinstance(item, str):
                    refused.append((str(path), number, item))
                else:
                    yield _row(*item)

        with self._transaction():
            source = self._new_source(path, stamp)
            marks = ", ".join("?" * 10)
            added = self._many(f"INSERT OR IGNORE INTO records VALUES ({marks})", rows())
            self._many("INSERT INTO refused VALUES (?, ?, ?)", refused)
            self._base.execute("UPDATE sources SET records = ? WHERE id = ?", [added, source])
        return added

    def queue_up(self) -> int:
        """Line up the labelled pictures that nothing became of yet; returns how many there are.

        They are lined up as they lie in the sources, so that archives are read from front to back.
        """
        with self._transaction():
            self._base.execute("DELETE FROM queue")
            self._base.execute(
                f"INSERT INTO queue (name) SELECT name FROM {_JOINED} WHERE result IS NULL "
                "ORDER BY source, offset, member"
            )
        return self.queue_length()

    def queue_length(self) -> int:
        """How many pictures of the queue nothing has become of yet."""
        return self._count(
            "SELECT count(*) FROM queue JOIN records USING (name) WHERE result IS NULL"
        )

    def tasks(self) -> Iterator[Task]:
        """The pictures in the queue, in order. Results may be added meanwhile."""
        last = 0
        while rows := self._base.execute(
            f"SELECT number, {_PLACED}, label, box FROM queue JOIN {_QUEUED} "
            "WHERE number > ? ORDER BY number LIMIT ?",
            [last, _AT_ONCE],
        ).fetchall():
            last = rows[-1][0]
            for _, *row in rows:
                box = _box(row[9])
                if box is not None:  # records without one never get here
                    yield Task(_place(row[:8]), row[8], box)

    def add_results(self, results: Iterable[tuple[str, str, str | None]]) -> None:
        """Names, what became of them (a rule or `kept`), and a note, in one transaction."""
        with self._transaction():
            rows = ((result, note, name) for name, result, note in results)
            self._many("UPDATE records SET result = ?, note = ? WHERE name = ?", rows)

    def sample(self, result: str, count: int, label: str | None = None) -> list[Sampled]:
        """Some pictures with one result, and one label if it is given; the same each time."""
        only, values = ("", [result]) if label is None else (" AND label = ?", [result, label])
        rows = self._base.execute(
            f"SELECT {_PLACED}, label, note, box FROM {_JOINED} "
            f"WHERE result = ?{only} ORDER BY draw LIMIT {int(count)}",
            values,
        )
        return [Sampled(_place(row[:8]), row[8], row[9], _box(row[10])) for row in rows]

    def counts(self, column: str, *, kept: bool) -> list[tuple[str, str, int]]:
        """Records by expression and `sex`, `age` or `uploader`: label, value, number.

        Before cleaning the label is the uploader's; after it, the agreed one.
        """
        if column not in ("sex", "age", "uploader"):
            raise ValueError(f"records are not counted by {column!r}")
        label, where = ("label", f"WHERE result = '{KEPT}'") if kept else ("uploader", "")
        rows = self._base.execute(
            f"SELECT {label}, {column}, count(*) FROM records {where} GROUP BY 1, 2"
        )
        return [(str(a), str(b), int(c)) for a, b, c in rows]

    def results(self) -> dict[str, int]:
        """Records by result; those still to be looked at are under an empty name."""
        rows = self._base.execute("SELECT coalesce(result, ''), count(*) FROM records GROUP BY 1")
        return {str(name): int(count) for name, count in rows}

    def totals(self) -> dict[str, int]:
        """Pictures, records, and those of each that the other does not know."""
        return {
            "pictures": self._count("SELECT count(*) FROM pictures"),
            "records": self._count("SELECT count(*) FROM records"),
            "without_picture": self._count(
                "SELECT count(*) FROM records WHERE name NOT IN (SELECT name FROM pictures)"
            ),
            "without_record": self._count(
                "SELECT count(*) FROM pictures WHERE name NOT IN (SELECT name FROM records)"
            ),
            "refused": self._count("SELECT count(*) FROM refused"),
        }

    def refused(self, count: int) -> list[tuple[str, int, str]]:
        """The first records that could not be used: file, number, reason."""
        return list(self._base.execute("SELECT * FROM refused LIMIT ?", [count]))

    def notes(self, result: str, count: int) -> list[tuple[str, str]]:
        """Names and notes of some records with one result."""
        rows = self._base.execute(
            "SELECT name, note FROM records WHERE result = ? ORDER BY draw LIMIT ?", [result, count]
        )
        return [(str(name), str(note)) for name, note in rows]

    def _count(self, statement: str) -> int:
        return int(self._base.execute(statement).fetchone()[0])


_JOINED: Final = "records JOIN pictures USING (name) JOIN sources ON sources.id = source"
_QUEUED: Final = _JOINED.replace("records", "records USING (name)", 1)
_PLACED: Final = "name, path, member, offset, packed, size, method, crc"


def _row(record: FaceRecord, verdict: LabelVerdict) -> Sequence[Any]:
    return (
        *(record.name, record.sex, record.age, record.uploader),
        json.dumps(record.votes, ensure_ascii=False),
        verdict.label,
        None if verdict.box is None else json.dumps(verdict.box),
        zlib.crc32(record.name.encode()),  # a fair draw that is the same each time
        verdict.rule,
        None,
    )


def _span(member: Member | None) -> Sequence[int | None]:
    if member is None:
        return (None,) * 5
    return member.offset, member.packed, member.size, member.method, member.crc


def _place(row: Sequence[Any]) -> Place:
    name, path, inner, offset, packed, size, method, crc = row
    if offset is None:
        return Place(name, Path(path) / inner, None)
    return Place(name, Path(path), Member(inner, offset, packed, size, method, crc))


def _box(text: str | None) -> Box | None:
    if text is None:
        return None
    left, top, right, bottom = json.loads(text)
    return left, top, right, bottom
