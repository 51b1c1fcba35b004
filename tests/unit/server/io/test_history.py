"""The historian: batches beside the line's way, whatever becomes of the database."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from emopic_server.core.history import Moment
from emopic_server.errors import HistoryError
from emopic_server.history.database import Database, Event, Scope
from emopic_server.history.queries import events
from emopic_server.history.schema import DAY_MS
from emopic_server.io.history import Historian


def moment(number: int = 0, text: str | None = None) -> Moment:
    return Moment(time.monotonic(), "g", "a", "chat", (0.9, 0.1), "joy", number / 1000, text)


class Shelf:
    """An archive in memory, which can be told to fail, and says when it has been asked."""

    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken
        self.written: list[Event] = []
        self.sizes: list[int] = []
        self.deleted: list[Scope] = []
        self.closed = False
        self.attempts = 0
        self.loop = asyncio.get_running_loop()
        self.changed = asyncio.Event()

    def prepare(self) -> None:
        pass

    def write(self, events: Sequence[Event]) -> None:
        self.attempts += 1
        self.loop.call_soon_threadsafe(self.changed.set)
        if self.broken:
            raise HistoryError("the history cannot be written: disk full")
        self.sizes.append(len(events))
        self.written += events

    def delete(self, scope: Scope) -> int:
        self.deleted.append(scope)
        return 0

    def close(self) -> None:
        self.closed = True

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                self.changed.clear()
                await self.changed.wait()
                await asyncio.sleep(0)


def historian(shelf: Shelf, counts: Counter[str], **more: object) -> Historian:
    def count(outcome: str, number: int) -> None:
        counts[outcome] += number
        shelf.changed.set()

    return Historian(shelf, ("joy", "anger"), count, retry_s=(0.0,), **more)  # type: ignore[arg-type]


async def test_moments_become_events_in_order_and_in_batches() -> None:
    shelf, counts = Shelf(), Counter[str]()
    writer = historian(shelf, counts)
    moments = [moment(number) for number in range(1200)]
    before = time.time() * 1000
    writer.keep(moments)
    assert moments == []
    await writer.close()
    assert [event.intensity for event in shelf.written] == [n / 1000 for n in range(1200)]
    assert max(shelf.sizes) <= 500
    assert counts == {"written": 1200}
    first = shelf.written[0]
    assert (first.owner, first.character, first.speaker) == ("g", "a", "chat")
    assert first.labels == ("joy", "anger")
    assert abs(first.at - before) < 60_000
    assert shelf.closed


async def test_a_failure_is_seen_and_passes_without_loss() -> None:
    shelf, counts = Shelf(broken=True), Counter[str]()
    writer = historian(shelf, counts)
    writer.keep([moment(1), moment(2)])
    await shelf.until(lambda: counts["failed"] >= 3)
    assert not writer.healthy
    assert writer.waiting == 2
    shelf.broken = False
    writer.keep([moment(3)])
    await shelf.until(lambda: counts["written"] == 3)
    assert writer.healthy
    assert [event.intensity for event in shelf.written] == [0.001, 0.002, 0.003]
    await writer.close()


async def test_over_the_bound_the_oldest_are_lost_and_counted() -> None:
    shelf, counts = Shelf(broken=True), Counter[str]()
    writer = historian(shelf, counts, bound=10)
    for start in range(0, 30, 5):
        writer.keep([moment(number) for number in range(start, start + 5)])
    await shelf.until(lambda: counts["failed"] >= 1)
    assert writer.waiting <= 10
    shelf.broken = False
    await shelf.until(lambda: writer.waiting == 0 and bool(shelf.written))
    assert shelf.written[-1].intensity == 0.029
    assert counts["lost"] + counts["written"] == 30
    await writer.close()


async def test_closing_does_not_wait_for_a_broken_archive() -> None:
    shelf, counts = Shelf(broken=True), Counter[str]()
    writer = historian(shelf, counts)
    writer.keep([moment()])
    async with asyncio.timeout(10):
        await writer.close()
    assert counts["lost"] == 1
    assert shelf.closed


async def test_a_slow_archive_holds_nobody_up() -> None:
    shelf, counts, go = Shelf(), Counter[str](), threading.Event()

    def prepare() -> None:
        assert go.wait(20)

    shelf.prepare = prepare  # type: ignore[method-assign]
    writer = historian(shelf, counts)
    for number in range(1000):
        writer.keep([moment(number)])
    assert counts == {}
    go.set()
    await writer.close()
    assert counts == {"written": 1000}


async def test_what_is_too_old_is_deleted() -> None:
    shelf, counts = Shelf(), Counter[str]()
    writer = historian(shelf, counts, days=30)
    writer.keep([moment()])
    await writer.close()
    (scope,) = shelf.deleted
    assert scope.since is None
    assert scope.until is not None
    assert abs(scope.until - (time.time() * 1000 - 30 * DAY_MS)) < 60_000


async def test_a_real_database_is_lost_and_comes_back(tmp_path: Path) -> None:
    """Its folder is moved away under it, as when a disk is unmounted."""
    folder, away = tmp_path / "disk", tmp_path / "away"
    folder.mkdir()
    counts, changed = Counter[str](), asyncio.Event()

    def count(outcome: str, number: int) -> None:
        counts[outcome] += number
        changed.set()

    async def until(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not condition():
                changed.clear()
                await changed.wait()

    database = Database(str(folder / "history.db"))
    writer = Historian(database, ("joy", "anger"), count, retry_s=(0.05,))
    writer.keep([moment(1, text="하나\x00")])
    await until(lambda: counts["written"] == 1)
    database.engine.dispose()
    folder.rename(away)
    writer.keep([moment(2)])
    await until(lambda: counts["failed"] >= 1)
    assert not writer.healthy
    shutil.move(away, folder)
    await until(lambda: counts["written"] == 2)
    await asyncio.sleep(0)
    await writer.close()
    again = Database(str(folder / "history.db"))
    kept = list(events(again, Scope()))
    assert [item.intensity for item in kept] == [0.001, 0.002]
    assert kept[0].text == "하나\ufffd"
    again.close()


@pytest.mark.parametrize("number", [0, 1])
async def test_nothing_to_write_is_no_work(number: int) -> None:
    shelf, counts = Shelf(), Counter[str]()
    writer = historian(shelf, counts)
    writer.keep([moment()] * number)
    await writer.close()
    assert counts["written"] == number
