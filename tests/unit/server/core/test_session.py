"""The session's table, written out."""

from __future__ import annotations

import pytest

from emopic_client import wire
from emopic_server.core.session import TABLE, Session, State, Step
from emopic_server.errors import StateError


@pytest.mark.parametrize(
    ("before", "step", "after"),
    [
        (State.CONNECTING, Step.IDENTIFY, State.IDENTIFIED),
        (State.CONNECTING, Step.LOSE, State.EXPIRED),
        (State.IDENTIFIED, Step.OPEN, State.READY),
        (State.IDENTIFIED, Step.LOSE, State.EXPIRED),
        (State.READY, Step.LOSE, State.DETACHED),
        (State.READY, Step.RESUME, State.READY),
        (State.DETACHED, Step.RESUME, State.READY),
        (State.DETACHED, Step.EXPIRE, State.EXPIRED),
    ],
)
def test_step(before: State, step: Step, after: State) -> None:
    session = Session("id", 1, wire.Limits())
    session.state = before
    session.step(step)
    assert session.state is after


def test_there_are_no_other_steps() -> None:
    assert sum(len(steps) for steps in TABLE.values()) == 8
    assert set(TABLE) == set(State)


def test_an_illegal_step_names_state_and_step() -> None:
    session = Session("id", 1, wire.Limits())
    with pytest.raises(StateError, match="a session that is connecting cannot resume") as caught:
        session.step(Step.RESUME)
    assert (caught.value.state, caught.value.step) == ("connecting", "resume")


def test_resume_gives_what_was_missed() -> None:
    session = Session("id", 1, wire.Limits())
    session.identify("test", "group")
    session.step(Step.OPEN)
    for text in "abc":
        session.log.append(wire.Notice(seq=0, code="n", text=text))
    session.lose()
    missed = session.resume(2, 1)
    assert missed is not None
    assert [event.seq for event in missed] == [2, 3]
    assert (session.connection, session.state) == (2, State.READY)


def test_resume_without_all_of_it_changes_nothing() -> None:
    session = Session("id", 1, wire.Limits())
    session.identify("test", "group")
    session.step(Step.OPEN)
    session.lose()
    assert session.resume(2, 5) is None
    assert (session.connection, session.state) == (None, State.DETACHED)
