"""Which worker renders which face.

A face has one home: the worker that keeps its features. It gets one when it is first asked for, on
the worker that has the least to do, and another when its worker ends, or when that worker has had
clearly more to do than another for a while. A move costs one registration, so few are made: only
from the busiest worker to the idlest, only where that brings the two closer together, and not
again soon with the same face.

Load is the time a worker has worked, with what was done longer ago counting less: 10 for a worker
that is always busy.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

MEMORY_S: Final = 10.0  # how fast load is forgotten
SETTLE_S: Final = 5.0  # a face stays at least so long
WORTH_S: Final = 1.0  # a difference in load that is worth a move
_NEW_S: Final = 0.05  # what a face is thought to cost before it is known
_MANY: Final = 4096  # faces that are remembered; of more, those that are not used go


class Faded:
    """A sum of which what was added earlier counts less. Time must not go backwards."""

    __slots__ = ("_at", "_value")

    def __init__(self) -> None:
        self._value = 0.0
        self._at = 0.0

    def value(self, now: float) -> float:
        """The sum as it counts now; never negative."""
        return self._value * math.exp(min(0.0, self._at - now) / MEMORY_S)

    def add(self, amount: float, now: float) -> None:
        """Add an amount; a negative one takes away what was added before."""
        self._value = max(0.0, self.value(now) + amount)
        self._at = max(self._at, now)


@dataclass(slots=True)
class _Face:
    home: int
    load: Faded
    moved: float


@dataclass(frozen=True, slots=True)
class Move:
    """A face that has another home from now on."""

    face: str
    source: int
    target: int


class Placement:
    """The homes of faces, by the faces' keys, on `workers` workers that all work at first."""

    def __init__(self, workers: int) -> None:
        self._loads = [Faded() for _ in range(workers)]
        self._up = set(range(workers))
        self._faces: dict[str, _Face] = {}

    @property
    def workers(self) -> int:
        """How many there are."""
        return len(self._loads)

    @property
    def up(self) -> frozenset[int]:
        """Those that can work."""
        return frozenset(self._up)

    def load(self, worker: int, now: float) -> float:
        """How busy a worker has been lately."""
        return self._loads[worker].value(now)

    def home(self, face: str, now: float) -> int:
        """Where a face is rendered; it is given a home if it has none.

        While no worker can work, it stays where it was.
        """
        known = self._faces.get(face)
        if known is not None and (known.home in self._up or not self._up):
            return known.home
        if known is None:
            self._forget_some(now)
            known = self._faces[face] = _Face(0, Faded(), -math.inf)
            known.load.add(_NEW_S, now)
        known.home = self.idlest(self._up or range(self.workers), now)
        self._loads[known.home].add(known.load.value(now), now)
        return known.home

    def idlest(self, workers: Iterable[int], now: float) -> int:
        """The one of these workers that has had the least to do; the first of several."""
        return min(workers, key=lambda worker: (self.load(worker, now), worker))

    def spent(self, worker: int, seconds: float, faces: Sequence[str], now: float) -> None:
        """A worker has worked, for these faces if for any."""
        self._loads[worker].add(seconds, now)
        for face in faces:
            known = self._faces.get(face)
            if known is not None and known.home == worker:
                known.load.add(seconds / len(faces), now)

    def down(self, worker: int) -> None:
        """A worker has ended. Its faces get other homes as they are asked for."""
        self._up.discard(worker)
        self._loads[worker] = Faded()

    def back(self, worker: int) -> None:
        """A worker can work again."""
        self._up.add(worker)

    def rebalance(self, now: float) -> Move | None:
        """Move one face if that is worth it."""
        if len(self._up) < 2:
            return None
        hot = max(self._up, key=lambda worker: (self.load(worker, now), -worker))
        cold = self.idlest(self._up, now)
        gap = self.load(hot, now) - self.load(cold, now)
        if gap < WORTH_S:
            return None
        name = self._movable(hot, gap / 2, now)
        if name is None:
            return None
        face = self._faces[name]
        load = face.load.value(now)
        self._loads[hot].add(-load, now)
        self._loads[cold].add(load, now)
        face.home, face.moved = cold, now
        return Move(name, hot, cold)

    def _movable(self, worker: int, most: float, now: float) -> str | None:
        """The busiest face of a worker whose load is at most `most` and that has settled."""
        loads = (
            (face.load.value(now), name)
            for name, face in self._faces.items()
            if face.home == worker and now >= face.moved + SETTLE_S
        )
        return max((item for item in loads if _NEW_S < item[0] <= most), default=(0.0, None))[1]

    def _forget_some(self, now: float) -> None:
        if len(self._faces) < _MANY:
            return
        by_load = sorted(self._faces, key=lambda name: self._faces[name].load.value(now))
        for name in by_load[: _MANY // 2]:
            del self._faces[name]
