"""The client's side of the protocol: messages in, messages and items out."""

from __future__ import annotations

import msgspec
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
from emopic_client.errors import InvalidRequest, Overflow
from emopic_client.protocol import OUTBOX_MESSAGES, Answer, Closed, Opened, Phase, Protocol

# ── opening ──────────────────────────────────────────────────────────────────────────────────────


def test_the_opening() -> None:
    talk = Talk(token="s3cret")
    talk.protocol.connected()
    assert talk.sent() == [], "the server speaks first"
    assert talk.server(HELLO) == []
    assert talk.sent() == [wire.Identify(client="test", token="s3cret")]
    assert talk.server(ready()) == [Opened("s1", resumed=False, again=False)]
    assert talk.protocol.phase is Phase.OPEN
    assert talk.protocol.hello == HELLO


def test_json_is_sent_as_text() -> None:
    protocol = Protocol("test")
    protocol.connected("json")
    protocol.receive(wire.encode(HELLO, "json").decode())
    assert protocol.data_to_send() == ['{"type":"identify","client":"test"}']


def test_another_protocol_version_is_not_spoken() -> None:
    talk = Talk()
    talk.protocol.connected()
    talk.server(msgspec.structs.replace(HELLO, protocol=2))
    assert talk.protocol.to_close == (1002, "the server speaks protocol 2, this client 1")
    assert talk.lose(1002) == [
        Closed(1002, "the server speaks protocol 2, this client 1", reconnect=False)
    ]
    assert talk.protocol.phase is Phase.STOPPED


@pytest.mark.parametrize(
    "messages",
    [
        [ready()],
        [HELLO, HELLO],
        [face(1)],
        [HELLO, frame(1)],
        [HELLO, ready(), HELLO],
        [HELLO, ready(), ready()],
        [HELLO, ready("s9", 5, resumed=True)],
    ],
)
def test_a_server_out_of_turn_is_left(messages: list[wire.ServerMessage]) -> None:
    talk = Talk()
    talk.protocol.connected()
    talk.server(*messages)
    assert talk.protocol.to_close is not None
    (closed,) = talk.lose()
    assert isinstance(closed, Closed)
    assert not closed.reconnect


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x81\xa4type\xa5dance", "text"])
def test_an_unreadable_message_ends_the_connection(data: bytes | str) -> None:
    talk = opened()
    talk.protocol.receive(data)
    assert talk.protocol.to_close is not None
    assert talk.server(face(1)) == [], "nothing more is read"


def test_connecting_twice_is_the_callers_bug() -> None:
    talk = opened()
    with pytest.raises(RuntimeError, match="while open"):
        talk.protocol.connected()


# ── requests and events ──────────────────────────────────────────────────────────────────────────


def test_a_request_and_its_answer() -> None:
    talk = opened()
    ref = talk.protocol.send(put())
    assert ref == ("put", "a")
    assert talk.sent() == [put()]
    assert talk.server(face(1)) == [Answer(("put", "a"), face(1)), face(1)]


def test_lines_are_answered_in_any_order() -> None:
    talk = opened()
    first, second = talk.protocol.send(line("1")), talk.protocol.send(line("2"))
    items = talk.server(emotion(1, "2"), emotion(2, "1"))
    assert [item.to for item in items if isinstance(item, Answer)] == [second, first]


def test_a_partial_line_has_no_answer() -> None:
    talk = opened()
    partial = wire.Line(character="a", id="1", text="조", partial=True)
    assert talk.protocol.send(partial) is None
    assert talk.sent() == [partial]
    reply = emotion(1, "1", final=False)
    assert talk.server(reply) == [reply]


def test_an_error_answers_what_it_is_about() -> None:
    talk = opened()
    talk.protocol.send(put())
    talk.protocol.send(line("1"))
    talk.protocol.send(line("2"))
    busy = error(1, "busy", "2", fault="server", retry_ms=100)
    assert talk.server(busy) == [Answer(("line", "a", "2"), busy), busy]
    broken = error(2, "picture_broken", "a")
    assert talk.server(broken) == [Answer(("put", "a"), broken), broken]


def test_an_error_about_a_missing_character_is_not_about_its_put() -> None:
    talk = opened()
    talk.protocol.send(put())
    talk.protocol.send(wire.Express(character="a", expression={"glee": 1.0}))
    unknown = error(1, "unknown_emotion", "a")
    assert talk.server(unknown) == [unknown]


def test_watch_is_answered_by_the_pong_behind_it() -> None:
    talk = opened()
    watch = wire.Watch(character="a", frames=wire.FrameOptions())
    ref = talk.protocol.send(watch)
    said = talk.sent()
    assert said == [watch, wire.Ping(token="barrier:1")]
    pong = wire.Pong(token="barrier:1")
    assert ref is not None
    assert talk.server(pong) == [Answer(ref, pong)]
    assert talk.server(frame(1)) == [frame(1)]


def test_a_refused_watch() -> None:
    talk = opened()
    talk.protocol.send(wire.Watch(character="a"))
    refusal = error(1, "unknown_character", "a")
    assert talk.server(refusal, wire.Pong(token="barrier:1")) == [
        Answer(("watch", "a"), refusal),
        refusal,
    ]


