"""The client's side of the protocol when connections and sessions are lost."""

from __future__ import annotations

import pytest
from tests.unit.client.talk import (
    HELLO,
    Talk,
    emotion,
    error,
    face,
    frame,
    line,
    opened,
    put,
    ready,
)

from emopic_client import wire
from emopic_client.protocol import Answer, Closed, Opened
from emopic_client.requests import Retry
from emopic_client.wire import CLOSE_CODES

# ── the end of a connection ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("code", [1000, 1001, 1005, 1006, 1011, 1012, 1013])
def test_passing_troubles_reconnect(code: int) -> None:
    (closed,) = opened().lose(code)
    assert isinstance(closed, Closed)
    assert closed.reconnect


@pytest.mark.parametrize("code", [1002, 1003, 1007, 1008, 1009, 1010, 4000, 4999])
def test_what_would_only_repeat_does_not(code: int) -> None:
    (closed,) = opened().lose(code)
    assert isinstance(closed, Closed)
    assert not closed.reconnect


@pytest.mark.parametrize("code", CLOSE_CODES.values(), ids=lambda c: c.reason)
def test_the_protocols_own_codes_say_it_themselves(code: wire.CloseCode) -> None:
    talk = Talk()
    talk.protocol.connected()
    assert talk.lose(code.code) == [Closed(code.code, code.reason, code.reconnect)]


def test_who_was_slow_to_identify_may_try_again() -> None:
    talk = opened()
    talk.lose()
    talk.protocol.connected()
    code = wire.IDENTIFY_TIMEOUT.code
    talk.server(HELLO, wire.Bye(code=code, reason="late", reconnect=False))
    assert talk.lose(code) == [Closed(code, "the opening took too long", reconnect=True)]


@pytest.mark.parametrize("reconnect", [True, False])
def test_bye_overrules_the_close_code(reconnect: bool) -> None:
    talk = opened()
    assert talk.server(wire.Bye(code=1001, reason="restart", reconnect=reconnect)) == []
    assert talk.lose(1006) == [Closed(1001, "restart", reconnect)]


def test_an_error_before_ready_is_the_reason() -> None:
    talk = Talk()
    talk.protocol.connected()
    talk.server(HELLO, error(None, "bad_message", None))
    assert talk.lose(4004) == [Closed(4004, "bad_message", reconnect=False)]


# ── a lost connection ────────────────────────────────────────────────────────────────────────────


def test_resume_continues_where_it_was() -> None:
    talk = opened()
    talk.server(face(1))
    talk.lose()
    talk.protocol.connected()
    talk.server(HELLO)
    assert talk.sent() == [wire.Identify(client="test", resume=wire.Resume(session="s1", seq=1))]
    items = talk.server(ready(seq=1, resumed=True), face(2))
    assert items == [Opened("s1", resumed=True, again=True), face(2)]


def test_a_line_answered_meanwhile_is_not_sent_again() -> None:
    talk = opened()
    ref = talk.protocol.send(line("1"))
    talk.lose()
    talk.open(ready(resumed=True))
    talk.sent()
    items = talk.server(emotion(1, "1"), wire.Pong(token="barrier:1"))
    assert ref is not None
    assert items == [Answer(ref, emotion(1, "1")), emotion(1, "1")]
    assert talk.sent() == []


def test_a_line_not_answered_is_sent_again_behind_the_barrier() -> None:
    talk = opened()
    ref = talk.protocol.send(line("1"))
    talk.lose()
    talk.open(ready(resumed=True))
    assert talk.sent()[1:] == [wire.Ping(token="barrier:1")]
    talk.server(wire.Pong(token="barrier:1"))
    assert talk.sent() == [line("1")]
    assert ref is not None
    items = talk.server(emotion(1, "1"), emotion(2, "1"))
    assert items == [Answer(ref, emotion(1, "1")), emotion(1, "1")], "the double is hidden"
    assert talk.protocol.seq == 2


def test_requests_made_while_away_are_sent_on_return_and_moments_are_not() -> None:
    talk = opened()
    talk.lose()
    talk.protocol.send(wire.Express(character="a", expression={"joy": 1.0}))
    talk.protocol.send(line("1"))
    talk.open(ready(resumed=True))
    talk.server(wire.Pong(token="barrier:1"))
    assert [m for m in talk.sent() if isinstance(m, wire.Line | wire.Express)] == [line("1")]


# ── a lost session ───────────────────────────────────────────────────────────────────────────────


