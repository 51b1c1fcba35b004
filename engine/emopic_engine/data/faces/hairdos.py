"""Hair built of locks: what styles there are, and how a style is sampled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Fringe = Literal["none", "straight", "curtain", "swept", "spiky", "wispy", "slick"]
Tied = Literal["none", "pony", "side", "twins", "bun", "buns"]
FRINGES: tuple[Fringe, ...] = ("none", "straight", "curtain", "swept", "spiky", "wispy", "slick")


@dataclass(frozen=True)
class Hairdo:
    """A hair style. Lengths are decimetres; heights are those of the resting head."""

    fringe: Fringe = "none"
    fringe_down: float = 10.0  # degrees over the upper lids at which the fringe ends
    ends: float | None = None  # height at which the locks at sides and back end
    cover: float = 60.0  # azimuth in degrees from which side locks hang
    tied: Tied = "none"
    strands: bool = False  # two locks that frame the face
    spikes: int = 0
    width: float = 0.14
    lift: float = 0.05
    wave: float = 0.0
    curl: float = 0.0
    taper: float = 0.6  # 0 blunt ends, 1 pointed
    flare: float = 0.1
    parting: float = 0.0  # degrees


PLAIN = Hairdo()


def sample_hairdo(rng: np.random.Generator, man: bool, drawn: bool) -> Hairdo:
    """A random style; `drawn` people wear fuller, more pointed locks."""
    waves = float(rng.uniform(0.02, 0.09)) if rng.random() < 0.4 else 0.0
    return Hairdo(
        fringe=FRINGES[rng.choice(7, p=_fringe_odds(man, drawn))],
        fringe_down=float(rng.uniform(4, 20)),
        ends=_ends(rng, man),
        cover=float(rng.uniform(42, 80)),
        tied=_tied(rng, man),
        strands=bool(rng.random() < (0.45 if drawn else 0.12)),
        spikes=int(rng.integers(24, 60)) if rng.random() < (0.3 if man else 0.06) else 0,
        width=float(rng.uniform(0.16, 0.3) if drawn else rng.uniform(0.08, 0.2)),
        lift=float(rng.uniform(0.03, 0.16)),
        wave=waves,
        curl=waves * float(rng.random() < 0.4),
        taper=float(rng.uniform(0.6, 1.0) if drawn else rng.uniform(0.2, 0.9)),
        flare=float(rng.uniform(-0.05, 0.35)),
        parting=float(rng.normal() * 18),
    )


def _fringe_odds(man: bool, drawn: bool) -> tuple[float, ...]:
    if drawn:
        return (0.04, 0.16, 0.18, 0.2, 0.3, 0.08, 0.04)
    if man:
        return (0.2, 0.12, 0.16, 0.2, 0.08, 0.08, 0.16)
    return (0.12, 0.22, 0.24, 0.2, 0.02, 0.12, 0.08)


def _ends(rng: np.random.Generator, man: bool) -> float | None:
    """Ears 7.2, jaw 6.5, shoulders 5.5."""
    if rng.random() < (0.55 if man else 0.12):
        return None
    return float(
        rng.uniform(6.3, 7.3) if man else rng.choice((6.9, 6.4, 5.6, 4.4)) + rng.normal() * 0.2
    )


def _tied(rng: np.random.Generator, man: bool) -> Tied:
    kinds: tuple[Tied, ...] = ("none", "pony", "side", "twins", "bun", "buns")
    odds = (0.93, 0.03, 0, 0, 0.04, 0) if man else (0.6, 0.11, 0.06, 0.11, 0.07, 0.05)
    return kinds[rng.choice(6, p=odds)]
