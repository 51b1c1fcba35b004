"""The face over time, by example."""

from __future__ import annotations

from typing import Any

import pytest

from emopic_client.wire import CharacterOptions
from emopic_server.core.animator import RANGES, Animator, Knobs, OutOfRange, intensity

JOY, ANGER, NEUTRAL = 0, 1, 2
REST = (0.0, 0.0, 1.0)
FRAME = 1 / 30


def face(neutral: int | None = NEUTRAL, **knobs: Any) -> Animator:
    return Animator(3, neutral, Knobs(**knobs))


def options(name: str, value: Any) -> CharacterOptions:
    return CharacterOptions(**{name: value})


def settled(animator: Animator, scores: tuple[float, ...]) -> tuple[float, ...]:
    """What these scores look like once the transition is over."""
    animator.feel(scores, 0.0)
    return animator.at(animator.knobs.transition_ms / 1000)


def test_at_rest_the_face_is_neutral() -> None:
    animator = face()
    assert animator.at(0.0) == animator.at(-5.0) == animator.at(1e9) == REST
    assert animator.next_change(0.0) is None
    assert animator.line is None


def test_the_way_of_a_line() -> None:
    animator = face(transition_ms=300, hold_ms=1000, decay_ms=800)
    animator.feel((1.0, 0.0, 0.0), 10.0, line="l1")
    assert animator.line == "l1"
    assert animator.at(10.0) == REST
    assert animator.at(10.3) == animator.at(11.2999) == (1.0, 0.0, 0.0)
    assert animator.at(11.7) == (0.5, 0.0, 0.5)
    assert animator.at(12.1) == REST
    assert animator.next_change(12.1) is None


def test_the_first_frame_after_a_line_is_already_visible() -> None:
    animator = face()
    animator.feel((0.9, 0.0, 0.1), 0.0)
    assert animator.at(FRAME)[JOY] >= 3 / 16


def test_a_new_line_starts_from_the_present_expression() -> None:
    animator = face(transition_ms=300)
    animator.feel((1.0, 0.0, 0.0), 0.0)
    before = animator.at(0.1)
    animator.feel((0.0, 1.0, 0.0), 0.1)
    assert animator.at(0.1) == before
    assert animator.at(0.4) == (0.0, 1.0, 0.0)


def test_an_unsure_line_leaves_the_face_and_its_line_alone() -> None:
    animator = face(min_confidence=0.5)
    animator.feel((0.8, 0.1, 0.1), 0.0, line="sure")
    animator.feel((0.1, 0.45, 0.45), 1.0, line="unsure")
    assert animator.line == "sure"
    assert animator.at(1.5)[JOY] == 13 / 16


def test_a_neutral_line_brings_the_face_back() -> None:
    animator = face(transition_ms=200)
    animator.feel((1.0, 0.0, 0.0), 0.0)
    animator.feel((0.0, 0.0, 1.0), 1.0)
    assert animator.at(1.2) == REST
    assert animator.next_change(1.2) is None


@pytest.mark.parametrize(
    ("knobs", "scores", "expected"),
    [
        ({}, (0.75, 0.25, 0.0), (0.75, 0.25, 0.0)),
        ({"max_emotions": 1}, (0.75, 0.25, 0.0), (0.75, 0.0, 0.25)),
        ({"max_emotions": 2}, (0.5, 0.125, 0.375), (0.5, 0.0, 0.5)),
        ({"max_emotions": 1}, (0.4375, 0.0625, 0.5), (0.0, 0.0, 1.0)),
        ({"strength": 0.5}, (0.75, 0.25, 0.0), (0.375, 0.125, 0.5)),
        ({"strength": 2.0}, (0.75, 0.25, 0.0), (1.0, 0.5, 0.0)),
        ({"strength": 0.0}, (0.75, 0.25, 0.0), (0.0, 0.0, 1.0)),
        ({"contrast": 2.0}, (0.75, 0.25, 0.0), (0.875, 0.125, 0.0)),
        ({"contrast": 0.5}, (0.8, 0.2, 0.0), (0.6875, 0.3125, 0.0)),
    ],
)
def test_knobs(
    knobs: dict[str, Any], scores: tuple[float, ...], expected: tuple[float, ...]
) -> None:
    assert settled(face(**knobs), scores) == expected


