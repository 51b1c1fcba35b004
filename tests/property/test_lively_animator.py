"""Invariants of a face that blinks and speaks beside its emotions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from emopic_engine.emotions import EXTRA_CHANNELS
from emopic_server.core.animator import Animator, Heard, Knobs, Seen
from emopic_server.core.liveliness import QUICKEST_STEP_S

PLACES, NEUTRAL = 4, 2
SHARES = [(0.0, 0.1), (0.25, 0.0), (0.0, 0.0), (0.0, 0.5)]
SLOPE = 3.0
WEIGHT = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 1.0, 1 / 16]))
WEIGHTS = st.lists(WEIGHT, min_size=PLACES + 2, max_size=PLACES + 2)
EVENT = st.tuples(
    st.floats(0, 3), st.one_of(WEIGHTS, st.sampled_from(["안녕하세요!", "Well, hello.", "ㅋㅋ"]))
)
EVENTS = st.lists(EVENT, max_size=8)
CHANNELS = st.sampled_from([(), ("blink",), ("mouth_open",), EXTRA_CHANNELS])
KNOBS = st.builds(
    Knobs,
    transition_ms=st.integers(1, 2000),
    decay_ms=st.integers(1, 3000),
    blink=st.booleans(),
    speak=st.booleans(),
)


def face(knobs: Knobs, seed: int = 7) -> Animator:
    return Animator(PLACES, NEUTRAL, knobs, seed=seed, shares=SHARES)


def happen(animator: Animator, event: list[float] | str, now: float) -> None:
    if isinstance(event, str):
        animator.say(event, now, line="l")
        animator.feel([0.7, 0.1, 0.1, 0.1], now, line="l")
    else:
        animator.express(event, now, hold_ms=500)


def whole(expression: tuple[float, ...]) -> tuple[float, ...]:
    """With the channels spelt out."""
    return expression if len(expression) > PLACES else (*expression, 0.0, 0.0)


@given(EVENTS, KNOBS, CHANNELS, st.lists(st.floats(0, 8), max_size=10))
def test_weights_are_sixteenths_and_only_of_channels_that_are_seen(
    events: list[tuple[float, list[float] | str]],
    knobs: Knobs,
    channels: tuple[str, ...],
    later: list[float],
) -> None:
    animator, now = face(knobs), 100.0
    for gap, event in events:
        now += gap
        happen(animator, event, now)
        for offset in (0.0, *later):
            seen = animator.seen(channels).at(now + offset)
            assert len(seen) in (PLACES, PLACES + 2)
            assert all(0 <= weight <= 1 and weight * 16 == int(weight * 16) for weight in seen)
            assert seen[:PLACES] == animator.at(now + offset)
            assert len(seen) == PLACES or any(seen[PLACES:])
            for name, weight in zip(EXTRA_CHANNELS, whole(seen)[PLACES:], strict=True):
                assert name in channels or weight == 0


@given(EVENTS, KNOBS, st.floats(1e-3, 0.05))
def test_lids_and_mouth_make_no_step_larger_than_path_and_blink_together_allow(
    events: list[tuple[float, list[float] | str]], knobs: Knobs, interval: float
) -> None:
    """In `interval` a blink goes one quarter for every `QUICKEST_STEP_S`, a path as ever."""
    animator, now = face(knobs), 100.0
    seen = animator.seen(EXTRA_CHANNELS)
    quickest = min(knobs.transition_ms, knobs.decay_ms) / 1000
    path = SLOPE * interval / quickest + 1 / 16
    allowed = 2 * path + 1 / 16 + (interval / QUICKEST_STEP_S + 1) / 4
    before = whole(seen.at(now))
    for gap, event in events:
        happen(animator, event, now)
        for _ in range(min(20, int(gap / interval))):
            now += interval
            present = whole(seen.at(now))
            assert abs(present[PLACES] - before[PLACES]) <= allowed
            before = present
        now += 1e-9
        before = whole(seen.at(now))


@given(EVENTS, KNOBS, CHANNELS, st.booleans(), st.lists(st.floats(0, 1), max_size=8))
def test_nothing_changes_before_next_change_and_something_does_then(
    events: list[tuple[float, list[float] | str]],
    knobs: Knobs,
    channels: tuple[str, ...],
    alive: bool,
    parts: list[float],
) -> None:
    animator, now = face(knobs), 100.0
    for gap, event in events:
        now += gap
        happen(animator, event, now)
    seen: Seen = animator.seen(channels, alive=alive)
    for _ in range(5):
        change = seen.next_change(now)
        if change is None:
            assert all(seen.at(now + 10 * part) == seen.at(now) for part in (*parts, 1e3))
            return
        assert change > now
        assert seen.at(change) != seen.at(now)
        for part in (*parts, 1.0):
            moment = now + (change - 2e-6 - now) * part
            assert moment < now or seen.at(moment) == seen.at(now)
        now = change


@given(EVENTS, KNOBS, CHANNELS)
def test_a_face_that_is_not_asked_to_be_alive_comes_to_rest(
    events: list[tuple[float, list[float] | str]], knobs: Knobs, channels: tuple[str, ...]
) -> None:
    animator, now = face(knobs), 100.0
    for gap, event in events:
        now += gap
        happen(animator, event, now)
    seen = animator.seen(channels, alive=knobs.speak and not knobs.blink)
    rest = now + 60.0
    assert seen.at(rest) == tuple(float(i == NEUTRAL) for i in range(PLACES))
    assert seen.next_change(rest) is None


@given(KNOBS, st.floats(0, 100))
def test_lids_that_are_closed_do_not_blink(knobs: Knobs, offset: float) -> None:
    animator = face(knobs)
    animator.express([0, 0, 0, 0, 1.0, 0], 0.0, hold_ms=600_000)
    seen = animator.seen(("blink",))
    assert seen.at(10 + offset) == (0, 0, 1.0, 0, 1.0, 0)
    change = seen.next_change(10 + offset)
    assert change is not None
    assert change > 600, "nothing is to be done for ten minutes"


HEARD = st.builds(
    Heard,
    st.lists(st.floats(0, 1), min_size=PLACES, max_size=PLACES),
    st.sampled_from(["l1", "l2", "l3"]),
    st.sampled_from([None, "안녕하세요!", "ㅋㅋ"]),
)


@given(EVENTS, KNOBS, st.booleans(), st.lists(HEARD, max_size=6), st.lists(st.floats(0, 8)))
def test_lines_that_are_followed_together_do_what_they_do_one_by_one(
    events: list[tuple[float, list[float] | str]],
    knobs: Knobs,
    lock: bool,
    lines: list[Heard],
    later: list[float],
) -> None:
    together, singly, now = face(knobs), face(knobs), 100.0
    for gap, event in events:
        now += gap
        for animator in (together, singly):
            happen(animator, event, now)
            if lock and not isinstance(event, str):
                animator.express(event, now, hold_ms=500, lock=True)
    moved = False
    for heard in lines:
        moved |= heard.text is not None and singly.say(heard.text, now, line=heard.line)
        moved |= singly.feel(heard.scores, now, line=heard.line)
    assert together.follow(lines, now) == moved
    assert together.line == singly.line
    for offset in (0.0, *later):
        seen, wanted = (a.seen(EXTRA_CHANNELS).at(now + offset) for a in (together, singly))
        assert seen == wanted
