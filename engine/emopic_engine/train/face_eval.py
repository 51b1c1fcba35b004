"""How well a `live` model's faces are read: judges on people it has never seen.

Each held-out person's pictures are turned into the six full expressions, from rest and from every
other expression. The judges name what they see, once for the generated pictures and once for the
rendered truth, which is the ceiling: a judge of photographs does not read every rendered face
right. Every picture is judged in the box that the detector finds in the person's neutral one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from emopic_engine.data.faces.actions import EMOTIONS, NEUTRAL
from emopic_engine.emotions import EXTRA_CHANNELS
from emopic_engine.face.detector import FaceDetector

from .face_held_out import HeldOut
from .face_judge import Box, Judge, Scores, cut_out, face_box, framed
from .face_maker import FaceMaker, Pictures, one_hots
from .face_measures import difference, edge_difference, jump, rank_correlation, transition

MOVING = tuple(emotion for emotion in EMOTIONS if emotion != "neutral")
STRENGTHS = tuple(float(value) for value in np.linspace(0, 1, 9))
COUNT = len(EMOTIONS)


@dataclass(frozen=True)
class Verdict:
    """One judge on one set of pictures. `confusion[look][i, j]`: emotion i was read as j."""

    judge: str
    pictures: str  # "rendered", "generated" or "from other expressions"
    by_look: dict[str, NDArray[np.int64]]

    @property
    def confusion(self) -> NDArray[np.int64]:
        """Over all looks."""
        return np.asarray(sum(self.by_look.values()), np.int64)

    @property
    def accuracy(self) -> float:
        return accuracy(self.confusion)


@dataclass(frozen=True)
class Strength:
    """How a judge's score for one emotion follows the strength asked for."""

    judge: str
    emotion: str
    curve: tuple[float, ...]  # mean score at each of `STRENGTHS`
    correlation: float  # rank correlation of that curve with strength
    of_people: float  # median over the people of each one's own


@dataclass(frozen=True)
class Errors:
    """Mean absolute differences from the rendered truth, of the range; `copy` is what leaving the
    source unchanged would cost. Edges: the same for slopes."""

    pixels: float
    pixels_of_copy: float
    edges: float
    edges_of_copy: float


@dataclass(frozen=True)
class FaceReport:
    """`people` were judged; `missed` had no face that the detector could find, by look."""

    people: dict[str, int]
    missed: dict[str, int]
    verdicts: tuple[Verdict, ...]
    strengths: tuple[Strength, ...]
    from_rest: Errors
    from_others: Errors  # full expressions turned into each other and back to rest
    lively: dict[str, Errors]  # by extra channel, where the model has it
    jumps: dict[str, float]  # worst over the people, by target emotion
    outside: int  # largest difference, 0 to 255, where nothing may change


def accuracy(confusion: NDArray[np.int64]) -> float:
    """The share on the diagonal; 0 for an empty table."""
    return float(np.trace(confusion) / max(1, confusion.sum()))


def evaluate_faces(
    held_out: HeldOut,
    make: FaceMaker,
    detector: FaceDetector,
    judges: Sequence[Judge],
    outside: int = 0,
) -> FaceReport:
    """Judge generated and rendered pictures alike. `outside` is measured by the caller."""
    boxes = [face_box(detector, framed(person[NEUTRAL])) for person in held_out.full]
    full = one_hots(make.channels, EMOTIONS)
    made = np.stack([make(person[NEUTRAL], full) for person in track(held_out.full, "From rest")])
    others = _from_others(held_out, make)
    truth_of_others = np.stack([held_out.full] * len(MOVING), 1)
    sets = {"rendered": held_out.full, "generated": made}
    found = [box is not None for box in boxes]
    return FaceReport(
        people=_counted(held_out.looks, found),
        missed=_counted(held_out.looks, [not f for f in found]),
        verdicts=tuple(_verdicts(held_out, judges, boxes, sets, others)),
        strengths=tuple(_strengths(held_out, make, judges, boxes)),
        from_rest=_errors(made, held_out.full, held_out.full[:, NEUTRAL : NEUTRAL + 1]),
        from_others=_errors(others, truth_of_others, _sources(held_out)),
        lively=_lively_errors(held_out, make),
        jumps=_jumps(held_out, make),
        outside=outside,
    )


def judged(judge: Judge, pictures: Pictures, box: Box) -> Scores:
    """A judge's scores [K, 6] for pictures of one person."""
    return judge([cut_out(framed(picture), box) for picture in pictures])


def confusion(judge: Judge, pictures: Pictures, boxes: Sequence[Box | None]) -> NDArray[np.int64]:
    """Counts [6, 6] over everybody whose face was found; the six expressions of each person may
    come several times over."""
    table = np.zeros((COUNT, COUNT), np.int64)
    for person, box in zip(pictures, boxes, strict=True):
        if box is not None:
            seen = judged(judge, person, box).argmax(1)
            np.add.at(table, (np.arange(len(seen)) % COUNT, seen), 1)
    return table


