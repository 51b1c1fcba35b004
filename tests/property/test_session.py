"""Any sequence of steps: a session follows its table and loses or repeats no event."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from emopic_client import wire
from emopic_server.core.session import TABLE, Session, State, Step
from emopic_server.errors import StateError

LIMITS = wire.Limits(resume_events=5)


@given(st.lists(st.sampled_from(Step), max_size=20))
def test_a_step_is_in_the_table_or_an_error(steps: list[Step]) -> None:
    session = Session("id", 1, LIMITS)
    for step in steps:
        following = TABLE[session.state].get(step)
        if following is None:
            before = session.state
            with pytest.raises(StateError, match=before.value):
                session.step(step)
            assert session.state is before
        else:
            session.step(step)
            assert session.state is following


@given(st.lists(st.sampled_from(Step), max_size=20))
def test_what_has_expired_stays_so(steps: list[Step]) -> None:
    session = Session("id", 1, LIMITS)
    session.lose()
    for step in steps:
        with pytest.raises(StateError):
            session.step(step)
    assert session.state is State.EXPIRED


class Conversation(RuleBasedStateMachine):
    """A client that is cut off at any time and always comes back with what it has seen."""

    def __init__(self) -> None:
        super().__init__()
        self.session = Session("id", 1, LIMITS)
        self.session.identify("test", "group")
        self.session.step(Step.OPEN)
        self.sent = 0
        self.seen: list[int] = []
        self.connections = 1
        self.gap = False

    @rule()
    def event(self) -> None:
        notice = wire.Notice(seq=0, code="n", text=str(self.sent))
        numbered = self.session.log.append(notice)
        self.sent += 1
        assert numbered.seq == self.sent
        if self.session.connection is not None and not self.gap:
            self.seen.append(numbered.seq)

    @precondition(lambda self: self.session.connection is not None)
    @rule()
    def cut(self) -> None:
        self.session.lose()
        assert self.session.state is State.DETACHED

    @precondition(lambda self: not self.gap)
    @rule(lost=st.integers(0, 3))
    def come_back(self, lost: int) -> None:
        """The last few events may have been on their way when the connection was cut."""
        seq = max(0, len(self.seen) - lost)
        self.connections += 1
        missed = self.session.resume(self.connections, seq)
        if missed is None:
            assert self.sent - seq > LIMITS.resume_events
            self.gap = True
            return
        del self.seen[seq:]
        self.seen.extend(event.seq or 0 for event in missed)
        assert self.session.connection == self.connections

    @invariant()
    def nothing_is_lost_doubled_or_reordered(self) -> None:
        assert self.seen == list(range(1, len(self.seen) + 1))


TestConversation = Conversation.TestCase
