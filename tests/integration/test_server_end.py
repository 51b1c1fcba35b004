"""The end of a whole server process, with the engine in another: polite, or by kill -9."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from tests.integration.talker import Talker
from websockets.asyncio.client import connect

from emopic_client import wire

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no engine process")


@dataclass
class Outside:
    """A server of its own, and its engine's process."""

    process: asyncio.subprocess.Process
    url: str
    engine: int

    @contextlib.asynccontextmanager
    async def session(self) -> AsyncIterator[Talker]:
        async with connect(self.url.replace("http", "ws").rstrip("/") + wire.PATH) as ws:
            talker = Talker(ws, "msgpack")
            await talker.open()
            yield talker


@contextlib.asynccontextmanager
async def outside(*options: str) -> AsyncIterator[Outside]:
    """`tests.fake_server` with an engine process; killed in the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.fake_server", "--engine-process", "true", *options),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    try:
        url = (await asyncio.wait_for(process.stdout.readline(), 60)).decode().split()[1]
        async with httpx.AsyncClient() as client:
            health = (await client.get(url + "healthz")).json()
        yield Outside(process, url, health["engine_workers"][0]["pid"])
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def gone(pid: int, patience: float) -> None:
    """Wait until there is no such process."""
    async with asyncio.timeout(patience):
        while True:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return
            if Path(f"/proc/{pid}/stat").exists():
                state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").split(")")[1]
                if state.split()[0] == "Z":  # dead; whoever adopted it has not looked yet
                    return
            await asyncio.sleep(0.02)


async def test_sigterm_answers_what_waits_says_bye_and_leaves_no_process() -> None:
    async with outside("--port", "0") as server, server.session() as talker:
        await talker.put("a")
        for number in range(20):
            await talker.say("기쁘다", str(number))
        await talker.alive()
        server.process.send_signal(signal.SIGTERM)
        assert (await talker.closed()).code == 1001
        answered = [m.line for m in talker.seen if isinstance(m, wire.Emotion)]
        assert answered == [str(number) for number in range(20)]
        assert await asyncio.wait_for(server.process.wait(), 10) == 0
        await gone(server.engine, 1.0)


@pytest.mark.parametrize("signal_name", ["SIGTERM", "SIGINT"])
async def test_signals_to_the_whole_group_are_the_servers_business(signal_name: str) -> None:
    """Ctrl-C reaches the engine's process too, which has to stay until the server is done."""
    async with outside("--port", "0") as server, server.session() as talker:
        await talker.put("a")
        number = getattr(signal, signal_name)
        os.kill(server.engine, number)
        await talker.say("기쁘다")
        await talker.expect(wire.Emotion)
        server.process.send_signal(number)
        assert (await talker.closed()).code == 1001
        assert await asyncio.wait_for(server.process.wait(), 10) == 0


async def test_kill_9_ends_the_engine_too_and_the_port_is_free_again() -> None:
    async with outside("--port", "0") as server:
        async with server.session() as talker:
            await talker.put("a")
            server.process.kill()
            await talker.ws.wait_closed()
        await server.process.wait()
        await gone(server.engine, 5.0)
        port = server.url.rstrip("/").rsplit(":", 1)[1]
        async with outside("--port", port) as again, again.session() as talker:
            await talker.put("a")
            await talker.say("기쁘다")
            await talker.expect(wire.Emotion)


async def test_a_hanging_engine_does_not_outlive_its_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EMOPIC_TEST_FAULTS", "lines")
    async with outside("--port", "0") as server, server.session() as talker:
        await talker.put("a")
        await talker.say("!fault:hang")
        await talker.alive()
        server.process.kill()
        await gone(server.engine, 5.0)
