"""Days in a row."""

from __future__ import annotations

import pytest

from emopic_server.history.streaks import Streak, current, leaders, longest, streaks


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([], []),
        ([7], [(7, 1)]),
        ([3, 1, 2, 2, 9, 8], [(1, 3), (8, 2)]),
        ([-1, 0, 1], [(-1, 3)]),
    ],
)
def test_streaks(days: list[int], expected: list[tuple[int, int]]) -> None:
    assert [(streak.begin, streak.days) for streak in streaks(days)] == expected


def test_of_two_equally_long_runs_the_later_counts() -> None:
    assert longest([1, 2, 5, 6, 8]) == Streak(5, 2)
    assert longest([]) is None


@pytest.mark.parametrize(
    ("today", "expected"),
    [(6, Streak(4, 3)), (7, Streak(4, 3)), (8, None), (5, Streak(4, 2)), (3, Streak(1, 2))],
)
def test_a_streak_goes_on_until_a_day_has_passed_without_lines(
    today: int, expected: Streak | None
) -> None:
    assert current([1, 2, 4, 5, 6], today) == expected


def test_neutral_leads_only_a_day_without_any_other_emotion() -> None:
    by_day = {1: {"neutral": 9, "joy": 1}, 2: {"neutral": 2}, 3: {"anger": 2, "joy": 2}, 4: {}}
    assert leaders(by_day, ["joy", "anger", "neutral"]) == {1: "joy", 2: "neutral", 3: "joy"}
