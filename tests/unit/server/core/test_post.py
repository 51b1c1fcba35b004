"""The way of messages to clients: what goes first, what is kept, who is closed."""

from __future__ import annotations

import msgspec

from emopic_client import wire
from emopic_engine.emotions import VRM1
from emopic_server.core.metrics import Metrics
from emopic_server.core.post import Connection, Post
from emopic_server.core.session import Session, Step

LIMITS = wire.Limits(outbox_events=3, resume_events=3, connections_per_token=1)


def opened(post: Post, number: int = 1) -> tuple[Connection, Session]:
    session = Session(f"session-{number}", number, LIMITS)
    session.identify("test", "group")
    session.step(Step.OPEN)
    post.sessions[session.id] = session
    return post.connect(number, "msgpack", session), session


def notice(text: str) -> wire.Notice:
    return wire.Notice(seq=0, code="n", text=text)


def shapes(n: int) -> wire.Blendshapes:
    return wire.Blendshapes(character="a", n=n, names_id="vrm1", values=(0.0,) * len(VRM1))


def drain(post: Post, connection: Connection) -> list[wire.ServerMessage]:
    return list(iter(lambda: post.take(connection.id), None))


def test_replies_then_events_then_states() -> None:
    post = Post(LIMITS, Metrics())
    connection, session = opened(post)
    assert post.state(session, shapes(1))
    post.event(session, notice("a"))
    post.reply(connection, wire.Ready(session="x", seq=0, resumed=False))
    kinds = [type(message) for message in drain(post, connection)]
    assert kinds == [wire.Ready, wire.Notice, wire.Blendshapes]
    assert post.dirty == {1}


def test_names_come_with_the_first_that_is_really_sent() -> None:
    post = Post(LIMITS, Metrics())
    connection, session = opened(post)
    post.state(session, shapes(1))
    post.state(session, shapes(2))
    first = post.take(connection.id)
    assert first == msgspec.structs.replace(shapes(2), names=VRM1)
    post.state(session, shapes(3))
    assert post.take(connection.id) == shapes(3)


def test_too_many_events_close_the_connection_and_keep_the_log() -> None:
    metrics = Metrics()
    post = Post(LIMITS, metrics)
    connection, session = opened(post)
    for text in "abcd":
        post.event(session, notice(text))
    (bye,) = drain(post, connection)
    assert isinstance(bye, wire.Bye)
    assert bye.code == wire.SLOW_CLIENT.code
    assert metrics.counters["closes"] == {"4008": 1}
    kept = session.log.since(1)
    assert kept is not None
    assert [event.seq for event in kept] == [2, 3, 4]


def test_what_waits_goes_out_before_an_orderly_bye() -> None:
    post = Post(LIMITS, Metrics())
    connection, session = opened(post)
    post.event(session, notice("a"))
    post.close(connection, wire.RATE_LIMITED)
    assert [type(message) for message in drain(post, connection)] == [wire.Notice, wire.Bye]
    assert post.take(connection.id) is None


def test_nothing_is_queued_for_the_closing() -> None:
    post = Post(LIMITS, Metrics())
    connection, session = opened(post)
    post.close(connection, wire.RATE_LIMITED)
    assert not post.state(session, shapes(1))
    post.event(session, notice("a"))
    assert [type(message) for message in drain(post, connection)] == [wire.Bye]
    assert session.log.last == 1, "but it is there for a resume"


def test_a_group_is_full_until_one_leaves() -> None:
    post = Post(LIMITS, Metrics())
    one, _ = opened(post, 1)
    two, _ = opened(post, 2)
    assert post.join_group(one)
    assert not post.join_group(two)
    post.close(one, wire.RATE_LIMITED)
    assert post.join_group(two)
    post.disconnect(2)
    assert post.groups == {}
