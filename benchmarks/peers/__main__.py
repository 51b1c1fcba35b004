"""Run the comparison. `python -m benchmarks.peers --hosts-python VENV/bin/python`

The hosts (litserve, mosec, ray[serve]) may live in another environment that has `emopic-engine`
too; without `--hosts-python` they are left out. Everything runs on loopback, one after the other,
each for `--seconds`, `--rounds` times in turn. Writes `benchmarks/results/peers.json` and prints
its tables.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from benchmarks.peers import client
from benchmarks.peers.bare import bare_lines
from benchmarks.peers.models import ROOT, model_dirs
from benchmarks.peers.processes import host, process
from benchmarks.peers.report import markdown
from rich import print as show

from emopic_engine.engines.models import runnable
from emopic_server.bench import scenarios
from emopic_server.bench.open_loop import Load, precise
from emopic_server.bench.open_loop import measure as send_ours

HOSTS = ("litserve", "mosec", "ray")
RESULT = ROOT / "benchmarks" / "results" / "peers.json"
Way = Callable[[], client.Found]  # a process of its own, measured once
T = TypeVar("T")
_FAILURES = (RuntimeError, OSError, EOFError)  # a host that does not come up, or ends a connection


def main(
    hosts_python: Annotated[
        Path | None, typer.Option(help="A Python that has the hosts and emopic-engine.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=1, help="Of each round.")] = 12.0,
    rounds: Annotated[int, typer.Option(min=1, help="Turns that each one gets.")] = 3,
    rate: Annotated[float, typer.Option(help="Lines a second, pictures included.")] = 2.0,
    overhead_rate: Annotated[float, typer.Option(help="Lines a second, no-op models.")] = 100.0,
    models: Annotated[str, typer.Option(help="published, bundled, or both.")] = "both",
    out: Annotated[Path, typer.Option()] = RESULT,
) -> None:
    """Measure the peers and ourselves."""
    load = Load(scenarios.bench_lines(), rate, seconds)
    found: dict[str, Any] = {"environment": scenarios.environment(), "rate": rate, "naive": {}}
    with tempfile.TemporaryDirectory() as folder:
        for name in ("published", "bundled") if models == "both" else (models,):
            show(f"[dim]the naive service and ours, {name} models[/dim]")
            ways = _against_naive(load, *model_dirs(name, Path(folder)))
            found["naive"][name] = in_turn(ways, rounds, _merged)
    show(f"[dim]no-op models, {overhead_rate:g} lines/s[/dim]")
    idle = Load(scenarios.bench_lines(), overhead_rate, seconds, frames=None)
    noop = in_turn(_overhead(idle, hosts_python), rounds, _merged)
    found["overhead"] = {"rate": overhead_rate, **noop}
    show("[dim]lines a second with 16 under way[/dim]")
    full = _capacity(min(seconds, 10.0), hosts_python)
    found["capacity"] = in_turn(full, rounds, statistics.mean)
    out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    show(markdown(found))


def in_turn(
    ways: Mapping[str, Callable[[], T]], rounds: int, total: Callable[[Sequence[T]], object]
) -> dict[str, object]:
    """The total of what each way found in its turns, or why it failed.

    Every turn begins anew, and every round takes all ways one after the other: a slow minute of the
    machine meets them all.
    """
    found: dict[str, list[T]] = {name: [] for name in ways}
    failed: dict[str, str] = {}
    for number in range(1, rounds + 1):
        for name in [name for name in ways if name not in failed]:
            show(f"[dim]  {name}, {number} of {rounds}[/dim]")
            try:
                found[name].append(ways[name]())
            except _FAILURES as error:
                failed[name] = repr(error)
    return {n: {"failed": failed[n]} if n in failed else total(found[n]) for n in ways}


def _merged(parts: Sequence[client.Found]) -> dict[str, Any]:
    whole = client.Found()
    for part in parts:
        whole.merge(part)
    return whole.to_dict()


def _against_naive(load: Load, text: Path, face: Path) -> dict[str, Way]:
    """One set of models: the naive service, then ours by precision, with and without atlas."""
    naive = [sys.executable, "-m", "benchmarks.peers.naive"]
    naive += ["--text", str(text), "--face", str(face), "--port"]
    chosen = ("--text-model", str(text), "--face-model", str(face))
    ways: dict[str, Way] = {"naive": partial(_naive, load, naive)}
    here = {precision for name, precision in runnable() if name == "openvino"}
    for precision in sorted(here, key=("f32", "bf16", "int8").index):
        arguments = (*chosen, "--precision", precision)
        ways[f"ours, openvino {precision}, atlas"] = partial(_ours, load, arguments, cached=True)
        ways[f"ours, openvino {precision}, no atlas"] = partial(
            _ours, load, (*arguments, "--atlas-mb", "0"), cached=False
        )
    return ways


def _naive(load: Load, command: list[str]) -> client.Found:
    with process(command) as port, precise() as runner:
        return runner.run(_ask_naive(port, load))


async def _ask_naive(port: int, load: Load) -> client.Found:
    async with client.naive(port) as ask:
        return await client.send(load, ask)


def _ours(load: Load, arguments: tuple[str, ...], *, cached: bool) -> client.Found:
    """From the atlas: what a second pass of the same lines finds."""
    with scenarios.serving("emopic_server", ("serve", *arguments), Path(os.devnull)) as server:
        for _ in range(1 + cached):
            result = send_ours(server.port, load)
    picture = result.first_frame_hit if cached else result.first_frame_miss
    return client.Found(result.emotion, picture, result.still)


def _overhead(load: Load, hosts_python: Path | None) -> dict[str, Way]:
    """No-op models: what serving costs, and what an echo does."""
    echo = [sys.executable, "-m", "benchmarks.peers.echo"]
    ways: dict[str, Way] = {
        "an echo": partial(_echoed, load, echo),
        "an echo from a process behind": partial(_echoed, load, [*echo, "--apart"]),
        "ours": partial(_noop, load, "--engine-process"),
        "ours, in one process": partial(_noop, load, "--no-engine-process"),
    }
    if hosts_python is not None:
        ways |= {name: partial(_hosted, load, name, hosts_python) for name in HOSTS}
    return ways


def _echoed(load: Load, command: list[str]) -> client.Found:
    with process(command) as port, precise() as runner:
        return runner.run(client.send(load, client.Echoed(port).ask))


def _noop(load: Load, where: str) -> client.Found:
    serving = scenarios.serving("emopic_server.bench.serve_noop", (where,), Path(os.devnull))
    with serving as server:
        return client.Found(send_ours(server.port, load).emotion)


def _hosted(load: Load, name: str, python: Path) -> client.Found:
    with host(name, python, "noop") as port, precise() as runner:
        return runner.run(client.send(load, client.Http(port).ask))


def _capacity(seconds: float, hosts_python: Path | None) -> dict[str, Callable[[], float]]:
    """Lines a second, bundled text model, 16 under way: the bare loop, ours, and the hosts."""
    ways: dict[str, Callable[[], float]] = {
        "bare loop, one by one": partial(bare_lines, seconds, 1),
        "bare loop, 16 at a time": partial(bare_lines, seconds, 16),
        "ours": partial(_lines_of_ours, seconds),
    }
    if hosts_python is not None:
        ways |= {name: partial(_lines_of, name, hosts_python, seconds) for name in HOSTS}
    return ways


def _lines_of_ours(seconds: float) -> float:
    with scenarios.serving("emopic_server", ("serve",), Path(os.devnull)) as server:
        return asyncio.run(client.closed_ours(server.port, seconds))


def _lines_of(name: str, python: Path, seconds: float) -> float:
    with host(name, python, "real") as port:
        return asyncio.run(client.closed_http(client.Http(port), seconds))


if __name__ == "__main__":
    typer.run(main)
