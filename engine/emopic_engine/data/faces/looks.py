"""How pictures are drawn: realistic, flat, cel-shaded with lines, in pixels, painted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

import numpy as np

Finish = Literal["none", "pixels", "paint"]
LOOKS = ("soft", "flat", "cel", "pixel", "paint")
ODDS = (0.40, 0.12, 0.28, 0.08, 0.12)


class Style(IntEnum):
    """How the shader lights a surface."""

    SOFT = 0
    FLAT = 1
    CEL = 2


@dataclass(frozen=True)
class Look:
    """One way to draw; all pictures of a person have the same."""

    name: str = "soft"
    style: Style = Style.SOFT
    detail: float = 1.0  # of skin and hair
    lines: float = 0.0  # width of outlines in pixels of a 128 px picture
    ink: float = 0.3  # how bright lines are: 0 black
    shade: tuple[float, float, float] = (0.75, 0.68, 0.78)  # what cel shade multiplies
    iris: float = 1.0  # size
    drawn_eyes: float = 0.0  # 1: large shaded irises with two lights
    grid: int = 0  # pixels across, for the pixel look
    levels: int = 0  # colour steps a channel
    stroke: float = 0.0  # size of brush strokes in pixels of a 128 px picture
    seed: int = 0

    @property
    def index(self) -> int:
        """The place of the look in `LOOKS`, as stored in data sets."""
        return LOOKS.index(self.name)

    @property
    def drawn(self) -> bool:
        """Whether people are drawn with lines rather than lit."""
        return self.style is not Style.SOFT


SOFT = Look()


def sample_look(rng: np.random.Generator) -> Look:
    """A random look."""
    name = LOOKS[rng.choice(len(LOOKS), p=ODDS)]
    seed = int(rng.integers(1 << 30))
    match name:
        case "flat":
            lines = float(rng.choice((0.0, 0.8, 1.1)))
            eyes = float(rng.random() < 0.4)
            return Look(name, Style.FLAT, 0.0, lines, _ink(rng), _shade(rng), 1 + 0.25 * eyes, eyes)
        case "cel":
            lines = float(rng.uniform(0.6, 1.4))
            iris = float(rng.uniform(1.15, 1.5))
            return Look(
                name,
                Style.CEL,
                float(rng.uniform(0, 0.3)),
                lines,
                _ink(rng),
                _shade(rng),
                iris,
                1.0,
            )
        case "pixel":
            drawn = bool(rng.random() < 0.65)
            return Look(
                name,
                Style.CEL if drawn else Style.SOFT,
                detail=0.2 if drawn else 0.6,
                lines=1.5 if drawn else 0.0,
                ink=_ink(rng),
                shade=_shade(rng),
                iris=1.3 if drawn else 1.0,
                drawn_eyes=float(drawn),
                grid=int(rng.choice((48, 56, 64, 80))),
                levels=int(rng.choice((6, 8, 12))),
            )
        case "paint":
            drawn = bool(rng.random() < 0.3)
            return Look(
                name,
                Style.CEL if drawn else Style.SOFT,
                detail=0.5,
                lines=0.7 if drawn else 0.0,
                shade=_shade(rng),
                iris=1.2 if drawn else 1.0,
                drawn_eyes=float(drawn),
                stroke=float(rng.uniform(1.2, 2.8)),
                seed=seed,
            )
        case _:
            return Look(detail=float(rng.uniform(0.3, 1.0)))


def _ink(rng: np.random.Generator) -> float:
    return float(rng.choice((0.08, 0.3, 0.45)))


def _shade(rng: np.random.Generator) -> tuple[float, float, float]:
    dark, warm = rng.uniform(0.62, 0.86), rng.uniform(-0.08, 0.06)
    return float(dark + 0.04 + warm), float(dark - 0.05), float(dark + 0.06 - warm)
