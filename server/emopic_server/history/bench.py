"""Fills a history with made-up events and times the questions the diary asks.

A year of lines to 25 characters of 5 groups by 40 speakers each. The database makes them up itself,
so that ten million take minutes; then ten thousand more go the way of real ones
(`Database.write`) and are timed. Each question is asked of one speaker's month, of one group's
year, and of everything. Beside the time by the clock stands the processor time of this process,
which is what counts on a busy machine (with PostgreSQL the work is done elsewhere).
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
from rich.progress import Progress
from rich.table import Table
from sqlalchemy import Select, text

from emopic_engine.console import UsageError, err, out
from emopic_engine.emotions import DEFAULT
from emopic_server.history import queries
from emopic_server.history.database import Database, Event, Scope
from emopic_server.history.schema import DAY_MS, EVENTS, HOUR_MS

_BEGIN: Final = 1_735_689_600_000  # 1 January 2025, UTC
_CHUNK: Final = 250_000
_INDEX_COST: Final = 0.5  # of the time that filling takes, for the progress bar
_WRITTEN: Final = 10_000
_BATCH: Final = 500  # the server's, see `io.history`
_EVEN: Final = (1 / len(DEFAULT),) * len(DEFAULT)
_CHANCE: Final = {
    "sqlite": "abs(random()) % {}",
    "postgresql": "floor(random() * {})::int",
}
_MADE_UP: Final = {
    "sqlite": """
        WITH RECURSIVE n(i) AS (
            SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last
        )
        INSERT INTO events (stream, at, labels, top, intensity, scores)
        SELECT 1 + abs(random()) % :streams, :begin + i * :step, 1, {top},
               0.5 + abs(random()) % 500 / 1000.0, '[0.9,0.02,0.02,0.02,0.02,0.02]'
        FROM n""",
    "postgresql": """
        INSERT INTO events (stream, at, labels, top, intensity, scores)
        SELECT 1 + floor(random() * :streams)::int, :begin + i * cast(:step AS bigint), 1, {top},
               0.5 + random() / 2, '[0.9,0.02,0.02,0.02,0.02,0.02]'
        FROM generate_series(:first, :last) AS i""",
}
_STREAMS: Final = [
    (f"group:{character % 5}", f"character-{character}", f"speaker-{speaker}")
    for character in range(25)
    for speaker in range(40)
]
_KOREA_MS: Final = 9 * HOUR_MS


def run(url: str, events: int, repeats: int, file: Path | None) -> None:
    """Fill, ask, print, and write the figures to `file`. Raises `UsageError`."""
    database = Database(url)
    database.prepare()
    try:
        if queries.emotions(database):
            raise UsageError(f"--url {url!r}: there is a history already; take an empty place")
        _fill(database, events)
        written = _write(database)
        asked = [_ask(database, *question, repeats) for question in questions()]
    finally:
        database.close()
    _print(events, written, asked)
    if file is not None:
        backend = database.engine.dialect.name
        report = {"backend": backend, "events": events, "write": written, "questions": asked}
        file.write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")


def questions() -> Iterator[tuple[str, Select[Any]]]:
    """What the diary asks, by name."""
    owner, character, speaker = _STREAMS[7]
    month = Scope(owner, character, speaker, _BEGIN + 90 * DAY_MS, _BEGIN + 120 * DAY_MS)
    yield "one speaker's month by hour", queries.mix(month, "hour", _KOREA_MS)
    yield "one speaker's month by day", queries.mix(month, "day", _KOREA_MS)
    yield "a group's year by day", queries.mix(Scope(owner=owner), "day", _KOREA_MS)
    yield "a group's year by week", queries.mix(Scope(owner=owner), "week", _KOREA_MS)
    yield "a group's speakers", queries.shares(Scope(owner=owner))
    yield "everything by week", queries.mix(Scope(), "week", _KOREA_MS)
    yield "one speaker's 100 newest lines", queries.newest(Scope(owner, character, speaker), 100)
    yield "a group's 100 newest lines", queries.newest(Scope(owner=owner), 100)


def made_up(number: int, seed: int = 1) -> list[Event]:
    """`number` events of one minute each, as the server would write them."""
    chance = random.Random(seed)
    return [_event(chance, _BEGIN + 365 * DAY_MS + at * 60_000) for at in range(number)]


def _event(chance: random.Random, at: int) -> Event:
    top = chance.randrange(len(DEFAULT))
    sure = 0.5 + chance.random() / 2
    rest = (1 - sure) / (len(DEFAULT) - 1)
    scores = tuple(sure if place == top else rest for place in range(len(DEFAULT)))
    names = DEFAULT.names
    return Event(at, *chance.choice(_STREAMS), names, scores, names[top], sure, None)


def _fill(database: Database, events: int) -> None:
    """Let the database make up a year, its indices built when the events are there."""
    database.write([Event(_BEGIN, *key, DEFAULT.names, _EVEN, "joy", 0.5) for key in _STREAMS])
    statement = text(_MADE_UP[database.engine.dialect.name].format(top=_top(database)))
    with Progress(console=err) as progress, database.engine.begin() as connection:
        task = progress.add_task("filling", total=events + _INDEX_COST * events)
        for index in EVENTS.indexes:
            index.drop(connection)
        for first in range(0, events, _CHUNK):
            last = min(first + _CHUNK, events) - 1
            step = 365 * DAY_MS // events
            values = {"first": first, "last": last, "step": step, "begin": _BEGIN}
            connection.execute(statement, values | {"streams": len(_STREAMS)})
            progress.advance(task, last + 1 - first)
        for index in EVENTS.indexes:
            index.create(connection)
            progress.advance(task, _INDEX_COST * events / len(EVENTS.indexes))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def _top(database: Database) -> str:
    """An expression for one of the emotions by chance."""
    cases = " ".join(f"WHEN {place} THEN '{name}'" for place, name in enumerate(DEFAULT.names))
    return f"CASE {_CHANCE[database.engine.dialect.name].format(len(DEFAULT))} {cases} END"


def _write(database: Database) -> dict[str, float]:
    """Time real writes into the full history, in batches as large as the server's."""
    events = made_up(_WRITTEN)
    batches = [events[at : at + _BATCH] for at in range(0, _WRITTEN, _BATCH)]
    times = [_timed(lambda batch=batch: database.write(batch)) for batch in batches]  # type: ignore[misc]
    return {
        "events": _WRITTEN,
        "batch": _BATCH,
        "median_ms": round(statistics.median(clock for clock, _ in times) * 1000, 2),
        "processor_ms": round(statistics.median(own for _, own in times) * 1000, 2),
    }


