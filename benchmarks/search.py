"""Two searches over loads, apart from what is loaded: how much just works, and where the knee is.

Pure: what tries a load is an argument, so both are tested without a server.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

KNEE_SHARE: Final = 0.97  # Poisson arrivals of a few seconds scatter by one or two hundredths
KEPT_SHARE: Final = 0.9


@dataclass(frozen=True)
class Step:
    """A load that was offered, in lines a second, and how many were answered meanwhile.

    `lost` lines had no answer at all, not even a refusal.
    """

    offered: float
    goodput: float
    lost: int = 0

    @property
    def holds(self) -> bool:
        """Whether the server kept up: it answered nearly all that was offered, as it came."""
        return self.lost == 0 and self.goodput >= KNEE_SHARE * self.offered


def most(works: Callable[[int], bool], limit: int, probes: int = 16, within: float = 0.0) -> int:
    """The largest load up to `limit` that works: by doubling from 1, then by bisection; 0: none.

    Takes for granted that what works at a load works at all smaller ones. Ends after so many
    `probes`, or when the answer is known to `within` that share of it, with the largest load that
    has worked.
    """
    good, bad = 0, limit + 1
    while probes > 0 and bad - good > max(1, within * good):
        tried = min(2 * good or 1, limit) if bad > limit else (good + bad) // 2
        if works(tried):
            good = tried
        else:
            bad = tried
        probes -= 1
    return good


def climb(
    offer: Callable[[float], Step], first: float, factor: float = 1.25, most_steps: int = 12
) -> list[Step]:
    """Offer `first`, then each time `factor` as much, until a load does not hold or steps end.

    One load more is offered after the first that does not hold, so that a single hiccup is not
    taken for the knee: where that one holds, the climb goes on.
    """
    steps: list[Step] = []
    failed, rate = 0, first
    while failed < 2 and len(steps) < most_steps:
        steps.append(offer(rate))
        failed = 0 if steps[-1].holds else failed + 1
        rate *= factor
    return steps


def knee(steps: Sequence[Step]) -> Step | None:
    """The step with the highest offered rate that holds; None where even the first did not."""
    return max((step for step in steps if step.holds), key=lambda step: step.offered, default=None)


def keeps(at_knee: Step, beyond: Step) -> bool:
    """Whether twice the knee's load leaves 90 % of its goodput, and no line without an answer."""
    return beyond.lost == 0 and beyond.goodput >= KEPT_SHARE * at_knee.goodput
