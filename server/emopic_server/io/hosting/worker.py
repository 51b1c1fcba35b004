"""One worker: an engine process, watched, and started again when it ends.

The process speaks over a socket pair, one end of which is a transport of our event loop. It is
ended by letting go of that socket, or by SIGKILL when it hangs. Whatever it was working on when it
died is answered as failed: to try it again could kill the next one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, cast

import msgspec

from emopic_engine import errors as engine_errors
from emopic_engine.errors import EngineError
from emopic_server.core.supervision import Patience, Supervisor
from emopic_server.core.work import Done, Failed, Register, Work
from emopic_server.errors import WorkerDied
from emopic_server.io.hosting import messages
from emopic_server.io.hosting.like import WorkerStatus
from emopic_server.io.hosting.source import WorkerSource
from emopic_server.io.hosting.tray import Tray, tray_file

log = logging.getLogger(__name__)
_CHILD: Final = "emopic_server.io.hosting.child"
_END_S: Final = 1.0  # a process that has been let go of is killed after this
_UNSENT_BYTES: Final = 2 << 20  # a large picture on its way; the system's own limit is 208 KiB
_SECOND_LOOK_S: Final = 0.25
_LOST: Final = "the engine's process ended before this was computed; it is being started again"


@dataclass(frozen=True)
class Told:
    """What a worker tells its host, always with its number first; see `Listener`."""

    loaded: Callable[[int, messages.Loaded], None]
    done: Callable[[int, Done], None]
    away: Callable[[int, str, str], None]
    death: Callable[[BaseException], None]


@dataclass(frozen=True)
class Task:
    """Work that is handed over as an order, and how an outcome of it becomes a result."""

    work: Work
    order: messages.Order
    result: Callable[[messages.Outcome], object]


class Worker(asyncio.Protocol):
    """See the module. `number` counts the workers of a host; `faces` are those its process has."""

    def __init__(
        self, number: int, target: str, source: WorkerSource, patience: Patience, told: Told
    ) -> None:
        self.number = number
        self.faces: set[int] = set()
        self._target = target
        self._source = source
        self._patience = patience
        self._told = told
        self._loop = asyncio.get_running_loop()
        self._supervisor = Supervisor(patience)
        self._stop = asyncio.Event()
        self._starts = 0
        self.status = WorkerStatus(device="", trouble="is loading")
        self._process: subprocess.Popen[bytes] | None = None
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._life: asyncio.Task[None] | None = None
        self._fresh()

    def _fresh(self) -> None:
        """Forget the process before."""
        self.faces.clear()
        self._reader = messages.Reader()
        self._task: Task | None = None
        self._given = 0.0
        self._verdict = ("", "")
        self._error: Exception | None = None
        self._suspected = False
        self._closed: asyncio.Future[None] = self._loop.create_future()

    # ── for the host ─────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Start the process, and every one after it until `close`."""
        self._life = self._loop.create_task(self._live(), name=f"engine process {self.number}")
        self._life.add_done_callback(self._over)

    @property
    def free(self) -> bool:
        """Whether it can take work now."""
        return self._task is None and self._supervisor.state == "up" and self._transport is not None

    @property
    def busy(self) -> bool:
        """Whether it works."""
        return self._task is not None

    def submit(self, task: Task, seconds: float) -> None:
        """Hand over work that must be done within `seconds`."""
        self._task = task
        self._given = time.monotonic()
        self._supervisor.gave(seconds, self._given)
        self.send(task.order)
        self._watch()

    def send(self, order: messages.Order) -> None:
        """Send an order, if there is a process to read it."""
        if self._transport is not None:
            self._transport.write(messages.pack(order))

    async def close(self) -> None:
        """Let go of the process, and kill it if it does not end. Nothing is told any more."""
        self._stop.set()
        if self._transport is not None:
            self._transport.close()
        if self._life is not None:
            await asyncio.wait([self._life])

    # ── one process after the other ──────────────────────────────────────────────────────────────

    async def _live(self) -> None:
        while True:
            self._supervisor.started(time.monotonic())
            await self._one_life()
            if self._stop.is_set():
                return
            again = self._ended()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), max(0.0, again - time.monotonic()))
                return

    async def _one_life(self) -> None:
        """Start a process; returns when it is gone."""
        self._fresh()
        starved = await asyncio.to_thread(memory_kills)
        ours, theirs = socket.socketpair()
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _UNSENT_BYTES)
        with ours, theirs, tray_file() as file, contextlib.closing(Tray.over(file)) as self._tray:
            numbers = theirs.fileno(), file
            try:
                self._process = await asyncio.to_thread(_spawn, numbers, self._source.environment)
            except OSError as error:
                self._verdict = ("start", f"cannot be started: {error.strerror}")
                return
            theirs.close()
            await self._loop.create_unix_connection(lambda: self, sock=ours)
            await self._closed
        patience = 0.0 if self._verdict[0] else _END_S
        cause = await asyncio.to_thread(_reap, self._process, patience, starved)
        self._verdict = self._verdict if self._verdict[0] else cause

    def _ended(self) -> float:
        """Say that the process is gone; returns when to start the next. Raises to give up."""
        reason, detail = self._verdict
        first = not self._supervisor.served
        loading = self._supervisor.state == "starting"
        again = self._supervisor.ended(time.monotonic())
        if first and self._error is not None:
            raise self._error  # what is wrong with the models now will be wrong next time
        if again is None:
            often = f"{self._patience.tries} times in a row"
            raise self._error or WorkerDied(f"the engine's process {detail}, {often}")
        log.warning("engine process %d %s; it is started again", self.number, detail)
        self.status = replace(
            self.status, trouble=detail, restarts=self.status.restarts + 1, pid=None, memory=None
        )
        self._told.away(self.number, "start" if loading else reason, detail)
        return again

    def _over(self, life: asyncio.Task[None]) -> None:
        """No process will be started any more: because of `close`, or something is wrong."""
        error = None if life.cancelled() else life.exception()
        if error is not None and not self._stop.is_set():
            self._told.death(error)

    # ── the protocol's side ──────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """There is a process: tell it what to load."""
        self._transport = cast(asyncio.Transport, transport)
        if self._stop.is_set():
            transport.close()
            return
        begin = messages.Begin(
            target=self._target,
            argument=self._source.argument,
            paths=list(sys.path),
            attempt=self._starts,
            log_level=logging.getLogger().getEffectiveLevel(),
            beat_s=self._patience.beat_s,
        )
        self._starts += 1
        self.send(begin)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """The process reports."""
        self._supervisor.heard(time.monotonic())
        try:
            for report in self._reader.feed(data):
                self._take(report)
        except (msgspec.MsgspecError, ValueError) as error:
            log.error("engine process %d cannot be understood: %s", self.number, error)
            self._kill("garbled", "said something that cannot be understood")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the end is the end
        """The process is gone, or about to go."""
        self._transport = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._closed.done():
            self._closed.set_result(None)
        task, self._task = self._task, None
        if task is not None and not self._stop.is_set():
            count = 1 if isinstance(task.work, Register) else len(task.work.jobs)
            results = (Failed("device", _LOST),) * count
            done = Done(task.work, results, self._given, time.monotonic(), ended=True)
            self._told.done(self.number, done)

    def _take(self, report: messages.Report) -> None:
        match report:
            case messages.Answer():
                self._answered(report)
            case messages.Beat(memory=memory):
                self.status = replace(self.status, memory=memory)
            case messages.Loaded(info=info):
                self._supervisor.loaded(time.monotonic())
                pid = None if self._process is None else self._process.pid
                self.status = replace(self.status, device=info.device, trouble="", pid=pid)
                self._told.loaded(self.number, report)
            case messages.NotLoaded():
                self._verdict = ("start", f"could not load: {report.message}")
                self._error = _load_error(report)

    def _answered(self, answer: messages.Answer) -> None:
        now = time.monotonic()
        task, self._task = self._task, None
        if task is None:
            self._kill("garbled", "answered what it was not asked")
            return
        self._supervisor.answered(now)
        if answer.lost:
            self._verdict = ("device", f"lost its device: {answer.lost}")
        started = min(max(answer.started, self._given), now)
        results = tuple(task.result(self._tray.taken(outcome)) for outcome in answer.outcomes)
        finished = min(max(answer.finished, started), now)
        done = Done(task.work, results, started, finished, ended=bool(answer.lost))
        self._told.done(self.number, done)

    # ── the watchdog ─────────────────────────────────────────────────────────────────────────────

    def _watch(self) -> None:
        """Look again when something may be overdue; a timer that comes too early sets the next."""
        wait = max(0.0, self._supervisor.deadline() - time.monotonic())
        if self._suspected:
            wait = _SECOND_LOOK_S
        when = self._loop.time() + wait
        if self._timer is not None:
            if self._timer_at <= when:
                return
            self._timer.cancel()
        self._timer_at = when
        self._timer = self._loop.call_at(when, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._transport is None:
            return
        reason = self._supervisor.overdue(time.monotonic())
        if reason is None:
            self._suspected = False
        elif self._suspected:
            self._kill(reason, _OVERDUE[reason])
            return
        else:
            # Perhaps it was our process that stood still, and the answer is about to be read.
            self._suspected = True
        self._watch()

    def _kill(self, reason: str, detail: str) -> None:
        self._verdict = (reason, detail)
        if self._process is not None:
            self._process.kill()
        if self._transport is not None:
            self._transport.abort()


_OVERDUE: Final = {
    "start": "took too long to load",
    "hang": "did not finish its work in time",
    "silent": "gave no sign of life",
}


def _spawn(numbers: Sequence[int], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """A fresh interpreter (never a fork of this one), which inherits socket, tray and stderr.

    `-P` keeps the working directory out of its modules; it gets our `sys.path` with `Begin`.
    """
    return subprocess.Popen(
        [sys.executable, "-P", "-m", _CHILD, *map(str, numbers)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=numbers,
        env={**os.environ, **environment},
    )


def _reap(process: subprocess.Popen[bytes], patience: float, starved: int) -> tuple[str, str]:
    """Why a process ended; it is killed if that takes too long. `starved` is as it was before."""
    try:
        status = process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        status = process.wait()
    return _cause(status, memory_kills() > starved)


def memory_kills(vmstat: Path = Path("/proc/vmstat")) -> int:
    """How many processes the system has killed for want of memory; 0 where it does not say."""
    if not vmstat.exists():
        return 0
    lines = vmstat.read_text(encoding="ascii").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))


def _cause(status: int, starved: bool) -> tuple[str, str]:
    """A word for the metrics and a sentence. A kill that is neither ours nor the system's own came
    from outside, and says nothing about the work."""
    if status == -signal.SIGKILL and starved:
        return "memory", "was killed by the system for want of memory"
    if status == -signal.SIGKILL:
        return "killed", "was killed by SIGKILL"
    if status < 0:
        return "crash", f"crashed with {signal.Signals(-status).name}"
    return "exit", f"ended with status {status}"


def _load_error(report: messages.NotLoaded) -> Exception:
    """What the process raised, as far as it is an error of the engine's."""
    kind = getattr(engine_errors, report.error, None)
    if isinstance(kind, type) and issubclass(kind, EngineError):
        return kind(report.message, code=report.code)
    return WorkerDied(report.message)