def test_express_shows_the_weights_as_they_are() -> None:
    animator = face(strength=0.25, transition_ms=100, decay_ms=100)
    animator.feel((1.0, 0.0, 0.0), 0.0, line="l1")
    animator.express((0.0, 0.5, 0.0), 1.0, hold_ms=400)
    assert animator.line is None
    assert animator.at(1.1) == animator.at(1.499) == (0.0, 0.5, 0.5)
    assert animator.at(1.6) == REST


def test_without_a_neutral_emotion_rest_is_all_zeros() -> None:
    animator = face(neutral=None)
    assert animator.at(0.0) == (0.0, 0.0, 0.0)
    assert settled(animator, (0.5, 0.25, 0.25)) == (0.5, 0.25, 0.0)


def test_no_transition_is_a_jump_that_was_asked_for() -> None:
    animator = face(transition_ms=0, decay_ms=0, hold_ms=1000)
    animator.feel((1.0, 0.0, 0.0), 5.0)
    assert animator.at(5.0) == (1.0, 0.0, 0.0)
    assert animator.next_change(5.0) == pytest.approx(6.0)
    assert animator.at(6.0) == REST


def test_new_knobs_count_from_the_next_event() -> None:
    animator = face(transition_ms=100, hold_ms=1000)
    animator.feel((1.0, 0.0, 0.0), 0.0)
    animator.knobs = Knobs(strength=0.5)
    assert animator.at(0.5) == (1.0, 0.0, 0.0)
    animator.feel((1.0, 0.0, 0.0), 0.5)
    assert animator.at(0.85) == (0.5, 0.0, 0.5)


def test_walking_from_change_to_change_sees_every_expression_once() -> None:
    animator = face()
    animator.feel((1.0, 0.0, 0.0), 0.0)
    now: float | None = 0.0
    seen = []
    while now is not None:
        seen.append(animator.at(now)[JOY] * 16)
        now = animator.next_change(now)
    assert seen == [*range(17), *reversed(range(16))]


@pytest.mark.parametrize("name", RANGES)
def test_options_merge_over_knobs(name: str) -> None:
    for value in RANGES[name]:
        assert getattr(Knobs().merge(options(name, value)), name) == value
    assert Knobs(strength=0.5).merge(CharacterOptions(hold_ms=7)) == Knobs(strength=0.5, hold_ms=7)


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("value", ["below", "above", "nan"])
def test_options_out_of_range_name_value_and_range(name: str, value: str) -> None:
    low, high = RANGES[name]
    number = {"below": low - 1, "above": high + 1, "nan": float("nan")}[value]
    with pytest.raises(OutOfRange) as caught:
        Knobs().merge(options(name, number))
    assert caught.value.message.startswith(f"{name} must lie in {low:g} … {high:g}, got")
    assert caught.value.code == "bad_field"


@pytest.mark.parametrize("weights", [(1.5, 0, 0), (-0.1, 0, 0), (0, float("nan"), 0)])
def test_bad_weights_are_refused_and_change_nothing(weights: tuple[float, ...]) -> None:
    animator = face()
    with pytest.raises(OutOfRange):
        animator.express(weights, 0.0)
    with pytest.raises(OutOfRange):
        animator.express((1, 0, 0), 0.0, hold_ms=-1)
    assert animator.next_change(0.0) is None


def test_wrong_number_of_places() -> None:
    with pytest.raises(ValueError, match="2 values for 3 emotions"):
        face().feel((0.5, 0.5), 0.0)
    with pytest.raises(ValueError, match="neutral"):
        Animator(3, 3, Knobs())