def _ask(database: Database, name: str, question: Select[Any], repeats: int) -> dict[str, Any]:
    answers = len(queries.rows(database, question))
    times = [_timed(lambda: queries.rows(database, question)) for _ in range(repeats)]
    return {
        "question": name,
        "rows": answers,
        "median_ms": round(statistics.median(clock for clock, _ in times) * 1000, 2),
        "processor_ms": round(statistics.median(own for _, own in times) * 1000, 2),
        "plan": queries.plan(database, question),
    }


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of this process's processor time."""
    clock, own = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - own


def _print(events: int, written: dict[str, float], asked: list[dict[str, Any]]) -> None:
    out.print(
        f"{events:,} events; a batch of {written['batch']} more is written in "
        f"{written['median_ms']} ms ({written['processor_ms']} ms of processor time)"
    )
    table = Table("question", "rows", "median ms", "processor ms")
    for answer in asked:
        times = (f"{answer['median_ms']:,.1f}", f"{answer['processor_ms']:,.1f}")
        table.add_row(answer["question"], f"{answer['rows']:,}", *times)
    out.print(table)
    for answer in asked:
        out.print(f"[bold]{answer['question']}[/bold]")
        for line in answer["plan"]:
            out.print(f"  {line}", markup=False, soft_wrap=True)
