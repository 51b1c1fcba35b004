"""Writes the history in batches, beside the line's way.

`keep` only puts moments into a queue. A task gathers them for a moment and hands them to a thread.
When a write fails (a full disk, a lost database) the batch waits and is tried again, ever more
rarely; the queue is bounded, and over its bound the oldest moments are lost and counted. No line
ever waits for any of this.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from emopic_server.core.history import Moment
from emopic_server.errors import HistoryError
from emopic_server.history.database import Event, Scope
from emopic_server.history.schema import DAY_MS

log = logging.getLogger(__name__)

BOUND: Final = 50_000
_BATCH: Final = 500
_GATHER_S: Final = 0.5
_RETRY_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
_PRUNE_S: Final = 6 * 3600.0
_LAST_S: Final = 5.0


class Archive(Protocol):
    """What of `history.database.Database` is needed here. Blocks; raises `HistoryError`."""

    def prepare(self) -> None:
        """Make or migrate the tables."""
        ...

    def write(self, events: Sequence[Event]) -> None:
        """Add events, all of them or none."""
        ...

    def delete(self, scope: Scope) -> int:
        """Remove events."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...


class Historian:
    """Keeps moments of the core in an archive. `labels` are the emotions of their scores.

    `count` is told what became of how many: `written`, `lost`, or `failed` for a failed attempt.
    """

    def __init__(
        self,
        archive: Archive,
        labels: tuple[str, ...],
        count: Callable[[str, int], None],
        *,
        days: int = 0,
        bound: int = BOUND,
        retry_s: Sequence[float] = _RETRY_S,
    ) -> None:
        self.healthy = True
        self._archive = archive
        self._labels = labels
        self._count = count
        self._days = days
        self._waiting: deque[Event] = deque()
        self._bound = bound
        self._retry_s = retry_s
        self._failures = 0
        self._prepared = False
        self._pruned = -_PRUNE_S
        self._closing = asyncio.Event()
        self._some = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    @property
    def waiting(self) -> int:
        """How many events are not written yet."""
        return len(self._waiting)

    def keep(self, moments: list[Moment]) -> None:
        """Take over `moments` (the list is emptied) and see to it that they are written."""
        offset = time.time() - time.monotonic()
        self._waiting.extend(self._event(moment, offset) for moment in moments)
        moments.clear()
        lost = len(self._waiting) - self._bound
        if lost > 0:
            for _ in range(lost):
                self._waiting.popleft()
            self._count("lost", lost)
        self._some.set()

    async def close(self) -> None:
        """Try once more to write what waits, for a few seconds, and let go of the archive."""
        self._closing.set()
        self._some.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._task, _LAST_S)
        if self._waiting:
            log.error("%d events of the history are lost", len(self._waiting))
            self._count("lost", len(self._waiting))
            self._waiting.clear()
        self._archive.close()

    def _event(self, moment: Moment, offset: float) -> Event:
        text = None if moment.text is None else _storable(moment.text)
        return Event(
            at=round((moment.at + offset) * 1000),
            owner=moment.owner,
            character=_storable(moment.character),
            speaker=_storable(moment.speaker),
            labels=self._labels,
            scores=moment.scores,
            top=moment.top,
            intensity=moment.intensity,
            text=text,
        )

    async def _run(self) -> None:
        while not (self._closing.is_set() and not self._waiting):
            await self._work()
            if self._failures and self._closing.is_set():
                return
            await self._pause()

    async def _work(self) -> None:
        """Prepare, prune and write what is due; a failure is noted and nothing is lost by it."""
        batch = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
        try:
            await asyncio.to_thread(self._carry_out, batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, lines must go on
            self._waiting.extendleft(reversed(batch))
            self._failed(error)
            return
        if batch:
            self._count("written", len(batch))
        if not self.healthy:
            log.info("the history is written again")
        self.healthy, self._failures = True, 0

    def _carry_out(self, batch: list[Event]) -> None:
        """In a thread."""
        if not self._prepared:
            self._archive.prepare()
            self._prepared = True
        self._archive.write(batch)
        now = time.monotonic()
        if self._days and now - self._pruned >= _PRUNE_S:
            self._archive.delete(Scope(until=round(time.time() * 1000) - self._days * DAY_MS))
            self._pruned = now

    def _failed(self, error: Exception) -> None:
        if self.healthy:
            known = isinstance(error, HistoryError)
            log.error("%s; lines go on", error, exc_info=None if known else error)
        self.healthy = False
        self._failures += 1
        self._count("failed", 1)

    async def _pause(self) -> None:
        """Until there is something to do: at once after a full batch, later after a failure."""
        if self._failures:
            wait = self._retry_s[min(self._failures, len(self._retry_s)) - 1]
            await _at_most(self._closing, wait)
        elif len(self._waiting) < _BATCH:
            if not self._waiting:
                self._some.clear()
                await _at_most(self._some, _PRUNE_S)
            await _at_most(self._closing, _GATHER_S)


async def _at_most(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)


def _storable(text: str) -> str:
    """PostgreSQL has no NUL in texts."""
    return text.replace("\x00", "\ufffd")
