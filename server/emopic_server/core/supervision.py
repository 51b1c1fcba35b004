"""When a worker process is to be started, ended and started again; one supervisor for each.

    down ──started──▶ starting ──loaded──▶ up
      ▲                  │                  │
      └──────ended───────┴──────ended───────┘

Feed in what happens, with the present time; `overdue` says why the process has to be killed, if it
has to, and `ended` when the next one is to be started. A process that dies while it loads is tried
a few times, later each time, and then given up. One that has served is always started again: at
once, or a little later when it dies often.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Literal, TypeAlias

from emopic_server.errors import StateError

State: TypeAlias = Literal["down", "starting", "up"]


@dataclass(frozen=True)
class Patience:
    """How long a worker process may take, in seconds, and how often it may fail to start.

    `lines_s` is for a batch of lines, `faces_s` for a batch of frames or a face, and `start_s` for
    loading and warming up; what takes longer hangs. A process that has warmed up sends a sign of
    life every `beat_s`, and is silent too long after `silence_s`. `tries` failed starts in a row
    are the end. Between starts lie up to `pause_s`. A line or face over which `blames` processes
    have ended is refused for `quarantine_s`: see `quarantine`.
    """

    lines_s: float = 4.0
    faces_s: float = 12.0
    start_s: float = 900.0
    beat_s: float = 1.0
    silence_s: float = 15.0
    tries: int = 4
    pause_s: float = 2.0
    blames: int = 2
    quarantine_s: float = 60.0


_FIRST_PAUSE_S = 0.25
_OFTEN_S = 60.0  # deaths within so long count as often


class Supervisor:
    """Watches one worker process. Raises `StateError` for what cannot happen in a state."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._failed = 0
        self._deaths: deque[float] = deque(maxlen=16)
        self._limit = math.inf
        self._heard = 0.0
        self.state: State = "down"
        self.served = False

    def started(self, now: float) -> None:
        """A process has been started."""
        self._step("down", "starting")
        self._limit = now + self._patience.start_s

    def loaded(self, now: float) -> None:
        """It can work."""
        self._step("starting", "up")
        self._limit = math.inf
        self._heard = now
        self._failed = 0
        self.served = True

    def heard(self, now: float) -> None:
        """It has said something."""
        self._heard = now

    def gave(self, seconds: float, now: float) -> None:
        """It has been given work for `seconds` at most."""
        self._step("up", "up")
        self._limit = now + seconds

    def answered(self, now: float) -> None:
        """It has done that work."""
        self._step("up", "up")
        self._limit = math.inf
        self._heard = now

    def overdue(self, now: float) -> str | None:
        """Why the process has to be killed: `start`, `hang` or `silent`; None while all is well."""
        if now >= self._limit:
            return "start" if self.state == "starting" else "hang"
        if self.state == "up" and now >= self._heard + self._patience.silence_s:
            return "silent"
        return None

    def deadline(self) -> float:
        """When to ask `overdue` again; infinite while nothing runs."""
        if self.state == "up":
            return min(self._limit, self._heard + self._patience.silence_s)
        return self._limit if self.state == "starting" else math.inf

    def ended(self, now: float) -> float | None:
        """The process is gone: when to start the next one; None to give up."""
        if self.state == "down":
            raise StateError("down", "end")
        loading = self.state == "starting"
        self.state = "down"
        self._limit = math.inf
        if loading:
            self._failed += 1
            return None if self._failed >= self._patience.tries else now + self._pause(self._failed)
        often = sum(now - death < _OFTEN_S for death in self._deaths)
        self._deaths.append(now)
        return now + (self._pause(often) if often else 0.0)

    def _pause(self, count: int) -> float:
        return min(self._patience.pause_s, _FIRST_PAUSE_S * 2.0 ** (count - 1))

    def _step(self, before: State, after: State) -> None:
        if self.state != before:
            raise StateError(self.state, f"become {after}")
        self.state = after
