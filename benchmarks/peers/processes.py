"""Peers as processes of their own, each on a free port, ended with all that they have started."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.peers import client
from benchmarks.peers.functions import ENGINE
from benchmarks.peers.models import ROOT

from emopic_server.bench.process import free_port

_START_LIMIT_S = 120.0


@contextmanager
def host(name: str, python: Path | None, engine: str) -> Iterator[int]:
    """One of the hosts, answering; `engine` is `noop` or `real`."""
    module = f"benchmarks.peers.hosts.on_{name}"
    with process([str(python), "-m", module], {ENGINE: engine}) as port:
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
def process(command: list[str], environment: dict[str, str] | None = None) -> Iterator[int]:
    """A peer on a free port, given as the last argument; ended with all it has started."""
    port = free_port()
    started = subprocess.Popen(
        [*command, str(port)],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_open(port, started)
        yield port
    finally:
        _end(started)


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
