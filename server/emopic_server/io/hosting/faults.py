"""Faults on demand, for tests only: nothing here runs unless `EMOPIC_TEST_FAULTS` is set.

Its value is a list with commas. `lines` makes a line that contains `!fault:NAME` do what NAME says:

    kill     the process is killed (SIGKILL)
    crash    it crashes (SIGABRT, as a failed assertion in a native library)
    exit     the process ends with status 3
    stop     the process stands still (SIGSTOP)
    hang     the call never returns
    memory   MemoryError, for every batch the line is in
    lost     the device is lost (a sticky error)

`!fault:render:NAME` does the same to the next frames instead. Pictures do it when they end with
these words: to the process that registers them, or to every one that renders their face, in this
one and in those after it. `load:NAME:COUNT` does it to the
first COUNT starts of a worker, before it loads, and `again:NAME` to every start but the first; NAME
may also be `error` (a `ModelError`).
"""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NoReturn

from emopic_engine.emotions import Emotions
from emopic_engine.errors import DeviceLost, ModelError
from emopic_server.core.work import Background, FaceLike
from emopic_server.io.hosting.like import BuiltinLike, EngineLike, InfoLike

VARIABLE: Final = "EMOPIC_TEST_FAULTS"
_WORD: Final = re.compile(r"!fault:(render:)?(\w+)")
_TAIL: Final = 64


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _crash() -> None:
    os.kill(os.getpid(), signal.SIGABRT)


def _stop() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def _hang() -> None:
    threading.Event().wait()


def _memory() -> NoReturn:
    raise MemoryError("injected")


def _lost() -> NoReturn:
    raise DeviceLost("the device was lost (injected)")


def _error() -> NoReturn:
    raise ModelError("the model cannot be loaded (injected)")


FAULTS: Final[Mapping[str, Callable[[], None]]] = {
    "kill": _kill,
    "crash": _crash,
    "exit": lambda: os._exit(3),
    "stop": _stop,
    "hang": _hang,
    "memory": _memory,
    "lost": _lost,
    "error": _error,
}


def before_loading(attempt: int) -> None:
    """Fail this start if a fault is armed for it; `attempt` counts from 0."""
    for entry in _armed():
        kind, _, rest = entry.partition(":")
        if kind == "load":
            name, _, count = rest.partition(":")
            if attempt < int(count or 1):
                FAULTS[name]()
        elif kind == "again" and attempt > 0:
            FAULTS[rest]()


def with_faults(engine: EngineLike) -> EngineLike:
    """The engine itself, or one whose lines can make it fail."""
    return FaultyEngine(engine) if "lines" in _armed() else engine


def _armed() -> list[str]:
    return [entry for entry in os.environ.get(VARIABLE, "").split(",") if entry]


class FaultyEngine:
    """An engine that fails when it is told to."""

    def __init__(self, engine: EngineLike) -> None:
        self._engine = engine
        self._next_render = ""
        self._cursed: dict[str, str] = {}

    @property
    def emotions(self) -> Emotions:
        """As the engine says."""
        return self._engine.emotions

    @property
    def info(self) -> InfoLike:
        """As the engine says."""
        return self._engine.info

    @property
    def builtins(self) -> Sequence[BuiltinLike]:
        """As the engine says."""
        return self._engine.builtins

    def warm_up(self) -> None:
        """As the engine does."""
        self._engine.warm_up()

    def classify(self, lines: Sequence[str]) -> Sequence[object]:
        """What the words in the lines say, then what the engine does."""
        for found in (match for line in lines for match in _WORD.finditer(line)):
            if found[1]:
                self._next_render = found[2]
            else:
                FAULTS[found[2]]()
        return self._engine.classify(lines)

    def register(
        self, picture: bytes, *, portrait: bool = False, background: Background | None = None
    ) -> FaceLike:
        """What the words at the picture's end say, then what the engine does."""
        found = _WORD.search(picture[-_TAIL:].decode("ascii", "replace"))
        if found is not None and not found[1]:
            FAULTS[found[2]]()
        face = self._engine.register(picture, portrait=portrait, background=background)
        if found is not None:
            self._cursed[face.key] = found[2]
        return face

    def builtin(self, name: str, *, background: Background | None = None) -> FaceLike:
        """As the engine does."""
        return self._engine.builtin(name, background=background)

    def render(self, jobs: Sequence[Any]) -> Sequence[object]:
        """What a line before has ordered or a face brings with it, or what the engine does."""
        names = [self._cursed.get(job.face.key, "") for job in jobs] + [self._next_render]
        self._next_render = ""
        for name in filter(None, names):
            FAULTS[name]()
        return self._engine.render(jobs)
