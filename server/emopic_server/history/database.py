"""The history's database: opening, writing, deleting. SQLite by default, PostgreSQL by URL.

Everything blocks; nothing here is called from the event loop. Each `write` and each `delete` is one
transaction. Errors are `HistoryError`, whose text never holds a line or a name.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Table,
    create_engine,
    delete,
    event,
    exists,
    select,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from emopic_server.errors import HistoryError, TooSlow
from emopic_server.history.schema import EVENTS, LABELS, STREAMS

_MIGRATIONS: Final = Path(__file__).with_name("migrations")
_INSERTS: Final[Mapping[str, Callable[..., Any]]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}
_BUSY_S: Final = 5.0
_PRAGMAS: Final = (
    "journal_mode = WAL",
    "synchronous = NORMAL",
    "secure_delete = ON",
    "foreign_keys = ON",
)
# A lost PostgreSQL is noticed in seconds: to connect, and (ms) to have a packet acknowledged.
_PATIENCE: Final = {"connect_timeout": 5, "tcp_user_timeout": 10_000}
_STEPS: Final = 20_000  # of SQLite's machine, between two looks at the clock: under a millisecond
_STREAM: Final = ("owner", "character", "speaker")


@dataclass(frozen=True, slots=True)
class Event:
    """One line's meaning at `at` (milliseconds since 1970). `scores` are in the order of `labels`.

    `text` is None unless it was asked for.
    """

    at: int
    owner: str
    character: str
    speaker: str
    labels: tuple[str, ...]
    scores: tuple[float, ...]
    top: str
    intensity: float
    text: str | None = None


@dataclass(frozen=True)
class Scope:
    """Which part of the history: None is everything; `since` included, `until` not (ms)."""

    owner: str | None = None
    character: str | None = None
    speaker: str | None = None
    since: int | None = None
    until: int | None = None

    def streams(self) -> Any:
        """A query for the ids of the streams in it."""
        wanted = [(STREAMS.c[name], getattr(self, name)) for name in _STREAM]
        matches = [column == value for column, value in wanted if value is not None]
        return select(STREAMS.c.id).where(*matches)

    def within(self, stream: Any, time: Any) -> list[ColumnElement[bool]]:
        """The conditions for a table with these columns."""
        named = (self.owner, self.character, self.speaker) != (None, None, None)
        conditions = [stream.in_(self.streams())] if named else []
        if self.since is not None:
            conditions.append(time >= self.since)
        if self.until is not None:
            conditions.append(time < self.until)
        return conditions


class Database:
    """A history. May be used from several threads; raises `HistoryError`.

    Making one only checks its address; `prepare` is the first to touch the database.
    """

    def __init__(self, where: str) -> None:
        """`where` is a file for SQLite, or a database URL."""
        try:
            self.engine = _engine(where)
        except (SQLAlchemyError, ImportError) as error:
            raise history_error("opened", error) from error
        self._insert = _INSERTS[self.engine.dialect.name]

    def prepare(self) -> None:
        """Make the tables, or bring them to the newest form."""
        try:
            with self.engine.begin() as connection:
                migrate(connection)
        except SQLAlchemyError as error:
            raise history_error("opened", error) from error

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    @contextmanager
    def reading(self, seconds: float | None = None) -> Iterator[Connection]:
        """A connection to read with. Raises `HistoryError`; `TooSlow` after `seconds`."""
        end = None if seconds is None else time.monotonic() + seconds
        try:
            with self.engine.connect() as connection, _until(connection, end):
                yield connection
        except SQLAlchemyError as error:
            if end is not None and seconds is not None and time.monotonic() >= end:
                raise TooSlow(f"the history was not read within {seconds:g} s") from error
            raise history_error("read", error) from error

    def write(self, events: Sequence[Event]) -> None:
        """Add events, all of them or none."""
        if not events:
            return
        try:
            with self.engine.begin() as connection:
                connection.execute(EVENTS.insert(), self._rows(connection, events))
        except SQLAlchemyError as error:
            raise history_error("written", error) from error

    def delete(self, scope: Scope) -> int:
        """Remove events for good: they are gone from the file too. Returns how many there were."""
        try:
            with self.engine.begin() as connection:
                where = scope.within(EVENTS.c.stream, EVENTS.c.at)
                gone: int = connection.execute(delete(EVENTS).where(*where)).rowcount
                empty = ~exists().where(EVENTS.c.stream == STREAMS.c.id)
                connection.execute(delete(STREAMS).where(empty))
            if gone:
                self._sweep()
        except SQLAlchemyError as error:
            raise history_error("deleted from", error) from error
        return gone

    # ── within ────────────────────────────────────────────────────────────────────────────────────

    def _rows(self, connection: Connection, events: Sequence[Event]) -> list[dict[str, Any]]:
        """What to insert. Ids are looked up each time: another process may delete streams."""
        named = self._ids(connection, LABELS, {(_json(event.labels),) for event in events})
        labels = {event.labels: named[(_json(event.labels),)] for event in events}
        streams = self._ids(connection, STREAMS, {_stream(event) for event in events})
        return [
            {
                "stream": streams[_stream(event)],
                "at": event.at,
                "labels": labels[event.labels],
                "top": event.top,
                "intensity": event.intensity,
                "scores": _json([round(score, 4) for score in event.scores]),
                "text": event.text,
            }
            for event in events
        ]

    def _ids(
        self, connection: Connection, table: Table, keys: Set[tuple[str, ...]]
    ) -> dict[tuple[str, ...], int]:
        """The ids of these rows, made where there are none; another server may be making them too.

        A key is all columns but the id.
        """
        columns = [column for column in table.columns if column.name != "id"]
        wanted = select(table).where(tuple_(*columns).in_(sorted(keys)))
        found = {tuple(row[1:]): row[0] for row in connection.execute(wanted)}
        missing = sorted(keys - found.keys())
        if missing:
            names = [column.name for column in columns]
            rows = [dict(zip(names, key, strict=True)) for key in missing]
            connection.execute(self._insert(table).on_conflict_do_nothing(), rows)
            found = {tuple(row[1:]): row[0] for row in connection.execute(wanted)}
        return found

    def _sweep(self) -> None:
        """Make the database forget the bytes of deleted rows, in its journal too."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if self.engine.dialect.name == "sqlite":  # the file itself is wiped: secure_delete
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            else:
                connection.exec_driver_sql("VACUUM events, streams")


