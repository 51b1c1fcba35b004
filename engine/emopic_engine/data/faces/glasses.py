"""Glasses, fitted to the eyes of a head."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .head import Floats
from .shapes import Prop, Stuff, joined, polyline, surface, tube

SIDES = 28


@dataclass(frozen=True)
class Glasses:
    """Frames; `power` is the superellipse's exponent (2 round, 5 square)."""

    across: float = 0.24  # half width of a lens, decimetres
    tall: float = 0.18
    power: float = 2.5
    cat: float = 0.0  # how far the outer corner goes up
    thickness: float = 0.016
    colour: tuple[float, float, float] = (0.1, 0.1, 0.1)
    tint: tuple[float, float, float] = (0.9, 0.95, 1.0)
    metal: bool = False
    low: float = 0.0  # how far they slide down the nose


def sample_glasses(rng: np.random.Generator) -> Glasses:
    """A random pair, big and small, thick and thin."""
    across = rng.uniform(0.19, 0.28)
    metal = bool(rng.random() < 0.4)
    dark = rng.random() < 0.55
    colour = rng.uniform(0.03, 0.2, 3) if dark else rng.uniform(0.2, 0.9, 3)
    if metal:
        colour = np.array((0.75, 0.7, 0.6)) * rng.uniform(0.6, 1.1) + rng.normal(size=3) * 0.05
    tint = rng.uniform(0.5, 1.0, 3) if rng.random() < 0.2 else np.array((0.9, 0.95, 1.0))
    return Glasses(
        across=float(across),
        tall=float(across * rng.uniform(0.6, 1.0)),
        power=float(rng.choice((2.0, 2.5, 3.5, 5.0))),
        cat=float(rng.uniform(0.02, 0.08) * (rng.random() < 0.25)),
        thickness=float(rng.uniform(0.008, 0.014) if metal else rng.uniform(0.014, 0.032)),
        colour=_triple(np.clip(colour, 0, 1)),
        tint=_triple(tint),
        metal=metal,
        low=float(rng.uniform(0, 0.05)),
    )


def glasses_props(glasses: Glasses, eyes: Floats, skin: Floats, scale: float) -> Prop:
    """Rims, bridge, temples and lenses before the eyes [2, 3] (right one first).

    `scale` widens them for drawn people with large eyes; `skin` [N, 3] says how far out they sit.
    """
    stuff = Stuff.SHINY if glasses.metal else Stuff.CLOTH
    nose = skin[(np.abs(skin[:, 0]) < 0.05) & (np.abs(skin[:, 1] - eyes[0, 1]) < 0.12)]
    front = max(float(eyes[:, 2].mean()) + 0.26, float(nose[:, 2].max()) + 0.01)
    temples = skin[(np.abs(skin[:, 1] - eyes[0, 1] - 0.12) < 0.12) & (skin[:, 2] > 0.65)]
    wide = float(np.abs(temples[:, 0]).max()) + 0.03
    parts: list[Prop] = []
    rims = [_rim(glasses, eye, front, scale) for eye in eyes]
    for side, rim, eye in zip((-1, 1), rims, eyes, strict=True):
        parts.append(surface(tube(rim, glasses.thickness), glasses.colour, stuff, 0.1))
        outer = rim[np.argmax(rim[:, 0] * side)]
        ear = np.array((side * wide, eye[1] + 0.06, 0.4))
        hinge = abs(float(outer[0])) + 0.02
        ear[0] = side * max(hinge, wide)
        corner = np.array((side * hinge, outer[1] + 0.03, outer[2] - 0.06))
        temple = polyline([outer, corner, ear], 7)
        parts.append(surface(tube(temple, glasses.thickness), glasses.colour, stuff, 0.12))
    inner = [rim[np.argmin(np.abs(rim[:, 0]) - rim[:, 1] * 0.2)] for rim in rims]
    middle = (inner[0] + inner[1]) / 2 + (0, 0.02, 0.03)
    bridge = polyline([inner[0], middle, inner[1]], 7)
    parts.append(surface(tube(bridge, glasses.thickness), glasses.colour, stuff, 0.14))
    parts += [_lens(rim, glasses) for rim in rims]
    return joined(parts)


def _rim(glasses: Glasses, eye: Floats, front: float, scale: float) -> Floats:
    turn = np.linspace(0, 2 * np.pi, SIDES + 1)
    c, s = np.cos(turn), np.sin(turn)
    power = 2 / glasses.power
    x = np.sign(c) * np.abs(c) ** power * glasses.across * scale
    y = np.sign(s) * np.abs(s) ** power * glasses.tall * scale
    outward = np.sign(eye[0])
    y = y + glasses.cat * np.clip(x * outward / glasses.across, 0, 1) * (s > 0)
    x = x + eye[0] * 1.06
    z = front - 0.22 * x * x
    points: Floats = np.stack([x, eye[1] - 0.01 - glasses.low + y, z], 1).astype(np.float32)
    return points


def _lens(rim: Floats, glasses: Glasses) -> Prop:
    middle = rim.mean(0)
    rings = middle + (rim - middle)[None] * np.linspace(0.02, 0.98, 4)[:, None, None]
    return surface(rings.astype(np.float32), glasses.tint, Stuff.GLASS, 0.16)


def _triple(colour: ArrayLike) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in np.asarray(colour))
    return red, green, blue
