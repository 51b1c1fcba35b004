"""When a view is sampled, and what it shows then."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from emopic_client import wire
from emopic_server.core.animator import Animator, Knobs
from emopic_server.core.watch import Seat, View, Watch

QUICK = Knobs(transition_ms=400, hold_ms=400, decay_ms=400)
JOY = (1.0, 0.0, 0.0, 0.0)
REST = (0.0, 0.0, 0.0, 1.0)


def face() -> Animator:
    return Animator(4, 3, QUICK)


def view(fps: int = 10) -> View:
    return View(1, ("s", "a"), wire.FrameOptions(fps=fps))


def test_the_first_sample_shows_the_face_as_it_is() -> None:
    shown = view()
    assert shown.due(face(), 5.0) == 5.0
    assert shown.sample(face(), 5.0) == REST


def test_a_face_at_rest_is_never_due() -> None:
    shown, animator = view(), face()
    shown.sample(animator, 5.0)
    assert shown.due(animator, 5.0) is None
    assert shown.sample(animator, 99.0) is None


def test_what_will_be_seen_is_sampled() -> None:
    """A frame is seen one interval after it was asked for."""
    shown, animator = view(fps=10), face()
    shown.sample(animator, 0.0)
    animator.feel(JOY, 1.0)
    shown.hurry(1.0)
    assert shown.sample(animator, 1.0) == animator.at(1.1)


def test_samples_come_at_the_rate_while_it_moves() -> None:
    shown, animator = view(fps=10), face()
    shown.sample(animator, 0.0)
    animator.feel(JOY, 1.0)
    shown.hurry(1.0)
    times = []
    now: float | None = 1.0
    while now is not None:
        assert shown.sample(animator, now) is not None
        times.append(now)
        now = shown.due(animator, now)
    gaps = [after - before for before, after in pairwise(times)]
    assert min(gaps) >= 0.1 - 1e-6
    assert shown.last == REST
    assert times[-1] < 1.0 + 1.2


def test_no_sample_before_its_slot() -> None:
    shown, animator = view(fps=10), face()
    shown.sample(animator, 0.0)
    animator.feel(JOY, 0.01)
    assert shown.sample(animator, 0.05) is None
    assert shown.due(animator, 0.05) == pytest.approx(0.1)


def test_hurry_is_for_one_sample() -> None:
    shown, animator = view(fps=10), face()
    shown.sample(animator, 0.0)
    animator.feel(JOY, 0.01)
    shown.hurry(0.01)
    assert shown.sample(animator, 0.01) is not None
    assert shown.sample(animator, 0.02) is None


def test_the_first_step_of_a_small_change_is_shown_at_once() -> None:
    """One interval ahead nothing would be seen yet: half a step is not reached by then."""
    shown, animator = view(fps=30), Animator(4, 3, replace(QUICK, transition_ms=500))
    shown.sample(animator, 0.0)
    animator.express((1 / 16, 0.0, 0.0, 15 / 16), 1.0)
    assert animator.at(1.0 + shown.interval) == REST
    shown.hurry(1.0)
    assert shown.sample(animator, 1.0) == (1 / 16, 0.0, 0.0, 15 / 16)


def test_what_was_shown_early_is_not_taken_back() -> None:
    shown, animator = view(fps=30), Animator(4, 3, replace(QUICK, transition_ms=500))
    shown.sample(animator, 0.0)
    animator.express((2 / 16, 0.0, 0.0, 14 / 16), 1.0)
    shown.hurry(1.0)
    seen = [shown.sample(animator, 1.0)]
    while (now := shown.due(animator, 1.0)) is not None and now < 1.3:
        seen.append(shown.sample(animator, now))
    assert [expression[0] for expression in seen if expression] == sorted(
        expression[0] for expression in seen if expression
    )


def test_nothing_far_ahead_is_shown_early() -> None:
    """The way back begins after `hold_ms`; a line that changes nothing must not begin it now."""
    shown, animator = view(fps=30), Animator(4, 3, replace(QUICK, hold_ms=1000))
    animator.feel(JOY, 0.0)
    shown.sample(animator, 0.5)
    animator.feel(JOY, 0.6)
    shown.hurry(0.6)
    assert shown.sample(animator, 0.6) is None


def test_force_shows_the_same_again() -> None:
    shown, animator = view(), face()
    shown.sample(animator, 0.0)
    shown.force(0.01)
    assert shown.sample(animator, 0.01) == REST
    assert shown.sample(animator, 0.02) is None


def test_blendshapes_come_thirty_times_a_second() -> None:
    assert View(1, ("s", "a"), "arkit").interval == pytest.approx(1 / 30)


def test_a_patch_needs_every_watcher_to_hold_this_face() -> None:
    shown = view()
    one, two = Seat(whole=7), Seat(whole=7)
    shown.seats = {"one": one, "two": two}
    assert shown.wants_patch(7)
    assert not shown.wants_patch(8)
    two.restart()
    assert not shown.wants_patch(7)


def test_no_patch_for_those_who_want_none() -> None:
    shown = View(1, ("s", "a"), wire.FrameOptions(patches=False))
    shown.seats = {"one": Seat(whole=7)}
    assert not shown.wants_patch(7)


def test_a_watch_wants_what_it_says() -> None:
    frames = wire.FrameOptions()
    watch = Watch(("s", "a"), frames, "vrm1")
    assert [wanted for wanted, _ in watch.wanted] == [frames, "vrm1"]
    assert Watch(("s", "a"), None, None).wanted == []
