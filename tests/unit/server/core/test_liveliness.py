"""Blinking and speaking, by example and by rule."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emopic_server.core.liveliness import QUARTERS, QUICKEST_STEP_S, Blinks, Speech, syllables

SEEDS = st.integers(0, 2**32)
STARTS = st.sampled_from([0.0, 1e5, 1.8e9, -50.0])


def walk(face: Blinks | Speech, now: float, until: float) -> list[tuple[float, int]]:
    """Every change from `now` on, with the level it leads to."""
    steps = []
    while (after := face.next_change(now)) is not None and after < until:
        assert after > now
        now = after
        steps.append((now, face.at(now)))
    return steps


def blinks(steps: list[tuple[float, int]]) -> list[list[tuple[float, int]]]:
    """The steps, cut where the lids are open."""
    found: list[list[tuple[float, int]]] = []
    for before, step in pairwise([(0.0, 0), *steps]):
        if before[1] == 0:
            found.append([])
        found[-1].append(step)
    return found


@given(SEEDS, STARTS)
def test_natural_blinks_take_150_to_200_ms_and_come_every_2_to_6_s(seed: int, start: float) -> None:
    each = blinks(walk(Blinks(seed), start, start + 120))[1:-1]  # the first may be under way
    starts = [steps[0][0] for steps in each]
    for steps in each:
        assert 0.149 <= steps[-1][0] - steps[0][0] <= 0.201
        assert max(level for _, level in steps) == QUARTERS
    firsts = [b for a, b in pairwise(starts) if b - a > 0.5]  # the second of a double is close
    assert all(1.9 <= b - a <= 6.1 for a, b in pairwise(firsts))
    assert 10 <= len(firsts) <= 62


def test_some_blinks_are_double() -> None:
    starts = [steps[0][0] for steps in blinks(walk(Blinks(3), 0.0, 2000.0))]
    close = sum(b - a < 0.5 for a, b in pairwise(starts))
    assert 0.05 < close / len(starts) < 0.25


@given(SEEDS, STARTS)
def test_lids_move_one_quarter_at_a_time_and_not_too_quickly(seed: int, start: float) -> None:
    steps = walk(Blinks(seed), start, start + 60)
    for (at, level), (after, following) in pairwise(steps):
        assert abs(following - level) == 1
        assert after - at > QUICKEST_STEP_S - 1e-6 or following == 1


def test_the_same_seed_blinks_at_the_same_times() -> None:
    assert walk(Blinks(5), 0.0, 60.0) == walk(Blinks(5), 0.0, 60.0)
    assert walk(Blinks(5), 0.0, 60.0) != walk(Blinks(6), 0.0, 60.0)


def test_a_mouth_that_says_nothing_is_closed() -> None:
    assert Speech(1).at(5.0) == 0
    assert Speech(1).next_change(5.0) is None


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("안녕하세요", 5),
        ("ㅋㅋㅋ", 3),
        ("Hello there", 4),  # e, o, e, e: "there" has a silent one, which is not known here
        ("2026", 4),
        ("rhythm", 1),
        ("!?… 😀", 0),
        ("", 0),
    ],
)
def test_syllables(text: str, count: int) -> None:
    assert sum(opening > 0 for opening, _ in syllables(text)) == count


def test_vowels_open_the_mouth_as_wide_as_they_are() -> None:
    wide, narrow = (next(iter(syllables(text)))[0] for text in ("아", "으"))
    assert wide > 2 * narrow


def test_a_pause_comes_between_sentences_and_not_at_the_end() -> None:
    spoken = list(syllables("네. 네!"))
    assert [opening > 0 for opening, _ in spoken] == [True, False, True]


@given(st.text(max_size=60), SEEDS, STARTS)
def test_a_line_is_said_in_its_time_and_ends_with_a_closed_mouth(
    text: str, seed: int, start: float
) -> None:
    speech = Speech(seed)
    speech.say(text, start)
    steps = walk(speech, start - 1e-6 * abs(start) - 1, start + 100)
    seconds = sum(part for _, part in syllables(text))
    for at, level in steps:
        assert start <= at <= start + 1.2 * seconds + 0.03 + 1e-6 * abs(start)
        assert 0 <= level <= QUARTERS
    assert not steps or steps[-1][1] == 0
    if any(opening > 0.3 for opening, _ in syllables(text)):
        assert max(level for _, level in steps) > 0


def test_six_syllables_a_second() -> None:
    speech = Speech(1)
    speech.say("가" * 60, 0.0)
    end = walk(speech, 0.0, 100.0)[-1][0]
    assert 5 < 60 / end < 7


@given(SEEDS, st.floats(0, 3))
def test_a_new_line_waits_for_the_syllable_and_cuts_off_the_rest(seed: int, when: float) -> None:
    speech = Speech(seed)
    speech.say("가나다라마바사아자차카타파하", 0.0)
    before = speech.at(when)
    speech.say("네", when)
    assert speech.at(when) == before
    steps = walk(speech, when, 100.0)
    assert steps[-1][0] < when + 0.6
    assert all(abs(b - a) <= 2 for (_, a), (_, b) in pairwise([(when, before), *steps]))
