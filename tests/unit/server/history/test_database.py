"""Writing, counting and deleting, in SQLite and in PostgreSQL."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select
from tests.unit.server.history.events import BEGIN, event

from emopic_server.errors import HistoryError
from emopic_server.history.database import Database, Scope
from emopic_server.history.queries import events, rows
from emopic_server.history.schema import STREAMS, metadata


def test_what_was_written_is_there_again(database: Database) -> None:
    items = [
        event(1, text="기쁘다 😀"),
        event(2, top="anger", scores=(0.25, 0.75), speaker="다른 사람"),
        event(3, labels=("joy", "anger", "calm"), scores=(0.1, 0.2, 0.7), top="calm"),
    ]
    database.write(items)
    database.write([])
    assert list(events(database, Scope())) == items


def test_the_migrations_make_the_schema(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": "history_version"})
        assert compare_metadata(context, metadata) == []


def test_a_history_is_prepared_once_more_without_harm(database: Database) -> None:
    database.write([event()])
    database.prepare()
    assert list(events(database, Scope())) == [event()]


@pytest.mark.parametrize(
    ("scope", "left"),
    [
        (Scope(), 0),
        (Scope(owner="group:2"), 3),
        (Scope(character="minji", speaker="chat"), 2),
        (Scope(character="nobody"), 4),
        (Scope(since=BEGIN + 2), 2),
        (Scope(until=BEGIN + 2), 2),
        (Scope(since=BEGIN + 1, until=BEGIN + 3), 2),
    ],
)
def test_only_what_is_in_the_scope_is_deleted(database: Database, scope: Scope, left: int) -> None:
    items = [event(0), event(1), event(2, character="haru"), event(3, owner="group:2")]
    items[1:2] = [event(1, speaker="me")]
    database.write(items)
    assert database.delete(scope) == 4 - left
    assert len(list(events(database, Scope()))) == left


def test_names_are_forgotten_with_their_last_event(database: Database) -> None:
    database.write([event(speaker="비밀"), event(speaker="chat")])
    database.delete(Scope(speaker="비밀"))
    assert [row.speaker for row in rows(database, select(STREAMS))] == ["chat"]


def test_another_process_may_delete_between_writes(database: Database) -> None:
    """Ids of streams may be given again; the events must go to the right one."""
    other = Database(database.engine.url.render_as_string(hide_password=False))
    database.write([event(speaker="one")])
    other.delete(Scope())
    other.write([event(speaker="two")])
    database.write([event(1, speaker="one")])
    assert [item.speaker for item in events(database, Scope())] == ["two", "one"]
    other.close()


def test_a_write_that_fails_changes_nothing(database: Database) -> None:
    database.write([event()])
    with pytest.raises(HistoryError, match="cannot be written") as caught:
        database.write([event(1, speaker="new"), event(2, top=None, text="아주 비밀")])
    assert "비밀" not in caught.value.message
    assert list(events(database, Scope())) == [event()]


def test_deleted_texts_are_gone_from_the_files(tmp_path: Path) -> None:
    database = Database(str(tmp_path / "history.db"))
    database.prepare()
    database.write([event(at, text=f"지워질 비밀 {at} " * 40) for at in range(300)])
    database.write([event(400, text="남을 말")])
    assert "지워질 비밀".encode() in everything(tmp_path)
    database.delete(Scope(until=BEGIN + 400))
    assert "지워질 비밀".encode() not in everything(tmp_path)
    assert "남을 말".encode() in everything(tmp_path)
    database.close()


def everything(folder: Path) -> bytes:
    """The bytes of the database, its journal and whatever else lies there."""
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def test_a_full_disk_is_an_error_that_passes(tmp_path: Path) -> None:
    database = Database(str(tmp_path / "history.db"))
    database.prepare()
    with database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(HistoryError, match="full"):
        database.write([event(at, text="긴 말 " * 100) for at in range(100)])
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 100000")
    database.write([event()])
    assert list(events(database, Scope())) == [event()]
    database.close()


@pytest.mark.parametrize("where", ["mysql://x/y", "nosuch://x", "postgresql+nosuch://x/y"])
def test_a_database_that_is_not_known_is_refused_at_once(where: str) -> None:
    with pytest.raises(HistoryError):
        Database(where)


@pytest.mark.parametrize("where", ["/nowhere/at/all.db", "sqlite:////proc/history.db"])
def test_a_place_that_cannot_be_opened(where: str) -> None:
    with pytest.raises(HistoryError, match="cannot be opened"):
        Database(where).prepare()


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    path.write_bytes(b"not a database at all " * 100)
    with pytest.raises(HistoryError, match="not a database"):
        Database(str(path)).prepare()


def test_a_newer_history_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    Database(str(path)).prepare()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE history_version SET version_num = '9999'")
    with pytest.raises(HistoryError, match="9999"):
        Database(str(path)).prepare()
