"""Run the comparison. `python -m benchmarks.peers --hosts-python VENV/bin/python`

The hosts (litserve, mosec, ray[serve]) may live in another environment that has `emopic-engine`
too; without `--hosts-python` they are left out. Everything runs on loopback, one after the other,
each for `--seconds`. Writes `benchmarks/results/peers.json` and prints its tables.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from benchmarks.peers import client
from benchmarks.peers.bare import bare_lines
from benchmarks.peers.functions import ENGINE
from benchmarks.peers.models import ROOT, model_dirs
from benchmarks.peers.report import markdown
from rich import print as show

from emopic_server.bench import scenarios
from emopic_server.bench.open_loop import Load, precise
from emopic_server.bench.open_loop import measure as send_ours
from emopic_server.bench.process import free_port

HOSTS = ("litserve", "mosec", "ray")
RESULT = ROOT / "benchmarks" / "results" / "peers.json"
_START_LIMIT_S = 120.0
_FAILURES = (RuntimeError, OSError, EOFError)  # a host that does not come up, or ends a connection


def main(
    hosts_python: Annotated[
        Path | None, typer.Option(help="A Python that has the hosts and emopic-engine.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=1)] = 40.0,
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
            found["naive"][name] = _against_naive(load, *model_dirs(name, Path(folder)))
    idle = Load(scenarios.bench_lines(), overhead_rate, min(seconds, 20.0), frames=None)
    found["overhead"] = {"rate": overhead_rate, **_overhead(idle, hosts_python)}
    found["capacity"] = _capacity(min(seconds, 10.0), hosts_python)
    out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    show(markdown(found))


def _against_naive(load: Load, text: Path, face: Path) -> dict[str, Any]:
    """One set of models: the naive service, then ours by precision, without and with atlas."""
    arguments = ["--text", str(text), "--face", str(face)]
    naive = [sys.executable, "-m", "benchmarks.peers.naive", *arguments, "--port"]
    with _process(naive) as port, precise() as runner:
        rows = {"naive": runner.run(_ask_naive(port, load)).to_dict()}
    chosen = ("--text-model", str(text), "--face-model", str(face))
    for precision in ("f32", "bf16", "int8"):
        for atlas in ((), ("--atlas-mb", "0")):
            key = f"ours, openvino {precision}, {'no atlas' if atlas else 'atlas'}"
            rows[key] = _ours(
                load, (*chosen, "--precision", precision, *atlas), passes=1 + (not atlas)
            )
    return rows


def _ours(load: Load, arguments: tuple[str, ...], passes: int) -> dict[str, Any]:
    with scenarios.serving("emopic_server", ("serve", *arguments), Path(os.devnull)) as server:
        for _ in range(passes):
            result = send_ours(server.port, load)
    cached = passes > 1
    picture = result.first_frame_hit if cached else result.first_frame_miss
    return {
        "line_to_emotion": result.emotion.summary(),
        "line_to_picture": picture.summary(),
        "lines_without_a_frame": result.still,
    }


async def _ask_naive(port: int, load: Load) -> client.Found:
    async with client.naive(port) as ask:
        return await client.send(load, ask)


def _overhead(load: Load, hosts_python: Path | None) -> dict[str, Any]:
    """No-op models: what serving costs, and what an echo does."""
    show(f"[dim]no-op models, {load.rate:g} lines/s[/dim]")
    echo = [sys.executable, "-m", "benchmarks.peers.echo"]
    with _process(echo) as port, precise() as runner:
        floor = runner.run(client.send(load, client.Echoed(port).ask)).emotion.summary()
    with scenarios.serving("emopic_server.bench.serve_noop", (), Path(os.devnull)) as server:
        ours = send_ours(server.port, load).emotion.summary()
    rows: dict[str, Any] = {"an echo": floor, "ours": ours}
    for host in HOSTS if hosts_python else ():
        show(f"[dim]  {host}[/dim]")
        try:
            with _host(host, hosts_python, "noop") as port, precise() as runner:
                found = runner.run(client.send(load, client.Http(port).ask))
                rows[host] = found.emotion.summary()
        except _FAILURES as error:
            rows[host] = {"failed": repr(error)}
    return rows


def _capacity(seconds: float, hosts_python: Path | None) -> dict[str, Any]:
    """Lines a second, bundled text model, 16 under way: the bare loop, ours, and the hosts."""
    show("[dim]lines a second with 16 under way[/dim]")
    rows: dict[str, Any] = {
        "bare loop, one by one": bare_lines(seconds, 1),
        "bare loop, 16 at a time": bare_lines(seconds, 16),
    }
    with scenarios.serving("emopic_server", ("serve",), Path(os.devnull)) as server:
        rows["ours"] = asyncio.run(client.closed_ours(server.port, seconds))
    for host in HOSTS if hosts_python else ():
        try:
            with _host(host, hosts_python, "real") as port:
                rows[host] = asyncio.run(client.closed_http(client.Http(port), seconds))
        except _FAILURES as error:
            rows[host] = {"failed": repr(error)}
    return rows


@contextmanager
def _host(name: str, python: Path | None, engine: str) -> Iterator[int]:
    module = f"benchmarks.peers.hosts.on_{name}"
    with _process([str(python), "-m", module], {ENGINE: engine}) as port:
        asyncio.run(_ready(client.Http(port)))
        yield port


async def _ready(http: client.Http) -> None:
    """Until the host answers a line."""
    ends = time.perf_counter() + _START_LIMIT_S
    while True:
        try:
            await http.post({"text": "안녕"})
        except (OSError, EOFError, StopIteration):
            if time.perf_counter() > ends:
                raise
            await asyncio.sleep(0.2)
        else:
            return


@contextmanager
def _process(command: list[str], environment: dict[str, str] | None = None) -> Iterator[int]:
    """A peer on a free port, given as the last argument; ended with all it has started."""
    port = free_port()
    process = subprocess.Popen(
        [*command, str(port)],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_open(port, process)
        yield port
    finally:
        _end(process)


def _wait_open(port: int, process: subprocess.Popen[bytes]) -> None:
    ends = time.perf_counter() + _START_LIMIT_S
    while process.poll() is None and time.perf_counter() < ends:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"{process.args!r} did not open port {port}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Its own session, so its children, too: Ray starts many."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(10)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue


if __name__ == "__main__":
    typer.run(main)
