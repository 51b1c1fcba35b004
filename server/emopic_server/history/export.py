"""The history as a file: CSV for tables, JSON (one array) for programs.

    at,owner,character,speaker,top,intensity,text,joy,anger,…      times in ISO 8601, UTC

CSV has a column for each emotion that occurs; a model without it leaves the cell empty. A cell
that a spreadsheet would run as a formula gets an apostrophe in front.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import IO, Any, Final

import msgspec

from emopic_server.history.database import Event

FIELDS: Final = ("at", "owner", "character", "speaker", "top", "intensity", "text")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def write_json(events: Iterable[Event], file: IO[str]) -> int:
    """Write an array with one object an event and line. Returns how many."""
    count = 0
    file.write("[")
    for event in events:
        file.write(",\n" if count else "\n")
        file.write(msgspec.json.encode(_object(event)).decode())
        count += 1
    file.write("\n]\n" if count else "]\n")
    return count


def write_csv(events: Iterable[Event], emotions: Iterable[str], file: IO[str]) -> int:
    """Write a table with a column for each of `emotions`. Returns how many rows."""
    names = list(emotions)
    table = csv.writer(file)
    table.writerow([*FIELDS, *names])
    count = 0
    for event in events:
        table.writerow(_row(event, names))
        count += 1
    return count


def iso(at: int) -> str:
    """Milliseconds since 1970 as ISO 8601."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")


def _object(event: Event) -> Mapping[str, Any]:
    return {
        **dict(zip(FIELDS, _fields(event), strict=True)),
        "scores": dict(zip(event.labels, event.scores, strict=True)),
    }


def _row(event: Event, names: list[str]) -> Iterator[object]:
    scores = dict(zip(event.labels, event.scores, strict=True))
    for value in _fields(event):
        risky = isinstance(value, str) and value.startswith(_FORMULA)
        yield f"'{value}" if risky else value
    for name in names:
        yield scores.get(name, "")


def _fields(event: Event) -> tuple[object, ...]:
    return (
        iso(event.at),
        event.owner,
        event.character,
        event.speaker,
        event.top,
        round(event.intensity, 4),
        event.text,
    )
