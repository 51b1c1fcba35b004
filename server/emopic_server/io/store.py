"""Where shared characters survive a restart: a table of names, faces and options.

    characters(owner, name, builtin, face, options)      primary key (owner, name)

`owner` is a group, which is a hash of its token; the token itself is not kept. `options` is the
JSON of `wire.CharacterOptions`, with `history` and `backdrop` beside them if the character has one.
SQLite is the default; any database that SQLAlchemy reaches by a URL will do, since nothing here is
particular to SQLite.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec
from sqlalchemy import (
    Column,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    Text,
    create_engine,
    delete,
    insert,
    select,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from emopic_client import wire
from emopic_server.core.work import Change, Kept
from emopic_server.errors import StoreError

_TABLE = Table(
    "characters",
    MetaData(),
    Column("owner", String(64), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("builtin", String(128)),
    Column("face", LargeBinary),
    Column("options", Text, nullable=False),
)


class _More(msgspec.Struct):
    """What stands beside the options in their column."""

    history: wire.HistoryMode | None = None
    backdrop: bytes | None = None


class Store(Protocol):
    """Keeps shared characters. Blocks; not called from the event loop. Raises `StoreError`."""

    def load(self) -> list[Kept]:
        """All that is kept."""
        ...

    def write(self, changes: Sequence[Change]) -> None:
        """Carry out changes in their order, all of them or none."""
        ...

    def close(self) -> None:
        """Let go of the store."""
        ...


class SqlStore:
    """A store in a database; `where` is a file for SQLite, or a database URL."""

    def __init__(self, where: str) -> None:
        url = where if "://" in where else URL.create("sqlite", database=str(Path(where)))
        try:
            self._engine = create_engine(url)
            _TABLE.metadata.create_all(self._engine)
        except (SQLAlchemyError, ImportError) as error:
            raise _error("opened", error) from error

    def load(self) -> list[Kept]:
        """See `Store`."""
        try:
            with self._engine.connect() as connection:
                rows = connection.execute(select(_TABLE)).all()
            return [_kept(row) for row in rows]
        except (SQLAlchemyError, msgspec.MsgspecError) as error:
            raise _error("read", error) from error

    def write(self, changes: Sequence[Change]) -> None:
        """See `Store`."""
        try:
            with self._engine.begin() as connection:
                for change in changes:
                    name = (_TABLE.c.owner == change.group, _TABLE.c.name == change.character)
                    connection.execute(delete(_TABLE).where(*name))
                    if isinstance(change, Kept):
                        connection.execute(insert(_TABLE).values(_row(change)))
        except SQLAlchemyError as error:
            raise _error("written", error) from error

    def close(self) -> None:
        """See `Store`."""
        self._engine.dispose()


def _kept(row: Row[Any]) -> Kept:
    options = msgspec.json.decode(row.options, type=wire.CharacterOptions)
    more = msgspec.json.decode(row.options, type=_More)
    return Kept(row.owner, row.name, row.builtin, row.face, options, more.history, more.backdrop)


def _row(kept: Kept) -> dict[str, object]:
    return {
        "owner": kept.group,
        "name": kept.character,
        "builtin": kept.builtin,
        "face": kept.face,
        "options": _options(kept),
    }


def _options(kept: Kept) -> str:
    options = msgspec.to_builtins(kept.options)
    if kept.history is not None:
        options["history"] = kept.history
    if kept.backdrop is not None:
        options["backdrop"] = kept.backdrop
    return msgspec.json.encode(options).decode()


def _error(what: str, error: Exception) -> StoreError:
    """The first line is what the database says; the rest may hold the values of a statement."""
    return StoreError(f"the store cannot be {what}: {str(error).splitlines()[0]}")


class Keeper:
    """Writes changes one batch after another, off the event loop.

    `failed` is called when a write fails: what the server promised to keep would be lost.
    """

    def __init__(self, store: Store, failed: Callable[[BaseException], None]) -> None:
        self._store = store
        self._failed = failed
        self._waiting: list[Change] = []
        self._task: asyncio.Task[None] | None = None

    def keep(self, changes: list[Change]) -> None:
        """Take over `changes` (the list is emptied) and see to it that they are written."""
        self._waiting += changes
        changes.clear()
        if self._waiting and self._task is None:
            self._task = asyncio.create_task(self._write())

    async def close(self) -> None:
        """Wait until all is written, and close the store."""
        if self._task is not None:
            await self._task
        await asyncio.to_thread(self._store.close)

    async def _write(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                await asyncio.to_thread(self._store.write, batch)
        except Exception as error:  # noqa: BLE001 - told to the server, which ends with it
            self._failed(error)
        finally:
            self._task = None
