"""Locks of hair: curved strips that follow the skull and then hang."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .hairdos import Hairdo
from .head import Floats
from .shapes import Prop, Stuff, ball, joined, surface, surfaces
from .skull import MIDDLE, Skull, directions

Numbers = NDArray[np.floating[Any]]
ON_HEAD, HANGING = 9, 7  # points of a lock along the skull, and below it
TAGS = 12  # different tags that neighbouring locks may carry
LOWEST_ON_HEAD = -8.0  # degrees: lower down hair hangs straight


@dataclass(frozen=True)
class Hair:
    """Colours of roots and tips, sRGB [3]."""

    roots: Floats
    tips: Floats


def hair_props(skull: Skull, do: Hairdo, hair: Hair, rng: np.random.Generator) -> Prop:
    """Everything of a hair style that is made of locks."""
    parts = [
        _fringe(skull, do, hair, rng),
        _sides(skull, do, hair, rng),
        _strands(skull, do, hair, rng),
        _spikes(skull, do, hair, rng),
        *_tied(skull, do, hair, rng),
    ]
    return joined([part for part in parts if part is not None])


def _fringe(skull: Skull, do: Hairdo, hair: Hair, rng: np.random.Generator) -> Prop | None:
    if do.fringe == "none":
        return None
    count = {"spiky": 9, "wispy": 7}.get(do.fringe, 18)
    place = np.linspace(-1, 1, count) + rng.normal(size=count) * 0.04
    roots = np.stack([do.parting * 0.4 + place * 42, 66 + rng.normal(size=count) * 4], 1)
    down = do.fringe_down + rng.normal(size=count) * 2.5
    width = np.full(count, do.width)
    match do.fringe:
        case "straight":
            ends = np.stack([place * 50, down + 8 * place**4], 1)
        case "curtain":
            side = np.sign(place - do.parting / 60)
            away = np.abs(place - do.parting / 60)
            ends = np.stack([do.parting * 0.5 + side * (20 + 45 * away), 20 - 24 * away], 1)
        case "swept":
            way = np.sign(do.parting) or 1.0
            ends = np.stack([place * 46 - way * 22, down + 4 + 8 * place * way], 1)
        case "spiky":
            ends = np.stack([place * 52, down + 9 * (np.arange(count) % 2)], 1)
            width = np.full(count, max(do.width, 0.2)) * rng.uniform(0.8, 1.3, count)
        case "wispy":
            ends = np.stack([place * 44 + rng.normal(size=count) * 6, down + 4], 1)
            width = np.full(count, 0.06)
        case _:  # slick: from the hairline over the crown
            roots = np.stack([place * 58, 38 - 16 * place**2], 1)
            ends = np.stack([180 + place * 50, np.full(count, 45.0)], 1)
            ends[:, 0] = np.where(place < 0, ends[:, 0] - 360, ends[:, 0])
    taper = 1.0 if do.fringe == "spiky" else do.taper
    paths = _over_head(skull, roots, ends, do.lift)
    return _locks(paths, width, taper, do, hair, rng)


def _sides(skull: Skull, do: Hairdo, hair: Hair, rng: np.random.Generator) -> Prop | None:
    if do.ends is None:
        return None
    spread = 360 - 2 * do.cover
    count = int(np.clip(spread / 57 * 1.9 / do.width, 24, 56))
    around = do.cover + spread * (np.arange(count) + rng.uniform(-0.3, 0.3, count)) / (count - 1)
    signed = np.where(around > 180, around - 360, around)
    roots = np.stack([signed * 0.7 + do.parting * 0.3, np.full(count, 78.0)], 1)
    height = do.ends + rng.normal(size=count) * 0.08
    last = np.degrees(np.arctan2(height - MIDDLE[1], 0.9))
    ends = np.stack([signed, np.maximum(last, LOWEST_ON_HEAD)], 1)
    on_head = _over_head(skull, roots, ends, do.lift)
    paths = _hanging(on_head, height, do.flare)
    return _locks(paths, np.full(count, do.width * 1.5), do.taper, do, hair, rng)


def _strands(skull: Skull, do: Hairdo, hair: Hair, rng: np.random.Generator) -> Prop | None:
    if not do.strands:
        return None
    at = rng.uniform(46, 62)
    ends = np.array([(at, LOWEST_ON_HEAD), (-at, LOWEST_ON_HEAD)], np.float32)
    roots = np.array([(30, 68), (-30, 68)], np.float32)
    paths = _over_head(skull, roots, ends, do.lift + 0.04)
    paths = _hanging(paths, np.full(2, rng.uniform(5.9, 6.9)), do.flare * 0.5)
    return _locks(paths, np.full(2, do.width * 1.1), 1.0, do, hair, rng)


def _spikes(skull: Skull, do: Hairdo, hair: Hair, rng: np.random.Generator) -> Prop | None:
    """Pointed locks that stand off the scalp."""
    if not do.spikes:
        return None
    count = do.spikes
    up = np.degrees(np.arcsin(rng.uniform(0.25, 1.0, count)))
    around = rng.uniform(-180, 180, count)
    around = np.where((np.abs(around) < 50) & (up < 45), around + 180, around)
    roots = skull.point(around, up, 0.0)
    out = directions(around, up)
    lean = np.array((rng.normal() * 0.4, 0.35, -0.3))
    way = out * 0.9 + lean + rng.normal(size=(count, 3)) * 0.22
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    length = rng.uniform(0.3, 0.62, count)[:, None, None]
    t = np.linspace(0, 1, ON_HEAD)[None, :, None]
    fall = np.array((0, -0.35, 0)) * t * t * length
    paths = (roots[:, None] + way[:, None] * t * length + fall).astype(np.float32)
    return _locks(paths, np.full(count, 0.3), 1.0, do, hair, rng)


def _tied(skull: Skull, do: Hairdo, hair: Hair, rng: np.random.Generator) -> list[Prop]:
    """Pony tails and buns with the knots that hold them."""
    places = {
        "pony": [(180.0, rng.uniform(35, 70))],
        "side": [(rng.choice((-1, 1)) * rng.uniform(80, 120), rng.uniform(5, 45))],
        "twins": [(side * rng.uniform(80, 110), rng.uniform(10, 50)) for side in (-1, 1)],
        "bun": [(180.0, rng.uniform(50, 88))],
        "buns": [(side * 62.0, 52.0) for side in (-1, 1)],
    }.get(do.tied, [])
    size = rng.uniform(0.2, 0.34)
    parts: list[Prop] = []
    for around, up in places:
        root = skull.point(around, up, 0.05)
        out = directions(around, up)
        if do.tied in ("bun", "buns"):
            knot = ball(root + out * size * 0.6, (size, size * 0.9, size), 9)
            parts.append(surface(knot, hair.roots, Stuff.HAIR, 0.9))
        else:
            parts.append(_tail(root, out, do, hair, rng))
            knot = ball(root + out * 0.06, 0.13, 7)
            parts.append(surface(knot, rng.uniform(0.1, 0.9, 3), Stuff.CLOTH, 0.95))
    return parts


def _tail(root: Floats, out: Floats, do: Hairdo, hair: Hair, rng: np.random.Generator) -> Prop:
    count = 12
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    side = np.stack([np.cos(turn), np.zeros(count), np.sin(turn)], 1) * rng.uniform(0.1, 0.2)
    t = np.linspace(0, 1, ON_HEAD + HANGING)[None, :, None]
    swell = np.sin(np.pi * np.clip(t * 0.85 + 0.05, 0, 1))
    rise = out * 0.45 * np.sqrt(t) + np.array((0, 0.12, 0)) * np.sin(np.pi * t)
    drop = np.array((0, -1, 0)) * rng.uniform(1.0, 2.6) * t**1.6
    paths = (root + rise + drop + side[:, None] * swell).astype(np.float32)
    return _locks(paths, np.full(count, 0.16), max(do.taper, 0.6), do, hair, rng)


def _over_head(skull: Skull, roots: Numbers, ends: Numbers, lift: float) -> Floats:
    """Paths [L, ON_HEAD, 3] over the skull between two directions each."""
    t = np.linspace(0, 1, ON_HEAD)
    ease = t * t * (3 - 2 * t)
    around = roots[:, :1] + (ends - roots)[:, :1] * ease
    up = roots[:, 1:] + (ends - roots)[:, 1:] * t
    order = (np.arange(len(roots)) * 7 % 5) * 0.008  # neighbours lie over each other
    rise = 0.05 + lift * np.sin(np.pi * np.clip(t, 0.1, 0.9)) + order[:, None]
    return skull.point(around, up, rise)


def _hanging(paths: Floats, height: Numbers, flare: float) -> Floats:
    """The paths, led on straight down to a height each."""
    last = paths[:, -1:]
    t = np.linspace(0, 1, HANGING + 1)[1:][None, :, None]
    drop = np.maximum(last[:, :, 1] - height[:, None], 0)[..., None]
    out = (last - MIDDLE) * (1, 0, 1)
    out /= np.linalg.norm(out, axis=-1, keepdims=True) + 1e-6
    down = last + out * flare * drop * t * t + np.array((0, -1, 0)) * drop * t
    return np.concatenate([paths, down], 1).astype(np.float32)


def _locks(
    paths: Floats, width: Floats, taper: float, do: Hairdo, hair: Hair, rng: np.random.Generator
) -> Prop:
    """Strips along the paths [L, N, 3], raised in the middle, narrower at the end."""
    count, steps = paths.shape[:2]
    t = np.linspace(0, 1, steps)
    along = np.gradient(paths, axis=1)
    out = paths - MIDDLE
    out[..., 1] *= 0.35
    across = np.cross(along, out)
    across /= np.linalg.norm(across, axis=-1, keepdims=True) + 1e-6
    out /= np.linalg.norm(out, axis=-1, keepdims=True) + 1e-6
    phase = rng.uniform(0, 6.28, (count, 1)) * 0.3 + rng.uniform(0, 6.28)
    swing = 9 * t[None] + phase
    waves = (np.sin(swing) * do.wave * t)[..., None], (np.cos(swing) * do.curl * t)[..., None]
    middle = paths + across * waves[0] + out * waves[1]
    shape = np.minimum(1, 0.55 + 2.5 * t) * (1 - taper * t**2.2)
    half = (width[:, None] * shape[None] * rng.uniform(0.85, 1.15, (count, 1)) / 2)[..., None]
    points = np.stack(
        [middle - across * half - out * half * 0.3, middle + out * half * 0.35,
         middle + across * half - out * half * 0.3], 2,
    )  # fmt: skip
    shade = rng.uniform(0.88, 1.1, (count, 1, 1, 1))
    mix = np.clip((t - 0.45) / 0.5, 0, 1)[None, :, None, None]
    colours = (hair.roots * (1 - mix) + hair.tips * mix) * shade
    colours = np.broadcast_to(colours, (count, steps, 1, 3))
    tags = 0.3 + 0.5 * (np.arange(count) * 5 % TAGS) / TAGS
    return surfaces(points.astype(np.float32), np.clip(colours, 0, 1), Stuff.HAIR, tags)