def settled() -> Talk:
    """Two characters, one of them watched."""
    talk = opened()
    talk.protocol.send(put("a"))
    talk.protocol.send(put("b"))
    talk.protocol.send(wire.Watch(character="a", frames=wire.FrameOptions()))
    talk.server(face(1, "a"), face(2, "b"), wire.Pong(token="barrier:1"))
    talk.sent()
    return talk


def test_a_lost_session_is_rebuilt() -> None:
    talk = settled()
    talk.lose()
    assert talk.open(ready("s2")) == [Opened("s2", resumed=False, again=True)]
    assert talk.sent()[1:] == [put("a"), put("b")]
    assert talk.server(face(1, "a")) == [face(1, "a")]
    watch, ping = talk.sent()
    assert watch == wire.Watch(character="a", frames=wire.FrameOptions())
    assert isinstance(ping, wire.Ping)
    assert talk.server(frame(1)) == [frame(1)]
    assert talk.server(wire.Pong(token=ping.token), face(2, "b")) == [face(2, "b")]
    assert talk.sent() == []


def test_a_rebuilt_session_is_rebuilt_again() -> None:
    talk = settled()
    for session in ("s2", "s3"):
        talk.lose()
        talk.open(ready(session))
        assert put("a") in talk.sent()
        talk.lose()
        talk.open(ready(session + "x"))
        assert talk.sent()[1:] == [put("a"), put("b")]
        talk.server(face(1, "a"), face(2, "b"))
        watch, ping = talk.sent()
        assert isinstance(watch, wire.Watch)
        assert isinstance(ping, wire.Ping)
        talk.server(wire.Pong(token=ping.token))


def test_lines_wait_for_their_face_in_a_new_session() -> None:
    talk = settled()
    ref = talk.protocol.send(line("1"))
    talk.lose()
    talk.open(ready("s2"))
    assert line("1") not in talk.sent()
    talk.server(face(1, "a"))
    assert line("1") in talk.sent()
    assert ref is not None
    assert talk.server(emotion(2, "1"))[0] == Answer(ref, emotion(2, "1"))


def test_dropped_characters_and_ended_watches_stay_away() -> None:
    talk = settled()
    talk.protocol.send(wire.CharacterDrop(character="b"))
    talk.protocol.send(wire.Unwatch(character="a"))
    dropped = wire.CharacterDropped(seq=3, character="b", reason="dropped")
    talk.server(dropped, wire.Pong(token="barrier:2"))
    talk.lose()
    talk.sent()
    talk.open(ready("s2"))
    assert talk.sent()[1:] == [put("a")]
    talk.server(face(1, "a"))
    assert talk.sent() == []


def test_a_rebuilding_that_has_to_wait_is_tried_again() -> None:
    talk = settled()
    talk.lose()
    talk.open(ready("s2"))
    talk.sent()
    limited = error(1, "rate_limited", "b", retry_ms=500)
    assert talk.server(limited) == [Retry(("put", "b"), 0.5)], "the program need not know"
    talk.protocol.retry(("put", "b"))
    assert talk.sent() == [put("b")]
    assert talk.server(face(2, "b")) == [face(2, "b")]


def test_a_rebuilding_that_is_refused_is_told_and_given_up() -> None:
    talk = settled()
    talk.lose()
    talk.open(ready("s2"))
    refusal = error(1, "unknown_builtin", "b")
    assert talk.server(refusal) == [refusal]
    assert set(talk.protocol.requests.characters) == {"a"}


def test_a_watched_character_that_expired_is_looked_for_again() -> None:
    talk = settled()
    expired = wire.CharacterDropped(seq=3, character="a", reason="expired")
    retry, event = talk.server(expired)
    assert isinstance(retry, Retry)
    assert event == expired
    talk.protocol.retry(retry.to)
    watch, ping = talk.sent()
    assert isinstance(ping, wire.Ping)
    assert watch == wire.Watch(character="a", frames=wire.FrameOptions())
    missing = error(4, "unknown_character", "a")
    assert talk.server(missing, wire.Pong(token=ping.token)) == [retry], "not there yet"
    talk.protocol.retry(retry.to)
    _, ping = talk.sent()
    assert isinstance(ping, wire.Ping)
    talk.server(wire.Pong(token=ping.token))
    assert talk.server(frame(1)) == [frame(1)]


def test_a_watch_the_server_does_not_know_is_set_up_again() -> None:
    talk = settled()
    stray = error(3, "unknown_character", "a")
    assert talk.server(stray) == [Retry(("watch", "a"), 5.0), stray]
    talk.protocol.retry(("watch", "a"))
    assert wire.Watch(character="a", frames=wire.FrameOptions()) in talk.sent()
