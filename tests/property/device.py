"""A scheduler on a simulated clock, in front of devices that take the time they are told to."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tests.property.test_scheduler import Face, check_busy, frame, line

from emopic_server.core.limits import TokenBucket
from emopic_server.core.scheduler import Bounds, Scheduler
from emopic_server.core.work import Classify, FrameJob, LineJob, Register, Render, Work
from emopic_server.errors import Refusal


@dataclass(frozen=True)
class Costs:
    """Seconds: a batch of n lines takes `fixed + each * n`, a frame `frame`."""

    fixed: float = 0.002
    each: float = 0.004
    frame: float = 0.010

    def of(self, work: Work) -> float:
        match work:
            case Classify(jobs=jobs):
                return self.fixed + self.each * len(jobs)
            case Render(jobs=frames):
                return self.frame * len(frames)
            case Register():
                return self.frame


@dataclass
class Simulation:
    """What is sent, when, and what comes of it. Call `run` once."""

    costs: Costs = field(default_factory=Costs)
    bounds: Bounds = field(default_factory=Bounds)
    workers: int = 1
    limit: tuple[float, int] | None = None  # messages a minute and at once, for each session

    def __post_init__(self) -> None:
        self.scheduler = Scheduler(self.bounds, self.workers)
        self.waits: dict[str, list[float]] = defaultdict(list)
        self.order: dict[str, list[int]] = defaultdict(list)
        self.refused: Counter[str] = Counter()
        self.frames: Counter[int] = Counter()
        self.frame_ages: list[float] = []
        self.sent: Counter[str] = Counter()
        self.served: list[tuple[int, Work, float]] = []
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._ticket = itertools.count()
        self._free = set(range(self.workers))
        self._away: set[int] = set()
        self._asked: dict[int, float] = {}
        self._buckets: dict[str, TokenBucket] = {}

    # ── what happens ─────────────────────────────────────────────────────────────────────────────

    def at(self, when: float, event: Callable[[float], None]) -> None:
        heapq.heappush(self._events, (when, next(self._ticket), event))

    def say(self, when: float, session: str) -> None:
        self.at(when, lambda now: self._say(session, now))

    def watch(self, view: int, fps: float, until: float, face: str | None = None) -> None:
        """A view whose face never rests: it asks for a frame in each interval."""
        job = replace(frame(f"view-{view}", view, 0), face=Face(face or f"face-{view}"))

        def ask(now: float) -> None:
            self._asked[view] = now
            self.scheduler.put_frame(job, urgent=False, now=now)
            if now + 1 / fps < until:
                self.at(now + 1 / fps, ask)

        self.at(view / fps / 100, ask)

    def away(self, worker: int, when: float, back: float) -> None:
        """A worker that ends when it has done what it is at, and comes back."""

        def go(now: float) -> None:
            self._away.add(worker)
            self.scheduler.away(worker, now)

        def come(now: float) -> None:
            self._away.discard(worker)
            self.scheduler.back(worker, now)

        self.at(when, go)
        self.at(back, come)

    def run(self) -> Simulation:
        while self._events:
            now, _, event = heapq.heappop(self._events)
            event(now)
            self._feed(now)
        return self

    # ── within ───────────────────────────────────────────────────────────────────────────────────

    def _say(self, session: str, now: float) -> None:
        self.sent[session] += 1
        if self.limit is not None:
            bucket = self._buckets.setdefault(session, TokenBucket(*self.limit))
            if bucket.take(now) > 0:
                self.refused[session] += 1
                return
        job = replace(line(session, str(self.sent[session])), queued=now)
        try:
            self.scheduler.put_line(job)
        except Refusal as refusal:
            check_busy(refusal, job.line)
            self.refused[session] += 1
        else:
            self.at(now + self.bounds.line_wait_ms / 1000, self._expire)

    def _expire(self, now: float) -> None:
        for job in self.scheduler.late_lines(now):
            assert now - job.queued <= self.bounds.line_wait_ms / 1000 + 1e-6
            self.refused[job.session] += 1

    def _feed(self, now: float) -> None:
        for worker in sorted(self._free - self._away):
            while late := self.scheduler.late_frames(now, worker):
                for job in late:
                    self._asked[job.view] = now
                    self.scheduler.put_frame(job, urgent=False, now=now)
            work = self.scheduler.take(worker, now)
            if work is not None:
                self._start(worker, work, now)

    def _start(self, worker: int, work: Work, now: float) -> None:
        self._free.discard(worker)
        seconds = self.costs.of(work)
        self.served.append((worker, work, now))
        if isinstance(work, Render):
            self.frame_ages += [now - self._asked[job.view] for job in work.jobs]
        self.at(now + seconds, lambda then: self._finish(worker, work, seconds, then))

    def _finish(self, worker: int, work: Work, seconds: float, now: float) -> None:
        self._free.add(worker)
        self.scheduler.spent(work, seconds, worker, now)
        jobs: tuple[LineJob | FrameJob, ...] = () if isinstance(work, Register) else work.jobs
        for job in jobs:
            if isinstance(job, LineJob):
                self.waits[job.session].append(now - job.queued)
                self.order[job.session].append(int(job.line))
            else:
                self.frames[job.view] += 1


def percentile(values: list[float], percent: float) -> float:
    """The value at this rank, the nearest above."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
