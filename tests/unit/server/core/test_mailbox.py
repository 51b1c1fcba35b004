"""The outbox and the event log, by example."""

from __future__ import annotations

import pytest

from emopic_client.wire import Blendshapes, Frame, Limits, Notice, Pong
from emopic_server.core.mailbox import EventLog, Mailbox


def notice(text: str, seq: int = 0) -> Notice:
    return Notice(seq=seq, code="test", text=text)


def frame(character: str, n: int) -> Frame:
    return Frame(
        character=character, n=n, expression=(), format="jpeg", width=1, height=1, data=b""
    )


def box(events: int = 3) -> Mailbox:
    return Mailbox(Limits(outbox_events=events))


def test_an_empty_outbox_gives_none() -> None:
    mailbox = box()
    assert mailbox.take() is None
    assert len(mailbox) == 0


def test_events_in_order_and_before_states() -> None:
    mailbox = box()
    mailbox.put_state(("frame", "a"), frame("a", 1))
    assert mailbox.put_event(notice("1"))
    assert mailbox.put_event(Pong(token="2"))
    assert len(mailbox) == 3
    assert [mailbox.take() for _ in range(3)] == [notice("1"), Pong(token="2"), frame("a", 1)]


def test_overflow_is_refused_for_good() -> None:
    mailbox = box(events=2)
    assert mailbox.put_event(notice("1"))
    assert mailbox.put_event(notice("2"))
    assert not mailbox.put_event(notice("3"))
    assert mailbox.take() == notice("1")
    assert not mailbox.put_event(notice("4")), "a gap must not go unseen"
    assert mailbox.overflowed


def test_latest_state_wins_in_its_old_place() -> None:
    mailbox = box()
    assert mailbox.put_state(("frame", "a"), frame("a", 1)) is None
    assert mailbox.put_state(("frame", "b"), frame("b", 1)) is None
    assert mailbox.put_state(("frame", "a"), frame("a", 2)) == frame("a", 1)
    assert [mailbox.take(), mailbox.take(), mailbox.take()] == [frame("a", 2), frame("b", 1), None]
    assert mailbox.skipped == 1


def test_states_of_one_character_have_a_slot_each() -> None:
    shapes = Blendshapes(character="a", n=1, names_id="vrm1", values=())
    mailbox = box()
    mailbox.put_state(("frame", "a"), frame("a", 1))
    mailbox.put_state(("blendshapes", "a"), shapes)
    assert [mailbox.take(), mailbox.take()] == [frame("a", 1), shapes]


def test_a_discarded_state_is_not_sent() -> None:
    mailbox = box()
    mailbox.put_state(("frame", "a"), frame("a", 1))
    mailbox.discard(("frame", "a"))
    mailbox.discard(("frame", "never put"))
    assert mailbox.take() is None


def test_log_numbers_from_one() -> None:
    log = EventLog(capacity=5)
    assert log.last == 0
    assert log.append(notice("a", seq=99)) == notice("a", seq=1)
    assert log.append(notice("b")) == notice("b", seq=2)
    assert log.last == 2


@pytest.mark.parametrize(
    ("seq", "expected"),
    [(5, []), (4, [5]), (2, [3, 4, 5]), (1, None), (0, None), (-1, None), (6, None)],
)
def test_log_replays_all_or_nothing(seq: int, expected: list[int] | None) -> None:
    log = EventLog(capacity=3)
    for text in "abcde":
        log.append(notice(text))
    missed = log.since(seq)
    assert (None if missed is None else [event.seq for event in missed]) == expected


def test_a_fresh_log_knows_its_beginning() -> None:
    assert EventLog(capacity=3).since(0) == []