@pytest.mark.parametrize(
    ("scores", "neutral", "expected"),
    [
        ((0.7, 0.2, 0.1), 2, 0.7),
        ((0.05, 0.05, 0.9), 2, 0.05),
        ((0.2, 0.3, 0.5), None, 0.5),
        ((1.0,), 0, 0.0),
    ],
)
def test_intensity(scores: tuple[float, ...], neutral: int | None, expected: float) -> None:
    assert intensity(scores, neutral) == expected


def test_a_locked_face_does_not_follow_lines() -> None:
    animator = face(transition_ms=200, decay_ms=400)
    animator.express((1.0, 0.0, 0.0), 0.0, hold_ms=1000, lock=True)
    assert not animator.feel((0.0, 1.0, 0.0), 0.5, line="ignored")
    assert animator.line is None
    assert animator.at(1.1999) == (1.0, 0.0, 0.0)
    assert animator.feel((0.0, 1.0, 0.0), 1.2, line="after"), "the way back has begun"
    assert animator.at(1.4) == (0.0, 1.0, 0.0)
    assert animator.feel((1.0, 0.0, 0.0), 1.5, line="next"), "the lock is over for good"


def test_the_next_express_unlocks() -> None:
    animator = face()
    animator.express((1.0, 0.0, 0.0), 0.0, hold_ms=60_000, lock=True)
    animator.express((0.0, 0.0, 0.0), 1.0, hold_ms=1000)
    assert animator.feel((0.0, 1.0, 0.0), 1.1)


def test_a_locked_face_may_be_neutral() -> None:
    animator = face()
    animator.express((0.0, 0.0, 1.0), 0.0, hold_ms=60_000, lock=True)
    assert not animator.feel((1.0, 0.0, 0.0), 30.0)
    assert animator.at(31.0) == REST


def test_express_moves_lids_and_mouth_along_the_path() -> None:
    animator = face(transition_ms=100, decay_ms=100)
    animator.express((0, 0, 1, 1.0, 0.5), 1.0, hold_ms=400)
    seen = animator.seen(("blink", "mouth_open"))
    assert seen.at(1.0) == REST, "channels at rest are left out"
    assert seen.at(1.2) == (*REST, 1.0, 0.5)
    assert animator.seen(("mouth_open",)).at(1.2) == (*REST, 0.0, 0.5)
    assert animator.at(1.2) == animator.seen(()).at(1.2) == REST
    assert seen.at(1.6) == REST
    with pytest.raises(ValueError, match="4 values"):
        animator.express((0, 0, 1, 1), 0.0)


def test_a_face_blinks_only_where_it_is_asked_and_seen() -> None:
    calm, lively = face(), face(blink=True)
    assert calm.seen(("blink",)).next_change(0.0) is None
    assert lively.next_change(0.0) is lively.seen(("mouth_open",)).next_change(0.0) is None
    assert lively.seen(("blink",), alive=False).next_change(0.0) is None
    seen = lively.seen(("blink",))
    first = seen.next_change(0.0)
    assert first is not None
    assert seen.at(first) == (*REST, 0.25, 0.0)


def test_a_blink_takes_only_the_way_that_is_left() -> None:
    half = Animator(
        3, NEUTRAL, Knobs(blink=True, transition_ms=0), shares=[(0.5, 0)] + 2 * [(0, 0)]
    )
    half.express((1.0, 0, 0), 0.0, hold_ms=100_000)
    levels = {half.seen(("blink",)).at(step / 100)[3:] for step in range(600)}
    assert levels == {(), *((part / 8, 0.0) for part in (1, 2, 3, 4))}


def test_saying_a_line_moves_the_mouth_if_that_is_wanted() -> None:
    silent, talking = face(), face(speak=True)
    assert not silent.say("안녕", 0.0)
    assert talking.say("안녕", 0.0, line="l1")
    assert talking.line == "l1"
    mouth = [talking.seen(("mouth_open",)).at(step / 100)[4:] for step in range(60)]
    assert mouth[0] == ()
    assert mouth[-1] == ()
    assert max(mouth)[0] >= 0.5
    talking.express((0, 0, 1.0), 1.0, hold_ms=60_000, lock=True)
    assert not talking.say("안녕", 1.5), "a locked face does not follow lines"
