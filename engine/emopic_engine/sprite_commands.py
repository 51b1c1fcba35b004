"""`emopic sprites pack | unpack | check`: drawn characters as ZIPs."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image
from rich.progress import track
from rich.table import Table

from emopic_engine.console import UsageError, err, out
from emopic_engine.emotions import DEFAULT, EXTRA_CHANNELS
from emopic_engine.errors import PictureError
from emopic_engine.face import codec
from emopic_engine.face.sprite_files import (
    SUFFIXES,
    SpriteFile,
    SpriteFiles,
    gathered,
    named,
    read_zip,
    safe_name,
)
from emopic_engine.face.sprite_files import pack as packed
from emopic_engine.face.sprites import build_sprites

app = typer.Typer(no_args_is_help=True, help="Drawn characters: a picture for each emotion.")

LIMITS = codec.PictureLimits()
_READ = codec.PictureLimits(max_bytes=64 * 1024 * 1024)
"""What is read from one's own disk may be larger than what a server takes."""

SourceArgument = Annotated[
    Path, typer.Argument(help="A ZIP, or a folder of pictures: joy.png, anger.webp, 중립.png …")
]


@app.command()
def check(source: SourceArgument) -> None:
    """Say which picture shows which emotion, and whether a server would take the set."""
    files = _read(source)
    sprites = build_sprites(files, DEFAULT, _READ)
    table = Table("emotion", "", "picture", "file")
    for name, korean in zip(DEFAULT.names, DEFAULT.korean, strict=True):
        label = sprites.pictures[name]
        found = files.of(label)
        assert found is not None
        table.add_row(name, korean, label if label != name else "", found.name)
    out.print(table)
    out.print(f"{len(files.pictures)} pictures, {sprites.width}×{sprites.height} pixels")
    blinks = ", ".join(sprites.channels) or f"nothing: add joy-{EXTRA_CHANNELS[0]}.png …"
    out.print(f"beside emotions it moves: {blinks}")
    unused = sorted(set(files.labels) - set(sprites.pictures.values()))
    if unused:
        out.print(f"not shown for any of these emotions: {', '.join(unused)}")
    if files.ignored:
        out.print(f"no pictures: {', '.join(files.ignored)}")
    _check_for_server(files)


@app.command()
def pack(
    source: SourceArgument,
    to: Annotated[Path, typer.Option("--out", "-o", help="The ZIP to write.")],
    side: Annotated[
        int, typer.Option("--side", min=32, help="Make pictures no longer than this.")
    ] = 4096,
    webp: Annotated[
        int | None, typer.Option("--webp", min=1, max=100, help="Store as WebP of this quality.")
    ] = None,
    emotions: Annotated[
        bool, typer.Option("--emotions", help="Keep names that SillyTavern does not know.")
    ] = False,
) -> None:
    """Put pictures into a ZIP that Emopic and SillyTavern read."""
    files = _read(source)
    total = len(files.pictures)
    made = _made(files.pictures, side, webp)
    pictures = list(track(made, "packing", total, console=err, transient=True))
    data = packed(pictures, sillytavern=not emotions)
    build_sprites(read_zip(data, _READ.max_bytes), DEFAULT, _READ)
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(data)
    out.print(f"{to}: {len(pictures)} pictures, {len(data):,} bytes")
    _check_for_server(read_zip(data, _READ.max_bytes))


@app.command()
def unpack(
    source: Annotated[Path, typer.Argument(help="A ZIP of pictures.")],
    to: Annotated[Path, typer.Option("--out", "-o", help="The folder to write to.")],
) -> None:
    """Write the pictures of a ZIP into a folder, under names that cannot lead out of it."""
    files = _read(source)
    to.mkdir(parents=True, exist_ok=True)
    for item in track(files.pictures, "unpacking", console=err, transient=True):
        codec.decode(item.data, _READ)
        (to / safe_name(item)).write_bytes(item.data)
    out.print(f"{to}: {len(files.pictures)} pictures")


def _read(source: Path) -> SpriteFiles:
    try:
        if source.is_dir():
            return _read_folder(source)
        return read_zip(source.read_bytes(), _READ.max_bytes)
    except OSError as error:
        raise UsageError(f"{source} cannot be read: {error.strerror}") from error


def _read_folder(folder: Path) -> SpriteFiles:
    paths = sorted(path for path in folder.iterdir() if path.is_file())
    pictures = [path for path in paths if path.suffix[1:].lower() in SUFFIXES]
    ignored = [path.name for path in paths if path not in pictures]
    return gathered([named(path.name, path.read_bytes()) for path in pictures], ignored)


def _made(files: Sequence[SpriteFile], side: int, webp: int | None) -> Iterator[SpriteFile]:
    """The pictures, smaller and in another format where that is wanted, else as they are."""
    for item in files:
        rgb, alpha = codec.decode(item.data, _READ)
        if webp is None and max(rgb.shape[:2]) <= side:
            yield item
            continue
        pixels = rgb if alpha is None else np.dstack([rgb, alpha])
        image = Image.fromarray(pixels)
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
        buffer = io.BytesIO()
        if webp is None:
            image.save(buffer, "PNG", optimize=True)
        else:
            image.save(buffer, "WEBP", quality=webp, method=6)
        suffix = "png" if webp is None else "webp"
        name = f"{item.name.rpartition('.')[0]}.{suffix}"
        yield SpriteFile(name, item.label, item.variant, buffer.getvalue())


def _check_for_server(files: SpriteFiles) -> None:
    """Warn where a server with the usual limits would refuse the set."""
    try:
        build_sprites(read_zip(packed(files.pictures), LIMITS.max_bytes), DEFAULT, LIMITS)
    except PictureError as error:
        err.print(f"[yellow]a server with the usual limits refuses it:[/yellow] {error}")
        err.print("make the pictures smaller: emopic sprites pack … --side 512 --webp 90")
