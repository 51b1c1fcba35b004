"""Questions to the history. Each is one statement; `plan` shows how the database answers it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Select, func, literal, select
from sqlalchemy.exc import SQLAlchemyError

from emopic_server.history.database import Database, Event, Scope, history_error
from emopic_server.history.schema import DAY_MS, EVENTS, HOUR_MS, LABELS, STREAMS

LENGTHS: Final[dict[str, int]] = {"hour": HOUR_MS, "day": DAY_MS, "week": 7 * DAY_MS}
_MONDAY_MS: Final = 3 * DAY_MS  # 1 January 1970 was a Thursday
_CHUNK: Final = 5000
_SUMS: Final = (func.count().label("lines"), func.avg(EVENTS.c.intensity).label("intensity"))


class Mix(NamedTuple):
    """How often an emotion was the highest in a stretch of time that begins at `at` (ms)."""

    at: int
    top: str
    lines: int
    intensity: float


class Share(NamedTuple):
    """How often an emotion was the highest, for one speaker to one character."""

    character: str
    speaker: str
    top: str
    lines: int
    intensity: float


def mix(scope: Scope, bucket: str, offset_ms: int = 0) -> Select[Any]:
    """Lines and mean intensity by stretch of time and emotion: rows of `Mix`.

    `bucket` is a key of `LENGTHS`. `offset_ms` is local time less UTC; days begin at local
    midnight, weeks on Monday.
    """
    length = LENGTHS[bucket]
    shift = offset_ms + (_MONDAY_MS if bucket == "week" else 0)
    begin = (EVENTS.c.at - (EVENTS.c.at + literal(shift)) % literal(length)).label("begin")
    return (
        select(begin.label("at"), EVENTS.c.top, *_SUMS)
        .where(*scope.within(EVENTS.c.stream, EVENTS.c.at))
        .group_by(begin, EVENTS.c.top)
        .order_by(begin, EVENTS.c.top)
    )


def shares(scope: Scope) -> Select[Any]:
    """Lines and mean intensity by character, speaker and emotion: rows of `Share`."""
    counted = (
        select(EVENTS.c.stream, EVENTS.c.top, *_SUMS)
        .where(*scope.within(EVENTS.c.stream, EVENTS.c.at))
        .group_by(EVENTS.c.stream, EVENTS.c.top)
        .subquery()
    )
    who = (STREAMS.c.character, STREAMS.c.speaker, counted.c.top)
    weighed = func.sum(counted.c.intensity * counted.c.lines)
    lines = func.sum(counted.c.lines)
    return (
        select(*who, lines.label("lines"), (weighed / lines).label("intensity"))
        .join(STREAMS, STREAMS.c.id == counted.c.stream)
        .group_by(*who)
        .order_by(*who)
    )


def newest(scope: Scope, limit: int) -> Select[Any]:
    """The newest events, the newest first. They are found in the index, and only then read."""
    order = (EVENTS.c.at.desc(), EVENTS.c.id.desc())
    where = scope.within(EVENTS.c.stream, EVENTS.c.at)
    chosen = select(EVENTS.c.id).where(*where).order_by(*order).limit(limit)
    return _events(Scope()).where(EVENTS.c.id.in_(chosen)).order_by(*order)


def events(database: Database, scope: Scope) -> Iterator[Event]:
    """All events of a scope from the oldest on, read in chunks. Raises `HistoryError`."""
    statement = _events(scope).order_by(EVENTS.c.at, EVENTS.c.id)
    try:
        with database.engine.connect().execution_options(yield_per=_CHUNK) as connection:
            for row in connection.execute(statement):
                yield _event(row)
    except SQLAlchemyError as error:
        raise history_error("read", error) from error


def count(database: Database, scope: Scope) -> int:
    """How many events a scope has. Raises `HistoryError`."""
    where = scope.within(EVENTS.c.stream, EVENTS.c.at)
    found = rows(database, select(func.count()).select_from(EVENTS).where(*where))
    return int(found[0][0])


def emotions(database: Database) -> list[str]:
    """All emotions of all models that have written here, in the order of their scores."""
    names: dict[str, None] = {}
    for row in rows(database, select(LABELS.c.names).order_by(LABELS.c.id)):
        names |= dict.fromkeys(msgspec.json.decode(row.names, type=tuple[str, ...]))
    return list(names)


def rows(database: Database, statement: Select[Any]) -> list[Any]:
    """What a statement answers. Raises `HistoryError`."""
    try:
        with database.engine.connect() as connection:
            return list(connection.execute(statement))
    except SQLAlchemyError as error:
        raise history_error("read", error) from error


def plan(database: Database, statement: Select[Any]) -> list[str]:
    """How the database answers a statement, line by line."""
    sqlite = database.engine.dialect.name == "sqlite"
    prefix = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN"
    compiled = statement.compile(database.engine, compile_kwargs={"literal_binds": True})
    with database.engine.connect() as connection:
        explained = connection.exec_driver_sql(f"{prefix} {compiled}")
        return [str(row[-1]) for row in explained]


def _events(scope: Scope) -> Select[Any]:
    return (
        select(EVENTS, STREAMS, LABELS.c.names)
        .join(STREAMS, STREAMS.c.id == EVENTS.c.stream)
        .join(LABELS, LABELS.c.id == EVENTS.c.labels)
        .where(*scope.within(EVENTS.c.stream, EVENTS.c.at))
    )


def _event(row: Any) -> Event:
    return Event(
        at=row.at,
        owner=row.owner,
        character=row.character,
        speaker=row.speaker,
        labels=msgspec.json.decode(row.names, type=tuple[str, ...]),
        scores=msgspec.json.decode(row.scores, type=tuple[float, ...]),
        top=row.top,
        intensity=row.intensity,
        text=row.text,
    )
