"""What it costs that the engine runs in another process: `python -m emopic_server.bench.boundary`.

The host's round trip, from handing over work to having its results on the event loop, with models
that do nothing, in a thread of this process and in a process of its own. Both take turns within one
run, so that whatever else the machine does meets both. No sockets, no clients, no scheduler.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer
import uvloop

from emopic_engine.atlas import Picture
from emopic_engine.console import err, out
from emopic_engine.engine import RenderJob
from emopic_server.bench.histogram import Latencies
from emopic_server.bench.noop import NoopEngine
from emopic_server.bench.scenarios import environment
from emopic_server.core.supervision import Patience
from emopic_server.core.work import (
    Classify,
    Done,
    FaceLike,
    FrameJob,
    LineJob,
    Register,
    RegisterJob,
    Render,
    Work,
)
from emopic_server.io.worker import (
    AboutEngine,
    EngineMaker,
    EngineSource,
    Listener,
    WorkerSource,
    open_host,
)

_WARM_UP: Final = 200
_TURN: Final = 50  # round trips before the other host has its turn
_PICTURES: Final = {"128 B": 128, "8 KiB": 8 << 10, "64 KiB": 64 << 10, "1 MiB": 1 << 20}


class SizedNoop(NoopEngine):
    """A no-op engine whose pictures have the size that a job asks for in its `size`."""

    def render(self, jobs: Sequence[RenderJob]) -> list[Picture]:
        """Zeros."""
        return [Picture(bytes(job.size), job.format, 128, 128, None) for job in jobs]


def load(_argument: bytes) -> SizedNoop:
    """As an engine process makes it."""
    return SizedNoop()


class _Client:
    """A host, and one who waits for it."""

    def __init__(self, maker: EngineMaker) -> None:
        self._loop = asyncio.get_running_loop()
        self._answer: asyncio.Future[Done] = self._loop.create_future()
        self._ready: asyncio.Future[AboutEngine] = self._loop.create_future()
        listener = Listener(
            ready=self._ready.set_result,
            done=lambda _worker, done: self._answer.set_result(done),
            away=lambda _worker, _reason, detail: self._fail(RuntimeError(detail)),
            back=lambda _worker: None,
            death=self._fail,
        )
        self.host = open_host(maker, Patience(), listener)

    async def start(self) -> FaceLike:
        """Load the engine, and return a face of it."""
        self.host.start()
        await self._ready
        job = RegisterJob("s", ("s", "a"), 1, None, "noop")
        done, _ = await self.do(Register(job))
        face: Any = done.results[0]
        return face  # type: ignore[no-any-return]

    async def do(self, work: Work) -> tuple[Done, float]:
        """What came of work, and the seconds until it was known here."""
        self._answer = self._loop.create_future()
        began = time.perf_counter()
        self.host.submit(0, work)
        done = await self._answer
        return done, time.perf_counter() - began

    def _fail(self, error: BaseException) -> None:
        for future in (self._ready, self._answer):
            if not future.done():
                future.set_exception(error)


@asynccontextmanager
async def _client(maker: EngineMaker) -> AsyncIterator[tuple[_Client, FaceLike]]:
    client = _Client(maker)
    try:
        yield client, await client.start()
    finally:
        await client.host.close()


def _lines(count: int) -> Classify:
    text = "오늘 정말 기뻐서 잠이 안 와요"
    return Classify(
        tuple(LineJob("s", ("s", "a"), str(n), text, False, 0.0, 0.0, text) for n in range(count))
    )


def _frame(face: FaceLike, size: int) -> Render:
    job = FrameJob(
        face=face,
        expression=(0.0,) * 6,
        size=size,
        format="jpeg",
        quality=85,
        patch=False,
        character=("s", "a"),
        view=1,
        generation=1,
        n=1,
        line=None,
        owner="s",
    )
    return Render((job,))


def _works(face: FaceLike) -> dict[str, Work]:
    frames = {f"a picture of {name}": _frame(face, size) for name, size in _PICTURES.items()}
    return {"1 line": _lines(1), "16 lines": _lines(16), **frames}


async def compare(rounds: int) -> dict[str, dict[str, Any]]:
    """Percentiles in milliseconds by kind of work and host, and what the process adds."""
    source = EngineSource("emopic_server.bench.boundary:load", (WorkerSource(),))
    async with _client(SizedNoop) as thread, _client(source) as process:
        hosts = {"thread": thread, "process": process}
        works = {name: _works(face) for name, (_, face) in hosts.items()}
        return {
            kind: await _measure({n: (c, works[n][kind]) for n, (c, _) in hosts.items()}, rounds)
            for kind in works["thread"]
        }


async def _measure(clients: dict[str, tuple[_Client, Work]], rounds: int) -> dict[str, Any]:
    latencies = {name: Latencies() for name in clients}
    for first in range(-_WARM_UP, rounds, _TURN):
        for name, (client, work) in clients.items():
            for _ in range(_TURN):
                _, seconds = await client.do(work)
                if first >= 0:
                    latencies[name].record(seconds)
    result: dict[str, Any] = {name: item.summary() for name, item in latencies.items()}
    thread, process = latencies["thread"], latencies["process"]
    for percent in (50.0, 99.0):
        added = process.percentile(percent) - thread.percentile(percent)
        result[f"added_p{percent:g}_ms"] = round(added, 3)
    return result


def table(results: dict[str, dict[str, Any]]) -> str:
    """The results as Markdown."""
    rows = [
        "| work | thread p50 / p99 | process p50 / p99 | added p50 / p99 |",
        "|---|---|---|---|",
    ]
    for kind, found in results.items():
        cells = [
            f"{found[h]['p50_ms']:.3f} / {found[h]['p99_ms']:.3f}" for h in found if h in _HOSTS
        ]
        added = f"{found['added_p50_ms']:+.3f} / {found['added_p99_ms']:+.3f}"
        rows.append(f"| {kind} | {' | '.join(cells)} | {added} |")
    return "\n".join(rows)


_HOSTS: Final = ("thread", "process")


def main(
    rounds: Annotated[int, typer.Option(min=100, help="Round trips of each kind.")] = 5000,
    out_dir: Annotated[Path | None, typer.Option("--out", help="Folder for the JSON.")] = None,
) -> None:
    """Measure what the process boundary costs: milliseconds, host round trip, no-op models."""
    results = uvloop.run(compare(rounds))
    if out_dir is not None:
        out_dir.mkdir(parents=True, exist_ok=True)
        path = out_dir / "boundary.json"
        data = {"environment": environment(), "rounds": rounds, "round_trips": results}
        path.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        err.print(str(path), markup=False, soft_wrap=True)
    out.print(table(results), markup=False, soft_wrap=True)


if __name__ == "__main__":
    typer.run(main)
