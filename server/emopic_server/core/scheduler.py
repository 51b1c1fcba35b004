"""What the workers do next, each of them one piece of work at a time, of four kinds:

    lines     complete and partial lines, in the order of each session
    urgent    the first frame after a line, and the first one of a new watcher
    register  base faces
    frames    the frames in between

A kind goes before those below it, except that a kind which has been passed over `patience` times
goes first, so that no load starves another kind. A batch is whatever waits at that moment, up to
a limit: nothing is ever held back to fill one. Within a kind the owners (sessions) take turns, so
that one who asks for a lot waits for itself only. Lines of a session that has used much more of
the engine than others lately (see `company`) go after the others' lines, join their batches only
where that costs next to nothing, and let another kind go first every second time. So what others
notice of a flood is the batch that is under way when they come.

Everything is bounded. Lines and faces beyond the bound are refused at once with `busy`; frames
cannot pile up, since a view has one waiting frame and a newer one takes its place. Everything but
faces has a deadline too: a line that has waited too long is handed back to be refused, a frame to
be sampled anew. So under too much load there are fewer frames, then fewer lines, but none is late.

With several workers, a session's lines are with one worker at a time, for they must be answered in
order, and frames go to the worker that has their face: see `placement`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from emopic_server.core.company import Company
from emopic_server.core.costs import BatchCost
from emopic_server.core.fair_queue import FairQueue
from emopic_server.core.frame_queues import FrameQueues, WaitingFrame
from emopic_server.core.placement import Placement
from emopic_server.core.quarantine import Quarantine, Rule
from emopic_server.core.work import (
    CharacterKey,
    Classify,
    FrameJob,
    LineJob,
    Register,
    RegisterJob,
    Render,
    Work,
)
from emopic_server.errors import Refusal

__all__ = ["ORDER", "Bounds", "FairQueue", "Kind", "Scheduler"]

Kind: TypeAlias = Literal["lines", "urgent", "register", "frames"]
ORDER: Final[tuple[Kind, ...]] = ("lines", "urgent", "register", "frames")
_LONGEST_S: Final = 1.0  # a batch stays well within what a watchdog allows, also on slow machines
_FREE: Final = 1.1  # a heavy session's lines may make a batch of others' so much longer


@dataclass(frozen=True)
class Bounds:
    """How much may wait and how long, what goes into one batch, and how often a kind may be passed.

    A batch of frames is small because a line that comes meanwhile has to wait for all of it. For
    the same reason a batch of lines holds more than one of a session, while others talk too, only
    as long as it is expected to take at most `stretch` times as long as one line. `line_wait_ms`
    and `frame_wait_ms` are the deadlines.
    """

    lines: int = 256
    uploads: int = 16
    line_batch: int = 16
    frame_batch: int = 2
    patience: int = 8
    retry_ms: int = 50
    stretch: float = 1.5
    line_wait_ms: int = 4000
    frame_wait_ms: int = 250


class Scheduler:
    """The queues in front of the workers. `take` gives work, `spent` says what that cost.

    What is in `quarantine` is refused, what is suspected is alone in its batch.
    """

    def __init__(
        self, bounds: Bounds, workers: int = 1, quarantine: Quarantine | None = None
    ) -> None:
        self._bounds = bounds
        self.quarantine = quarantine or Quarantine(Rule())
        self.placement = Placement(workers)
        self._lines: FairQueue[LineJob] = FairQueue()
        self._builtins: FairQueue[RegisterJob] = FairQueue()
        self._uploads: FairQueue[RegisterJob] = FairQueue()
        self._frames = [FrameQueues() for _ in range(workers)]
        self._passed = [dict.fromkeys(ORDER, 0) for _ in range(workers)]
        self._talking: dict[int, frozenset[str]] = {}
        self._company = Company()
        self._heavy_turn = [False] * workers
        self._cost = BatchCost()
        self._batch_s = bounds.retry_ms / 1000
        self._rebalanced = -math.inf
        self._count = 0
        self.replaced_partials = 0
        self.replaced_frames = 0

    def depth(self, kind: Kind) -> int:
        """How much of this kind waits, for all workers."""
        match kind:
            case "lines":
                return len(self._lines)
            case "urgent":
                return sum(len(frames.urgent) for frames in self._frames)
            case "register":
                return len(self._builtins) + len(self._uploads)
            case "frames":
                return sum(len(frames.later) for frames in self._frames)

    # ── lines ────────────────────────────────────────────────────────────────────────────────────

    def put_line(self, job: LineJob) -> None:
        """Queue a line; it replaces a waiting partial one with the same id, in its place.

        Raises `Refusal`: `busy`, with `retry_ms`, when too much waits, in all or of this session
        alone while others wait too; `quarantined`.
        """
        self.quarantine.check(job, job.queued)
        self._company.heard(job.session, job.queued)
        key = (job.character, job.line)
        waiting = self._lines.get(job.session, key)
        if waiting is not None and waiting.partial:
            self._lines.put(job.session, key, job)
            self.replaced_partials += 1
            return
        share = self._bounds.lines // (self._lines.owners + 1) + 1
        if len(self._lines) >= self._bounds.lines or self._lines.waiting(job.session) >= share:
            raise self.busy("lines", job.line)
        if waiting is not None:  # a complete line of this id waits: both are answered
            self._count += 1
            self._lines.put(job.session, (*key, self._count), job)
        else:
            self._lines.put(job.session, key, job)

    def late_lines(self, now: float) -> list[LineJob]:
        """Take out the lines that have waited too long; each of them needs an answer."""
        wait = self._bounds.line_wait_ms / 1000
        return self._lines.remove(lambda job: now >= job.queued + wait)

    def line_deadline(self) -> float | None:
        """When the first of the waiting lines will have waited too long."""
        queued = min((job.queued for job in self._lines), default=None)
        return None if queued is None else queued + self._bounds.line_wait_ms / 1000

    def busy(self, what: str, ref: str) -> Refusal:
        """The refusal of what cannot be queued, or has been for too long."""
        batches = math.ceil((len(self._lines) + 1) / self._bounds.line_batch)
        retry_ms = max(self._bounds.retry_ms, math.ceil(1000 * batches * self._batch_s))
        return Refusal("busy", f"too many {what} are waiting", ref=ref, retry_ms=retry_ms)

    # ── faces ────────────────────────────────────────────────────────────────────────────────────

    def put_register(self, job: RegisterJob, *, bounded: bool = True, now: float = 0.0) -> None:
        """Queue a face; a waiting one for the same character is replaced. Raises `Refusal`.

        The bound is for uploads, which hold memory while they wait. Built-in faces do not, and are
        known after the first time. What comes from our own store is not `bounded` again.
        """
        self.quarantine.check(job, now)
        queue = self._builtins if job.picture is None else self._uploads
        known = queue.get(job.session, job.character) is not None
        full = queue is self._uploads and len(queue) >= self._bounds.uploads
        if bounded and full and not known:
            raise self.busy("base faces", job.character[1])
        queue.put(job.session, job.character, job)

    # ── frames ───────────────────────────────────────────────────────────────────────────────────

    def put_frame(self, job: FrameJob, *, urgent: bool, now: float = 0.0) -> None:
        """Queue a frame; the waiting one of the same view is replaced and its urgency kept."""
        key = (job.character, job.view)
        frames = self._frames[self.placement.home(job.face.key, now)]
        replaced = False
        for others in self._frames:
            if others is not frames:  # the face has moved meanwhile
                was_there, was_urgent = others.pop(job.owner, key)
                replaced, urgent = replaced or was_there, urgent or was_urgent
        if urgent or frames.urgent.get(job.owner, key) is not None:
            replaced = frames.later.pop(job.owner, key) is not None or replaced
            queue = frames.urgent
        else:
            queue = frames.later
        replaced = queue.put(job.owner, key, WaitingFrame(job, now)) is not None or replaced
        self.replaced_frames += replaced

    def drop_frame(self, owner: str, character: CharacterKey, view: int) -> None:
        """Forget the waiting frame of a view, because it has been shown or nobody watches."""
        for frames in self._frames:
            frames.pop(owner, (character, view))

    def drop_frames(self, character: CharacterKey) -> None:
        """Forget all waiting frames of a character, because its face is another one now."""
        for frames in self._frames:
            for queue in (frames.urgent, frames.later):
                queue.remove(lambda waiting: waiting.job.character == character)

    def late_frames(self, now: float, worker: int = 0) -> list[FrameJob]:
        """Of what this worker would render next: the frames that have waited too long.

        They are left in their places, for newer ones of their views to take those.
        """
        frames = self._frames[worker]
        if not frames.urgent and not frames.later:
            return []
        size = self._bounds.frame_batch
        first = [*frames.urgent.first(size), *frames.later.first(size)]
        wait = self._bounds.frame_wait_ms / 1000
        return [waiting.job for waiting in first if now > waiting.since + wait]

    # ── who is gone ──────────────────────────────────────────────────────────────────────────────

    def drop_character(self, character: CharacterKey) -> list[LineJob]:
        """Forget all that waits for a character; returns its lines, for each needs an answer."""
        for queue in (self._builtins, self._uploads):
            queue.remove(lambda job: job.character == character)
        self.drop_frames(character)
        return self._lines.remove(lambda job: job.character == character)

    def part(self, session: str) -> None:
        """A session has lost its connection. Its work stays, and is no reason to spare others."""
        self._company.part(session)

    def drop_session(self, session: str) -> int:
        """Forget the lines and faces of a session that has ended; returns how many lines."""
        for queue in (self._builtins, self._uploads):
            queue.remove(lambda job: job.session == session)
        return len(self._lines.remove(lambda job: job.session == session))

    def withdraw(self, now: float) -> list[Work]:
        """Take out what is quarantined by now; all of it needs an answer."""
        held = self.quarantine.holds
        faces = [
            job
            for queue in (self._builtins, self._uploads)
            for job in queue.remove(lambda job: held(job, now))
        ]
        frames = [
            waiting.job
            for mine in self._frames
            for queue in (mine.urgent, mine.later)
            for waiting in queue.remove(lambda waiting: held(waiting.job, now))
        ]
        lines = self._lines.remove(lambda job: held(job, now))
        return [Classify(tuple(lines)), *map(Register, faces), Render(tuple(frames))]

    def away(self, worker: int, now: float) -> None:
        """A worker has ended: what waits for it goes to others, if there are any."""
        self.placement.down(worker)
        if self.placement.up:
            self._rehome(worker, now)

    def back(self, worker: int, now: float) -> None:
        """A worker can work again."""
        self.placement.back(worker)
        for other in range(self.placement.workers):
            if other not in self.placement.up:
                self._rehome(other, now)

    def _rehome(self, worker: int, now: float) -> None:
        """Give the frames that wait for a worker to the homes of their faces."""
        frames = self._frames[worker]
        home = self.placement.home
        for queue, urgent in ((frames.urgent, True), (frames.later, False)):
            for waiting in queue.remove(lambda item: home(item.job.face.key, now) != worker):
                self.put_frame(waiting.job, urgent=urgent, now=now)

    # ── work ─────────────────────────────────────────────────────────────────────────────────────

    def take(self, worker: int = 0, now: float = 0.0) -> Work | None:
        """The next work for a worker that has none, or None when nothing waits for it."""
        waiting = self._waiting(worker)
        if not waiting:
            return None
        kind = self._next(worker, waiting)
        passed = self._passed[worker]
        for other in ORDER:
            passed[other] = 0 if other == kind else passed[other] + (other in waiting)
        self._heavy_turn[worker] = False
        if kind == "lines":
            return self._take_lines(worker, now)
        if kind == "register":
            return Register((self._builtins.take(1) or self._uploads.take(1))[0])
        frames, size = self._frames[worker], self._bounds.frame_batch
        taken = frames.urgent.take(size, (), self._lonely) if kind == "urgent" else []
        if not any(map(self._lonely, taken)):
            beside = len(taken)
            taken += frames.later.take(size - beside, (), self._lonely, beside)
        return Render(tuple(waiting.job for waiting in taken))

    def waits(self, worker: int) -> bool:
        """Whether anything waits for this worker."""
        return bool(self._waiting(worker))

    def ahead(self, job: FrameJob, worker: int, now: float) -> bool:
        """Whether a worker may render a frame ahead of need: its face is there, not suspected."""
        at_home = self.placement.home(job.face.key, now) == worker
        return at_home and not self.quarantine.suspects(job)

    def _lonely(self, waiting: WaitingFrame) -> bool:
        return self.quarantine.suspects(waiting.job)

    def spent(self, work: Work, seconds: float, worker: int = 0, now: float = 0.0) -> None:
        """Learn what a worker took for its work, and that it has none any more."""
        faces: list[str] = []
        match work:
            case Classify(jobs=jobs):
                self._talking.pop(worker, None)
                self._batch_s += 0.2 * (seconds - self._batch_s)
                if jobs:
                    self._cost.learn(len(jobs), seconds)
                    self._company.used((job.session for job in jobs), seconds, now)
            case Render(jobs=frames):
                faces = [frame.face.key for frame in frames]
            case Register():
                pass
        self.placement.spent(worker, seconds, faces, now)
        if faces and now >= self._rebalanced + 1.0:
            self._rebalanced = now
            move = self.placement.rebalance(now)
            if move is not None:
                self._rehome(move.source, now)

    def _take_lines(self, worker: int, now: float) -> Classify:
        busy = self._busy_beside(worker)
        limit = self._bounds.line_batch
        while limit > 1 and self._cost.of(limit) > _LONGEST_S:
            limit //= 2
        if len(self._company) > 1:
            jobs = self._take_fairly(worker, busy, limit, now)
        else:
            jobs = self._lines.take(limit, busy, self.quarantine.suspects)
        self._talking[worker] = frozenset(job.session for job in jobs)
        return Classify(tuple(jobs))

    def _take_fairly(
        self, worker: int, busy: frozenset[str], limit: int, now: float
    ) -> list[LineJob]:
        """Lines of light sessions; those of heavy ones beside them only where they cost nothing."""
        alone = self.quarantine.suspects
        owners = self._lines.waiting_owners(busy)
        heavy = self._company.heavy(owners, now)
        light = len(owners) - len(heavy)
        bearable = self._cost.most(self._bounds.stretch, limit)
        self._heavy_turn[worker] = not light
        if not light:
            return self._lines.take(bearable, busy, alone)
        jobs = self._lines.take(min(limit, max(light, bearable)), busy | heavy, alone)
        room = self._cost.within(_FREE * self._cost.of(len(jobs)), limit) - len(jobs)
        if heavy and room > 0 and not alone(jobs[0]):
            jobs += self._lines.take(room, busy, alone, len(jobs))
        return jobs

    def _busy_beside(self, worker: int) -> frozenset[str]:
        """The sessions whose lines other workers have."""
        if not self._talking:
            return frozenset()
        others = (talking for number, talking in self._talking.items() if number != worker)
        return frozenset().union(*others)

    def _next(self, worker: int, waiting: list[Kind]) -> Kind:
        """The kind that goes first of those that wait."""
        if self._heavy_turn[worker] and len(waiting) > 1 and waiting[0] == "lines":
            waiting = waiting[1:]  # a heavy session's lines do not go first twice in a row
        passed = self._passed[worker]
        starved = (kind for kind in waiting if passed[kind] >= self._bounds.patience)
        return next(starved, waiting[0])

    def _waiting(self, worker: int) -> list[Kind]:
        """The kinds of work there is for this worker, in their order."""
        busy = self._busy_beside(worker)
        frames = self._frames[worker]
        amounts = (
            self._lines.owners_beside(busy) if busy else len(self._lines),
            len(frames.urgent),
            len(self._builtins) + len(self._uploads),
            len(frames.later),
        )
        return [kind for kind, amount in zip(ORDER, amounts, strict=True) if amount]
