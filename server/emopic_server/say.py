"""`emopic say`: send lines to a running server; print emotions and latencies, save frames."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

import emopic_client
from emopic_client import wire
from emopic_client.aio import Client
from emopic_client.errors import EmopicError
from emopic_engine.console import UsageError, out

_SUFFIX = {"jpeg": ".jpg", "webp": ".webp", "png": ".png"}
_SETTLE_S = 1.0  # how long frames are still collected after the last line


def say(
    lines: Annotated[list[str] | None, typer.Argument(help="Lines; none: read stdin.")] = None,
    url: Annotated[str, typer.Option(help="The server.")] = "ws://127.0.0.1:8765",
    character: Annotated[str, typer.Option(help="Who hears the lines.")] = "say",
    builtin: Annotated[str | None, typer.Option(help="Built-in face; default: the first.")] = None,
    face: Annotated[Path | None, typer.Option(help="A picture instead of a built-in.")] = None,
    shared: Annotated[bool, typer.Option("--shared", help="Let overlays see it.")] = False,
    frames: Annotated[Path | None, typer.Option(help="Save the frames into this folder.")] = None,
    size: Annotated[int, typer.Option(min=0, help="Longest side of frames; 0: own.")] = 0,
    token: Annotated[str | None, typer.Option(envvar="EMOPIC_TOKEN")] = None,
) -> None:
    """Send lines to a server; print what they mean and how long that took."""
    if face is not None and not face.is_file():
        raise UsageError(f"there is no picture {face}")
    options = wire.FrameOptions(size=size, patches=False) if frames else None
    texts = lines or [line for line in sys.stdin.read().splitlines() if line.strip()]
    put = _Put(character, builtin, face, shared)
    try:
        asyncio.run(_say(url, token, put, texts, options, frames))
    except EmopicError as error:
        raise UsageError(f"{url}: {error}") from error


class _Put:
    """The character to put before speaking."""

    def __init__(
        self, character: str, builtin: str | None, face: Path | None, shared: bool
    ) -> None:
        self.character, self.builtin, self.face, self.shared = character, builtin, face, shared

    async def do(self, client: Client) -> None:
        builtin = self.builtin
        if builtin is None and self.face is None:
            builtin = client.hello.builtins[0].id
        await client.put(self.character, builtin=builtin, face=self.face, shared=self.shared)


async def _say(
    url: str,
    token: str | None,
    put: _Put,
    texts: list[str],
    options: wire.FrameOptions | None,
    folder: Path | None,
) -> None:
    async with emopic_client.connect(url, token=token, name="emopic-say") as client:
        await put.do(client)
        saver = None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            saver = asyncio.create_task(_save(client, put.character, options, folder))
        for text in texts:
            begin = time.perf_counter()
            emotion = await client.line(put.character, text, cut=True)
            _print(client, text, emotion, time.perf_counter() - begin)
        if saver is not None:
            await _settle(saver)


def _print(client: Client, text: str, emotion: wire.Emotion, seconds: float) -> None:
    place = client.emotions.index(emotion.top)
    korean = client.hello.emotions[place].ko
    out.print(
        f"[bold]{korean}[/bold] {emotion.top:<9} {emotion.scores[place]:.2f} "
        f"[cyan]{seconds * 1e3:6.1f} ms[/cyan]  {escape(text)}"
    )


async def _save(
    client: Client, character: str, options: wire.FrameOptions | None, folder: Path
) -> None:
    async for frame in client.frames(character, options):
        path = folder / f"{character}_{frame.n:05d}{_SUFFIX[frame.format]}"
        path.write_bytes(frame.data)


async def _settle(saver: asyncio.Task[None]) -> None:
    """Let the last expression arrive, then stop; a failed saver is raised."""
    done, _ = await asyncio.wait([saver], timeout=_SETTLE_S)
    if not done:
        saver.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await saver
