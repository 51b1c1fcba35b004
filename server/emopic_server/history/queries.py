"""Questions to the history. Each is one statement; `plan` shows how the database answers it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Select, func, literal, select

from emopic_server.history.database import Database, Event, Scope
from emopic_server.history.schema import DAY_MS, EVENTS, HOUR_MS, LABELS, STREAMS

LENGTHS: Final[dict[str, int]] = {"hour": HOUR_MS, "day": DAY_MS, "week": 7 * DAY_MS}
_MONDAY_MS: Final = 3 * DAY_MS  # 1 January 1970 was a Thursday
NEUTRAL: Final = "neutral"
_CHUNK: Final = 5000
_SUMS: Final = (func.count().label("lines"), func.avg(EVENTS.c.intensity).label("intensity"))


class Mix(NamedTuple):
    """How often an emotion was the highest in a stretch of time that begins at `at` (ms)."""

    at: int
    top: str
    lines: int
    intensity: float


class Run(NamedTuple):
    """Lines in a row with the same emotion, the first at `begin` and the last at `end` (ms)."""

    top: str
    lines: int
    begin: int
    end: int
    character: str
    speaker: str


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


def strongest(scope: Scope, limit: int) -> Select[Any]:
    """The events with the highest intensity, neutral ones left out."""
    order = (EVENTS.c.intensity.desc(), EVENTS.c.at.desc(), EVENTS.c.id.desc())
    where = (*scope.within(EVENTS.c.stream, EVENTS.c.at), EVENTS.c.top != NEUTRAL)
    chosen = select(EVENTS.c.id).where(*where).order_by(*order).limit(limit)
    return _events(Scope()).where(EVENTS.c.id.in_(chosen)).order_by(*order)


def runs(scope: Scope) -> Select[Any]:
    """The longest run of lines in a row with each emotion: rows of `Run`, the longest first.

    In a row means one after the other from one speaker to one character.
    """
    story = (EVENTS.c.at, EVENTS.c.id)
    place = func.row_number().over(partition_by=EVENTS.c.stream, order_by=story)
    same = func.row_number().over(partition_by=(EVENTS.c.stream, EVENTS.c.top), order_by=story)
    where = scope.within(EVENTS.c.stream, EVENTS.c.at)
    # Within a run both numbers grow by one, so their difference stays.
    numbered = select(
        EVENTS.c.stream, EVENTS.c.top, EVENTS.c.at, (place - same).label("run")
    ).where(*where)
    each = numbered.subquery()
    lines = func.count().label("lines")
    found = (
        select(each.c.stream, each.c.top, lines, func.min(each.c.at), func.max(each.c.at))
        .group_by(each.c.stream, each.c.top, each.c.run)
        .subquery()
    )
    _, _, length, begin, end = found.c
    first = (length.desc(), begin, found.c.stream)
    rank = func.row_number().over(partition_by=found.c.top, order_by=first).label("rank")
    ranked = select(
        found.c.stream, found.c.top, length, begin.label("begin"), end.label("end"), rank
    )
    best = ranked.subquery()
    names = (STREAMS.c.character, STREAMS.c.speaker)
    return (
        select(best.c.top, best.c.lines, best.c.begin, best.c.end, *names)
        .join(STREAMS, STREAMS.c.id == best.c.stream)
        .where(best.c.rank == 1)
        .order_by(best.c.lines.desc(), best.c.begin)
    )


def span(scope: Scope) -> Select[Any]:
    """When the first and the last event were: one row of two times, or of two None."""
    where = scope.within(EVENTS.c.stream, EVENTS.c.at)
    return select(func.min(EVENTS.c.at).label("first"), func.max(EVENTS.c.at).label("last")).where(
        *where
    )


def events(database: Database, scope: Scope, seconds: float | None = None) -> Iterator[Event]:
    """All events of a scope from the oldest on, read in chunks. Raises like `rows`."""
    statement = _events(scope).order_by(EVENTS.c.at, EVENTS.c.id)
    with database.reading(seconds) as connection:
        found = connection.execution_options(yield_per=_CHUNK).execute(statement)
        for row in found:
            yield _event(row)


def count(database: Database, scope: Scope, seconds: float | None = None) -> int:
    """How many events a scope has. Raises like `rows`."""
    where = scope.within(EVENTS.c.stream, EVENTS.c.at)
    found = rows(database, select(func.count()).select_from(EVENTS).where(*where), seconds)
    return int(found[0][0])


def emotions(database: Database, seconds: float | None = None) -> list[str]:
    """All emotions of all models that have written here, in the order of their scores."""
    names: dict[str, None] = {}
    for row in rows(database, select(LABELS.c.names).order_by(LABELS.c.id), seconds):
        names |= dict.fromkeys(msgspec.json.decode(row.names, type=tuple[str, ...]))
    return list(names)


def rows(database: Database, statement: Select[Any], seconds: float | None = None) -> list[Any]:
    """What a statement answers. Raises `HistoryError`; `TooSlow` after `seconds`."""
    with database.reading(seconds) as connection:
        return list(connection.execute(statement))


def chosen(database: Database, statement: Select[Any], seconds: float | None = None) -> list[Event]:
    """The events that `newest` or `strongest` choose. Raises like `rows`."""
    return [_event(row) for row in rows(database, statement, seconds)]


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
