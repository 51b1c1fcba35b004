"""From the labels people gave a line to one label and a soft target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

Tie = Literal["none", "by strength", "open"]
_LEFT_OUT: Final = -1


class Vote(NamedTuple):
    """What one rater said: a weight for each emotion (all 0: left out), and how strongly."""

    weights: tuple[float, ...]
    strength: float = 0.0


@dataclass(frozen=True)
class Verdict:
    """`label` None: most votes are left out. `target` sums to 1 unless `label` is None."""

    label: int | None
    target: tuple[float, ...]
    tie: Tie = "none"


def pooled(votes: Sequence[Vote]) -> Verdict:
    """Several labels of one line together: the emotion with the largest share is the label."""
    target = _shares(votes)
    if not any(target):
        return Verdict(None, target)
    best = max(target)
    tied = sum(share > best - 1e-9 for share in target) > 1
    return Verdict(target.index(best), target, "open" if tied else "none")


def majority(votes: Sequence[Vote]) -> Verdict:
    """Raters vote; where two emotions have as many votes, the sum of strengths decides.

    If that is equal, too, the tie is open and goes to the emotion that was named first. Emotions
    that are left out take part, so that a line most people find disgusting is left out as a whole.
    """
    count: dict[int, tuple[int, float]] = {}
    for vote in votes:
        voters, strength = count.get(_choice(vote), (0, 0.0))
        count[_choice(vote)] = (voters + 1, strength + vote.strength)
    most = max(voters for voters, _ in count.values())
    leaders = [choice for choice, (voters, _) in count.items() if voters == most]
    strongest = max(count[choice][1] for choice in leaders)
    winners = [choice for choice in leaders if count[choice][1] == strongest]
    tie: Tie = "none" if len(leaders) == 1 else "by strength" if len(winners) == 1 else "open"
    label = None if winners[0] == _LEFT_OUT else winners[0]
    return Verdict(label, _shares(votes), tie)


def _choice(vote: Vote) -> int:
    best = max(vote.weights)
    return vote.weights.index(best) if best > 0 else _LEFT_OUT


def _shares(votes: Sequence[Vote]) -> tuple[float, ...]:
    """Each vote counts 1 + its strength: AI Hub's neutral votes have strength 0, yet count."""
    columns = zip(*(vote.weights for vote in votes), strict=True)
    factors = [1 + vote.strength for vote in votes]
    sums = [sum(w * f for w, f in zip(column, factors, strict=True)) for column in columns]
    total = sum(sums)
    return tuple(value / total for value in sums) if total else tuple(sums)
