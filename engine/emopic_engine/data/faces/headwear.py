"""Hats, ears, headphones and jewellery, built on a skull."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .head import Floats
from .shapes import Prop, Stuff, ball, joined, surface, tube
from .skull import MIDDLE, Skull, directions

AROUND = np.linspace(-180, 180, 49)
HAT_LIFT = 0.11  # decimetres between the skin and a hat; hair under it is pressed flatter


@dataclass(frozen=True)
class Headwear:
    """One thing on a head. `kind` is a key of `BUILDERS`."""

    kind: str
    colour: tuple[float, float, float]
    second: tuple[float, float, float]
    size: float  # 0 … 1
    edge: float = 26.0  # degrees over the upper lids at the front

    @property
    def covers(self) -> bool:
        """Whether hair is pressed under it."""
        return self.kind in ("cap", "beanie", "brimmed", "witch", "scarf", "hood", "helmet")


def sample_headwear(rng: np.random.Generator, drawn: bool, hair: Floats) -> Headwear:
    """A random thing; drawn people may have the ears of cats."""
    kinds = list(BUILDERS)
    odds = np.array([DRAWN_ODDS[kind] if drawn else ODDS[kind] for kind in kinds])
    kind = kinds[rng.choice(len(kinds), p=odds / odds.sum())]
    colour = np.asarray(rng.uniform(0.05, 0.9, 3))
    if kind == "ears":
        colour = np.asarray(hair, np.float64) if rng.random() < 0.7 else colour
    if kind == "helmet":
        colour = np.full(3, rng.uniform(0.4, 0.7)) * (1, 1, 1.05)
    second = np.clip(colour * rng.uniform(0.4, 0.8) + rng.uniform(0, 0.3, 3), 0, 1)
    return Headwear(
        kind, _triple(colour), _triple(second), float(rng.random()), float(rng.uniform(22, 31))
    )


def headwear_props(item: Headwear, skull: Skull) -> Prop:
    """The thing as triangles."""
    return BUILDERS[item.kind](item, skull)


def pressed(hair: Prop, item: Headwear | None, skull: Skull) -> Prop:
    """Hair with everything above the edge of a hat pushed under it."""
    if item is None or not item.covers or not len(hair.vertices):
        return hair
    local = hair.vertices - MIDDLE
    reach = np.linalg.norm(local, axis=1)
    up = np.degrees(np.arcsin(np.clip(local[:, 1] / reach, -1, 1)))
    around = np.degrees(np.arctan2(local[:, 0], local[:, 2]))
    limit = skull.radius(around, up) + HAT_LIFT - 0.05
    edge = _edge(item, around) - 4
    under = np.where(up > edge, np.minimum(reach, limit), reach)
    moved = MIDDLE + local * (under / reach)[:, None]
    return Prop(**{**vars(hair), "vertices": moved.astype(np.float32)})


def earrings(skin: Floats, size: float, colour: ArrayLike) -> Prop:
    """A ball under each ear lobe."""
    band = skin[np.abs(skin[:, 1] - 7.0) < 0.08]
    parts = []
    for side in (-1, 1):
        lobe = band[np.argmax(band[:, 0] * side)]
        centre = lobe + np.array((side * 0.01, -0.05 - size, 0.02))
        parts.append(surface(ball(centre, size, 7), colour, Stuff.SHINY, 0.2))
    return joined(parts)


def _edge(item: Headwear, around: ArrayLike) -> NDArray[np.float64]:
    """The elevation of a hat's lower edge; it comes down towards the neck."""
    behind = (1 - np.cos(np.radians(np.asarray(around, np.float64)))) / 2
    return item.edge - (item.edge - (-2 if item.kind == "beanie" else 4)) * behind**0.8


def _dome(item: Headwear, skull: Skull, lift: float, stuff: Stuff = Stuff.CLOTH) -> Prop:
    t = np.linspace(0, 1, 12)[:, None]
    up = 90 - (90 - _edge(item, AROUND)[None]) * t
    points = skull.point(AROUND[None], up, lift + 0.06 * np.cos(t * np.pi / 2))
    return surface(points, item.colour, stuff, 0.4)


def _cap(item: Headwear, skull: Skull) -> Prop:
    around = np.linspace(-68, 68, 21)
    t = np.linspace(0, 1, 6)[:, None]
    start = skull.point(around, _edge(item, around) + 2, HAT_LIFT)
    reach = (0.45 + 0.4 * item.size) * np.cos(np.radians(around * 1.3))[None, :, None]
    way = directions(around, np.zeros(21))[None] + np.array((0, -0.16, 0))
    brim = start[None] + way * reach * t[..., None] * 1.0
    top = ball(skull.point(0, 90, HAT_LIFT + 0.06), 0.05, 6)
    return joined(
        [
            _dome(item, skull, HAT_LIFT),
            surface(brim.astype(np.float32), item.second, Stuff.CLOTH, 0.45),
            surface(top, item.second, Stuff.CLOTH, 0.45),
        ]
    )


