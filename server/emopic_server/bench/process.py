"""A server of our own, started for a measurement and ended by its process id."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

_START_LIMIT_S = 180.0


class ServerProcess:
    """`python -m MODULE ARGS --port N` on a free loopback port, ready when `/readyz` says so.

    `start_s` is the time from launch to ready; `rss_mb` the resident memory now.
    """

    def __init__(
        self,
        module: str,
        arguments: Sequence[str] = (),
        environment: dict[str, str] | None = None,
        log: Path | None = None,
    ) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", module, *arguments, "--port", str(self.port)]
        self._log = (log or Path(os.devnull)).open("ab")
        began = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            stdout=self._log,
            stderr=self._log,
            env={**os.environ, **(environment or {})},
        )
        try:
            self._wait_ready(began)
        except BaseException:
            self.stop()
            raise
        self.start_s = time.perf_counter() - began

    @property
    def url(self) -> str:
        """Where clients connect: `ws://127.0.0.1:PORT`."""
        return f"ws://127.0.0.1:{self.port}"

    @property
    def rss_mb(self) -> float | None:
        """Resident memory in MB of the server and its engine's processes, where /proc tells it."""
        pids = self._pids()
        return sum(map(_rss_mb, pids)) if pids else None

    @property
    def own_rss_mb(self) -> float | None:
        """Resident memory in MB of the server alone, without its engine's processes."""
        return _rss_mb(self._process.pid) if self._pids() else None

    @property
    def descriptors(self) -> int | None:
        """Open files and sockets of the server alone, where /proc tells it."""
        folder = Path(f"/proc/{self._process.pid}/fd")
        return sum(1 for _ in folder.iterdir()) if folder.exists() else None

    def cpu_s(self, *, own: bool = False) -> float | None:
        """Processor seconds so far of the server and its engine's processes, or its `own`."""
        pids = self._pids()
        if not pids:
            return None
        return sum(map(_cpu_s, pids[:1] if own else pids))

    def _pids(self) -> list[int]:
        """The server and its children; none where there is no /proc."""
        tasks = Path(f"/proc/{self._process.pid}/task")
        if not tasks.exists():
            return []
        children = " ".join(path.read_text() for path in tasks.glob("*/children"))
        return [self._process.pid, *map(int, children.split())]

    def freeze(self, seconds: float) -> tuple[float, float]:
        """Stop the process for `seconds` (blocking); returns from when to when it stood still.

        Times are those of `time.perf_counter`. For the harness's self-test.
        """
        self._process.send_signal(signal.SIGSTOP)
        stopped = time.perf_counter()
        time.sleep(seconds)
        self._process.send_signal(signal.SIGCONT)
        return stopped, time.perf_counter()

    def stop(self) -> None:
        """Ask the server to end; kill it if it has not within 15 s."""
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def __enter__(self) -> ServerProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _wait_ready(self, began: float) -> None:
        while time.perf_counter() - began < _START_LIMIT_S:
            if self._process.poll() is not None:
                raise RuntimeError(f"the server ended with status {self._process.returncode}")
            if self._ready():
                return
            time.sleep(0.02)
        raise RuntimeError(f"the server was not ready after {_START_LIMIT_S:.0f} s")

    def _ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _rss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _cpu_s(pid: int) -> float:
    """User and system time; the name, which may hold spaces, ends with the last bracket."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A loopback port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
