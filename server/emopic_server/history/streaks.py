"""Days in a row: with lines at all, and with the same emotion ahead. Pure; days are numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from emopic_server.history.queries import NEUTRAL


@dataclass(frozen=True)
class Streak:
    """`days` days in a row from day `begin` on; a day is a number, the next day the next one."""

    begin: int
    days: int

    @property
    def end(self) -> int:
        """Its last day."""
        return self.begin + self.days - 1


def streaks(days: Iterable[int]) -> list[Streak]:
    """The runs of days without a gap, the oldest first."""
    found: list[Streak] = []
    for day in sorted(set(days)):
        if found and day == found[-1].end + 1:
            found[-1] = Streak(found[-1].begin, found[-1].days + 1)
        else:
            found.append(Streak(day, 1))
    return found


def longest(days: Iterable[int]) -> Streak | None:
    """The longest run; of several the latest."""
    return max(streaks(days), key=lambda streak: (streak.days, streak.begin), default=None)


def current(days: Iterable[int], today: int) -> Streak | None:
    """The run that goes on: its last day is today, or yesterday while today has none yet."""
    found = streaks(day for day in days if day <= today)
    return found[-1] if found and found[-1].end >= today - 1 else None


def leaders(by_day: Mapping[int, Mapping[str, int]], emotions: Sequence[str]) -> dict[int, str]:
    """Each day's emotion with the most lines: neutral only if there was nothing else.

    Of equal ones the first in `emotions` counts.
    """
    return {day: leader for day, lines in by_day.items() if (leader := _leader(lines, emotions))}


def _leader(lines: Mapping[str, int], emotions: Sequence[str]) -> str | None:
    felt = [name for name in emotions if lines.get(name)]
    coloured = [name for name in felt if name != NEUTRAL]
    return max(coloured or felt, key=lambda name: lines[name], default=None)
