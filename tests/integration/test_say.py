"""`emopic say` against a server: emotions printed, faces saved, and shown in a terminal."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

from tests.integration.talker import running

SAY = [sys.executable, "-m", "emopic_server", "say"]
ROWS, COLUMNS = 30, 100


async def say(*arguments: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(
        subprocess.run, [*SAY, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def on_a_terminal(*arguments: str) -> str:
    """What the command draws on a terminal of its own."""
    main, other = pty.openpty()
    size = {"LINES": str(ROWS), "COLUMNS": str(COLUMNS)}
    environment = os.environ | size | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    process = subprocess.Popen([*SAY, *arguments], stdout=other, stderr=other, env=environment)
    os.close(other)
    drawn = b""
    try:
        while part := os.read(main, 65536):
            drawn += part
    except OSError:  # Linux says so when the other end is closed
        pass
    assert process.wait(60) == 0, drawn[-500:]
    os.close(main)
    return drawn.decode()


async def test_the_face_is_drawn_and_moves() -> None:
    async with running() as server:
        drawn = await asyncio.to_thread(on_a_terminal, "--url", server.ws, "--show", "너무 좋아")
    assert "기쁨" in drawn
    rows = [line for line in drawn.splitlines() if "▀" in line]
    assert max(row.count("▀") for row in rows) == 48
    colours = set(re.findall(r"38;2;(\d+;\d+;\d+)", drawn))
    assert len(colours) > 20, "transitions pass through colours of their own"


async def test_faces_are_saved(tmp_path: Path) -> None:
    async with running() as server:
        done = await say("--url", server.ws, "--frames", str(tmp_path / "new"), "너무 좋아")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("기쁨 joy")
    assert len(list((tmp_path / "new").glob("say_*.jpg"))) > 2


async def test_a_pipe_is_no_terminal() -> None:
    done = await say("--show", "안녕")
    assert done.returncode == 2
    assert "--frames" in done.stderr
