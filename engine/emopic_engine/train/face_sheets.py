"""Sheets of generated faces for people to look at."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from emopic_engine.data.faces.actions import EMOTIONS, NEUTRAL
from emopic_engine.emotions import EXTRA_CHANNELS

from .face_eval import MOVING
from .face_held_out import HeldOut
from .face_maker import FaceMaker, Pictures, Rgb, one_hots

QUALITY = 90  # JPEG
STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)


def write_sheets(folder: Path, held_out: HeldOut, make: FaceMaker) -> list[Path]:
    """Write all sheets into `folder`; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    chosen = varied(held_out.looks, 6)
    sheets = {
        "faces_heldout": against_truth(held_out, make, chosen),
        "faces_mouths": mouths(held_out, make, chosen),
        "faces_strengths": strengths(held_out, make, chosen[:2]),
        "faces_sources": sources(held_out, make, chosen[:4]),
    }
    if set(EXTRA_CHANNELS) & set(make.channels):
        sheets["faces_lively"] = lively(held_out, make, chosen[:4])
    paths = []
    for name, picture in sheets.items():
        path = folder / f"{name}.jpg"
        bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(path), bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        paths.append(path)
    return paths


def varied(looks: tuple[str, ...], count: int) -> list[int]:
    """The first people of every look in turn, `count` of them where there are so many."""
    by_look = {look: [i for i, own in enumerate(looks) if own == look] for look in looks}
    chosen: list[int] = []
    while len(chosen) < min(count, len(looks)):
        chosen += [rows.pop(0) for rows in by_look.values() if rows]
    return chosen[:count]


def against_truth(held_out: HeldOut, make: FaceMaker, rows: list[int]) -> Rgb:
    """Two rows a person: the source with six generated expressions, then with the rendered ones."""
    full = one_hots(make.channels, EMOTIONS)
    lines = []
    for row in rows:
        source = held_out.full[row, NEUTRAL]
        lines += [[source, *make(source, full)], [source, *held_out.full[row]]]
    return _grid(lines)


def mouths(held_out: HeldOut, make: FaceMaker, rows: list[int]) -> Rgb:
    """The lower halves of the same pictures, twice as large: teeth, lips, ghosts."""
    full = one_hots(make.channels, MOVING)
    columns = [EMOTIONS.index(name) for name in MOVING]
    lines = []
    for row in rows:
        source = held_out.full[row, NEUTRAL]
        lines += [[*make(source, full)], [*held_out.full[row, columns]]]
    side = held_out.full.shape[2]
    low, left = round(side * 0.52), round(side * 0.18)
    cut = [[face[low:, left : side - left] for face in line] for line in lines]
    return np.asarray(cv2.resize(_grid(cut), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))


def strengths(held_out: HeldOut, make: FaceMaker, rows: list[int]) -> Rgb:
    """A row for each person and emotion: rest on the left, the full expression on the right."""
    lines = []
    for row in rows:
        source = held_out.full[row, NEUTRAL]
        for emotion in MOVING:
            asked = [one_hots(make.channels, (emotion,), value) for value in STEPS]
            lines.append([*make(source, np.concatenate(asked))])
    return _grid(lines)


def sources(held_out: HeldOut, make: FaceMaker, rows: list[int]) -> Rgb:
    """Other faces than neutral ones as sources, first in each row: full expressions and two that
    no expression names; then neutral, joy, anger and surprise made from them."""
    wanted = one_hots(make.channels, ("neutral", "joy", "anger", "surprise"))
    lines = []
    for row in rows:
        moving = np.delete(held_out.full[row], NEUTRAL, 0)[[0, 4]]
        chosen = (*moving, *held_out.odd[row, :2])
        lines += [[source, *make(source, wanted)] for source in chosen]
    return _grid(lines)


def lively(held_out: HeldOut, make: FaceMaker, rows: list[int]) -> Rgb:
    """Lids and jaw: each from rest to full, then both on a joyful face."""
    lines = []
    for row in rows:
        source = held_out.full[row, NEUTRAL]
        for channel in EXTRA_CHANNELS:
            asked = [one_hots(make.channels, (channel,), value) for value in STEPS]
            glad = one_hots(make.channels, ("joy",), 0.7)
            glad[0, make.channels.index(channel)] = 1.0
            lines.append([*make(source, np.concatenate([*asked, glad]))])
    return _grid(lines)


def _grid(lines: list[list[Pictures]]) -> Rgb:
    grid: Rgb = np.concatenate([np.concatenate(line, 1) for line in lines])
    return grid
