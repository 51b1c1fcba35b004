"""Clients come and go for a long time: `python -m benchmarks.soak` (ten minutes).

Eight clients in turns, each with a new session: a face of its own, watched at 128 px, three lines,
then half of them close the connection and half just vanish; sessions that vanished end after 5 s.
Beside them one client stays and sends five lines a second on a fixed schedule; latency counts from
the intended time. The atlas is small (8 MiB), so that it is full soon and gives up pictures too.

Every twentieth of the time a sample is taken: resident memory of the server and of its engine,
descriptors, sessions, and the steady client's p99. The first quarter is warm-up. After it, the
median of the last third is set against that of the first third (`growth`): memory may grow by 5 %,
descriptors by 5 %, p99 by half.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import math
import os
import random
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Annotated, Any, Final

import typer
import uvloop
from benchmarks import record
from benchmarks.connections import raise_descriptors
from benchmarks.driven import Company, watch
from rich.progress import Progress

from emopic_client import wire
from emopic_engine.console import err
from emopic_server.bench.histogram import Latencies
from emopic_server.bench.lean import Lean, enter
from emopic_server.bench.process import ServerProcess
from emopic_server.bench.scenarios import bench_lines, serving

SAMPLES: Final = 20
MAY_GROW: Final = {"server_mb": 1.05, "engine_mb": 1.05, "descriptors": 1.05, "p99_ms": 1.5}
_WARM_UP: Final = 0.25
_CLIENTS: Final = 8
_RATE: Final = 5.0
_LINES: Final = 3
_PAUSE_S: Final = 0.2
_ANSWER_S: Final = 20.0


def growth(values: Sequence[float | None]) -> float | None:
    """The median of the last third over that of the first third, both after the warm-up.

    A value that is None is infinite; so is a growth.
    """
    steady = [math.inf if v is None else v for v in values[round(len(values) * _WARM_UP) :]]
    third = max(1, len(steady) // 3)
    first, last = median(steady[:third]), median(steady[-third:])
    return round(last / first, 3) if 0 < first < math.inf and last < math.inf else None


def judged(samples: Sequence[Mapping[str, float | None]]) -> dict[str, Any]:
    """The growth of every figure that has a bound, and whether all are flat."""
    found = {name: growth([sample[name] for sample in samples]) for name in MAY_GROW}
    flat = all((found[name] or math.inf) <= most for name, most in MAY_GROW.items())
    return {"growth": found, "flat": flat}


class Soak:
    """The clients of one server. `cycles` is how many sessions have come and gone, `refused` how
    many lines were answered with an error."""

    def __init__(self, server: ServerProcess, company: Company) -> None:
        self._server, self._company = server, company
        self._window = Latencies()
        self.steady = Latencies()
        self.cycles = self.refused = 0
        self.samples: list[dict[str, float | None]] = []

    async def run(self, seconds: float) -> None:
        """Come and go until the time is over. Raises what went wrong with any client."""
        ends = time.perf_counter() + seconds
        async with asyncio.TaskGroup() as group:
            for number in range(_CLIENTS):
                group.create_task(self._churn(random.Random(number), ends))
            group.create_task(self._stay(ends))
            group.create_task(self._watch_over(seconds))

    async def _churn(self, chance: random.Random, ends: float) -> None:
        while time.perf_counter() < ends:
            lean = await enter(self._server.port)
            await self._talk(lean, chance)
            if chance.random() < 0.5:
                lean.cut_off()
            else:
                await lean.hang_up()
            self.cycles += 1

    async def _talk(self, lean: Lean, chance: random.Random) -> None:
        ready = lean.expect(wire.CharacterReady)
        face = chance.choice(self._company.faces)
        lean.send(wire.CharacterPut(character="c", builtin=face))
        await asyncio.wait_for(ready, _ANSWER_S)
        lean.send(watch("c"))
        for number in range(_LINES):
            answer = lean.answer()
            text = chance.choice(bench_lines())
            lean.send(wire.Line(character="c", id=str(number), text=text))
            self.refused += isinstance(await asyncio.wait_for(answer, _ANSWER_S), wire.Error)
            await asyncio.sleep(_PAUSE_S)

    async def _stay(self, ends: float) -> None:
        due: dict[str, float] = {}

        def seen(message: wire.ServerMessage, now: float) -> None:
            if isinstance(message, wire.Emotion):
                seconds = now - due.pop(message.line)
                self._window.record(seconds)
                self.steady.record(seconds)
            elif isinstance(message, wire.Error):
                self.refused += 1

        lean = await enter(self._server.port, seen)
        ready = lean.expect(wire.CharacterReady)
        lean.send(wire.CharacterPut(character="s", builtin=self._company.faces[0]))
        await ready
        began, lines = time.perf_counter(), bench_lines()
        for number in range(int((ends - began) * _RATE)):
            intended = began + number / _RATE
            await asyncio.sleep(max(0.0, intended - time.perf_counter()))
            due[str(number)] = intended
            lean.send(wire.Line(character="s", id=str(number), text=lines[number % len(lines)]))
        await asyncio.sleep(1.0)
        self.steady.lost += len(due)
        await lean.hang_up()

    async def _watch_over(self, seconds: float) -> None:
        with Progress(console=err, transient=True) as progress:
            for number in progress.track(range(SAMPLES), description="soaking"):
                await asyncio.sleep(seconds / SAMPLES)
                self.samples.append(self._sample(seconds * (number + 1) / SAMPLES))

    def _sample(self, at: float) -> dict[str, float | None]:
        own, whole = self._server.own_rss_mb or 0.0, self._server.rss_mb or 0.0
        window, self._window = self._window, Latencies()
        health = _health(self._server.port)
        return {
            "at_s": round(at, 1),
            "server_mb": round(own, 1),
            "engine_mb": round(whole - own, 1),
            "descriptors": self._server.descriptors or 0,
            "sessions": health["sessions_open"],
            "characters": health["characters"],
            "p99_ms": window.summary()["p99_ms"],
        }


def _health(port: int) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/healthz")
        return dict(json.loads(connection.getresponse().read()))
    finally:
        connection.close()


async def soak(server: ServerProcess, seconds: float) -> dict[str, Any]:
    """Run it, and say what came of it."""
    running = Soak(server, await Company.at(server.port))
    await running.run(seconds)
    return {
        "sessions": running.cycles,
        "refused": running.refused,
        "steady": running.steady.summary(),
        **judged(running.samples),
        "samples": running.samples,
    }


def main(
    seconds: Annotated[float, typer.Option(min=10)] = 600.0,
    quick: record.Quick = False,
    out: record.Out = None,
) -> None:
    """Soak a server with the bundled models."""
    raise_descriptors()
    found = record.begin(quick)
    seconds = 20.0 if quick else seconds
    arguments = ("serve", "--atlas-mb", "8")
    with serving("emopic_server", arguments, Path(os.devnull), "resume_s = 5\n") as server:
        found |= {"seconds": seconds, **uvloop.run(soak(server, seconds))}
    record.say(f"{found['sessions']} sessions; growth {found['growth']}")
    record.keep("soak", found, out)


if __name__ == "__main__":
    typer.run(main)
