"""Invariants of the face over time for any sequence of events."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from emopic_server.core.animator import Animator, Knobs

PLACES = 4
NEUTRAL = 2
SLOPE = 3.0  # the steepest easing moves a whole weight in a third of its time


@dataclass(frozen=True)
class Event:
    gap: float
    values: list[float]
    direct: bool

    def happen(self, animator: Animator, now: float) -> None:
        if self.direct:
            animator.express(self.values, now, hold_ms=700)
        else:
            total = math.fsum(self.values)
            even = [1 / PLACES] * PLACES
            animator.feel([v / total for v in self.values] if total else even, now)


GAPS = st.one_of(st.just(0.0), st.floats(0, 0.5), st.floats(0, 10), st.floats(0, 1e7))
WEIGHTS = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 1.0, 0.5 / 16, 1 / 16]))
EVENTS = st.lists(
    st.builds(Event, GAPS, st.lists(WEIGHTS, min_size=PLACES, max_size=PLACES), st.booleans()),
    max_size=12,
)
KNOBS = st.builds(
    Knobs,
    strength=st.floats(0, 2),
    contrast=st.floats(0.1, 10),
    transition_ms=st.integers(1, 2000),
    hold_ms=st.integers(0, 5000),
    decay_ms=st.integers(1, 3000),
    min_confidence=st.floats(0, 1),
    max_emotions=st.integers(1, PLACES),
)
STARTS = st.sampled_from([0.0, 1e5, 1.8e9])
PLACE_OF_NEUTRAL = st.sampled_from([NEUTRAL, None])


def after(animator: Animator, events: list[Event], now: float) -> float:
    for event in events:
        now += event.gap
        event.happen(animator, now)
    return now


def assert_is_expression(expression: tuple[float, ...], neutral: int | None) -> None:
    for weight in expression:
        assert 0.0 <= weight <= 1.0
        assert weight * 16 == int(weight * 16)
    if neutral is not None:
        others = sum(w for i, w in enumerate(expression) if i != neutral)
        assert expression[neutral] == max(0.0, 1.0 - others)


@given(EVENTS, KNOBS, STARTS, PLACE_OF_NEUTRAL, st.lists(st.floats(-1, 20), max_size=10))
def test_weights_are_sixteenths_from_0_to_1(
    events: list[Event], knobs: Knobs, start: float, neutral: int | None, later: list[float]
) -> None:
    animator = Animator(PLACES, neutral, knobs)
    now = start
    for event in events:
        now = after(animator, [event], now)
        for offset in (0.0, *later):
            assert_is_expression(animator.at(now + offset), neutral)


@given(EVENTS, KNOBS, STARTS, st.floats(1e-3, 0.2))
def test_no_step_is_larger_than_the_transition_allows(
    events: list[Event], knobs: Knobs, start: float, interval: float
) -> None:
    """Sampled every `interval`, events falling anywhere between: the face never jumps."""
    animator = Animator(PLACES, NEUTRAL, knobs)
    quickest = min(knobs.transition_ms, knobs.decay_ms) / 1000
    now, before = start, animator.at(start)
    for event in events:
        step = min(event.gap, interval)
        event.happen(animator, now)
        for moment in (now, now + step / 2, now + step):
            present = animator.at(moment)
            allowed = SLOPE * step / quickest + 1 / 16 + 1e-6 / quickest
            for i in range(PLACES):
                if i != NEUTRAL:
                    assert abs(present[i] - before[i]) <= allowed
            before = present
        now += step


@given(EVENTS, KNOBS, STARTS, PLACE_OF_NEUTRAL)
def test_the_face_always_returns_to_neutral(
    events: list[Event], knobs: Knobs, start: float, neutral: int | None
) -> None:
    animator = Animator(PLACES, neutral, knobs)
    now = after(animator, events, start)
    whole = (knobs.transition_ms + max(700, knobs.hold_ms) + knobs.decay_ms) / 1000
    rest = now + whole + 1e-3
    assert animator.at(rest) == tuple(float(i == neutral) for i in range(PLACES))
    assert animator.next_change(rest) is None


@given(EVENTS, KNOBS, STARTS, st.floats(0, 10), st.lists(st.floats(0, 1), max_size=10))
def test_nothing_changes_before_next_change_and_something_does_then(
    events: list[Event], knobs: Knobs, start: float, offset: float, parts: list[float]
) -> None:
    animator = Animator(PLACES, NEUTRAL, knobs)
    now = after(animator, events, start) + offset
    change = animator.next_change(now)
    if change is None:
        for moment in (now + 1, now + 1e4, *(now + 10 * part for part in parts)):
            assert animator.at(moment) == animator.at(now)
        return
    assert change > now
    assert animator.at(change) != animator.at(now)
    just_before = change - 1e-6 - math.ulp(change)
    for part in (*parts, 1.0):
        moment = now + (just_before - now) * part
        assert moment < now or animator.at(moment) == animator.at(now)


@given(EVENTS, KNOBS, STARTS)
def test_the_changes_come_to_an_end(events: list[Event], knobs: Knobs, start: float) -> None:
    animator = Animator(PLACES, NEUTRAL, knobs)
    now = animator.next_change(after(animator, events, start))
    changes = 0
    while now is not None:
        changes += 1
        assert changes <= 2 * 17 * PLACES
        now = animator.next_change(now)


@given(EVENTS, EVENTS, KNOBS, STARTS)
def test_an_event_moves_nothing_at_its_own_moment(
    before: list[Event], more: list[Event], knobs: Knobs, start: float
) -> None:
    animator = Animator(PLACES, NEUTRAL, knobs)
    now = after(animator, before, start)
    for event in more:
        now += event.gap
        present = animator.at(now)
        event.happen(animator, now)
        assert animator.at(now) == present
