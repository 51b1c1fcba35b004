"""The Python examples, run as their reader would."""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from tests.integration.talker import Running, running

import emopic_client

FOLDER = Path(__file__).parents[2] / "examples" / "python"


async def run(name: str, *arguments: str) -> str:
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, FOLDER / name, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


async def talk(server: Running) -> None:
    """Three lines for a character, and what grows in between."""
    async with emopic_client.connect(server.ws) as client:
        await client.put("streamer", builtin="haru", shared=True)
        while True:  # until it is cancelled: nobody knows when the other program looks
            client.partial("streamer", "너무", id=client.new_id())
            await client.line("streamer", "너무 좋아")
            await asyncio.sleep(0.05)


async def test_first_line() -> None:
    async with running() as server:
        out = await run("first_line.py", server.ws)
    assert [line.split()[0] for line in out.splitlines()] == ["joy", "sadness"]


async def test_watch() -> None:
    async with running() as server:
        talking = asyncio.create_task(talk(server))
        await asyncio.sleep(0)
        out = await run("watch.py", server.ws)
        talking.cancel()
    assert out.count("final") == 3


async def test_save_face(tmp_path: Path) -> None:
    file = tmp_path / "face.png"
    async with running() as server:
        out = await run("save_face.py", server.ws, str(file))
    assert out.startswith("surprise at ")
    assert Image.open(io.BytesIO(file.read_bytes())).size == (256, 256)


async def test_npc() -> None:
    async with running() as server:
        out = await run("npc.py", server.ws)
    assert [line.split()[0] for line in out.splitlines()] == ["joy", "sadness", "said:"]
    assert "헤어져야 한다니 슬퍼." in out


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_every_example_is_run_here(path: Path) -> None:
    assert f'run("{path.name}"' in Path(__file__).read_text(encoding="utf-8")
