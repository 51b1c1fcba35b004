"""Traces of lines for OpenTelemetry: made of the hub's numbers, in a thread of their own.

A line is a trace: its root is the way to the answer, with a child for each stage, and a child
`frame` for the first picture that it moves. A trace names the character and the line by the ids the
client chose; texts, scores, tokens and sessions are not in it. The packages are an extra
(`emopic-server[otel]`); without `traces` in the configuration none of them is imported.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from queue import Full, Queue
from typing import TYPE_CHECKING, Final

from emopic_server import __version__
from emopic_server.core.hub import Hub
from emopic_server.core.spans import Trace
from emopic_server.errors import ConfigError

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import SpanContext, Tracer

log = logging.getLogger(__name__)
_WAITING: Final = 4096  # traces; of more the newest are dropped, and counted
_ROOTS: Final = 4096  # lines whose first frame may still come
_END_S: Final = 2.0


def provider(address: str) -> TracerProvider:
    """Sends spans to an OTLP/HTTP collector, as the standard OTEL_* variables say beside it.

    Raises `ConfigError` when the packages are missing.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise ConfigError(
            "traces", address, f"pip install 'emopic-server[otel]' ({error.name} is missing)"
        ) from error
    resource = Resource.create({"service.name": "emopic", "service.version": __version__})
    made = TracerProvider(resource=resource, shutdown_on_exit=False)
    made.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=address)))
    return made


class Traces:
    """Takes traces from the hub and hands them on. To be used on the event loop."""

    def __init__(self, made: TracerProvider) -> None:
        self._provider = made
        self._recorder = Recorder(made.get_tracer("emopic_server", __version__))
        self._queue: Queue[Trace | None] = Queue(_WAITING)
        self._thread = threading.Thread(target=self._run, name="traces", daemon=True)
        self._thread.start()

    def pump(self, hub: Hub) -> None:
        """Take what is finished. Never blocks."""
        tracer = hub.spans.tracer
        if tracer is None:
            return
        for trace in tracer.finished:
            try:
                self._queue.put_nowait(trace)
            except Full:
                hub.metrics.count("traces_dropped")
        tracer.finished.clear()

    def close(self) -> bool:
        """Hand on what waits and end; whether that was done within two seconds. Blocks."""
        try:
            self._queue.put(None, timeout=_END_S)
        except Full:
            return False
        self._thread.join(_END_S)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (trace := self._queue.get()) is not None:
            try:
                self._recorder.record(trace)
            except Exception:
                log.exception("a trace could not be recorded")
        self._provider.shutdown()


class Recorder:
    """Makes spans of traces, with the times they had."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        # Traces have the monotonic clock's times, collectors want the calendar's.
        self._offset = time.time_ns() - time.monotonic_ns()
        self._roots: OrderedDict[tuple[object, str], SpanContext] = OrderedDict()

    def record(self, trace: Trace) -> None:
        """One span for the whole, one for each stage within."""
        from opentelemetry.trace import SpanKind, set_span_in_context

        kind = SpanKind.SERVER if trace.kind == "line" else SpanKind.INTERNAL
        attributes: dict[str, str | bool] = {
            "emopic.character": trace.character[1],
            "emopic.line": trace.line,
            "emopic.partial": trace.partial,
            "emopic.cached": trace.cached,
        }
        parent = self._parent(trace)
        start, end = self._ns(trace.spans[0][1]), self._ns(trace.spans[-1][2])
        whole = self._tracer.start_span(trace.kind, parent, kind, attributes, start_time=start)
        inside = set_span_in_context(whole)
        for stage, since, until in trace.spans:
            span = self._tracer.start_span(stage, inside, start_time=self._ns(since))
            span.end(self._ns(until))
        whole.end(end)
        if trace.kind == "line":
            self._keep(trace, whole.get_span_context())

    def _parent(self, trace: Trace) -> Context:
        from opentelemetry.context import Context
        from opentelemetry.trace import NonRecordingSpan, set_span_in_context

        root = self._roots.get((trace.character, trace.line)) if trace.kind == "frame" else None
        return Context() if root is None else set_span_in_context(NonRecordingSpan(root), Context())

    def _keep(self, trace: Trace, root: SpanContext) -> None:
        self._roots[trace.character, trace.line] = root
        while len(self._roots) > _ROOTS:
            self._roots.popitem(last=False)

    def _ns(self, seconds: float) -> int:
        return self._offset + round(seconds * 1e9)
