"""The thread that makes spans: never in the way, and done when the server ends."""

from __future__ import annotations

import threading

import pytest
from tests.unit.server.core.bench import Bench

from emopic_server.core.spans import Trace
from emopic_server.io import tracing
from emopic_server.io.tracing import Traces

sdk = pytest.importorskip("opentelemetry.sdk.trace")
export = pytest.importorskip("opentelemetry.sdk.trace.export")
memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")


def trace(number: int, kind: str = "line") -> Trace:
    spans = (("receive", number + 0.0, number + 0.25), ("queue", number + 0.25, number + 0.5))
    return Trace(kind, ("s", "a"), str(number), spans)  # type: ignore[arg-type]


def finish(bench: Bench, *traces: Trace) -> None:
    tracer = bench.hub.spans.tracer
    assert tracer is not None
    tracer.finished += traces


def opened(processor: object) -> Traces:
    made = sdk.TracerProvider(shutdown_on_exit=False)
    made.add_span_processor(processor)
    return Traces(made)


def test_all_that_was_taken_is_handed_on_before_the_end() -> None:
    exporter, bench = memory.InMemorySpanExporter(), Bench(tracing=True)
    traces = opened(export.SimpleSpanProcessor(exporter))
    for number in range(100):
        finish(bench, trace(number))
        traces.pump(bench.hub)
    assert traces.close()
    spans = exporter.get_finished_spans()
    assert len(spans) == 300
    seconds = [(s.end_time - s.start_time) / 1e9 for s in spans if s.name == "queue"]
    assert seconds == pytest.approx([0.25] * 100)


def test_a_frame_belongs_to_its_line_only() -> None:
    exporter, bench = memory.InMemorySpanExporter(), Bench(tracing=True)
    traces = opened(export.SimpleSpanProcessor(exporter))
    finish(bench, trace(1), trace(2), trace(1, "frame"), trace(3, "frame"))
    traces.pump(bench.hub)
    assert traces.close()
    lines = {
        s.attributes["emopic.line"]: s for s in exporter.get_finished_spans() if s.name == "line"
    }
    parents = {
        s.attributes["emopic.line"]: s.parent
        for s in exporter.get_finished_spans()
        if s.name == "frame"
    }
    assert parents["1"].span_id == lines["1"].context.span_id
    assert parents["3"] is None, "its line was answered before anybody looked"


class Stuck(export.SpanProcessor):  # type: ignore[misc,name-defined]
    """A collector that takes nothing for a while."""

    def __init__(self) -> None:
        self.free = threading.Event()

    def on_end(self, span: object) -> None:  # noqa: ARG002
        self.free.wait(30)


def test_a_stuck_collector_costs_traces_and_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "_WAITING", 5)
    monkeypatch.setattr(tracing, "_END_S", 0.01)
    stuck, bench = Stuck(), Bench(tracing=True)
    traces = opened(stuck)
    finish(bench, *(trace(number) for number in range(50)))
    traces.pump(bench.hub)
    assert bench.hub.metrics.counters["traces_dropped"][""] >= 44
    assert not traces.close()
    stuck.free.set()
