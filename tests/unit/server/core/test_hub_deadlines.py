"""What becomes of lines and frames that wait too long, and of a worker that ends."""

from __future__ import annotations

from tests.unit.server.core.bench import SMALL, Bench, line, of, put

from emopic_client import wire
from emopic_server.core.work import Classify, Render


def watching() -> tuple[Bench, int]:
    """A client that watches its character, and has seen it."""
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put(), wire.Watch(character="a", frames=SMALL))
    bench.settle()
    bench.read(connection)
    return bench, connection


def wait(bench: Bench, seconds: float) -> None:
    """Let time pass with an engine that takes nothing."""
    end = bench.now + seconds
    while (deadline := bench.hub.deadline()) is not None and deadline <= end:
        bench.now = max(bench.now, deadline)
        bench.hub.tick(bench.now)
    bench.now = end


def test_a_line_that_has_waited_too_long_is_refused_once() -> None:
    bench, connection = watching()
    bench.send(connection, line("1"), line("2", partial=True))
    wait(bench, 3.9)
    assert of(wire.Error, bench.read(connection)) == []
    wait(bench, 0.2)
    (error,) = of(wire.Error, bench.read(connection))
    assert (error.code, error.ref) == ("busy", "1"), "a line being typed is let go in silence"
    assert error.retry_ms
    assert bench.hub.metrics.counters["lines_dropped"] == {"late": 2}
    assert bench.hub.work(bench.now) is None
    bench.send(connection, line("3"))
    assert isinstance(bench.hub.work(bench.now), Classify)


def test_each_line_has_its_own_deadline() -> None:
    bench, connection = watching()
    bench.send(connection, line("1"))
    wait(bench, 3.0)
    bench.send(connection, line("2"))
    wait(bench, 1.5)
    assert [error.ref for error in of(wire.Error, bench.read(connection))] == ["1"]
    wait(bench, 2.6)
    assert [error.ref for error in of(wire.Error, bench.read(connection))] == ["2"]


def test_a_frame_that_has_waited_too_long_shows_the_face_as_it_is_now() -> None:
    bench, connection = watching()
    express = wire.Express(character="a", expression={"joy": 1.0}, hold_ms=60_000)
    bench.send(connection, express)
    wait(bench, 5.0)  # a transition, and some time at its end
    bench.rendered.clear()
    work = bench.hub.work(bench.now)
    assert isinstance(work, Render)
    assert bench.hub.metrics.counters["frames_skipped"]["late"] == 1
    (job,) = work.jobs
    assert job.expression == bench.hub.stage.characters.get(job.character).animator.at(bench.now)  # type: ignore[union-attr]
    bench.finish(work)
    (frame,) = of(wire.Frame, bench.read(connection))
    assert frame.expression == job.expression


def test_a_late_frame_of_one_who_has_left_is_not_rendered() -> None:
    bench, connection = watching()
    bench.send(connection, wire.Express(character="a", expression={"joy": 1.0}))
    bench.hub.disconnect(connection, bench.now)
    wait(bench, 5.0)
    assert bench.hub.work(bench.now) is None


def test_all_are_told_once_that_the_engine_is_away_and_back() -> None:
    bench, connection = watching()
    other = bench.open()
    bench.read(other)
    bench.hub.away(0, "killed", bench.now)
    bench.hub.away(0, "start", bench.now)
    bench.hub.back(0, bench.now)
    for client in (connection, other):
        codes = [notice.code for notice in of(wire.Notice, bench.read(client))]
        assert codes == ["engine_away", "engine_back"]
    assert bench.hub.metrics.counters["worker_restarts"] == {"killed": 1, "start": 1}


def test_lines_that_wait_when_the_server_ends_are_refused() -> None:
    bench, connection = watching()
    bench.send(connection, line("1"))
    bench.hub.shut_down()
    messages = bench.read(connection)
    assert [(e.code, e.ref) for e in of(wire.Error, messages)] == [("closing", "1")]
    assert isinstance(messages[-1], wire.Bye)
