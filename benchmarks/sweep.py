"""The server under more and more lines, to twice the knee: `python -m benchmarks.sweep`.

One client, open loop: Poisson arrivals, latency from the intended send time. Three servers, one
after the other: with no-op models, with the bundled models, and with the bundled models while the
client also watches 128 px JPEG frames. Each starts at a quarter of what it does in a closed loop
and is offered a quarter more each time.

- offered: lines that were due in the measured seconds; goodput: emotions that came meanwhile.
- **The knee** is the highest offered load of which at least 97 % came back as it was offered,
  with no line unanswered (`search`).
- Then twice the knee's load is offered: goodput has to stay at 90 % of the knee's or more, and
  every line that is not answered has to be refused with `busy`.
- Percentiles are of the lines that were answered; `busy` has the share of those that were refused.
- The client sleeps until a line is due. To look at the clock for the last 0.3 ms of it, as where
  latency is what counts, would take a third of a processor from the server at 1,000 lines/s.
- A line is unanswered that had neither an emotion nor an error 30 s after the last was sent.
- `late_sends` is the share that our own client could not send within 5 ms of when it was due. It
  runs on the same processors: where much is late, the client is at its end, or the server does
  not read.

Last, the bare engine loop, 16 lines at a time, beside the server with 32 under way: 16 in the
engine, and 16 that wait for it. In turns: the share of the engine's lines a second that is left to
a client.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Annotated, Any, Final

import typer
from benchmarks import record
from benchmarks.peers.bare import BareLoop
from benchmarks.peers.client import closed_ours
from benchmarks.record import say
from benchmarks.search import Step, climb, keeps, knee

from emopic_client.wire import FrameOptions
from emopic_server.bench.open_loop import Load, Result, measure
from emopic_server.bench.process import ServerProcess
from emopic_server.bench.scenarios import bench_lines, serving

LOG: Final = Path(os.devnull)
_GRACE_S: Final = 30.0  # a line that waited in the socket for seconds is late, not lost
_BATCH: Final = 16  # the largest that the server gives the engine
_WIDTH: Final = 2 * _BATCH
_FRAMES: Final = FrameOptions(format="jpeg", size=128)
SERVERS: Final = {
    "no-op models": ("emopic_server.bench.serve_noop", (), None),
    "bundled models": ("emopic_server", ("serve",), None),
    "bundled models, frames watched": ("emopic_server", ("serve",), _FRAMES),
}


class Sweep:
    """One server and the loads it was offered; `rows` are what came back."""

    def __init__(self, server: ServerProcess, frames: FrameOptions | None, seconds: float) -> None:
        self._server, self._frames, self._seconds = server, frames, seconds
        self.rows: list[dict[str, Any]] = []

    def offer(self, rate: float) -> Step:
        """Send at `rate` lines a second."""
        load = Load(
            bench_lines(),
            rate,
            self._seconds,
            warmup_s=1.0,
            frames=self._frames,
            grace_s=_GRACE_S,
            awake_s=0.0,
        )
        before = self._server.cpu_s() or 0.0
        result = measure(self._server.port, load)
        cores = ((self._server.cpu_s() or 0.0) - before) / (load.warmup_s + load.seconds)
        found = row(result)
        self.rows.append({**found, "server_cores": round(cores, 2)})
        say(f"  {found['offered_per_s']:g} lines/s: {found['goodput_per_s']:g} answered")
        return Step(found["offered_per_s"], found["goodput_per_s"], found["unanswered"])

    def run(self, first: float, most_steps: int) -> dict[str, Any]:
        """Climb, find the knee, offer twice as much."""
        steps = climb(self.offer, first, most_steps=most_steps)
        found = knee(steps)
        if found is None:
            return {"rows": self.rows, "knee_per_s": None}
        beyond = self.offer(2 * found.offered)
        return {
            "rows": self.rows,
            "knee_per_s": found.goodput,
            "goodput_at_twice": round(beyond.goodput / found.goodput, 3),
            "keeps": keeps(found, beyond),
            "only_busy": set(self.rows[-1]["refused"]) <= {"busy"} and beyond.lost == 0,
        }


def row(result: Result) -> dict[str, Any]:
    """The figures of one load."""
    found = result.to_dict()
    offered = max(1, result.offered)
    answered = replace(result.emotion, lost=0).summary()
    keys = ("offered_per_s", "goodput_per_s", "refused", "unanswered", "unsent", "frames")
    return {
        **{key: found[key] for key in keys},
        "busy_share": round(result.refused.get("busy", 0) / offered, 4),
        "late_sends": round(result.late_sends / offered, 4),
        **answered,
    }


def sweeps(seconds: float, most_steps: int, names: list[str]) -> Iterator[tuple[str, Any]]:
    """Every server's sweep by its name."""
    for name in names:
        module, arguments, frames = SERVERS[name]
        say(name)
        with serving(module, arguments, LOG) as server:
            closed = asyncio.run(closed_ours(server.port, min(seconds, 5.0), _WIDTH))
            yield name, Sweep(server, frames, seconds).run(closed / 4, most_steps)


def beside_bare(seconds: float, rounds: int) -> dict[str, Any]:
    """The bare loop and the server, taking short turns: from one second to the next a shared
    machine changes less than from one minute to the next."""
    bare: list[float] = []
    ours: list[float] = []
    loop = BareLoop()
    with serving("emopic_server", ("serve",), LOG) as server:
        for _ in range(rounds):
            bare.append(loop.run(seconds, _BATCH))
            ours.append(asyncio.run(closed_ours(server.port, seconds, _WIDTH)))
    return {
        "bare_per_s": [round(value, 1) for value in bare],
        "server_per_s": [round(value, 1) for value in ours],
        "share": round(median(ours) / median(bare), 3),
    }


def main(
    seconds: Annotated[float, typer.Option(min=1, help="Measured time of each load.")] = 8.0,
    quick: record.Quick = False,
    out: record.Out = None,
) -> None:
    """Sweep, and compare with the bare loop."""
    found = record.begin(quick)
    seconds, most_steps = (1.0, 4) if quick else (seconds, 14)
    names = list(SERVERS)[:1] if quick else list(SERVERS)
    found["sweeps"] = dict(sweeps(seconds, most_steps, names))
    say("the bare engine loop beside the server")
    found["bare"] = beside_bare(min(seconds, 3.0), 1 if quick else 15)
    record.keep("sweep", {**found, "seconds": seconds}, out)


if __name__ == "__main__":
    typer.run(main)