def _verdicts(
    held_out: HeldOut,
    judges: Sequence[Judge],
    boxes: Sequence[Box | None],
    sets: dict[str, Pictures],
    others: Pictures,
) -> list[Verdict]:
    flat = others.reshape(len(others), -1, *others.shape[3:])
    looks = dict.fromkeys(held_out.looks)
    verdicts = []
    for judge in judges:
        for name, pictures in {**sets, "from other expressions": flat}.items():
            tables = {}
            for look in looks:
                rows = [row for row, own in enumerate(held_out.looks) if own == look]
                tables[look] = confusion(judge, pictures[rows], [boxes[row] for row in rows])
            verdicts.append(Verdict(judge.name, name, tables))
    return verdicts


def _from_others(held_out: HeldOut, make: FaceMaker) -> Pictures:
    """[P, 5, 6, S, S, 3]: from each expression but neutral to all six."""
    full = one_hots(make.channels, EMOTIONS)
    columns = [EMOTIONS.index(name) for name in MOVING]
    return np.stack(
        [
            np.stack([make(person[column], full) for column in columns])
            for person in track(held_out.full, "From other expressions")
        ]
    )


def _sources(held_out: HeldOut) -> Pictures:
    """The pictures behind `_from_others`, [P, 5, 1, S, S, 3]."""
    return np.delete(held_out.full, NEUTRAL, 1)[:, :, None]


def _errors(made: Pictures, truth: Pictures, sources: Pictures) -> Errors:
    return Errors(
        pixels=difference(made, truth),
        pixels_of_copy=difference(sources, truth),
        edges=edge_difference(made, truth),
        edges_of_copy=edge_difference(sources, truth),
    )


def _lively_errors(held_out: HeldOut, make: FaceMaker) -> dict[str, Errors]:
    """Lids and jaw: against the rendered pictures in which each moves."""
    errors = {}
    for place, channel in enumerate(EXTRA_CHANNELS, COUNT):
        shown = [item for item in held_out.lively if item.expression[place] > 0.5]
        if channel not in make.channels or not shown:
            continue
        sources = np.stack([held_out.full[item.person, NEUTRAL] for item in shown])
        made = np.stack(
            [
                make(source, item.expression[None, : len(make.channels)])[0]
                for source, item in zip(sources, shown, strict=True)
            ]
        )
        errors[channel] = _errors(made, np.stack([item.picture for item in shown]), sources)
    return errors


def _strengths(
    held_out: HeldOut,
    make: FaceMaker,
    judges: Sequence[Judge],
    boxes: Sequence[Box | None],
) -> list[Strength]:
    rows = np.concatenate([one_hots(make.channels, MOVING, value) for value in STRENGTHS])
    curves: dict[str, list[Scores]] = {judge.name: [] for judge in judges}
    people = zip(held_out.full, boxes, strict=True)
    for person, box in track(people, "Strengths", total=len(held_out)):
        if box is not None:
            pictures = make(person[NEUTRAL], rows)
            for judge in judges:
                scores = judged(judge, pictures, box)
                curves[judge.name].append(scores.reshape(len(STRENGTHS), len(MOVING), COUNT))
    return [
        _strength(name, emotion, np.stack(scores)[:, :, place, EMOTIONS.index(emotion)])
        for name, scores in curves.items()
        if scores
        for place, emotion in enumerate(MOVING)
    ]


def _strength(judge: str, emotion: str, scores: NDArray[np.float32]) -> Strength:
    """From one emotion's scores [P, strengths]."""
    curve = scores.mean(0).astype(np.float64)
    own = [rank_correlation(person.astype(np.float64)) for person in scores]
    means = tuple(round(float(value), 4) for value in curve)
    return Strength(judge, emotion, means, rank_correlation(curve), float(np.median(own)))


def _jumps(held_out: HeldOut, make: FaceMaker) -> dict[str, float]:
    """The worst jump on the way from rest to each expression, over the people."""
    full = one_hots(make.channels, EMOTIONS)
    worst = {}
    for emotion in MOVING:
        rows = transition(full[NEUTRAL], full[EMOTIONS.index(emotion)])
        worst[emotion] = max(jump(make(person[NEUTRAL], rows)) for person in held_out.full)
    return worst


def _counted(looks: Sequence[str], chosen: Sequence[bool]) -> dict[str, int]:
    """How many of each look are chosen; looks without anybody are left out."""
    counts: dict[str, int] = {}
    for look, one in zip(looks, chosen, strict=True):
        if one:
            counts[look] = counts.get(look, 0) + 1
    return counts
