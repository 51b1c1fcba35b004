"""The engine host: one thread that owns the engine, fed from the event loop one work at a time.

Nothing else in the server knows where the engine runs. Answers come back on the event loop, in the
order of the work. An item that fails, by refusal or by the device, fails alone or with its batch
and the thread goes on; if the engine cannot be loaded, or the thread ends in any other way, the
server is told and ends too.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any, Protocol

from emopic_engine.emotions import Emotions
from emopic_engine.errors import EngineError
from emopic_server.core.work import Classify, Done, FaceLike, Failed, Register, Work
from emopic_server.errors import CODES, WorkerDied

log = logging.getLogger(__name__)


class InfoLike(Protocol):
    """What really runs, as `emopic_engine.engine.EngineInfo` says it."""

    @property
    def backend(self) -> str: ...
    @property
    def device(self) -> str: ...
    @property
    def precision(self) -> str: ...
    @property
    def text_model(self) -> str: ...
    @property
    def face_model(self) -> str: ...
    @property
    def versions(self) -> dict[str, str]: ...


class BuiltinLike(Protocol):
    """A face that ships with the engine."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def ko(self) -> str: ...


class EngineLike(Protocol):
    """What the server asks of an engine; `emopic_engine.engine.Engine` is one.

    All calls come from the host's thread. Render jobs are given as `core.work.FrameJob`, which has
    the fields of the engine's own `RenderJob`. What was rendered is kept by the hub, not here.
    """

    @property
    def emotions(self) -> Emotions: ...
    @property
    def info(self) -> InfoLike: ...
    @property
    def builtins(self) -> Sequence[BuiltinLike]: ...

    def warm_up(self) -> None: ...
    def classify(self, lines: Sequence[str]) -> Sequence[object]: ...
    def register(self, picture: bytes, *, portrait: bool = False) -> FaceLike: ...
    def builtin(self, name: str) -> FaceLike: ...
    def render(self, jobs: Sequence[Any]) -> Sequence[object]: ...


class EngineHost:
    """Runs the engine. `on_ready`, `on_done` and `on_death` are called on the event loop."""

    def __init__(
        self,
        factory: Callable[[], EngineLike],
        *,
        on_ready: Callable[[EngineLike], None],
        on_done: Callable[[Done], None],
        on_death: Callable[[BaseException], None],
    ) -> None:
        self._factory = factory
        self._on_ready = on_ready
        self._on_done = on_done
        self._on_death = on_death
        self._stopping = False
        self._queue: SimpleQueue[Work | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        # A daemon: a device call that never returns must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self) -> None:
        """Load and warm up in the thread; `on_ready` follows, or `on_death`."""
        self._thread.start()

    def submit(self, work: Work) -> None:
        """Hand over one piece of work; `on_done` follows."""
        self._queue.put(work)

    def stop(self) -> None:
        """Let the thread end after the work it has. Does not wait."""
        self._stopping = True
        self._queue.put(None)

    def join(self, timeout: float) -> bool:
        """Wait for the thread, at most `timeout` seconds; whether it has ended. Blocks."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            engine = self._factory()
            if self._stopping:
                return
            engine.warm_up()
            self._call(self._on_ready, engine)
            while (work := self._queue.get()) is not None:
                started = time.monotonic()
                results = tuple(perform(engine, work))
                self._call(self._on_done, Done(work, results, started, time.monotonic()))
        except BaseException as error:  # noqa: BLE001 - whatever ends the thread ends the server
            self._call(self._on_death, error)

    def _call(self, function: Callable[[Any], None], argument: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, argument)


def perform(engine: EngineLike, work: Work) -> Sequence[object]:
    """One result for each job of `work`; what was raised for the batch fails each of its jobs."""
    jobs = (work.job,) if isinstance(work, Register) else work.jobs
    try:
        results = _call_engine(engine, work)
    except EngineError as error:
        results = [error] * len(jobs)
    except Exception as error:
        log.exception("the engine failed on %s", type(work).__name__)
        results = [EngineError(f"the engine failed: {type(error).__name__}")] * len(jobs)
    if len(results) != len(jobs):
        raise WorkerDied(f"{len(results)} results for {len(jobs)} jobs")
    return [failed(item) if isinstance(item, EngineError) else item for item in results]


def failed(error: EngineError) -> Failed:
    """The wire's words for an engine error; a code that is not in the table becomes `engine`."""
    return Failed(error.code if error.code in CODES else "engine", error.message)


def _call_engine(engine: EngineLike, work: Work) -> Sequence[object]:
    if isinstance(work, Classify):
        return engine.classify([job.text for job in work.jobs])
    if isinstance(work, Register):
        job = work.job
        if job.builtin is not None:
            return [engine.builtin(job.builtin)]
        assert job.picture is not None
        return [engine.register(job.picture, portrait=job.portrait)]
    return engine.render(work.jobs)
