"""What people wear on their heads and faces: hair styles, glasses, hats, beards, make-up."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from .glasses import Glasses, sample_glasses
from .hairdos import PLAIN as PLAIN_HAIR
from .hairdos import Hairdo, sample_hairdo
from .head import Floats
from .headwear import Headwear, sample_headwear


class Mark(IntEnum):
    """What is painted on a cheek; the shader switches on the number."""

    NONE = 0
    MOLE = 1
    STRIPES = 2
    BLUSH = 3  # ovals as comics draw them
    SCAR = 4


@dataclass(frozen=True)
class MakeUp:
    """Colours are sRGB in [0, 1]; strengths from 0 to 1."""

    shadow: tuple[float, float, float] = (0.5, 0.3, 0.4)
    shadow_strength: float = 0.0
    liner: float = 0.0
    mark: Mark = Mark.NONE
    mark_colour: tuple[float, float, float] = (0.3, 0.15, 0.1)
    mark_place: tuple[float, float, float] = (0.4, 6.85, 0.03)  # x, y, size in decimetres


@dataclass(frozen=True)
class Dress:
    """Everything that is not the head itself."""

    hairdo: Hairdo = PLAIN_HAIR
    shell: float | None = None  # thickness of the hair on the scalp; None: by the hair style
    curls: float = 0.0  # roughness of that hair
    tips: Floats | None = None  # colour of hair ends, where it differs
    glasses: Glasses | None = None
    headwear: Headwear | None = None
    earring: float = 0.0  # radius in decimetres
    earring_colour: tuple[float, float, float] = (0.8, 0.7, 0.4)
    beard_parts: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)  # cheeks chin lip sides
    beard_shell: float = 0.0  # thickness
    makeup: MakeUp = MakeUp()
    seed: int = 0


PLAIN = Dress()
BEARDS = (
    (1.0, 1.0, 1.0, 1.0),
    (0.0, 1.0, 1.0, 0.0),
    (0.0, 1.0, 0.0, 0.0),
    (0.0, 0.0, 1.0, 0.0),
    (0.0, 0.0, 1.0, 1.0),
    (1.0, 1.0, 0.0, 1.0),
)


def sample_dress(
    rng: np.random.Generator, *, man: bool, child: bool, old: bool, bearded: bool, drawn: bool,
    bald: bool, hair: Floats,
) -> Dress:  # fmt: skip
    """Random things that go together."""
    item = sample_headwear(rng, drawn, hair) if rng.random() < (0.34 if drawn else 0.24) else None
    hairdo = PLAIN_HAIR if bald else sample_hairdo(rng, man, drawn)
    tips = np.clip(rng.uniform(0, 1, 3), 0, 1).astype(np.float32) if rng.random() < 0.08 else None
    shell, curls = _shell(rng, hairdo, item is not None and item.covers, drawn)
    thick = bearded and rng.random() < 0.5
    return Dress(
        hairdo=hairdo,
        shell=0.0 if bald else shell,
        curls=curls,
        tips=tips,
        glasses=sample_glasses(rng) if rng.random() < (0.34 if old else 0.22) else None,
        headwear=item,
        earring=float(rng.uniform(0.025, 0.06) * (rng.random() < (0.06 if man else 0.3))),
        beard_parts=BEARDS[rng.integers(len(BEARDS))],
        beard_shell=float(rng.uniform(0.04, 0.16)) if thick else 0.0,
        makeup=_makeup(rng, man, child, drawn),
        seed=int(rng.integers(1 << 30)),
    )


def _shell(rng: np.random.Generator, do: Hairdo, hat: bool, drawn: bool) -> tuple[float, float]:
    """Thickness and roughness of the hair on the scalp."""
    if hat:
        return 0.04, 0.0
    locks = do.ends is not None or do.fringe != "none" or do.spikes
    if locks:
        return float(rng.uniform(0.03, 0.06)), 0.0
    if drawn or rng.random() < 0.6:
        return float(rng.uniform(0.015, 0.16)), float(rng.uniform(0, 0.4))
    return float(rng.uniform(0.2, 0.45)), float(rng.uniform(0.6, 1.0))  # full, curly


def _makeup(rng: np.random.Generator, man: bool, child: bool, drawn: bool) -> MakeUp:
    worn = not man and not child and rng.random() < 0.55
    mark = Mark.NONE
    if rng.random() < (0.5 if drawn else 0.2):
        mark = Mark(
            rng.choice(
                (1, 2, 3, 4), p=(0.2, 0.15, 0.55, 0.1) if drawn else (0.75, 0.08, 0.05, 0.12)
            )
        )
    return MakeUp(
        shadow=_shadow_colour(rng),
        shadow_strength=float(rng.uniform(0.2, 0.8)) if worn else 0.0,
        liner=float(rng.uniform(0.3, 1.0)) if worn or (drawn and rng.random() < 0.5) else 0.0,
        mark=mark,
        mark_colour=_mark_colour(rng, mark),
        mark_place=_mark_place(rng, mark),
    )


def _shadow_colour(rng: np.random.Generator) -> tuple[float, float, float]:
    colours = (
        (0.45, 0.28, 0.25),
        (0.55, 0.25, 0.4),
        (0.3, 0.3, 0.5),
        (0.25, 0.22, 0.22),
        (0.6, 0.4, 0.3),
    )
    return colours[rng.integers(len(colours))]


def _mark_colour(rng: np.random.Generator, mark: Mark) -> tuple[float, float, float]:
    match mark:
        case Mark.STRIPES:
            red, green, blue = (float(value) for value in rng.uniform(0.05, 0.95, 3))
            return red, green, blue
        case Mark.BLUSH:
            return (0.95, 0.45, 0.42)
        case Mark.SCAR:
            return (0.72, 0.42, 0.38)
        case _:
            return (0.25, 0.13, 0.1)


def _mark_place(rng: np.random.Generator, mark: Mark) -> tuple[float, float, float]:
    side = float(rng.choice((-1, 1)))
    match mark:
        case Mark.BLUSH:
            return 0.45, float(rng.uniform(6.88, 6.98)), float(rng.uniform(0.1, 0.16))
        case Mark.STRIPES:
            return 0.45, float(rng.uniform(6.8, 6.95)), float(rng.uniform(0.02, 0.04))
        case Mark.SCAR:
            return side * float(rng.uniform(0.3, 0.5)), float(rng.uniform(6.7, 7.1)), 0.014
        case _:
            place = (0.28, 6.95), (0.5, 6.9), (0.22, 6.6), (0.4, 6.7), (0.3, 7.6)
            x, y = place[rng.integers(len(place))]
            return side * x, y, float(rng.uniform(0.014, 0.026))
