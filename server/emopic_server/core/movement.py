"""How a face gets from one expression to another: weights on their way, and when they change.

A level is a weight in steps of 1/16: what is shown. The weights themselves are not quantised.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

STEPS: Final = 16

Weights: TypeAlias = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Ease:
    """How far a move has come after a share of its time, both in [0, 1]; `time` is the inverse."""

    part: Callable[[float], float]
    time: Callable[[float], float]


def _out(u: float) -> float:
    rest = 1.0 - u
    return 1.0 - rest * rest * rest


def _out_inverse(f: float) -> float:
    return 1.0 - math.cbrt(1.0 - f)


def _both(u: float) -> float:
    return 2.0 * u * u if u < 0.5 else 1.0 - 2.0 * (1.0 - u) * (1.0 - u)


def _both_inverse(f: float) -> float:
    return math.sqrt(f / 2.0) if f < 0.5 else 1.0 - math.sqrt((1.0 - f) / 2.0)


EASE_OUT: Final = Ease(_out, _out_inverse)
"""Fast at first, so that the very next frame shows that something happened. Slope ≤ 3."""

EASE_BOTH: Final = Ease(_both, _both_inverse)
"""Slow at both ends, for the way back. Slope ≤ 2."""


@dataclass(frozen=True, slots=True)
class Move:
    """Weights on their way from `origin` to `target`; each goes one way only."""

    start: float
    seconds: float
    origin: Weights
    target: Weights
    ease: Ease

    @property
    def end(self) -> float:
        return self.start + self.seconds

    def at(self, now: float) -> Weights:
        """The weights at a moment."""
        if now >= self.end:
            return self.target
        part = self.ease.part(max(0.0, now - self.start) / self.seconds)
        return tuple(a + (b - a) * part for a, b in zip(self.origin, self.target, strict=True))

    def crossing(self, levels: tuple[int, ...]) -> float | None:
        """About when a weight leaves its level; None if none does.

        Only the first weights are looked at, as many as there are levels.
        """
        parts = []
        for a, b, level in zip(self.origin, self.target, levels, strict=False):
            edge = (level + (0.5 if b > a else -0.5)) / STEPS
            if (edge < b) if b > a else (edge > b):
                parts.append(min(1.0, max(0.0, (edge - a) / (b - a))))
        return self.start + self.seconds * self.ease.time(min(parts)) if parts else None


def levels_of(weights: Weights) -> tuple[int, ...]:
    """The level of each weight."""
    return tuple(math.floor(weight * STEPS + 0.5) for weight in weights)


def on_grid(weight: float) -> float:
    """The nearest weight in [0, 1] that is a level."""
    return math.floor(min(1.0, max(0.0, weight)) * STEPS + 0.5) / STEPS
