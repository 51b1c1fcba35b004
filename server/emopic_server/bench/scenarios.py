"""The scenarios of `emopic bench`: start-up, real models with and without the atlas, no-op."""

from __future__ import annotations

import os
import platform
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from emopic_engine.hardware import cpu_name, physical_cores
from emopic_server.bench.histogram import Latencies
from emopic_server.bench.open_loop import Load, Result, arrivals
from emopic_server.bench.open_loop import measure as send
from emopic_server.bench.process import ServerProcess
from emopic_server.bench.stages import between, scrape

Say = Callable[[str], None]
# A benchmark is not a chat client: the fair-use limits must not be what is measured.
_UNLIMITED = """[limits]
messages_per_minute = 10000000
messages_burst = 1000000
connections_per_token = 100000
characters_per_session = 10000
"""


@dataclass(frozen=True)
class Plan:
    """How long and how fast to measure. Rates in lines a second, times in seconds."""

    seconds: float = 60.0
    rate: float = 5.0
    overhead_rate: float = 500.0
    overhead_seconds: float = 20.0
    startup: bool = True


def bench_lines() -> list[str]:
    """The chat lines that are sent."""
    text = files("emopic_server.bench").joinpath("lines.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line]


def measure(plan: Plan, serve_arguments: tuple[str, ...], log: Path, say: Say) -> dict[str, Any]:
    """Run every scenario, one after the other, on servers of our own."""
    result: dict[str, Any] = {"environment": environment(), "plan": msgspec.to_builtins(plan)}
    if plan.startup:
        say("start-up with an empty and with a warm engine cache")
        result["startup"] = _startup(serve_arguments, log)
    load = Load(bench_lines(), plan.rate, plan.seconds)
    say(f"real models, atlas off: {plan.rate:g} lines/s for {plan.seconds:g} s")
    result["uncached"] = _serve(load, (*serve_arguments, "--atlas-mb", "0"), log)
    say(f"real models, atlas on, second pass: {plan.rate:g} lines/s for {plan.seconds:g} s")
    result["cached"] = _serve(load, serve_arguments, log, passes=2)
    say(f"no-op models: {plan.overhead_rate:g} lines/s for {plan.overhead_seconds:g} s")
    result["overhead"] = overhead(plan, log)
    return result


def overhead(plan: Plan, log: Path) -> dict[str, Any]:
    """The framework's own time: no-op models, no frames."""
    load = Load(bench_lines(), plan.overhead_rate, plan.overhead_seconds, frames=None)
    with serving("emopic_server.bench.serve_noop", (), log) as server:
        return _described(send(server.port, load), server)


def stages(plan: Plan, serve_arguments: tuple[str, ...], log: Path, say: Say) -> dict[str, Any]:
    """Where a line's time goes, with real models (atlas on) and with none."""
    real = Load(bench_lines(), plan.rate, plan.seconds)
    short = min(plan.seconds, plan.overhead_seconds)
    idle = Load(bench_lines(), plan.overhead_rate, short)
    runs = (
        ("real", "emopic_server", ("serve", *serve_arguments), real),
        ("noop", "emopic_server.bench.serve_noop", (), idle),
    )
    result: dict[str, Any] = {"environment": environment(), "plan": msgspec.to_builtins(plan)}
    for name, module, arguments, load in runs:
        say(f"{name} models: {load.rate:g} lines/s for {load.seconds:g} s")
        with serving(module, arguments, log) as server:
            before = scrape(server.port)
            result[name] = _described(send(server.port, load), server)
            result[name]["stages"] = between(before, scrape(server.port))
    return result


def self_test(log: Path, seconds: float = 60.0, freeze_s: float = 1.0) -> dict[str, Any]:
    """Freeze the server for `freeze_s` and read what the harness makes of it.

    A line that was due while the server stood still had to wait until it went on: with 1 s of 60
    the 99th percentile is about 0.40 s. How many lines the schedule puts into that second is
    chance, so `expected_p99_ms` is computed from this run's schedule and the freeze as it was.
    """
    load = Load(bench_lines(), 100.0, seconds, frames=None)
    frozen: list[tuple[float, float]] = []
    with serving("emopic_server.bench.serve_noop", (), log) as server:
        timer = threading.Timer(
            load.warmup_s + seconds / 2, lambda: frozen.append(server.freeze(freeze_s))
        )
        timer.start()
        try:
            result = send(server.port, load)
        finally:
            timer.cancel()
            timer.join()
        stopped, resumed = (when - result.began for when in frozen[0])
        expected = expected_p99_ms(load, stopped, resumed)
        return {"expected_p99_ms": expected, **_described(result, server)}


def expected_p99_ms(load: Load, stopped: float, resumed: float) -> float:
    """The 99th percentile of a server that answers at once but stands still from `stopped` to
    `resumed` (seconds from the start of the schedule).
    """
    waits = Latencies()
    for due, _, counted in arrivals(load):
        if counted:
            waits.record(max(0.0, resumed - due) if due >= stopped else 0.0)
    return round(waits.percentile(99.0), 3)


def environment() -> dict[str, Any]:
    """What a reader needs to compare: machine, load, versions."""
    names = ("emopic-engine", "emopic-server", "openvino", "torch", "websockets", "msgspec")
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": cpu_name(),
        "usable_processors": physical_cores(),
        "load_average_1m": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in names},
    }


def _serve(load: Load, arguments: tuple[str, ...], log: Path, passes: int = 1) -> dict[str, Any]:
    """The last of several passes of the same load on one server."""
    with serving("emopic_server", ("serve", *arguments), log) as server:
        for _ in range(passes):
            result = send(server.port, load)
        return _described(result, server)


@contextmanager
def serving(
    module: str, arguments: tuple[str, ...], log: Path, limits: str = ""
) -> Iterator[ServerProcess]:
    """A server without fair-use limits, with further lines of the `[limits]` table."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "bench.toml"
        config.write_text(_UNLIMITED + limits, encoding="utf-8")
        with ServerProcess(module, (*arguments, "--config", str(config)), log=log) as server:
            yield server


def _described(result: Result, server: ServerProcess) -> dict[str, Any]:
    return {
        "engine": msgspec.to_builtins(result.hello.engine),
        "start_s": round(server.start_s, 2),
        "rss_mb": server.rss_mb and round(server.rss_mb, 1),
        **result.to_dict(),
    }


def _startup(arguments: tuple[str, ...], log: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        cache = {"EMOPIC_CACHE": folder}
        seconds = {}
        for name in ("cold_s", "warm_s"):
            with ServerProcess("emopic_server", ("serve", *arguments), cache, log) as server:
                seconds[name] = round(server.start_s, 2)
    return seconds