def test_frames_of_unwatched_characters_are_not_handed_out() -> None:
    talk = opened()
    talk.protocol.send(wire.Watch(character="a"))
    talk.server(wire.Pong(token="barrier:1"))
    assert talk.server(frame(1), frame(1, "b")) == [frame(1)]
    talk.protocol.send(wire.Unwatch(character="a"))
    assert talk.server(frame(2)) == []


def test_names_of_blendshapes_come_every_time() -> None:
    talk = opened()
    talk.protocol.send(wire.Watch(character="a", blendshapes="vrm1"))
    first = wire.Blendshapes(character="a", n=1, names_id="vrm1", values=(1.0,), names=("happy",))
    second = wire.Blendshapes(character="a", n=2, names_id="vrm1", values=(0.5,))
    one, two = talk.server(first, second)
    assert isinstance(two, wire.Blendshapes)
    assert one == first
    assert two.names == ("happy",)


def test_events_come_once() -> None:
    talk = opened()
    assert talk.server(face(1), face(1), face(2)) == [face(1), face(2)]
    assert talk.protocol.seq == 2


def test_a_gap_closes_the_connection_to_have_it_filled() -> None:
    talk = opened()
    assert talk.server(face(1), face(3)) == [face(1)]
    assert talk.protocol.to_close is not None
    assert talk.protocol.to_close[0] == 1002
    (closed,) = talk.lose(1002)
    assert isinstance(closed, Closed)
    assert closed.reconnect
    talk.protocol.connected()
    talk.server(HELLO)
    assert talk.sent()[-1] == wire.Identify(client="test", resume=wire.Resume(session="s1", seq=1))
    assert talk.server(ready(seq=1, resumed=True), face(2), face(3))[1:] == [face(2), face(3)]


@pytest.mark.parametrize(
    "message",
    [
        wire.Line(character="", id="1", text="x"),
        wire.Line(character="a", id="x" * 200, text="x"),
        wire.Line(character="a", id="1", text="\ud800"),
        wire.Express(character="a", expression={"joy": float("nan")}),
        wire.Express(character="a", expression={"joy": 2.0}),
        wire.Watch(character="a", frames=wire.FrameOptions(quality=0)),
        wire.CharacterPut(character="a", options=wire.CharacterOptions(hold_ms=-1)),
    ],
)
def test_what_breaks_the_ranges_is_not_sent(message: wire.ClientMessage) -> None:
    talk = opened()
    with pytest.raises(InvalidRequest):
        talk.protocol.send(message)
    assert talk.sent() == []


def test_the_same_line_id_twice_is_refused_while_it_waits() -> None:
    talk = opened()
    talk.protocol.send(line("1"))
    with pytest.raises(InvalidRequest, match="waits"):
        talk.protocol.send(line("1"))
    talk.server(emotion(1, "1"))
    assert talk.protocol.send(line("1")) is not None


def test_unanswered_requests_and_unsent_messages_are_bounded() -> None:
    talk = opened()
    for number in range(256):
        talk.protocol.send(line(str(number)))
    with pytest.raises(Overflow, match="256 requests"):
        talk.protocol.send(line("one more"))
    for _ in range(OUTBOX_MESSAGES - 256):
        talk.protocol.send(wire.Express(character="a", expression={}))
    with pytest.raises(Overflow, match="to be sent"):
        talk.protocol.send(wire.Express(character="a", expression={}))


def test_the_wishes_of_a_session_are_said_each_time() -> None:
    protocol = Protocol("test", guard="refuse", history="off")
    for _ in range(2):
        protocol.connected()
        protocol.receive(wire.encode(HELLO))
        (identify,) = (wire.decode_client(data) for data in protocol.data_to_send())
        assert isinstance(identify, wire.Identify)
        assert (identify.guard, identify.history) == ("refuse", "off")
        protocol.disconnected(1006, "")


def test_a_picture_is_read_once_even_over_a_cut() -> None:
    talk = opened()
    ref = talk.protocol.send(wire.Read(id="r1", picture=b"p"))
    assert ref == ("read", "r1")
    talk.sent()
    talk.lose()
    talk.open(ready(resumed=True))
    (barrier,) = [m for m in talk.sent() if isinstance(m, wire.Ping)]
    talk.server(wire.Pong(token=barrier.token))
    assert talk.sent() == [wire.Read(id="r1", picture=b"p")]
    reading = wire.Reading(seq=1, id="r1", text="안녕", confidence=0.5)
    assert talk.server(reading) == [Answer(("read", "r1"), reading), reading]
    again = wire.Reading(seq=2, id="r1", text="안녕", confidence=0.5)
    assert talk.server(again) == [], "the first copy had arrived, too"


def test_a_picture_that_cannot_be_read_is_refused() -> None:
    talk = opened()
    talk.protocol.send(wire.Read(id="r1", picture=b"p"))
    refused = error(1, "no_text", "r1")
    assert talk.server(refused) == [Answer(("read", "r1"), refused), refused]
