"""Invariants of the outbox and the event log for any interleaving."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from emopic_client.wire import Frame, Limits, Notice
from emopic_server.core.mailbox import EventLog, Mailbox

BOUND = 4
ACTIONS = st.lists(st.sampled_from(["event", "take", "a", "b", "c"]), max_size=80)


def frame(character: str, n: int) -> Frame:
    return Frame(
        character=character, n=n, expression=(), format="jpeg", width=1, height=1, data=b""
    )


@given(actions=ACTIONS)
def test_events_arrive_once_in_order_until_the_overflow(actions: list[str]) -> None:
    mailbox, accepted, sent = Mailbox(Limits(outbox_events=BOUND)), [], []
    for number, action in enumerate(actions):
        if action == "event":
            event = Notice(seq=number, code="", text="")
            if mailbox.put_event(event):
                accepted.append(event)
        elif action == "take":
            sent.append(mailbox.take())
        else:
            mailbox.put_state(("frame", action), frame(action, number))
        assert len(mailbox) <= BOUND + 3
    while (message := mailbox.take()) is not None:
        sent.append(message)
    assert [m for m in sent if isinstance(m, Notice)] == accepted
    everything = [n for n, action in enumerate(actions) if action == "event"]
    assert [event.seq for event in accepted] == everything[: len(accepted)], "a prefix, no gap"


@given(actions=ACTIONS)
def test_the_last_state_of_every_key_arrives_and_none_goes_back(actions: list[str]) -> None:
    mailbox, last, sent, put = Mailbox(Limits()), {}, [], 0
    for number, action in enumerate(actions):
        if action == "take":
            sent.append(mailbox.take())
        elif action != "event":
            mailbox.put_state(("frame", action), frame(action, number))
            last[action] = number
            put += 1
    while (message := mailbox.take()) is not None:
        sent.append(message)
    frames = [m for m in sent if isinstance(m, Frame)]
    for key, number in last.items():
        numbers = [f.n for f in frames if f.character == key]
        assert numbers == sorted(set(numbers))
        assert numbers[-1] == number
    assert len(frames) + mailbox.skipped == put


@given(updates=st.lists(st.sampled_from("abc"), min_size=1, max_size=40))
def test_a_busy_key_never_starves_another(updates: list[str]) -> None:
    mailbox = Mailbox(Limits())
    for key in "xyz":
        mailbox.put_state(("frame", key), frame(key, 0))
    taken = []
    for key in updates:
        mailbox.put_state(("frame", key), frame(key, 1))
        taken.append(mailbox.take())
    waiting = [m.character for m in taken if isinstance(m, Frame) and m.character in "xyz"]
    assert waiting == list("xyz")[: len(taken)]
    assert [m.character for m in taken[:3] if isinstance(m, Frame)] == waiting


@given(count=st.integers(0, 30), capacity=st.integers(1, 10), seq=st.integers(-2, 35))
def test_a_resume_gets_every_missed_event_or_none(count: int, capacity: int, seq: int) -> None:
    log = EventLog(capacity)
    for number in range(count):
        log.append(Notice(seq=0, code="", text=str(number)))
    missed = log.since(seq)
    if missed is None:
        assert seq < 0 or seq > count or count - seq > capacity
    else:
        assert [event.seq for event in missed] == list(range(seq + 1, count + 1))
        assert [event.text for event in missed if isinstance(event, Notice)] == [
            str(n) for n in range(seq, count)
        ]
