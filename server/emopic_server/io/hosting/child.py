"""An engine process: `python -m emopic_server.io.hosting.child SOCKET TRAY`, started by the server.

The main thread reads orders, does them one by one and answers; another thread sends a sign of life
and ends the process when nobody is there to read it. Signals for the whole group of processes
(Ctrl-C, a service manager's SIGTERM) are the server's business: it lets go of the socket when it is
done, and that is the end here.
"""

from __future__ import annotations

import signal

if __name__ == "__main__":  # before the long imports, so that an early Ctrl-C finds it done
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)

import gc
import logging
import os
import resource
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import msgspec

from emopic_client.wire import MarkMode
from emopic_engine.errors import DeviceLost, EngineError
from emopic_server.core.work import FaceLike, Failed
from emopic_server.io.hosting import faults, messages
from emopic_server.io.hosting.like import EngineLike
from emopic_server.io.hosting.perform import attempt, failed
from emopic_server.io.hosting.source import resolve
from emopic_server.io.hosting.tray import Tray

log = logging.getLogger(__name__)
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


class Wire:
    """The socket to the server. `send` may be called from any thread."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._input = sock.makefile("rb")  # a small order is one call to the system, not two
        self._lock = threading.Lock()
        self._head = bytearray(messages.HEAD)

    def send(self, report: messages.Report) -> None:
        """Write one report. Raises `OSError` when nobody reads."""
        data = messages.pack(report)
        with self._lock:
            self._socket.sendall(data)

    def receive(self) -> messages.Order | None:
        """Wait for the next order; None when the server has let go."""
        if not self._fill(memoryview(self._head)):
            return None
        data = bytearray(messages.length(self._head))
        return messages.order(data) if self._fill(memoryview(data)) else None

    def _fill(self, view: memoryview) -> bool:
        try:
            return self._input.readinto(view) == len(view)
        except ConnectionResetError:
            return False


@dataclass(frozen=True, slots=True)
class Job:
    """One frame for the engine; the fields of `emopic_engine.engine.RenderJob`."""

    face: FaceLike
    expression: tuple[float, ...]
    size: int
    format: str
    quality: int
    patch: bool
    mark: MarkMode


class Desk:
    """Does orders on an engine. Keeps the faces it made, by number."""

    def __init__(self, engine: EngineLike) -> None:
        self._engine = engine
        self._faces: dict[int, FaceLike | Failed] = {}

    def do(self, order: messages.Order) -> messages.Answer | None:
        """The answer to an order, if it has one; `lost` in it is the end of this process."""
        match order:
            case messages.Lines(texts=texts):
                return _answer(lambda: attempt(self._engine.classify, texts), len(texts))
            case messages.Face():
                return _answer(lambda: [self._register(order)], 1)
            case messages.Frames(frames=frames):
                return _answer(lambda: self._render(order), len(frames))
            case messages.Forget(faces=numbers):
                for number in numbers:
                    self._faces.pop(number, None)
                return None
            case messages.Begin():
                raise ValueError("the engine is loaded already")

    def _register(self, order: messages.Face) -> FaceLike | Failed:
        """Make a face and keep it."""
        made = cast("FaceLike | Failed", attempt(self._face, [order])[0])
        if not isinstance(made, Failed):
            self._faces[order.face] = made
        return made

    def _face(self, orders: Sequence[messages.Face]) -> list[object]:
        order = orders[0]
        if order.builtin is not None:
            return [self._engine.builtin(order.builtin, background=order.behind)]
        assert order.picture is not None
        return [
            self._engine.register(order.picture, portrait=order.portrait, background=order.behind)
        ]

    def _render(self, order: messages.Frames) -> list[object]:
        """Frames of a face that could not be made fail with its error, and alone."""
        for face in order.first:
            self._faces[face.face] = self._register(face)  # the server does not give it again
        results: list[object] = [self._faces[frame.face] for frame in order.frames]
        good = [i for i, face in enumerate(results) if not isinstance(face, Failed)]
        jobs = [self._job(order.frames[i]) for i in good]
        rendered = attempt(self._engine.render, jobs) if jobs else []
        for i, result in zip(good, rendered, strict=True):
            results[i] = result
        return results

    def _job(self, frame: messages.FrameOrder) -> Job:
        face = self._faces[frame.face]
        assert not isinstance(face, Failed)
        how = frame.size, frame.format, frame.quality, frame.patch, frame.mark
        return Job(face, frame.expression, *how)


def _answer(call: Callable[[], Sequence[object]], size: int) -> messages.Answer:
    started = time.monotonic()
    lost = ""
    try:
        results = call()
    except DeviceLost as error:
        log.error("the device is lost: %s", error)
        lost = error.message
        results = [Failed("device", "the device failed; it is being started again")] * size
    outcomes = [_outcome(item) for item in results]
    return messages.Answer(outcomes, started, time.monotonic(), lost)


def _outcome(item: object) -> messages.Outcome:
    return messages.outcome(failed(item) if isinstance(item, EngineError) else item)


def serve(wire: Wire, tray: Tray, end: Callable[[int], None] = os._exit) -> None:
    """Load the engine the server asks for and work until it lets go. Calls `end` if it dies."""
    begin = wire.receive()
    if not isinstance(begin, messages.Begin):
        return
    sys.path[:] = begin.paths
    logging.basicConfig(
        level=begin.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    beats = threading.Thread(target=_beat, args=(wire, begin.beat_s, end), daemon=True)
    beats.start()
    engine = _load(wire, begin)
    if engine is None:
        return
    desk = Desk(engine)
    while (order := wire.receive()) is not None:
        answer = desk.do(order)
        if answer is not None:
            wire.send(msgspec.structs.replace(answer, outcomes=tray.laid(answer.outcomes)))
            if answer.lost:
                return


def _load(wire: Wire, begin: messages.Begin) -> EngineLike | None:
    try:
        faults.before_loading(begin.attempt)
        engine = faults.with_faults(resolve(begin.target)(begin.argument))
        engine.warm_up()
        gc.collect()
        gc.freeze()  # models and modules stay; to look through them takes longer than a frame
    except EngineError as error:
        wire.send(messages.NotLoaded(type(error).__name__, error.code, error.message))
        return None
    except Exception as error:
        log.exception("the engine cannot be loaded")
        message = f"the engine cannot be loaded: {type(error).__name__}: {error}"
        wire.send(messages.NotLoaded(type(error).__name__, "engine", message))
        return None
    wire.send(_loaded(engine))
    return engine


def _loaded(engine: EngineLike) -> messages.Loaded:
    info = engine.info
    return messages.Loaded(
        names=engine.emotions.names,
        korean=engine.emotions.korean,
        info=messages.Info(
            info.backend,
            info.device,
            info.precision,
            info.text_model,
            info.face_model,
            dict(info.versions),
            info.face_channels,
            info.reason,
        ),
        builtins=tuple(messages.Builtin(b.id, b.name, b.ko, b.kind) for b in engine.builtins),
    )


def _beat(wire: Wire, every: float, end: Callable[[int], None]) -> None:
    pause = threading.Event()
    try:
        while True:
            wire.send(messages.Beat(resident()))
            pause.wait(every)
    except OSError:
        # The server is gone or has let go. The main thread may sit in the device for ever.
        end(0)


def resident() -> int:
    """The resident memory of this process in bytes; its peak where only that is known."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text(encoding="ascii").split()[1]) * _PAGE
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def main() -> None:
    """Serve on the socket and the tray whose numbers are the arguments."""
    wire = Wire(socket.socket(fileno=int(sys.argv[1])))
    tray_file = int(sys.argv[2])
    tray = Tray.over(tray_file)
    os.close(tray_file)
    try:
        serve(wire, tray)
        status = 0
    except BrokenPipeError:
        status = 0
    except BaseException:
        log.exception("the engine process ends with a bug")
        status = 1
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    # Native threads and a torn-down interpreter do not go together; there is nothing to clean up.
    os._exit(status)


if __name__ == "__main__":
    main()
