"""The hub fed by hand on a simulated clock: bytes in, messages and work out."""

from __future__ import annotations

import msgspec
from tests.unit.server.core.bench import SMALL, Bench, Scores, line, of, put

from emopic_client import wire
from emopic_server.core.hub import GOING_AWAY
from emopic_server.core.work import Classify, Done, Register, Render


def test_opening() -> None:
    bench = Bench()
    connection = bench.open()
    hello, ready = bench.read(connection)
    assert isinstance(hello, wire.Hello)
    assert ready == wire.Ready(session="session-1", seq=0, resumed=False)
    assert bench.hub.deadline() is None, "identified, so nothing is due"


def test_identify_is_due() -> None:
    bench = Bench()
    connection = bench.hub.connect("msgpack", bench.now)
    bench.run(9.99)
    assert bench.hub.post.connections[connection].closing is None
    bench.run(0.02)
    assert bench.read(connection)[-1] == wire.Bye(
        code=4001, reason="no identify in time", reconnect=False
    )
    assert bench.read(connection) == []


def test_a_line_is_answered_then_shown() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put(), wire.Watch(character="a", frames=SMALL, blendshapes="vrm1"))
    bench.settle()
    bench.read(connection)
    bench.send(connection, line("1"))
    bench.now += 0.002
    assert isinstance(bench.work(0.005), Classify)
    emotion, shapes = bench.read(connection)
    assert isinstance(emotion, wire.Emotion)
    assert (emotion.line, emotion.top, emotion.final, emotion.seq) == ("1", "joy", True, 2)
    assert emotion.spans_ms == {"receive": 0.0, "queue": 2.0, "classify": 5.0, "deliver": 0.0}
    assert isinstance(shapes, wire.Blendshapes)
    assert (shapes.line, shapes.names) == ("1", None)
    assert isinstance(bench.work(), Render)
    (frame,) = bench.read(connection)
    assert isinstance(frame, wire.Frame)
    assert (frame.line, frame.rect) == ("1", (0, 0, 8, 8))
    assert frame.expression[0] > 0


def test_everything_comes_to_rest() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put(), wire.Watch(character="a", frames=SMALL, blendshapes="arkit"))
    bench.settle()
    bench.read(connection)
    bench.send(connection, line("1"))
    bench.settle()
    bench.run(10.0)
    frames = of(wire.Frame, bench.read(connection))
    assert frames[-1].expression == (0.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    assert bench.hub.deadline() is None, "a face at rest costs nothing"
    assert bench.hub.work() is None


def test_rate_limit_refills() -> None:
    bench = Bench(limits=wire.Limits(messages_per_minute=60, messages_burst=2))
    connection = bench.open()
    bench.send(connection, *[wire.Ping(token=str(number)) for number in range(3)])
    messages = bench.read(connection)
    assert [pong.token for pong in of(wire.Pong, messages)] == ["0", "1"]
    (error,) = of(wire.Error, messages)
    assert error.retry_ms is not None
    bench.now += error.retry_ms / 1000
    bench.send(connection, wire.Ping(token="3"))
    assert bench.read(connection) == [wire.Pong(token="3")]


def test_a_pong_comes_behind_what_was_there_before() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put(), put("b"))
    bench.settle()
    bench.send(connection, line("1", " "), wire.Ping(token="behind"))
    assert bench.read(connection)[-1] == wire.Pong(token="behind")


def test_errors_of_the_engine_say_when_to_try_again() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put())
    bench.settle()
    bench.read(connection)
    bench.send(connection, line("1", "!"), line("2"))
    bench.settle()
    error, emotion = bench.read(connection)
    assert isinstance(error, wire.Error)
    assert (error.code, error.ref, error.retry_ms) == ("device", "1", 1000)
    assert isinstance(emotion, wire.Emotion)


def test_shut_down_says_bye_after_what_waits() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put())
    bench.settle()
    bench.hub.shut_down()
    messages = bench.read(connection)
    assert isinstance(messages[-2], wire.CharacterReady)
    assert messages[-1] == wire.Bye(code=1001, reason=GOING_AWAY.reason, reconnect=True)
    bench.send(connection, wire.Ping())
    assert bench.read(connection) == []


def test_limits_in_hello_are_the_ones_in_force() -> None:
    limits = msgspec.structs.replace(wire.Limits(), line_chars=3)
    bench = Bench(limits=limits)
    connection = bench.open()
    hello = bench.read(connection)[0]
    assert isinstance(hello, wire.Hello)
    assert hello.limits == limits
    bench.send(connection, put(), line("1", "네글자다"))
    (error,) = of(wire.Error, bench.read(connection))
    assert "3" in error.message


def test_the_next_work_may_come_before_the_last_results_where_nothing_goes_before_it() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put(), put("b"), line("1"))

    def early(work: Classify | Register | Render | None) -> bool:
        assert work is not None
        done = Done(work, tuple(bench.results(work)), bench.now, bench.now)
        may = bench.hub.finish(done, bench.now)
        bench.hub.hand_out(done, bench.now)
        return may

    assert early(bench.hub.work()), "the line's face is not there yet"
    first = bench.hub.work()
    assert isinstance(first, Register)
    assert not early(first), "the first pictures of the face are not asked for yet"
    assert not early(bench.hub.work()), "nothing waits"
    bench.send(connection, wire.Watch(character="a", frames=SMALL))
    bench.settle()
    bench.read(connection)
    bench.send(connection, line("2"))
    first = bench.hub.work()
    assert isinstance(first, Classify)
    done = Done(first, (Scores(),), bench.now, bench.now)
    assert bench.hub.finish(done, bench.now)
    frame = bench.hub.work()
    assert isinstance(frame, Render), "the line's own frame is under way before anybody is told"
    assert frame.jobs[0].line == "2"
    assert bench.read(connection) == []
    bench.hub.hand_out(done, bench.now)
    bench.send(connection, line("3"))
    assert early(frame), "a picture is all that comes of it"
    emotion, shown = bench.read(connection)
    assert isinstance(emotion, wire.Emotion)
    assert isinstance(shown, wire.Frame)
