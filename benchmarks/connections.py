"""Many connections: `python -m benchmarks.connections`.

The server with no-op models, whose engine has a process of its own, so that what is measured is the
server alone.

- idle: memory for each of 2,000 open connections that say nothing, first only identified, then
  also watching a face at rest: the growth of the server's resident memory between 50 connections
  and 2,050, over 2,000. What the kernel keeps for sockets is not in it. 40 KiB are wanted.
- storm: 1,000 watching sessions lose their connections at the same moment; three lines are
  answered meanwhile; then all connect again at once and resume. Counted for each is the time from
  that moment until it has heard `ready` and every event that it missed; all should have within
  10 s, none doubled, none missing, in order.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, Final

import typer
import uvloop
from benchmarks import record
from benchmarks.driven import Company, watch
from benchmarks.record import say

from emopic_client import wire
from emopic_server.bench.histogram import Latencies
from emopic_server.bench.lean import Lean, enter, entered
from emopic_server.bench.process import ServerProcess
from emopic_server.bench.scenarios import serving

KIB_WANTED: Final = 40.0
RESUME_S_WANTED: Final = 10.0
_FEW: Final = 50
_MISSED: Final = 3
_SETTLE_S: Final = 1.0
_MODULE: Final = "emopic_server.bench.serve_noop"

Opened = Callable[[int], Coroutine[Any, Any, Lean]]


def raise_descriptors() -> None:
    """Let this process, and servers it starts, open as many sockets as the system allows."""
    import resource  # there is none on Windows

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


# ── idle ─────────────────────────────────────────────────────────────────────────────────────────


async def _identified(port: int) -> Lean:
    return await enter(port)


async def _watching(port: int) -> Lean:
    lean = await enter(port)
    first = lean.expect(wire.Frame)
    lean.send(watch("actor-0"))
    await first
    return lean


async def idle(server: ServerProcess, count: int, opened: Opened) -> dict[str, Any]:
    """Memory per connection in KiB, and whether it is few enough."""
    company = await Company.at(server.port)
    owner = await enter(server.port)
    await company.actor(owner, 0, shared=True)
    leans = await _open(server.port, _FEW, opened)
    before, descriptors = await _settled(server), server.descriptors or 0
    leans += await _open(server.port, count, opened)
    after, opened_files = await _settled(server), (server.descriptors or 0) - descriptors
    for lean in (*leans, owner):
        lean.cut_off()
    kib = round((after - before) * 1024 / count, 2)
    return {
        "connections": count,
        "kib_each": kib,
        "descriptors_each": round(opened_files / count, 3),
        "rss_mb": {"before": round(before, 1), "after": round(after, 1)},
        "few_enough": kib <= KIB_WANTED,
    }


async def _open(port: int, count: int, opened: Opened) -> list[Lean]:
    leans: list[Lean] = []
    while len(leans) < count:
        batch = min(_FEW, count - len(leans))
        leans += await asyncio.gather(*(opened(port) for _ in range(batch)))
    return leans


async def _settled(server: ServerProcess) -> float:
    await asyncio.sleep(_SETTLE_S)
    return server.own_rss_mb or 0.0


# ── the storm ────────────────────────────────────────────────────────────────────────────────────


class Client:
    """A session that watches, is cut off, and comes back."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._numbers: list[int] = []
        self._whole = asyncio.Event()
        self._wanted = 0

    async def join(self) -> None:
        """Open the session and watch the face at rest."""
        self._lean, ready = await entered(self._port, self._seen)
        self._session = ready.session
        first = self._lean.expect(wire.Frame)
        self._lean.send(watch("actor-0"))
        await first

    def cut_off(self) -> None:
        """Lose the connection."""
        self._lean.cut_off()

    async def resume(self, missed: int) -> bool:
        """Connect again; returns when all that was missed is there. False: not resumed."""
        seq = len(self._numbers)
        self._wanted = seq + missed
        self._whole.clear()
        session = wire.Resume(session=self._session, seq=seq)
        self._lean, ready = await entered(self._port, self._seen, session)
        if ready.resumed:
            await asyncio.wait_for(self._whole.wait(), RESUME_S_WANTED)
        return ready.resumed

    @property
    def in_order(self) -> bool:
        """Whether every event came once, in order."""
        return self._numbers == list(range(1, self._wanted + 1))

    def _seen(self, message: wire.ServerMessage, _now: float) -> None:
        seq = getattr(message, "seq", None)
        if seq is not None and not isinstance(message, wire.Ready):
            self._numbers.append(seq)
            if len(self._numbers) >= self._wanted:
                self._whole.set()


async def storm(server: ServerProcess, count: int) -> dict[str, Any]:
    """Cut all off, let lines be answered, let all come back."""
    company = await Company.at(server.port)
    owner = await enter(server.port)
    await company.actor(owner, 0, shared=True)
    clients = [Client(server.port) for _ in range(count)]
    for first in range(0, count, _FEW):
        await asyncio.gather(*(client.join() for client in clients[first : first + _FEW]))
    for client in clients:
        client.cut_off()
    for number in range(_MISSED):
        answer = owner.expect(wire.Emotion)
        owner.send(wire.Line(character="actor-0", id=str(number), text="기쁘다"))
        await answer
    began, latencies = time.perf_counter(), Latencies()

    async def back(client: Client) -> bool:
        resumed = await client.resume(_MISSED)
        latencies.record(time.perf_counter() - began)
        return resumed

    ends = await asyncio.gather(*(back(client) for client in clients), return_exceptions=True)
    resumed = sum(end is True for end in ends)
    latencies.lost = sum(isinstance(end, BaseException) for end in ends)
    for lean in [client._lean for client in clients]:
        lean.cut_off()
    owner.cut_off()
    return {
        "clients": count,
        "resumed": resumed,
        "in_order": sum(client.in_order for client in clients),
        "until_whole": latencies.summary(),
        "soon_enough": resumed == count and latencies.percentile(100) <= 1e3 * RESUME_S_WANTED,
        "errors": sorted({type(end).__name__ for end in ends if isinstance(end, BaseException)}),
    }


def main(
    idle_count: Annotated[int, typer.Option("--idle", min=1)] = 2000,
    storm_count: Annotated[int, typer.Option("--storm", min=1)] = 1000,
    quick: record.Quick = False,
    out: record.Out = None,
) -> None:
    """Measure memory, then the storm; each on a server of its own."""
    raise_descriptors()
    found = record.begin(quick)
    idle_count, storm_count = (300, 100) if quick else (idle_count, storm_count)
    log = Path(os.devnull)
    for name, opened in {"identified": _identified, "watching": _watching}.items():
        with serving(_MODULE, (), log) as server:
            found[f"idle, {name}"] = uvloop.run(idle(server, idle_count, opened))
        say(f"idle, {name}: {found[f'idle, {name}']['kib_each']} KiB each")
    with serving(_MODULE, (), log) as server:
        found["storm"] = uvloop.run(storm(server, storm_count))
    say(f"storm: {found['storm']['resumed']} of {storm_count} resumed")
    record.keep("connections", found, out)


if __name__ == "__main__":
    typer.run(main)
