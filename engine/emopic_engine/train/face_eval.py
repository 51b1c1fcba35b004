"""How well a `live` model's faces are read: judges on people it has never seen.

Each held-out person's neutral picture is turned into the six full expressions. The judges name
what they see, once for the generated pictures and once for the rendered truth, which is the
ceiling: a judge of photographs does not read every rendered face right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from emopic_engine.backends.base import Backend
from emopic_engine.data.faces.actions import EMOTIONS, NEUTRAL
from emopic_engine.data.faces.dataset import read_shards
from emopic_engine.face.compose import Maps
from emopic_engine.face.crop import network_input
from emopic_engine.face.detector import FaceDetector
from emopic_engine.face.graphs import decoder_graph, encoder_graph

from .face_judge import Box, Judge, Rgb, cut_out, face_box, framed

Pictures = NDArray[np.uint8]


@dataclass(frozen=True)
class Verdict:
    """One judge on one set of pictures. `confusion[i, j]`: emotion i was read as j."""

    judge: str
    pictures: str  # "generated" or "rendered"
    confusion: NDArray[np.int64]

    @property
    def accuracy(self) -> float:
        return float(np.trace(self.confusion) / self.confusion.sum())


@dataclass(frozen=True)
class FaceReport:
    """`people` were judged; `missed` had no face that the detector could find."""

    people: int
    missed: int
    verdicts: tuple[Verdict, ...]
    error: float  # mean absolute difference of generated and rendered pictures, 0 to 1
    error_of_copy: float  # the same for the neutral picture left as it is
    error_to_rest: float  # … of full expressions taken back to neutral
    error_to_rest_of_copy: float  # … and left as they are


class FaceMaker:
    """Applies a `live` model to crops of 128 px, with no picture around them and no feather."""

    def __init__(self, model_dir: Path, backend: Backend) -> None:
        self._encode = backend.compile(encoder_graph(model_dir))
        self._decode = backend.compile(decoder_graph(model_dir))

    def __call__(self, crop: Rgb, expressions: NDArray[np.float32]) -> Pictures:
        """All expressions [K, E] of one crop: uint8 [K, 128, 128, 3]."""
        features = self._encode(network_input(crop))
        repeated = [np.repeat(feature, len(expressions), 0) for feature in features]
        maps = zip(*self._decode(*repeated, expressions), strict=True)
        return np.stack([applied(crop, Maps(*parts)) for parts in maps])


def applied(crop: Rgb, maps: Maps) -> Rgb:
    """Flow, mask and colour on the crop itself."""
    side = crop.shape[0]
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1)
    places = (grid + maps.flow.transpose(1, 2, 0) * side).astype(np.float32)
    moved = cv2.remap(
        crop, places[..., 0], places[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    colour = maps.colour.transpose(1, 2, 0) * 127.5 + 127.5
    mask = maps.mask[0][..., None]
    blended: Rgb = np.clip(moved * (1 - mask) + colour * mask + 0.5, 0, 255).astype(np.uint8)
    return blended


def held_out_people(data: Path) -> Pictures:
    """Full expressions of the held-out people, uint8 [P, 6, 128, 128, 3]."""
    shards = [shard.pictures[:, : len(EMOTIONS)] for shard in read_shards(data, held_out=True)]
    return np.concatenate(shards)


def evaluate_faces(
    people: Pictures, make: FaceMaker, detector: FaceDetector, judges: Sequence[Judge]
) -> FaceReport:
    """Judge generated and rendered pictures alike, each in the box of the person's neutral one."""
    full = np.eye(len(EMOTIONS), dtype=np.float32)
    made = np.stack([make(person[NEUTRAL], full) for person in people])
    boxes = [face_box(detector, framed(person[NEUTRAL])) for person in people]
    verdicts = [
        Verdict(judge.name, name, confusion(judge, pictures, boxes))
        for judge in judges
        for name, pictures in (("rendered", people), ("generated", made))
    ]
    moving = np.delete(np.arange(len(EMOTIONS)), NEUTRAL)
    rested = np.stack(
        [
            [make(person[source], full[NEUTRAL : NEUTRAL + 1])[0] for source in moving]
            for person in people
        ]
    )
    at_rest = people[:, NEUTRAL : NEUTRAL + 1]
    return FaceReport(
        people=sum(box is not None for box in boxes),
        missed=sum(box is None for box in boxes),
        verdicts=tuple(verdicts),
        error=_difference(made, people),
        error_of_copy=_difference(at_rest, people),
        error_to_rest=_difference(rested, at_rest),
        error_to_rest_of_copy=_difference(people[:, moving], at_rest),
    )


def confusion(judge: Judge, pictures: Pictures, boxes: Sequence[Box | None]) -> NDArray[np.int64]:
    """Counts [6, 6] over everybody whose face was found."""
    table = np.zeros((len(EMOTIONS), len(EMOTIONS)), np.int64)
    for person, box in zip(pictures, boxes, strict=True):
        if box is not None:
            seen = judge([cut_out(framed(picture), box) for picture in person])
            np.add.at(table, (np.arange(len(EMOTIONS)), seen), 1)
    return table


def sheet(people: Pictures, make: FaceMaker, rows: Sequence[int], scale: float = 1.0) -> Rgb:
    """Two rows a person: the source with six generated expressions, then with the rendered ones."""
    full = np.eye(len(EMOTIONS), dtype=np.float32)
    lines = []
    for row in rows:
        source = people[row, NEUTRAL]
        lines.append(np.concatenate([source, *make(source, full)], 1))
        lines.append(np.concatenate([source, *people[row]], 1))
    picture = np.concatenate(lines)
    return np.asarray(
        cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8
    )


def _difference(a: Pictures, b: Pictures) -> float:
    return float(np.abs(a.astype(np.float32) - b).mean() / 255)
