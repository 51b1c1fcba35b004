"""Stages: they add up to the whole, of lines and of the first frames they move."""

from __future__ import annotations

import pytest
from tests.unit.server.core.bench import SMALL, Bench, line, of, put

from emopic_client import wire
from emopic_server.core.spans import FRAME_STAGES, LINE_STAGES, Trace, Tracer

WATCH = wire.Watch(character="a", frames=SMALL)
AT_ONCE = wire.CharacterOptions(transition_ms=0)


def traced(**more: int) -> tuple[Bench, int]:
    bench = Bench(tracing=True, **more)
    connection = bench.open()
    bench.send(connection, put(options=AT_ONCE), WATCH)
    bench.settle()
    send(bench, connection)
    return bench, connection


def send(bench: Bench, connection: int, seconds: float = 0.003) -> list[wire.ServerMessage]:
    """Take all that waits, as a socket does."""
    since = bench.now
    sent: list[wire.ServerMessage] = []
    while (message := bench.hub.take(connection)) is not None:
        bench.now += seconds
        bench.hub.sent(connection, message, since, bench.now)
        sent.append(message)
    return sent


def traces(bench: Bench) -> list[Trace]:
    tracer = bench.hub.spans.tracer
    assert tracer is not None
    found = list(tracer.finished)
    tracer.finished.clear()
    return found


def seconds(bench: Bench) -> dict[str, float]:
    histograms = bench.hub.metrics.histograms["stage_seconds"]
    return {stage: histogram.total for stage, histogram in histograms.items()}


def check_gapless(trace: Trace) -> None:
    for one, following in zip(trace.spans, trace.spans[1:], strict=False):
        assert one[2] == following[1]
    assert all(start <= end for _, start, end in trace.spans)


def test_a_lines_stages_add_up_to_its_whole_time() -> None:
    bench, connection = traced()
    arrived = bench.now - 0.5
    bench.hub.receive(connection, wire.encode(line("1")), bench.now, arrived)
    bench.now += 0.25
    bench.work(0.01)
    send(bench, connection)
    (trace,) = traces(bench)
    assert (trace.kind, trace.line, trace.character) == ("line", "1", ("session-1", "a"))
    assert tuple(stage for stage, _, _ in trace.spans) == LINE_STAGES
    check_gapless(trace)
    taken = [round(end - start, 6) for _, start, end in trace.spans]
    assert taken == [0.5, 0.25, 0.01, 0.0, 0.003]
    assert trace.spans[0][1] == arrived


def test_the_first_frame_of_a_line_has_its_own() -> None:
    bench, connection = traced()
    bench.send(connection, line("1"))
    bench.work(0.01)
    bench.now += 0.1  # the frame waits
    bench.work(0.03)
    send(bench, connection)
    (_, trace) = traces(bench)
    assert (trace.kind, trace.line, trace.cached) == ("frame", "1", False)
    assert tuple(stage for stage, _, _ in trace.spans) == FRAME_STAGES
    check_gapless(trace)
    taken = {stage: end - start for stage, start, end in trace.spans}
    assert taken["animate"] == 0
    assert taken["frame_queue"] == pytest.approx(0.1)
    assert taken["render"] == pytest.approx(0.028)
    assert taken["encode"] == pytest.approx(0.002)
    for stage in ("frame_queue", "render", "encode"):
        assert seconds(bench)[stage] == pytest.approx(taken[stage])


def test_only_the_first_frame_of_a_line_is_one() -> None:
    bench, connection = traced()
    bench.send(connection, line("1"))
    bench.settle()
    frames = of(wire.Frame, send(bench, connection))
    bench.run(5.0)
    frames += of(wire.Frame, send(bench, connection))
    assert len(frames) > 1
    assert [trace.kind for trace in traces(bench)] == ["line", "frame"]
    histograms = bench.hub.metrics.histograms["stage_seconds"]
    assert sum(histograms["animate"].counts) == 1


def test_a_frame_from_the_atlas_skips_the_engine() -> None:
    bench, connection = traced(atlas_bytes=100_000)
    for number in ("1", "2"):
        bench.send(connection, line(number))
        bench.settle()
        send(bench, connection)
        bench.run(10.0)
        send(bench, connection)
    frame = traces(bench)[-1]
    assert (frame.kind, frame.line, frame.cached) == ("frame", "2", True)
    assert [stage for stage, _, _ in frame.spans] == ["animate", "frame_send"]
    check_gapless(frame)


def test_a_driven_face_is_no_line() -> None:
    bench, connection = traced()
    bench.send(connection, wire.Express(character="a", expression={"joy": 1.0}))
    bench.settle()
    send(bench, connection)
    assert traces(bench) == []
    assert "animate" not in seconds(bench)


def test_without_tracing_there_are_histograms_only() -> None:
    bench = Bench()
    connection = bench.open()
    bench.send(connection, put(), WATCH, line("1"))
    bench.settle()
    send(bench, connection)
    assert bench.hub.spans.tracer is None
    assert set(LINE_STAGES) <= set(seconds(bench))


def test_what_is_never_sent_is_forgotten() -> None:
    tracer = Tracer()
    for number in range(5000):
        tracer.begin(number, Trace("line", ("s", "a"), str(number), (("receive", 0.0, 1.0),)))
    tracer.end(0, "send", 2.0)
    assert tracer.finished == []
    tracer.end(4999, "send", 2.0)
    tracer.end(4999, "send", 3.0)
    (trace,) = tracer.finished
    assert trace.spans == (("receive", 0.0, 1.0), ("send", 1.0, 2.0))
