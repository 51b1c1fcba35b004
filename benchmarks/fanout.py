"""One face, up to a thousand watchers: `python -m benchmarks.fanout`.

A shared character with the bundled generator, 128 px JPEG from the atlas, told 30 times a second
what to show next (`driven`); every watcher is a websocket of its own, in one process of ours.
Counted, for each number of watchers:

- on time: the share of all pictures that their watcher had within 1/30 s of when they were due;
- `spread`: from the first watcher that had a picture to the last one, which is what the fan-out
  itself takes, for a picture is encoded once and written to one after the other;
- `to_last`: from when a picture was due to when the last watcher had it; infinite if one of them
  never had it;
- processor time of the server, without its engine, per second and per picture sent.

Our client reads everything on the same machine, and what it takes stands beside that.
"""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Annotated, Any, Final

import typer
import uvloop
from benchmarks import record
from benchmarks.connections import raise_descriptors
from benchmarks.driven import PICTURES, Actor, Company, Ledger, drive, watch
from benchmarks.record import say

from emopic_client import wire
from emopic_server.bench.process import ServerProcess
from emopic_server.bench.scenarios import serving

FPS: Final = 30
TRIALS: Final = ((1, 30), (10, 30), (100, 30), (300, 30), (1000, 10), (1000, 30))
_AT_ONCE: Final = 50
_SLOW_FPS: Final = 15.0
_WARM_UP_S: Final = 1.0


async def fan_out(server: ServerProcess, watchers: int, fps: int, seconds: float) -> dict[str, Any]:
    """Drive the face and count what every watcher saw."""
    company = await Company.at(server.port)
    actor = await _rehearsed(company)
    ledger = Ledger(1 / FPS, watchers)
    for first in range(0, watchers, _AT_ONCE):
        count = min(_AT_ONCE, watchers - first)
        await asyncio.gather(*(_sit(company, ledger, actor) for _ in range(count)))
    cpu, own = server.cpu_s(own=True) or 0.0, time.process_time()
    await drive([actor], ledger, fps, seconds, _WARM_UP_S)
    cpu, own = (server.cpu_s(own=True) or 0.0) - cpu, time.process_time() - own
    await company.part()
    driven_s, pictures = _WARM_UP_S + seconds, fps * (_WARM_UP_S + seconds) * watchers
    return {
        "watchers": watchers,
        "fps": fps,
        **ledger.to_dict(),
        "spread": ledger.spread.summary(),
        "to_last": ledger.to_last.summary(),
        "server_cores": round(cpu / driven_s, 3),
        "server_us_per_picture": round(1e6 * cpu / pictures, 1),
        "client_cores": round(own / driven_s, 3),
    }


async def _rehearsed(company: Company) -> Actor:
    """An actor of whom every picture has been rendered. Who drives it does not watch any more."""
    lean = await company.watcher(Ledger(1.0))
    actor = await company.actor(lean, 0, shared=True)
    lean.send(watch(actor.name, FPS))
    await drive([actor], Ledger(1.0), _SLOW_FPS, PICTURES / _SLOW_FPS, warmup_s=0.0)
    lean.send(wire.Unwatch(character=actor.name))
    return actor


async def _sit(company: Company, ledger: Ledger, actor: Actor) -> None:
    """A watcher that has its first picture."""
    lean = await company.watcher(ledger)
    first = lean.expect(wire.Frame)
    lean.send(watch(actor.name, FPS))
    await first


def main(
    seconds: Annotated[float, typer.Option(min=0.5, help="Of each number of watchers.")] = 10.0,
    quick: record.Quick = False,
    out: record.Out = None,
) -> None:
    """Measure, from one watcher to a thousand."""
    raise_descriptors()
    found = record.begin(quick)
    seconds, trials = (1.0, ((1, 30), (100, 30))) if quick else (seconds, TRIALS)
    rows = []
    with serving("emopic_server", ("serve",), Path(os.devnull), "resume_s = 1\n") as server:
        for watchers, fps in trials:
            rows.append(uvloop.run(fan_out(server, watchers, fps, seconds)))
            say(f"{watchers} watchers at {fps} fps: {rows[-1]['on_time']:.1%} on time")
    record.keep("fanout", {**found, "seconds": seconds, "size": 128, "rows": rows}, out)


if __name__ == "__main__":
    typer.run(main)
