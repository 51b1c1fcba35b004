"""Kill the engine's process under load, again and again: `python -m emopic_server.bench.kills`.

A real server on loopback with the bundled models, one client that sends lines all the time and
watches its character. Each line has to be answered once or refused in time, no socket may drop, and
the server has to serve again. Anything else ends the command with status 1.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final

import httpx2
import typer
from websockets.asyncio.client import ClientConnection, connect

from emopic_client import wire
from emopic_engine.console import err, out
from emopic_server.bench.process import ServerProcess
from emopic_server.bench.scenarios import bench_lines, environment

_CONFIG: Final = "[limits]\nmessages_per_minute = 10000000\nmessages_burst = 1000000\n"
ANSWER_S: Final = 5.0
BACK_S: Final = 15.0


@dataclass
class Count:
    """What became of the lines. Times in seconds."""

    sent: dict[str, float] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    frames: int = 0
    back: list[float] = field(default_factory=list)
    serving: list[float] = field(default_factory=list)
    showing: list[float] = field(default_factory=list)

    def take(self, message: wire.ServerMessage, now: float) -> None:
        """Note an answer."""
        match message:
            case wire.Emotion(line=line):
                self._answer(line, now)
            case wire.Error(ref=str(line), code=code) if line in self.sent:
                self.refused[code] += 1
                self._answer(line, now)
            case wire.Frame():
                self.frames += 1

    def _answer(self, line: str, now: float) -> None:
        self.answers[line] += 1
        self.slowest = max(self.slowest, now - self.sent[line])

    def result(self) -> dict[str, Any]:
        """For JSON, with a list of what went wrong."""
        unanswered = len(self.sent) - len(self.answers)
        twice = sum(count > 1 for count in self.answers.values())
        checks = {
            f"{unanswered} lines were never answered": unanswered > 0,
            f"{twice} lines were answered twice": twice > 0,
            f"a line waited for {self.slowest:.1f} s": self.slowest > ANSWER_S,
            f"it took {max(self.serving):.1f} s to serve again": max(self.serving) > BACK_S,
        }
        return {
            "lines": len(self.sent),
            "refused": dict(self.refused),
            "slowest_answer_s": round(self.slowest, 3),
            "ready_again_s": [round(seconds, 2) for seconds in self.back],
            "serving_again_s": [round(seconds, 2) for seconds in self.serving],
            "showing_again_s": [round(seconds, 2) for seconds in self.showing],
            "frames": self.frames,
            "wrong": [text for text, wrong in checks.items() if wrong],
        }


async def measure(url: str, kills: int, rate: float) -> Count:
    """Kill the engine of the server at `url` so often, under `rate` lines a second."""
    count = Count()
    async with connect(
        url + wire.PATH,
        subprotocols=[wire.MSGPACK_SUBPROTOCOL],  # type: ignore[list-item]
        compression=None,
        max_size=None,
    ) as socket:
        await _open(socket)
        tasks = [asyncio.create_task(_read(socket, count))]
        sender = asyncio.create_task(_send(socket, count, rate))
        try:
            for number in range(kills):
                await _kill(url.replace("ws", "http"), count)
                err.print(f"[dim]{number + 1} of {kills}: {count.serving[-1]:.1f} s[/dim]")
            sender.cancel()
            async with asyncio.timeout(2 * ANSWER_S):
                while len(count.answers) < len(count.sent):
                    await asyncio.sleep(0.05)
        finally:
            for task in (sender, *tasks):
                task.cancel()
            await asyncio.gather(sender, *tasks, return_exceptions=True)
    return count


async def _open(socket: ClientConnection) -> None:
    hello = wire.decode_server(await socket.recv())
    assert isinstance(hello, wire.Hello)
    await socket.send(wire.encode(wire.Identify(client="emopic-kills")))
    await socket.send(wire.encode(wire.CharacterPut(character="k", builtin=hello.builtins[0].id)))
    frames = wire.FrameOptions(format="jpeg", size=128)
    await socket.send(wire.encode(wire.Watch(character="k", frames=frames)))
    while not isinstance(wire.decode_server(await socket.recv()), wire.Frame):
        pass


async def _read(socket: ClientConnection, count: Count) -> None:
    async for data in socket:
        count.take(wire.decode_server(data), time.perf_counter())


async def _send(socket: ClientConnection, count: Count, rate: float) -> None:
    lines = bench_lines()
    while True:
        line = str(len(count.sent))
        count.sent[line] = time.perf_counter()
        text = lines[len(count.sent) % len(lines)]
        await socket.send(wire.encode(wire.Line(character="k", id=line, text=text)))
        await asyncio.sleep(1 / rate)


async def _kill(http: str, count: Count) -> None:
    """One kill -9; returns when the server is ready, answers lines and shows the face again."""
    async with httpx2.AsyncClient() as client:
        old = await _pid(client, http)
        assert old is not None
        os.kill(old, signal.SIGKILL)
        began = time.perf_counter()
        while await _pid(client, http) in (None, old):
            await asyncio.sleep(0.02)
    count.back.append(time.perf_counter() - began)
    answered = len(count.answers) - sum(count.refused.values())
    while len(count.answers) - sum(count.refused.values()) == answered:
        await asyncio.sleep(0.005)
    count.serving.append(time.perf_counter() - began)
    frames = count.frames
    while count.frames == frames:
        await asyncio.sleep(0.005)
    count.showing.append(time.perf_counter() - began)


async def _pid(client: httpx2.AsyncClient, http: str) -> int | None:
    """The engine's process, None while there is none."""
    worker = (await client.get(f"{http}/healthz")).json()["engine_workers"][0]
    pid: int | None = worker["pid"]
    return pid


def main(
    kills: Annotated[int, typer.Option(min=1, help="How often.")] = 20,
    rate: Annotated[float, typer.Option(min=0.1, help="Lines a second.")] = 20.0,
    backend: Annotated[str, typer.Option(help="As for `emopic serve`.")] = "openvino",
    out_dir: Annotated[Path | None, typer.Option("--out", help="Folder for the JSON.")] = None,
) -> None:
    """Kill the engine's process with SIGKILL under load, and count what that does to clients."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "kills.toml"
        config.write_text(_CONFIG, encoding="utf-8")
        arguments = ("serve", "--backend", backend, "--config", str(config))
        with ServerProcess("emopic_server", arguments) as server:
            result = asyncio.run(measure(server.url, kills, rate)).result()
    if out_dir is not None:
        out_dir.mkdir(parents=True, exist_ok=True)
        data = {"environment": environment(), "kills": kills, "rate": rate, **result}
        text = json.dumps(data, ensure_ascii=False, indent=2) + "\n"
        (out_dir / "kills.json").write_text(text, encoding="utf-8")
    out.print_json(data=result)
    sys.exit(1 if result["wrong"] else 0)


if __name__ == "__main__":
    typer.run(main)
