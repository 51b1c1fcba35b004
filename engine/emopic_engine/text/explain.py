"""Which words moved a line's score: occlusion (Zeiler and Fergus 2014; Li et al. 2016).

Each part of the line is left out once, and the loss of the answer's probability is what the part
gave. Parts are words; a line without spaces is taken apart into the tokenizer's pieces. Losses need
not sum to anything: words that say the same thing each seem to give little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emopic_engine.errors import LineError
from emopic_engine.text.model import Scores, TextModel
from emopic_engine.text.normalize import normalize


@dataclass(frozen=True, eq=False)
class Part:
    """A part of the line, and how far it moved each emotion.

    `moved` float32 [K] in [-1, 1]: the score with it minus the score without it.
    """

    text: str
    moved: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Explanation:
    """A line's scores, and its parts in order. `joiner` between the parts gives the line."""

    line: str
    scores: Scores
    parts: tuple[Part, ...]
    joiner: str


def explain(model: TextModel, line: str) -> Explanation:
    """Leave out every part once, in one batch. Raises `LineError` for a line without an answer.

    The only part of a line is compared with knowing nothing: every emotion alike.
    """
    text = normalize(line)
    joiner = " " if " " in text else ""
    parts = text.split() if joiner else _pieces(model, text)
    without = [joiner.join(_others(parts, place)) for place in range(len(parts))]
    whole, *rest = model.classify([text, *without])
    if isinstance(whole, LineError):
        raise whole
    nothing = np.full(len(whole.values), 1 / len(whole.values), np.float32)
    moved = [
        whole.values - (answer.values if isinstance(answer, Scores) else nothing) for answer in rest
    ]
    found = tuple(Part(part, change) for part, change in zip(parts, moved, strict=True))
    return Explanation(text, whole, found, joiner)


def _others(parts: Sequence[str], place: int) -> list[str]:
    return [*parts[:place], *parts[place + 1 :]]


def _pieces(model: TextModel, text: str) -> list[str]:
    """The text's pieces as they stand in it.

    The tokenizer's own normal form may differ from the text (`…` and `...`); then characters are
    the parts, so that nothing is shown that nobody wrote.
    """
    pieces = [piece.replace("▁", "") for piece in model.tokenizer.pieces(text)]
    pieces = [piece for piece in pieces if piece]
    return pieces if "".join(pieces) == text else list(text)
