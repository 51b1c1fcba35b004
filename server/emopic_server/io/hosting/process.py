"""The engine in processes of its own, one for each device.

A face lives in the process that rendered it last, and here as what it was made of: a process that
is to render a face it does not have is given it first, with the same order. So faces move between
devices, and come back after a crash, by being asked for. A face that is forgotten here (nobody
holds it any more) is forgotten there.
"""

from __future__ import annotations

import asyncio
import itertools
import weakref
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from emopic_engine.emotions import Emotions
from emopic_server.core.supervision import Patience
from emopic_server.core.work import Classify, Failed, FrameJob, Register, RegisterJob, Work
from emopic_server.io.hosting import messages
from emopic_server.io.hosting.like import AboutEngine, Listener, WorkerStatus
from emopic_server.io.hosting.source import EngineSource
from emopic_server.io.hosting.worker import Task, Told, Worker


@dataclass(frozen=True, eq=False, slots=True, weakref_slot=True)
class RemoteFace:
    """A face that processes hold by the number in `origin`, which says how to make it again."""

    key: str
    width: int
    height: int
    source: str
    portrait: bytes | None
    faces: int
    kind: str
    channels: tuple[str, ...]
    pictures: Mapping[str, str]
    origin: messages.Face


@dataclass(frozen=True)
class About:
    """What the processes say about their engines."""

    emotions: Emotions
    info: messages.Info
    builtins: tuple[messages.Builtin, ...]


class ProcessHost:
    """The workers of a source; see `EngineHost`."""

    def __init__(self, source: EngineSource, patience: Patience, listener: Listener) -> None:
        told = Told(self._loaded, listener.done, self._away, listener.death)
        self._workers = [
            Worker(number, source.target, worker, patience, told)
            for number, worker in enumerate(source.workers)
        ]
        self._patience = patience
        self._listener = listener
        self._abouts: dict[int, messages.Loaded] = {}
        self._numbers = itertools.count(1)
        self._ready = False

    def start(self) -> None:
        """Start every process."""
        for worker in self._workers:
            worker.start()

    def free(self) -> Sequence[int]:
        """The workers that wait for work."""
        return [worker.number for worker in self._workers if worker.free] if self._ready else []

    @property
    def busy(self) -> bool:
        """Whether one of them works."""
        return any(worker.busy for worker in self._workers)

    def status(self) -> Sequence[WorkerStatus]:
        """How the processes are."""
        return [worker.status for worker in self._workers]

    def submit(self, worker: int, work: Work) -> None:
        """Hand work to a process, with the faces it lacks."""
        chosen = self._workers[worker]
        if isinstance(work, Classify):
            order = messages.Lines([job.text for job in work.jobs])
            chosen.submit(Task(work, order, _result), self._patience.lines_s)
        elif isinstance(work, Register):
            chosen.submit(self._register(chosen, work), self._patience.faces_s)
        else:
            first = self._missing(chosen, work.jobs)
            order_frames = messages.Frames([_frame_order(job) for job in work.jobs], first)
            seconds = self._patience.faces_s * (1 + len(first))
            chosen.submit(Task(work, order_frames, _result), seconds)

    async def close(self) -> None:
        """Let all processes go, and see that they end."""
        await asyncio.gather(*(worker.close() for worker in self._workers))

    def join(self, timeout: float) -> bool:  # noqa: ARG002 - `close` has waited
        """Nothing is left to wait for."""
        return True

    # ── faces ────────────────────────────────────────────────────────────────────────────────────

    def _register(self, worker: Worker, work: Register) -> Task:
        job = work.job
        number = next(self._numbers)
        order = _face_order(number, job)
        return Task(work, order, lambda outcome: self._face(worker, order, outcome))

    def _face(self, worker: Worker, order: messages.Face, outcome: messages.Outcome) -> object:
        if not isinstance(outcome, messages.Made):
            return _result(outcome)
        origin = order
        if outcome.portrait is not None:  # what was cut out is the whole of it from now on
            origin = order.of(outcome.portrait)
        face = RemoteFace(**msgspec.structs.asdict(outcome), origin=origin)
        weakref.finalize(face, self._forget, order.face).atexit = False
        worker.faces.add(order.face)
        return face

    def _missing(self, worker: Worker, jobs: Sequence[FrameJob]) -> list[messages.Face]:
        """What the worker has to make first; no other worker keeps it."""
        first: list[messages.Face] = []
        for job in jobs:
            face = job.face
            assert isinstance(face, RemoteFace)
            number = face.origin.face
            if number not in worker.faces:
                self._forget(number)
                worker.faces.add(number)
                first.append(face.origin)
        return first

    def _forget(self, number: int) -> None:
        for worker in self._workers:
            if number in worker.faces:
                worker.faces.discard(number)
                worker.send(messages.Forget([number]))

    # ── what the workers tell ────────────────────────────────────────────────────────────────────

    def _loaded(self, number: int, loaded: messages.Loaded) -> None:
        self._abouts[number] = loaded
        if self._ready:
            self._listener.back(number)
        elif len(self._abouts) == len(self._workers):
            self._ready = True
            self._listener.ready(self._about())

    def _away(self, number: int, reason: str, detail: str) -> None:
        if self._ready:
            self._listener.away(number, reason, detail)
        else:
            self._abouts.pop(number, None)

    def _about(self) -> AboutEngine:
        first = self._abouts[0]
        counts = Counter(self._abouts[number].info.device for number in sorted(self._abouts))
        device = ", ".join(f"{n} × {name}" if n > 1 else name for name, n in counts.items())
        info = msgspec.structs.replace(first.info, device=device)
        return About(Emotions(first.names, first.korean), info, first.builtins)


def _face_order(number: int, job: RegisterJob) -> messages.Face:
    behind = job.background
    named = behind if isinstance(behind, str) else None
    backdrop = behind if isinstance(behind, bytes) else None
    return messages.Face(number, job.picture, job.builtin, job.portrait, named, backdrop)


def _frame_order(job: FrameJob) -> messages.FrameOrder:
    assert isinstance(job.face, RemoteFace)
    how = job.size, job.format, job.quality, job.patch, job.mark
    return messages.FrameOrder(job.face.origin.face, job.expression, *how)


def _result(outcome: messages.Outcome) -> object:
    """An outcome as the core knows it: messages have the fields of its protocols."""
    if isinstance(outcome, messages.Refused):
        return Failed(outcome.code, outcome.message)
    return outcome
