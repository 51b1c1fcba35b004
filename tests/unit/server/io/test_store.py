"""The store of shared characters, in a real SQLite file."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from emopic_client import wire
from emopic_server.core.work import Forgotten, Kept
from emopic_server.errors import StoreError
from emopic_server.io.store import SqlStore

OPTIONS = wire.CharacterOptions(strength=0.5, hold_ms=10)


def kept(name: str = "a", *, group: str = "g", builtin: str | None = "haru") -> Kept:
    face = None if builtin else bytes(range(256))
    return Kept(group, name, builtin, face, OPTIONS)


def test_what_was_written_is_there_again(tmp_path: Path) -> None:
    where = str(tmp_path / "emopic.db")
    store = SqlStore(where)
    assert store.load() == []
    items = [kept("a"), kept("b", builtin=None), kept("나", group="h")]
    store.write(items)
    store.close()
    assert sorted(SqlStore(where).load(), key=lambda item: item.character) == items


def test_a_background_is_kept(tmp_path: Path) -> None:
    store = SqlStore(str(tmp_path / "emopic.db"))
    clear = wire.CharacterOptions(background="transparent")
    items = [
        Kept("g", "beach", None, b"face", OPTIONS, None, bytes(range(256))),
        Kept("g", "clear", "haru", None, clear, "scores"),
    ]
    store.write(items)
    assert sorted(store.load(), key=lambda item: item.character) == items


def test_changes_are_carried_out_in_order(tmp_path: Path) -> None:
    store = SqlStore(f"sqlite:///{tmp_path / 'emopic.db'}")
    store.write([kept("a"), kept("a", builtin=None), kept("b"), Forgotten("g", "b")])
    store.write([Forgotten("g", "nobody")])
    assert store.load() == [kept("a", builtin=None)]


def test_a_name_belongs_to_its_group(tmp_path: Path) -> None:
    store = SqlStore(str(tmp_path / "emopic.db"))
    store.write([kept(group="one"), kept(group="two"), Forgotten("one", "a")])
    assert store.load() == [kept(group="two")]


@pytest.mark.parametrize("where", ["/nowhere/at/all.db", "nosuchdatabase://x/y", "sqlite://///"])
def test_a_store_that_cannot_be_opened(where: str) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        SqlStore(where)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "emopic.db"
    path.write_bytes(b"not a database at all " * 100)
    with pytest.raises(StoreError, match="not a database"):
        SqlStore(str(path))


def test_a_write_that_fails_changes_nothing_and_shows_no_values(tmp_path: Path) -> None:
    path = tmp_path / "emopic.db"
    store = SqlStore(str(path))
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TRIGGER no BEFORE INSERT ON characters WHEN new.name = 'secret-name' "
            "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    with pytest.raises(StoreError, match="disk full") as caught:
        store.write([kept("a"), kept("secret-name")])
    assert "secret-name" not in caught.value.message
    assert store.load() == []
