"""`emopic ocr` and `emopic capture`: the intake's services without a server."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.prompt import Prompt

from emopic_engine.console import UsageError, err, out, status
from emopic_engine.face.codec import PictureLimits
from emopic_server.config import ServerConfig
from emopic_server.intake.config import CaptureConfig
from emopic_server.intake.services import load_finder, load_recogniser

Settings = Annotated[Path | None, typer.Option(help="The server's TOML file: its [ocr] table.")]


def ocr(
    pictures: Annotated[list[Path], typer.Argument(help="JPEG, PNG or WebP files.")],
    config: Settings = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is right.")] = False,
) -> None:
    """Read the writing in pictures; on a terminal, you confirm or correct what was read."""
    recogniser = load_recogniser(ServerConfig.load(config).ocr, PictureLimits())
    asking = not yes and sys.stdin.isatty()
    for path in pictures:
        data = _read(path)
        with status(f"reading {path.name}"):
            reading = asyncio.run(recogniser.read(data))
        text = reading.text
        if asking:
            err.print(f"{path.name}: {reading.confidence:.0%} sure", markup=False)
            text = Prompt.ask("enter: right; or type it anew", console=err, default=text)
        out.print(text, markup=False, soft_wrap=True)


def capture(
    address: Annotated[str, typer.Argument(help="A picture or a page: https://…")],
    picture: Annotated[Path, typer.Option("--out", help="Where to write the picture.")],
    service: Annotated[
        str, typer.Option(help="pictures, chromium or screenshotlayer.")
    ] = "chromium",
    sandbox: Annotated[bool, typer.Option(help="Chromium's; root has to do without.")] = True,
    network: Annotated[
        list[str] | None, typer.Option(help="A private network that may be visited; repeatable.")
    ] = None,
    whole: Annotated[bool, typer.Option("--whole", help="Keep the whole page.")] = False,
) -> None:
    """Get a face from a public web address, as a server with `capture.service` would."""
    config = CaptureConfig(service=service, sandbox=sandbox, networks=tuple(network or ()))
    finder = load_finder(config, PictureLimits().max_bytes)
    with status(f"visiting {address}"):
        found = asyncio.run(finder.find(address))
    data = found.data if whole or not found.page else _portrait(found.data)
    try:
        picture.write_bytes(data)
    except OSError as error:
        raise UsageError(f"--out {picture}: {error.strerror}") from error
    err.print(f"{picture}: {len(data):,} bytes", markup=False)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error


def _portrait(page: bytes) -> bytes:
    from emopic_engine.engine import Engine

    with status("looking for a face"):
        face = Engine.load().register(page, portrait=True)
    assert face.portrait is not None
    return face.portrait
