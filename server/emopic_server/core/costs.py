"""What a batch costs: a part that is always the same, and a part for each item in it."""

from __future__ import annotations

from typing import Final

_SHARE: Final = 0.1  # of what is believed, from each new batch


class BatchCost:
    """Learns `fixed + each * n` from batches as they come; newer ones count more.

    Before anything is known, and as long as all batches have one size, items beside the first are
    taken to be free, so that larger batches get tried; where none is larger, one of half the size.
    """

    def __init__(self) -> None:
        self._n = self._s = self._nn = self._ns = 0.0
        self._known = False
        self.each = 0.0

    @property
    def fixed(self) -> float:
        """Seconds that every batch takes."""
        return max(0.0, self._s - self.each * self._n)

    def learn(self, items: int, seconds: float) -> None:
        """A batch of `items` (at least one) has taken so long."""
        share = _SHARE if self._known else 1.0
        self._known = True
        self._n += share * (items - self._n)
        self._s += share * (seconds - self._s)
        self._nn += share * (items * items - self._nn)
        self._ns += share * (items * seconds - self._ns)
        spread = self._nn - self._n * self._n
        if spread > 0.05:
            slope = (self._ns - self._n * self._s) / spread
            self.each = min(max(0.0, slope), self._s / self._n)

    def of(self, items: int) -> float:
        """What a batch of so many items is expected to take, in seconds."""
        return self.fixed + self.each * items

    def most(self, stretch: float, limit: int) -> int:
        """How many items take at most `stretch` times as long as one; in 1 … `limit`."""
        return self.within(stretch * self.of(1), limit)

    def within(self, seconds: float, limit: int) -> int:
        """How many items take at most so long; in 1 … `limit`."""
        if self.each <= 0.0:
            largest = self._n > limit - 0.5
            return max(1, limit // 2) if largest else limit
        return max(1, min(limit, int((seconds - self.fixed) / self.each)))
