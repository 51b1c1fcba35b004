"""A server in a process of its own, which tests may kill and start again on the same port."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


FAKE = ("-m", "tests.fake_server", "--log-level", "error")
REAL = ("-m", "emopic_server", "serve", "--log-level", "error")


class ServerProcess:
    """A server on one port: the fake engine's, or with `REAL` the bundled models'."""

    def __init__(self, port: int, *options: str, command: tuple[str, ...] = FAKE) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._command = [sys.executable, *command, "--port", str(port), *options]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start, and return when the server has said `ready`. Raises `AssertionError`."""
        self._process = subprocess.Popen(self._command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        said = []
        for line in self._process.stdout:
            said.append(line)
            if line.startswith("ready"):
                return
        self.kill()
        raise AssertionError(f"the server did not start: {said}")

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None

    def __enter__(self) -> ServerProcess:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()


Serve = Callable[..., ServerProcess]
"""Starts a server with these options, to the end of the test."""
