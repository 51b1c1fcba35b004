"""Contact sheets of a face data set, for people to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from emopic_engine.errors import DataError

from .actions import NEUTRAL
from .dataset import Shots, read_shards
from .looks import LOOKS

Kind = Literal["people", "expressions", "wide", "flow"]
Rgb = NDArray[np.uint8]
GREEN, RED = (40, 220, 60), (230, 50, 50)


def contact_sheet(data: Path, kind: Kind, rows: int, columns: int, *, held_out: bool) -> Rgb:
    """One picture of many. `people`: faces in all looks in turn; `expressions`: one person a row,
    all shots; `wide`: portraits with landmarks, box and alpha; `flow`: at rest, the target, the
    face at rest moved along the flow, and where that is valid.

    Raises `DataError` when no shard is finished.
    """
    people = _people(data, rows * columns if kind in ("people", "wide") else rows, held_out)
    match kind:
        case "people":
            tiles = [shots.pictures[i, (NEUTRAL, 0, 4, 1, 5)[n % 5]] for n, (shots, i) in people]
        case "wide":
            tiles = [_annotated(shots, i) for _, (shots, i) in people]
        case "expressions":
            tiles = [np.concatenate(list(shots.pictures[i]), 1) for _, (shots, i) in people]
            columns = 1
        case "flow":
            tiles = [_flow_row(shots, i) for _, (shots, i) in people]
            columns = 1
    lines = [np.concatenate(tiles[i : i + columns], 1) for i in range(0, len(tiles), columns)]
    return np.concatenate([line for line in lines if line.shape == lines[0].shape])


def _people(data: Path, count: int, held_out: bool) -> list[tuple[int, tuple[Shots, int]]]:
    """The first people of each look in turn, numbered."""
    queues: dict[int, list[tuple[Shots, int]]] = {look: [] for look in range(len(LOOKS))}
    for shots in read_shards(data, held_out=held_out):
        for index, look in enumerate(shots.looks):
            queues[int(look)].append((shots, index))
        if sum(map(len, queues.values())) >= 3 * count:
            break
    chosen: list[tuple[Shots, int]] = []
    while len(chosen) < count and any(queues.values()):
        for queue in queues.values():
            chosen += [queue.pop(0)] if queue and len(chosen) < count else []
    if not chosen:
        raise DataError(f"{data} has no finished shard yet; run: emopic data faces")
    return list(enumerate(chosen))


def _annotated(shots: Shots, index: int) -> Rgb:
    picture = shots.wide_pictures[index, 0].copy()
    size = len(picture)
    for x, y in shots.wide_landmarks[index, 0] * size:
        cv2.circle(picture, (int(x), int(y)), 0, GREEN, -1)
    left, top, right, bottom = (int(value * size) for value in shots.wide_boxes[index, 0])
    cv2.rectangle(picture, (left, top), (right, bottom), RED, 1)
    alpha = np.repeat(shots.wide_alpha[index, 0][..., None], 3, -1)
    return np.concatenate([picture, alpha], 1)


def _flow_row(shots: Shots, index: int) -> Rgb:
    rest = shots.pictures[index, NEUTRAL]
    parts = [rest]
    for shot in (0, 5, 8):
        valid = cv2.resize(shots.to_rest[index, shot, ..., 2].astype(np.float32), rest.shape[:2])
        mask = np.repeat((valid * 255).astype(np.uint8)[..., None], 3, -1)
        moved = fetched(rest, shots.to_rest[index, shot])
        parts += [shots.pictures[index, shot], moved, mask]
    return np.concatenate(parts, 1)


def fetched(picture: Rgb, flow: NDArray[np.float16]) -> Rgb:
    """The picture [N, N, 3] moved along a stored flow [64, 64, 3] of any validity."""
    size = len(picture)
    offset = cv2.resize(flow[..., :2].astype(np.float32), (size, size))
    grid = np.stack(np.meshgrid(np.arange(size), np.arange(size)), -1)
    place = (grid + offset * size).astype(np.float32)
    moved = cv2.remap(
        picture, place[..., 0], place[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, np.uint8)
