"""Bridges as programs: started, doing their work, and stopped with Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import stat
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

from tests.integration.bridges.fake_http import Answer, Asked, serving
from tests.integration.bridges.fake_vts import fake_vts
from tests.integration.bridges.test_vmc import receiver
from tests.integration.talker import running

import emopic_client


@contextlib.asynccontextmanager
async def bridge(*arguments: str, **environment: str) -> AsyncIterator[Process]:
    command = [sys.executable, "-m", "emopic_client", "bridge", *arguments]
    env = os.environ | environment
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE, env=env)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def interrupted(process: Process) -> tuple[int | None, str]:
    """Press Ctrl-C; the exit code and what it said on stderr."""
    process.send_signal(signal.SIGINT)
    _, err = await asyncio.wait_for(process.communicate(), 20)
    return process.returncode, err.decode()


async def test_vmc_runs_until_it_is_interrupted() -> None:
    async with running() as server, receiver() as avatar:
        options = ("--url", server.ws, "--port", str(avatar.port), "--builtin", "haru")
        async with bridge("vmc", *options) as process:
            async with asyncio.timeout(30):
                while avatar.heard.empty():
                    await asyncio.sleep(0.05)
            async with emopic_client.connect(server.ws) as client:
                await client.line("streamer", "너무 좋아")
            await avatar.until("Joy", 0.5, 1.0)
            code, err = await interrupted(process)
            await avatar.until("Joy", 0.0, 0.0)
    assert (code, "Traceback" in err) == (0, False), err


async def test_vts_keeps_its_token_for_its_user(tmp_path: Path) -> None:
    home = {"XDG_CONFIG_HOME": str(tmp_path), "HOME": str(tmp_path)}
    async with running() as server, fake_vts() as studio:
        options = ("--url", server.ws, "--studio", studio.url, "--hotkey", "joy=Smile")
        async with bridge("vts", *options, **home) as process:
            async with asyncio.timeout(30):
                while not studio.injections:
                    await asyncio.sleep(0.05)
            async with emopic_client.connect(server.ws) as client:
                await client.line("streamer", "너무 좋아")
            await studio.until(lambda: studio.pressed == ["Smile"])
            code, err = await interrupted(process)
    assert (code, "Traceback" in err) == (0, False), err
    assert "press Allow" in err
    (kept,) = tmp_path.rglob("vtube-studio.json")
    assert json.loads(kept.read_text()) == {studio.url: "token-1"}
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


async def test_a_language_model_speaks_and_remembers() -> None:
    asked: list[Asked] = []

    def model(request: Asked) -> Answer:
        asked.append(request)
        delta = {"choices": [{"delta": {"content": "너무 좋아! 그런데 슬퍼."}}]}
        parts = [f"data: {json.dumps(delta)}\n\n", "data: [DONE]\n\n"]
        return Answer(200, "text/event-stream", iter(parts))

    with serving(model) as api:
        async with running() as server:
            options = ("--url", server.ws, "--api", f"{api}/v1/chat/completions", "--model", "m")
            async with bridge("llm", "안녕?", "또 봐!", *options, OPENAI_API_KEY="sk") as process:
                out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, err
    assert [line.split()[0] for line in out.decode().splitlines()] == ["기쁨", "슬픔"] * 2
    assert asked[0].headers["Authorization"] == "Bearer sk"
    roles = [message["role"] for message in asked[1].body["messages"]]
    assert roles == ["system", "user", "assistant", "user"]


async def test_an_unknown_emotion_for_a_hotkey_is_named() -> None:
    async with (
        running() as server,
        bridge("vts", "--url", server.ws, "--hotkey", "happy=Smile") as process,
    ):
        _, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 2
    assert "'happy': use joy, anger" in err.decode()
