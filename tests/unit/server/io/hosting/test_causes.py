"""Why a process ended, told from its status and from what the system says about memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from emopic_server.io.hosting.worker import _reap, memory_kills

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals")


@pytest.mark.parametrize(
    ("code", "starved", "reason"),
    [
        ("import os; os._exit(3)", 0, "exit"),
        ("import os; os.kill(os.getpid(), 6)", 0, "crash"),
        ("import os; os.kill(os.getpid(), 9)", 0, "killed"),
        ("import os; os.kill(os.getpid(), 9)", -1, "memory"),
    ],
)
def test_reasons(code: str, starved: int, reason: str) -> None:
    process = subprocess.Popen([sys.executable, "-c", code])
    assert _reap(process, 30.0, memory_kills() + starved)[0] == reason


def test_what_does_not_end_is_killed() -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    assert _reap(process, 0.0, memory_kills())[0] == "killed"
    assert process.returncode == -9


def test_the_systems_own_kills_are_counted(tmp_path: Path) -> None:
    vmstat = tmp_path / "vmstat"
    assert memory_kills(vmstat) == 0
    vmstat.write_text("pgfault 12\noom_kill 7\noom_kill_other 3\n", encoding="ascii")
    assert memory_kills(vmstat) == 7
