"""A supervisor and any process: what it does is always one of a few things, and it ends."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emopic_server.core.supervision import Patience, Supervisor
from emopic_server.errors import StateError

PATIENCE = Patience(tries=3, pause_s=2.0)
SECONDS = st.floats(0.0, 30.0)


@given(st.lists(SECONDS, min_size=1, max_size=20))
def test_a_process_that_never_loads_is_given_up_after_its_tries(times: list[float]) -> None:
    supervisor = Supervisor(PATIENCE)
    now, starts = 0.0, 0
    for seconds in times:
        supervisor.started(now)
        starts += 1
        again = supervisor.ended(now + seconds)
        if again is None:
            break
        assert now + seconds < again <= now + seconds + PATIENCE.pause_s
        now = again
    assert starts <= PATIENCE.tries
    assert (starts == PATIENCE.tries) == (len(times) >= PATIENCE.tries)


@given(st.lists(SECONDS, min_size=1, max_size=40))
def test_a_process_that_has_served_is_always_started_again_soon(lives: list[float]) -> None:
    """However often it dies; at once after a quiet minute."""
    supervisor = Supervisor(PATIENCE)
    now, deaths = 0.0, []
    for seconds in lives:
        supervisor.started(now)
        supervisor.loaded(now)
        died = now + seconds
        again = supervisor.ended(died)
        assert again is not None
        assert died <= again <= died + PATIENCE.pause_s
        if not [death for death in deaths if died - death < 60.0]:
            assert again == died
        deaths.append(died)
        now = again


@given(st.floats(0.01, 100.0), st.floats(0.0, 200.0))
def test_a_hang_is_seen_at_its_deadline_and_not_before(seconds: float, waited: float) -> None:
    supervisor = Supervisor(Patience(silence_s=1000.0))
    supervisor.started(0.0)
    supervisor.loaded(0.0)
    supervisor.gave(seconds, 0.0)
    assert supervisor.deadline() == seconds
    assert (supervisor.overdue(waited) == "hang") == (waited >= seconds)
    supervisor.answered(waited)
    assert supervisor.overdue(waited) is None


@given(st.lists(st.floats(0.0, 14.9), max_size=20), st.floats(0.0, 40.0))
def test_silence_is_seen_and_a_sign_of_life_is_enough(beats: list[float], silence: float) -> None:
    supervisor = Supervisor(PATIENCE)
    supervisor.started(0.0)
    supervisor.loaded(0.0)
    now = 0.0
    for pause in beats:
        now += pause
        assert supervisor.overdue(now) is None
        supervisor.heard(now)
    over = now + silence >= now + PATIENCE.silence_s
    assert (supervisor.overdue(now + silence) == "silent") == over


def test_loading_has_a_limit_of_its_own_and_needs_no_sign_of_life() -> None:
    supervisor = Supervisor(PATIENCE)
    assert supervisor.deadline() == math.inf
    supervisor.started(0.0)
    assert supervisor.overdue(PATIENCE.start_s - 1) is None
    assert supervisor.overdue(PATIENCE.start_s) == "start"


def test_what_cannot_happen_is_an_error() -> None:
    supervisor = Supervisor(PATIENCE)
    for impossible in (
        lambda: supervisor.loaded(0.0),
        lambda: supervisor.gave(1.0, 0.0),
        lambda: supervisor.answered(0.0),
        lambda: supervisor.ended(0.0),
    ):
        with pytest.raises(StateError):
            impossible()
    supervisor.started(0.0)
    with pytest.raises(StateError):
        supervisor.started(0.0)
