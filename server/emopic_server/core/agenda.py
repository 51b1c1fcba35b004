"""What is due when: one time per key, the earliest first."""

from __future__ import annotations

import heapq
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Agenda(Generic[K]):
    """Times by key. Setting a key again moves it; stale heap entries are skipped when met."""

    def __init__(self) -> None:
        self._when: dict[K, float] = {}
        self._heap: list[tuple[float, int, K]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._when)

    def set(self, key: K, when: float | None) -> None:
        """Make `key` due at `when`, or never (None)."""
        if when is None:
            self._when.pop(key, None)
        elif self._when.get(key) != when:
            self._when[key] = when
            self._count += 1  # keys need not be comparable
            heapq.heappush(self._heap, (when, self._count, key))
            if len(self._heap) > 64 + 4 * len(self._when):
                self._rebuild()

    def next(self) -> float | None:
        """The earliest time, None when nothing is due."""
        while self._heap:
            when, _, key = self._heap[0]
            if self._when.get(key) == when:
                return when
            heapq.heappop(self._heap)
        return None

    def pop(self, now: float) -> K | None:
        """Take out one key that is due at `now`."""
        when = self.next()
        if when is None or when > now:
            return None
        key = heapq.heappop(self._heap)[2]
        del self._when[key]
        return key

    def _rebuild(self) -> None:
        self._heap = [(when, i, key) for i, (key, when) in enumerate(self._when.items())]
        self._count = len(self._heap)
        heapq.heapify(self._heap)
