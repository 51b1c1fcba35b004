"""`emopic say`: send lines to a running server; print emotions and latencies, show the face."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer
from rich.live import Live
from rich.markup import escape

import emopic_client
from emopic_client import wire
from emopic_client.aio import Client
from emopic_client.errors import EmopicError
from emopic_client.pictures import pictures
from emopic_client.terminal import TerminalPicture
from emopic_engine.console import UsageError, out

_SUFFIX = {"jpeg": ".jpg", "webp": ".webp", "png": ".png"}
_SETTLE_S = 1.0  # how long frames are still collected after a line
_SHOWN_SIDE = 96  # pixels; two of them make a character cell
_SHOWN_FPS = 12

_Watch: TypeAlias = Callable[[Client, str], Coroutine[Any, Any, None]]


def say(
    lines: Annotated[list[str] | None, typer.Argument(help="Lines; none: read stdin.")] = None,
    url: Annotated[str, typer.Option(help="The server.")] = "ws://127.0.0.1:8765",
    character: Annotated[str, typer.Option(help="Who hears the lines.")] = "say",
    builtin: Annotated[str | None, typer.Option(help="Built-in face; default: the first.")] = None,
    face: Annotated[Path | None, typer.Option(help="A picture instead of a built-in.")] = None,
    shared: Annotated[bool, typer.Option("--shared", help="Let overlays see it.")] = False,
    frames: Annotated[Path | None, typer.Option(help="Save the frames into this folder.")] = None,
    show: Annotated[bool, typer.Option("--show", help="Show the face in the terminal.")] = False,
    size: Annotated[int, typer.Option(min=0, help="Longest side of frames; 0: own.")] = 0,
    token: Annotated[str | None, typer.Option(envvar="EMOPIC_TOKEN")] = None,
) -> None:
    """Send lines to a server; print what they mean and how long that took."""
    if face is not None and not face.is_file():
        raise UsageError(f"there is no picture {face}")
    if show and frames is not None:
        raise UsageError("--show and --frames want different frames: use one of them")
    if show and not out.is_terminal:
        raise UsageError("--show draws on a terminal; use --frames FOLDER for files")
    if frames is not None:
        frames.mkdir(parents=True, exist_ok=True)
    texts = lines or [line for line in sys.stdin.read().splitlines() if line.strip()]
    put = _Put(character, builtin, face, shared)
    watch = _show if show else _saver(frames, size) if frames else None
    try:
        asyncio.run(_say(url, token, put, texts, watch))
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
    url: str, token: str | None, put: _Put, texts: list[str], watch: _Watch | None
) -> None:
    async with emopic_client.connect(url, token=token, name="emopic-say") as client:
        await put.do(client)
        watcher = None if watch is None else asyncio.create_task(watch(client, put.character))
        for text in texts:
            begin = time.perf_counter()
            emotion = await client.line(put.character, text, cut=True)
            _print(client, text, emotion, time.perf_counter() - begin)
            if watcher is not None and watch is _show:
                await asyncio.wait([watcher], timeout=_SETTLE_S)
        if watcher is not None:
            await _settle(watcher)


def _print(client: Client, text: str, emotion: wire.Emotion, seconds: float) -> None:
    place = client.emotions.index(emotion.top)
    korean = client.hello.emotions[place].ko
    out.print(
        f"[bold]{korean}[/bold] {emotion.top:<9} {emotion.scores[place]:.2f} "
        f"[cyan]{seconds * 1e3:6.1f} ms[/cyan]  {escape(text)}"
    )


def _saver(folder: Path, size: int) -> _Watch:
    """Saves every frame as a file."""

    async def save(client: Client, character: str) -> None:
        options = wire.FrameOptions(size=size, patches=False)
        async for frame in client.frames(character, options):
            path = folder / f"{character}_{frame.n:05d}{_SUFFIX[frame.format]}"
            path.write_bytes(frame.data)

    return save


async def _show(client: Client, character: str) -> None:
    """Draws the face below the lines, and moves it."""
    options = wire.FrameOptions(format="png", size=_SHOWN_SIDE, fps=_SHOWN_FPS, patches=False)
    with Live(console=out, auto_refresh=False) as live:
        async for picture in pictures(client.frames(character, options)):
            live.update(TerminalPicture(picture.image), refresh=True)


async def _settle(watcher: asyncio.Task[None]) -> None:
    """Let the last expression arrive, then stop; a failed watcher is raised."""
    done, _ = await asyncio.wait([watcher], timeout=_SETTLE_S)
    if not done:
        watcher.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watcher