def _beanie(item: Headwear, skull: Skull) -> Prop:
    t = np.linspace(0, 1, 6)[:, None]
    up = _edge(item, AROUND)[None] - 1 + (13 + 6 * item.size) * t
    ribs = 0.012 * np.cos(np.radians(AROUND * 24))[None]
    fold = skull.point(AROUND[None], up, HAT_LIFT + 0.06 * np.sin(np.pi * t) + 0.02 + ribs)
    parts = [_dome(item, skull, HAT_LIFT), surface(fold, item.second, Stuff.CLOTH, 0.45)]
    if item.size > 0.5:
        parts.append(
            surface(ball(skull.point(0, 85, 0.28), 0.22, 8), item.second, Stuff.CLOTH, 0.5)
        )
    return joined(parts)


def _brim(item: Headwear, skull: Skull, width: float, droop: float) -> Prop:
    t = np.linspace(0, 1, 5)[:, None, None]
    start = skull.point(AROUND, _edge(item, AROUND) + 3, HAT_LIFT)[None]
    way = directions(AROUND, np.zeros(len(AROUND)))[None]
    ring = start + way * width * t + np.array((0, -droop, 0)) * t * t
    return surface(ring.astype(np.float32), item.colour, Stuff.CLOTH, 0.45)


def _band(item: Headwear, skull: Skull) -> Prop:
    t = np.linspace(0, 1, 3)[:, None]
    points = skull.point(AROUND[None], _edge(item, AROUND)[None] + 3 + 7 * t, HAT_LIFT + 0.03)
    return surface(points, item.second, Stuff.CLOTH, 0.55)


def _brimmed(item: Headwear, skull: Skull) -> Prop:
    parts = [_dome(item, skull, HAT_LIFT + 0.02), _band(item, skull)]
    return joined([*parts, _brim(item, skull, 0.35 + 0.5 * item.size, 0.1)])


def _witch(item: Headwear, skull: Skull) -> Prop:
    t = np.linspace(0, 1, 10)[:, None, None]
    base = skull.point(AROUND, _edge(item, AROUND) + 4, HAT_LIFT)[None]
    tip = MIDDLE + np.array((0.25 * (item.size - 0.5), 2.2 + 0.8 * item.size, -0.35))
    middle = MIDDLE + np.array((0, 0.9, -0.05))
    curve = (1 - t) ** 2 * base + 2 * t * (1 - t) * (base * 0.55 + middle * 0.45) + t * t * tip
    cone = surface(curve.astype(np.float32), item.colour, Stuff.CLOTH, 0.4)
    return joined(
        [_dome(item, skull, HAT_LIFT), cone, _band(item, skull), _brim(item, skull, 0.85, 0.12)]
    )


def _cloth(item: Headwear, skull: Skull, lift: float) -> Prop:
    """Cloth over head and sides that hangs to the shoulders and leaves the face free."""
    around = np.linspace(-180, 180, 73)
    beside = np.clip((np.abs(around) - 44) / 16, 0, 1)
    beside = beside * beside * (3 - 2 * beside)
    edge = item.edge - 6 - (item.edge + 4) * beside
    t = np.linspace(0, 1, 10)[:, None]
    over = skull.point(around[None], 90 - (90 - edge[None]) * t, lift)
    last = over[-1:]
    s = np.linspace(0, 1, 8)[1:, None, None]
    out = directions(around, np.zeros(73))[None]
    fall = np.array((0, -1, 0)) * (1.9 * beside)[None, :, None] * s
    inward = out * (-0.22 * np.sin(np.pi * s) + 0.35 * s * s) * beside[None, :, None]
    hanging = last + fall + inward
    points = np.concatenate([over, hanging], 0).astype(np.float32)
    return surface(points, item.colour, Stuff.CLOTH, 0.4)


def _scarf(item: Headwear, skull: Skull) -> Prop:
    turn = np.radians(AROUND)
    ring = np.stack([0.62 * np.sin(turn), 5.95 + 0.1 * np.cos(turn), 0.6 + 0.72 * np.cos(turn)], 1)
    wrap = tube(ring.astype(np.float32), [(0.16, 0.24)] * len(ring), 9)
    return joined([_cloth(item, skull, 0.1), surface(wrap, item.colour, Stuff.CLOTH, 0.42)])


def _hood(item: Headwear, skull: Skull) -> Prop:
    return _cloth(item, skull, 0.2 + 0.1 * item.size)


def _helmet(item: Headwear, skull: Skull) -> Prop:
    t = np.linspace(0, 1, 3)[:, None]
    rim = skull.point(AROUND[None], _edge(item, AROUND)[None] + 6 * t, HAT_LIFT + 0.05)
    dome = _dome(item, skull, HAT_LIFT + 0.02, Stuff.SHINY)
    return joined([dome, surface(rim, item.second, Stuff.SHINY, 0.5)])


