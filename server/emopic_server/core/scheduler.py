"""What the engine does next. One device, one piece of work at a time, four kinds of it:

    lines     complete and partial lines, in the order of each session
    urgent    the first frame after a line, and the first one of a new watcher
    register  base faces
    frames    the frames in between

A kind goes before those below it, except that a kind which has been passed over `patience` times
goes first, so that no load starves another kind. A batch is whatever waits at that moment, up to
a limit: nothing is ever held back to fill one. Within a kind the owners (sessions) take turns, so
that one who asks for a lot waits for itself only.

Everything is bounded. Lines and faces beyond the bound are refused at once with `busy`; frames
cannot pile up, since a view has one waiting frame and a newer one takes its place.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeAlias, TypeVar

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

Kind: TypeAlias = Literal["lines", "urgent", "register", "frames"]
ORDER: Final[tuple[Kind, ...]] = ("lines", "urgent", "register", "frames")

T = TypeVar("T")


@dataclass(frozen=True)
class Bounds:
    """How much may wait, how much goes into one batch, how often a kind may be passed over.

    A batch of frames is small because a line that comes meanwhile has to wait for all of it.
    """

    lines: int = 256
    uploads: int = 16
    line_batch: int = 16
    frame_batch: int = 2
    patience: int = 8
    retry_ms: int = 50


class FairQueue(Generic[T]):
    """Lanes by owner, served in turn; within a lane in order, one item per key.

    An item with the key of a waiting one takes its place in the line.
    """

    def __init__(self) -> None:
        self._lanes: OrderedDict[str, OrderedDict[Hashable, T]] = OrderedDict()
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def owners(self) -> int:
        """How many owners have something waiting."""
        return len(self._lanes)

    def waiting(self, owner: str) -> int:
        """How much of this owner waits."""
        return len(self._lanes.get(owner, ()))

    def get(self, owner: str, key: Hashable) -> T | None:
        """The waiting item of this key, if any."""
        lane = self._lanes.get(owner)
        return None if lane is None else lane.get(key)

    def put(self, owner: str, key: Hashable, item: T) -> T | None:
        """Queue `item`; returns the one whose place it took."""
        lane = self._lanes.setdefault(owner, OrderedDict())
        replaced = lane.get(key)
        lane[key] = item
        self._size += replaced is None
        return replaced

    def pop(self, owner: str, key: Hashable) -> T | None:
        """Take out one item by its key."""
        lane = self._lanes.get(owner)
        item = None if lane is None else lane.pop(key, None)
        if lane is not None and item is not None:
            self._size -= 1
            if not lane:
                del self._lanes[owner]
        return item

    def take(self, limit: int) -> list[T]:
        """Up to `limit` items, one from each owner in turn."""
        taken: list[T] = []
        while self._lanes and len(taken) < limit:
            owner, lane = self._lanes.popitem(last=False)
            taken.append(lane.popitem(last=False)[1])
            if lane:
                self._lanes[owner] = lane
        self._size -= len(taken)
        return taken

    def remove(self, unwanted: Callable[[T], bool]) -> list[T]:
        """Take out everything that is unwanted, in no particular order."""
        gone = [
            (owner, key, item)
            for owner, lane in self._lanes.items()
            for key, item in lane.items()
            if unwanted(item)
        ]
        for owner, key, _ in gone:
            self.pop(owner, key)
        return [item for _, _, item in gone]


class Scheduler:
    """The queues in front of one engine. `take` gives its next work, `spent` what that cost."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._lines: FairQueue[LineJob] = FairQueue()
        self._urgent: FairQueue[FrameJob] = FairQueue()
        self._builtins: FairQueue[RegisterJob] = FairQueue()
        self._uploads: FairQueue[RegisterJob] = FairQueue()
        self._frames: FairQueue[FrameJob] = FairQueue()
        self._passed: dict[Kind, int] = dict.fromkeys(ORDER, 0)
        self._batch_s = bounds.retry_ms / 1000
        self._count = 0
        self.replaced_partials = 0
        self.replaced_frames = 0

    def depth(self, kind: Kind) -> int:
        """How much of this kind waits."""
        match kind:
            case "lines":
                return len(self._lines)
            case "urgent":
                return len(self._urgent)
            case "register":
                return len(self._builtins) + len(self._uploads)
            case "frames":
                return len(self._frames)

    def put_line(self, job: LineJob) -> None:
        """Queue a line; it replaces a waiting partial one with the same id, in its place.

        Raises `Refusal` (`busy`, with `retry_ms`) when too much waits: in all, or of this session
        alone while others wait too.
        """
        key = (job.character, job.line)
        waiting = self._lines.get(job.session, key)
        if waiting is not None and waiting.partial:
            self._lines.put(job.session, key, job)
            self.replaced_partials += 1
            return
        share = self._bounds.lines // (self._lines.owners + 1) + 1
        if len(self._lines) >= self._bounds.lines or self._lines.waiting(job.session) >= share:
            raise self._busy("lines", job.line)
        if waiting is not None:  # a complete line of this id waits: both are answered
            self._count += 1
            self._lines.put(job.session, (*key, self._count), job)
        else:
            self._lines.put(job.session, key, job)

    def put_register(self, job: RegisterJob, *, bounded: bool = True) -> None:
        """Queue a face; a waiting one for the same character is replaced. Raises `Refusal`.

        The bound is for uploads, which hold memory while they wait. Built-in faces do not, and are
        known after the first time. What comes from our own store is not `bounded` again.
        """
        queue = self._builtins if job.picture is None else self._uploads
        known = queue.get(job.session, job.character) is not None
        full = queue is self._uploads and len(queue) >= self._bounds.uploads
        if bounded and full and not known:
            raise self._busy("base faces", job.character[1])
        queue.put(job.session, job.character, job)

    def put_frame(self, job: FrameJob, *, urgent: bool) -> None:
        """Queue a frame; the waiting one of the same view is replaced and its urgency kept."""
        key = (job.character, job.view)
        if urgent or self._urgent.get(job.owner, key) is not None:
            replaced = self._frames.pop(job.owner, key)
            replaced = self._urgent.put(job.owner, key, job) or replaced
        else:
            replaced = self._frames.put(job.owner, key, job)
        self.replaced_frames += replaced is not None

    def drop_frame(self, owner: str, character: CharacterKey, view: int) -> None:
        """Forget the waiting frame of a view, because it has been shown or nobody watches."""
        key = (character, view)
        self._urgent.pop(owner, key)
        self._frames.pop(owner, key)

    def drop_frames(self, character: CharacterKey) -> None:
        """Forget all waiting frames of a character, because its face is another one now."""
        self._urgent.remove(lambda job: job.character == character)
        self._frames.remove(lambda job: job.character == character)

    def drop_character(self, character: CharacterKey) -> list[LineJob]:
        """Forget all that waits for a character; returns its lines, for each needs an answer."""
        for queue in (self._builtins, self._uploads):
            queue.remove(lambda job: job.character == character)
        self.drop_frames(character)
        return self._lines.remove(lambda job: job.character == character)

    def drop_session(self, session: str) -> int:
        """Forget the lines and faces of a session that has ended; returns how many lines."""
        for queue in (self._builtins, self._uploads):
            queue.remove(lambda job: job.session == session)
        return len(self._lines.remove(lambda job: job.session == session))

    def take(self) -> Work | None:
        """The next work, or None when nothing waits."""
        kind = self._next()
        if kind is None:
            return None
        for other in ORDER:
            self._passed[other] = 0 if other == kind else self._passed[other] + self._waits(other)
        if kind == "lines":
            return Classify(tuple(self._lines.take(self._bounds.line_batch)))
        if kind == "register":
            return Register((self._builtins.take(1) or self._uploads.take(1))[0])
        queue = self._urgent if kind == "urgent" else self._frames
        jobs = queue.take(self._bounds.frame_batch)
        if kind == "urgent" and len(jobs) < self._bounds.frame_batch:
            jobs += self._frames.take(self._bounds.frame_batch - len(jobs))
        return Render(tuple(jobs))

    def spent(self, work: Work, seconds: float) -> None:
        """Learn what a batch of lines costs, so that `retry_ms` is honest."""
        if isinstance(work, Classify):
            self._batch_s += 0.2 * (seconds - self._batch_s)

    def _next(self) -> Kind | None:
        waiting = [kind for kind in ORDER if self._waits(kind)]
        starved = [kind for kind in waiting if self._passed[kind] >= self._bounds.patience]
        return next(iter(starved or waiting), None)

    def _waits(self, kind: Kind) -> bool:
        return self.depth(kind) > 0

    def _busy(self, what: str, ref: str) -> Refusal:
        batches = math.ceil((len(self._lines) + 1) / self._bounds.line_batch)
        retry_ms = max(self._bounds.retry_ms, math.ceil(1000 * batches * self._batch_s))
        return Refusal("busy", f"too many {what} are waiting", ref=ref, retry_ms=retry_ms)
