"""How long to wait before the next attempt to connect."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits that double from `first` up to `most` seconds, each cut by up to `jitter` of itself.

    The jitter keeps a thousand clients from coming back in the same instant. After `attempts`
    failures in a row the client gives up; None means never.
    """

    first: float = 0.25
    most: float = 10.0
    jitter: float = 0.5
    attempts: int | None = None

    def __post_init__(self) -> None:
        if not (0 < self.first <= self.most and 0 <= self.jitter <= 1):
            raise ValueError(f"needs 0 < first <= most and 0 <= jitter <= 1: got {self}")

    def delay(self, failures: int, chance: float) -> float | None:
        """Seconds to wait after `failures` in a row (1, 2 …), with `chance` drawn from [0, 1)."""
        if self.attempts is not None and failures > self.attempts:
            return None
        whole = min(self.most, self.first * 2.0 ** min(failures - 1, 60))
        return whole * (1.0 - self.jitter * chance)