def _arc(skull: Skull, lift: float, back: float) -> Floats:
    """A path over the head from ear to ear."""
    t = np.linspace(-1, 1, 25)
    up = 90 - 92 * np.abs(t)
    return skull.point(np.sign(t) * (88 + back * (1 - np.abs(t))), up, lift)


def _headband(item: Headwear, skull: Skull) -> Prop:
    path = _arc(skull, 0.1, -6)
    parts = [surface(tube(path, [(0.1, 0.03)] * len(path)), item.colour, Stuff.CLOTH, 0.4)]
    if item.size > 0.4:
        root = skull.point(52, 52, 0.12)
        for side in (-1, 1):
            lobe = ball(root + np.array((side * 0.17, 0.05, 0.03)), (0.16, 0.11, 0.07), 8)
            parts.append(surface(lobe, item.second, Stuff.CLOTH, 0.45))
        parts.append(
            surface(ball(root + np.array((0, 0.04, 0.06)), 0.065, 7), item.colour, Stuff.CLOTH, 0.5)
        )
    return joined(parts)


def _headphones(item: Headwear, skull: Skull) -> Prop:
    path = _arc(skull, 0.16, 0)
    parts = [surface(tube(path, [(0.07, 0.045)] * len(path)), item.colour, Stuff.SHINY, 0.4)]
    for side in (-1, 1):
        ear = skull.point(side * 92.0, -12.0, 0.06)
        parts.append(surface(ball(ear, (0.13, 0.29, 0.25), 10), item.second, Stuff.CLOTH, 0.45))
        cup = ball(ear + np.array((side * 0.08, 0, 0)), (0.1, 0.22, 0.2), 10)
        parts.append(surface(cup, item.colour, Stuff.SHINY, 0.5))
    return joined(parts)


def _ears(item: Headwear, skull: Skull) -> Prop:
    """A cat's ears."""
    parts = []
    t = np.linspace(0, 1, 7)[:, None]
    turn = np.radians(np.linspace(0, 360, 17))[None]
    for side in (-1, 1):
        root = skull.point(side * 52.0, 56.0, -0.02)
        height = 0.45 + 0.3 * item.size
        taper = (1 - t**1.3) * (1 + 0.3 * t)
        tip = np.array((side * 0.16, height, -0.02))
        for scale, forward, colour in ((1.0, 0.0, item.colour), (0.66, 0.055, (0.85, 0.55, 0.55))):
            across = np.array((0.24, 0.06 * side, 0)) * scale
            deep = np.array((0, 0, 0.1)) * scale
            ring = across * np.cos(turn)[..., None] + deep * np.sin(turn)[..., None]
            points = root + tip * t[..., None] * (0.8 + 0.2 * scale) + ring * taper[..., None]
            points = points + np.array((0, 0.03, forward))
            parts.append(surface(points.astype(np.float32), colour, Stuff.HAIR, 0.4 + forward))
    return joined(parts)


def _horns(item: Headwear, skull: Skull) -> Prop:
    parts = []
    t = np.linspace(0, 1, 12)
    for side in (-1, 1):
        root = skull.point(side * 42.0, 48.0, -0.05)
        out, rise = side * (0.55 * np.sin(t * 2)), 0.75 * t**1.2
        path = root + np.stack([out, rise, -0.15 * t], 1) * (0.7 + 0.5 * item.size)
        width = (0.13 * (1 - 0.9 * t))[:, None] * np.ones((1, 2))
        parts.append(
            surface(tube(path.astype(np.float32), width, 10), item.second, Stuff.SHINY, 0.4)
        )
    return joined(parts)


def _tiara(item: Headwear, skull: Skull) -> Prop:
    around = np.linspace(-85, 85, 61)
    t = np.linspace(0, 1, 3)[:, None]
    peaks = 6 + 9 * np.abs(np.sin(np.radians(around * 6)))[None] * (1 - (around / 95) ** 2)[None]
    points = skull.point(around[None], 44 + peaks * t, 0.11 + 0.05 * item.size * t)
    return surface(points, (0.85, 0.7, 0.35), Stuff.SHINY, 0.4)


def _triple(colour: ArrayLike) -> tuple[float, float, float]:
    red, green, blue = (float(value) for value in np.asarray(colour))
    return red, green, blue


BUILDERS: dict[str, Callable[[Headwear, Skull], Prop]] = {
    "cap": _cap,
    "beanie": _beanie,
    "brimmed": _brimmed,
    "witch": _witch,
    "scarf": _scarf,
    "hood": _hood,
    "helmet": _helmet,
    "headband": _headband,
    "headphones": _headphones,
    "ears": _ears,
    "horns": _horns,
    "tiara": _tiara,
}
ODDS = dict(zip(BUILDERS, (5, 5, 4, 0.5, 3, 3, 1, 4, 3, 0.5, 0.3, 0.7), strict=True))
DRAWN_ODDS = dict(zip(BUILDERS, (3, 2, 2, 2, 1, 3, 2, 5, 4, 7, 3, 2), strict=True))