@contextmanager
def _until(connection: Connection, end: float | None) -> Iterator[None]:
    """Let the database give up at `end`, on the monotonic clock."""
    if end is None:
        yield
    elif connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        driver.set_progress_handler(lambda: time.monotonic() >= end, _STEPS)
        try:
            yield
        finally:
            driver.set_progress_handler(None, 0)
    else:
        left_ms = max(1, round((end - time.monotonic()) * 1000))
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {left_ms}")  # this transaction
        yield


def _stream(event: Event) -> tuple[str, str, str]:
    return event.owner, event.character, event.speaker


def _json(values: Sequence[object]) -> str:
    return msgspec.json.encode(values).decode()


def migrate(connection: Connection, revision: str = "head") -> None:
    """Bring the history's tables to a revision."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, revision)
    except CommandError as error:  # a revision that this version does not know
        raise history_error("opened", error) from error


def _engine(where: str) -> Engine:
    url = make_url(where) if "://" in where else URL.create("sqlite", database=str(Path(where)))
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in _INSERTS:
        known = "a file, sqlite:///file or postgresql://…"
        raise HistoryError(f"a history in {url.get_backend_name()!r} is not supported: use {known}")
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, connect_args=_PATIENCE)
    engine = create_engine(url, connect_args={"timeout": _BUSY_S})
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """A journal that readers do not wait for, and no bytes left behind by what is deleted."""
    for pragma in (
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "secure_delete = ON",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def history_error(what: str, error: Exception) -> HistoryError:
    """The first line is what the database says; the rest may hold the values of a statement."""
    return HistoryError(f"the history cannot be {what}: {str(error).splitlines()[0]}")
