"""Where a line's time goes: the stages it passes, as histograms, and as traces where asked for.

A line goes through `receive` (its last bytes have come, until it is queued), `queue`, `classify`,
`deliver` (from the engine to here) and `send` (all that is done here with the answer, until its
bytes are with the system). The first frame that it moves goes through `animate` (the face has to
reach its first visible step), `frame_queue`, `render`, `encode`, `frame_deliver` and `frame_send`;
one that is found in the atlas skips what lies between. Each set of stages adds up to the whole.

Histograms cost a bisection each. Traces are kept only if there is a `Tracer`, and even then they
are plain numbers; what becomes of them is the shell's business.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from emopic_server.core.metrics import Metrics
from emopic_server.core.work import CharacterKey, Done, FrameJob, LineJob, PictureLike

LINE_STAGES: Final = ("receive", "queue", "classify", "deliver", "send")
FRAME_STAGES: Final = (
    "animate",
    "frame_queue",
    "render",
    "encode",
    "frame_deliver",
    "frame_send",
)
_PENDING: Final = 1024  # traces that wait for their last span; what is never sent is forgotten

Span: TypeAlias = tuple[str, float, float]  # stage, start and end in seconds


@dataclass(frozen=True, slots=True)
class Trace:
    """The way of a line to its answer, or of the first frame it moved; spans without gaps.

    `character` and `line` are the same for both. Neither text nor scores are in it.
    """

    kind: Literal["line", "frame"]
    character: CharacterKey
    line: str
    spans: tuple[Span, ...]
    partial: bool = False
    cached: bool = False


class Tracer:
    """Traces on their way. `finished` belongs to the caller, who empties it."""

    def __init__(self) -> None:
        self.finished: list[Trace] = []
        self._pending: OrderedDict[Hashable, Trace] = OrderedDict()

    def begin(self, key: Hashable, trace: Trace) -> None:
        """All of `trace` but its last span is known."""
        self._pending[key] = trace
        if len(self._pending) > _PENDING:
            self._pending.popitem(last=False)

    def end(self, key: Hashable, stage: str, now: float) -> None:
        """The last stage is over now; the second time nothing happens."""
        trace = self._pending.pop(key, None)
        if trace is not None:
            spans = (*trace.spans, (stage, trace.spans[-1][2], now))
            kind, character, line = trace.kind, trace.character, trace.line
            self.finished.append(Trace(kind, character, line, spans, trace.partial, trace.cached))


class Spans:
    """Measures stages. Times are those of the hub's caller."""

    def __init__(self, metrics: Metrics, tracer: Tracer | None = None) -> None:
        self._metrics = metrics
        self.tracer = tracer

    def answered(self, job: LineJob, done: Done, now: float) -> None:
        """A line has got its emotion."""
        observe = self._metrics.observe
        observe("stage_seconds", job.queued - job.arrived, "receive")
        observe("stage_seconds", done.started - job.queued, "queue")
        observe("stage_seconds", done.finished - done.started, "classify")
        observe("stage_seconds", now - done.finished, "deliver")
        if self.tracer is not None:
            moments = (job.arrived, job.queued, done.started, done.finished, now)
            trace = Trace(
                "line", job.character, job.line, _spans(LINE_STAGES, moments), job.partial
            )
            self.tracer.begin((job.session, job.character[1], job.line), trace)

    def found(self, job: FrameJob) -> None:
        """The first frame of a line was in the atlas."""
        assert job.stirred is not None
        self._metrics.observe("stage_seconds", job.asked - job.stirred, "animate")
        if self.tracer is not None and job.line is not None:
            spans = (("animate", job.stirred, job.asked),)
            trace = Trace("frame", job.character, job.line, spans, cached=True)
            self.tracer.begin((job.character, job.n), trace)

    def rendered(self, job: FrameJob, picture: PictureLike, done: Done, now: float) -> None:
        """The first frame of a line has been rendered, maybe with others in one batch."""
        assert job.stirred is not None
        encoded = max(done.started, done.finished - picture.encode_s)
        moments = (job.stirred, job.asked, done.started, encoded, done.finished, now)
        for stage, start, end in (spans := _spans(FRAME_STAGES, moments)):
            self._metrics.observe("stage_seconds", end - start, stage)
        if self.tracer is not None and job.line is not None:
            trace = Trace("frame", job.character, job.line, spans)
            self.tracer.begin((job.character, job.n), trace)

    def sent_line(self, key: tuple[str, str, str], since: float, now: float) -> None:
        """An emotion's bytes are with the system; `key` is session, character and line."""
        self._metrics.observe("stage_seconds", now - since, "send")
        if self.tracer is not None:
            self.tracer.end(key, "send", now)

    def sent_frame(self, key: tuple[CharacterKey, int], since: float, now: float) -> None:
        """A frame's bytes are with the system; `key` is the character and the frame's number."""
        self._metrics.observe("stage_seconds", now - since, "frame_send")
        if self.tracer is not None:
            self.tracer.end(key, "frame_send", now)


def _spans(stages: tuple[str, ...], moments: tuple[float, ...]) -> tuple[Span, ...]:
    """A span between each two moments. Clocks of two processes may differ by a breath."""
    edges = list(moments)
    for i in range(1, len(edges)):
        edges[i] = max(edges[i], edges[i - 1])
    return tuple(
        (stage, edges[i], edges[i + 1]) for i, stage in enumerate(stages[: len(edges) - 1])
    )
