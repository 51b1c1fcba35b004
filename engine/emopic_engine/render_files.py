"""Render emotions of one picture into files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from emopic_engine.engine import Background, Engine, RegisteredFace, RenderJob
from emopic_engine.errors import EngineError

_SHEET_SIDE = 320  # pixels a cell


def render_files(
    engine: Engine,
    face: Path,
    emotions: Sequence[str],
    strength: float,
    out_dir: Path,
    *,
    sheet: bool = False,
    background: Background | None = None,
) -> list[Path]:
    """Write `<stem>_<emotion>.png` for each emotion at the picture's own size.

    With `sheet`, also `<stem>_sheet.png`: all of them side by side, labelled. Returns the files.
    `background` is what stands behind the person instead. Raises `PictureError` for the picture,
    `InputError` for an unknown emotion or a background that is none.
    """
    columns = [engine.emotions.index(name) for name in emotions]
    registered = engine.register(face.read_bytes(), background=background)
    out_dir.mkdir(parents=True, exist_ok=True)
    written = []
    for column in columns:
        path = out_dir / f"{face.stem}_{engine.emotions.names[column]}.png"
        path.write_bytes(_render(engine, registered, column, strength))
        written.append(path)
    if sheet:
        written.append(_sheet(written, [engine.emotions.names[c] for c in columns], out_dir, face))
    return written


def expression_of(engine: Engine, column: int, strength: float) -> tuple[float, ...]:
    """One emotion at `strength`, the rest of the weight on neutral (if the model has one)."""
    weights = [0.0] * len(engine.emotions)
    neutral = engine.emotions.neutral
    if neutral is not None:
        weights[neutral] = 1.0 - strength
    weights[column] = 1.0 if column == neutral else strength
    return tuple(weights)


def _render(engine: Engine, face: RegisteredFace, column: int, strength: float) -> bytes:
    job = RenderJob(face, expression_of(engine, column, strength), format="png")
    (picture,) = engine.render([job])
    if isinstance(picture, EngineError):
        raise picture
    return picture.data


def _sheet(files: Sequence[Path], names: Sequence[str], out_dir: Path, face: Path) -> Path:
    cells = [_cell(path, name) for path, name in zip(files, names, strict=True)]
    rows = [np.concatenate(_padded(cells[i : i + 3]), axis=1) for i in range(0, len(cells), 3)]
    path = out_dir / f"{face.stem}_sheet.png"
    Image.fromarray(np.concatenate(rows, axis=0)).save(path)
    return path


def _cell(path: Path, name: str) -> NDArray[np.uint8]:
    """The picture fitted into a white square with its emotion's name below."""
    cell = np.full((_SHEET_SIDE + 36, _SHEET_SIDE, 3), 255, np.uint8)
    with Image.open(path) as image:
        image.thumbnail((_SHEET_SIDE, _SHEET_SIDE))
        flat = Image.new("RGB", image.size, "white")
        flat.paste(image, mask=image.getchannel("A") if "A" in image.getbands() else None)
    left, top = (_SHEET_SIDE - flat.width) // 2, (_SHEET_SIDE - flat.height) // 2
    cell[top : top + flat.height, left : left + flat.width] = np.asarray(flat)
    cv2.putText(
        cell,
        name,
        (8, _SHEET_SIDE + 26),
        cv2.FONT_HERSHEY_SIMPLEX,
        0.8,
        (20, 20, 20),
        1,
        cv2.LINE_AA,
    )
    return cell


def _padded(cells: list[NDArray[np.uint8]]) -> list[NDArray[np.uint8]]:
    return cells + [np.full_like(cells[0], 255)] * (3 - len(cells))
