"""What is cleaned out and why: one rule each, the first that applies is counted.

The rules of labels come first, for they need no picture.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .labels import UNKNOWN, Box, FaceRecord

RULES: Final[dict[str, str]] = {
    "annotators": "no two annotators named the same expression",
    "ambiguous": "too few of the four agree on the expression, or one could not tell",
    "removed": "an expression that is left out (상처)",
    "boxes": "no two annotators drew the same box",
    "unreadable": "the picture cannot be read",
    "small": "the face is too small",
    "no_face": "no face inside the box: a banner, a sign, the back of a head",
    "light": "the light is too strong",
    "half_shadow": "half of the face lies in shadow",
}
LABEL_RULES: Final = ("annotators", "ambiguous", "removed", "boxes")
TO_EMOTION: Final[dict[str, str]] = {
    "기쁨": "joy",
    "분노": "anger",
    "불안": "anxiety",
    "중립": "neutral",
    "슬픔": "sadness",
    "당황": "surprise",
}
"""As in the original project: 당황 is shown as 놀람, 상처 is left out."""

OVERLAP: Final = 0.5  # intersection over union from which two boxes are the same


@dataclass(frozen=True)
class Limits:
    """From where on a rule applies.

    `agreement` of the four opinions (three annotators, the uploader) must name one expression. A
    face needs `side` pixels. Light: `bright` is the share of its pixels that may be blown out,
    `contrast` by how much of the lighter half's brightness the darker half may lack.
    """

    agreement: int = 3
    side: int = 64
    bright: float = 0.15
    contrast: float = 0.5


@dataclass(frozen=True)
class LabelVerdict:
    """The rule that left a record out, or None; what it shows in Korean; its box where agreed."""

    rule: str | None
    label: str
    box: Box | None


def judge_labels(record: FaceRecord, limits: Limits, off: frozenset[str]) -> LabelVerdict:
    """Apply the rules of labels, those in `off` excepted. Without agreement the uploader counts."""
    votes = [vote for vote in record.votes if vote and vote != UNKNOWN]
    seen = Counter(votes).most_common(1)
    voices = Counter([*votes, record.uploader])
    best = max(voices.values())
    leaders = [label for label, count in voices.items() if count == best]
    label = record.uploader if record.uploader in leaders else leaders[0]
    box = agreed_box(record.boxes)
    applies = {
        "annotators": not seen or seen[0][1] < 2,
        "ambiguous": best < limits.agreement or UNKNOWN in record.votes,
        "removed": label not in TO_EMOTION,
        "boxes": box is None,
    }
    rule = next((name for name in LABEL_RULES if applies[name] and name not in off), None)
    if rule is None and label not in TO_EMOTION:
        rule = "removed"  # there is no folder to put it in, whatever is switched off
    if rule is None and box is None:
        box = next((drawn for drawn in record.boxes if drawn is not None), None)
        rule = "boxes" if box is None else None
    return LabelVerdict(rule, label, box)


def agreed_box(boxes: Sequence[Box | None]) -> Box | None:
    """The mean of the two or three boxes that overlap most, None where no two do."""
    drawn = [box for box in boxes if box is not None]
    middle = np.median(np.array(drawn), axis=0) if len(drawn) > 2 else None
    if middle is not None:
        near = [box for box in drawn if overlap(box, tuple(middle)) >= OVERLAP]
        if len(near) == len(drawn):
            return _mean(near)
    pairs = [(overlap(a, b), a, b) for i, a in enumerate(drawn) for b in drawn[i + 1 :]]
    best = max(pairs, default=None, key=lambda pair: pair[0])
    return _mean(best[1:]) if best is not None and best[0] >= OVERLAP else None


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    common = max(0.0, width) * max(0.0, height)
    return common / (_area(one) + _area(other) - common)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _mean(boxes: Sequence[Box]) -> Box:
    left, top, right, bottom = np.mean(np.array(boxes), axis=0).tolist()
    return left, top, right, bottom


@dataclass(frozen=True)
class Light:
    """Of a face: the share of blown-out pixels, and how much darker its darkest half is."""

    blown: float
    contrast: float


def measure_light(face: NDArray[np.uint8]) -> Light:
    """Light on the face [H, W, 3] that fills a box, measured within an ellipse of skin.

    Halves are taken left and right and along both diagonals, not above and below: brows and eyes
    make the upper half darker on every face.
    """
    height, width = face.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = (x + 0.5) / width - 0.5, (y + 0.5) / height - 0.55
    inside = (x / 0.36) ** 2 + (y / 0.34) ** 2 < 1
    brightness = face.astype(np.float32).max(-1)[inside]
    blown = float((face.min(-1)[inside] >= 250).mean())
    contrasts = []
    for direction in (x, x + y, x - y):
        along = direction[inside]
        halves = [float(np.median(brightness[side])) for side in (along < 0, along > 0)]
        contrasts.append(1 - min(halves) / max(1.0, *halves))
    return Light(blown, max(contrasts))


def judge_light(light: Light, limits: Limits, off: frozenset[str]) -> str | None:
    """The rule of light that applies, or None."""
    if light.blown > limits.bright and "light" not in off:
        return "light"
    if light.contrast > limits.contrast and "half_shadow" not in off:
        return "half_shadow"
    return None
