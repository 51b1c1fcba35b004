"""The engine in a thread of the server's process: nothing to start, nothing to watch.

An item that fails, by refusal or by the device, fails alone or with its batch, and the thread goes
on. If the engine cannot be loaded, loses its device, or the thread ends in any other way, the
server ends too: there is nobody to start it again. A call that never returns is not noticed.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any

from emopic_server.core.work import Done, Work
from emopic_server.io.hosting.like import EngineLike, Listener, WorkerStatus
from emopic_server.io.hosting.perform import perform


class ThreadHost:
    """One worker, which is a thread; see `EngineHost`."""

    def __init__(self, factory: Callable[[], EngineLike], listener: Listener) -> None:
        self._factory = factory
        self._listener = listener
        self._ready = False
        self._busy = False
        self._stopping = False
        self._device = ""
        self._queue: SimpleQueue[Work | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        # A daemon: a device call that never returns must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self) -> None:
        """Load and warm up in the thread."""
        self._thread.start()

    def free(self) -> Sequence[int]:
        """The one worker, when it has nothing to do."""
        return (0,) if self._ready and not self._busy else ()

    def submit(self, worker: int, work: Work) -> None:  # noqa: ARG002 - there is one
        """Hand over one piece of work."""
        self._busy = True
        self._queue.put(work)

    @property
    def busy(self) -> bool:
        """Whether the thread works."""
        return self._busy

    def status(self) -> Sequence[WorkerStatus]:
        """The thread, on its device."""
        return (WorkerStatus(self._device),)

    async def close(self) -> None:
        """Let the thread end after the work it has."""
        self._stopping = True
        self._queue.put(None)

    def join(self, timeout: float) -> bool:
        """Wait for the thread."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            engine = self._factory()
            if self._stopping:
                return
            engine.warm_up()
            self._call(self._loaded, engine)
            while (work := self._queue.get()) is not None:
                started = time.monotonic()
                results = tuple(perform(engine, work))
                self._call(self._done, Done(work, results, started, time.monotonic()))
        except BaseException as error:  # noqa: BLE001 - whatever ends the thread ends the server
            self._call(self._listener.death, error)

    def _loaded(self, engine: EngineLike) -> None:
        self._ready = True
        self._device = engine.info.device
        self._listener.ready(engine)

    def _done(self, done: Done) -> None:
        self._busy = False
        self._listener.done(0, done)

    def _call(self, function: Callable[[Any], None], argument: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, argument)
