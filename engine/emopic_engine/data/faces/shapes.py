"""Meshes made by formulas: everything a head wears. Lengths are decimetres."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike

from .head import Floats, Ints


class Stuff(IntEnum):
    """What a prop is made of; the shader switches on the number."""

    CLOTH = 0
    HAIR = 1
    SHINY = 2
    GLASS = 3  # drawn last, see-through, and no part of the flow


@dataclass(frozen=True)
class Prop:
    """Triangles that are fixed to the skull."""

    vertices: Floats  # [N, 3]
    normals: Floats  # [N, 3], either side
    colours: Floats  # [N, 3] sRGB in [0, 1]
    texture: Floats  # [N, 2] across from -1 to 1, along from 0 to 1
    stuff: Floats  # [N]
    tag: Floats  # [N] in [0, 1]: lines are drawn between different tags
    triangles: Ints  # [M, 3]


_NO_ROWS = np.zeros((0, 3), np.float32)
EMPTY = Prop(
    vertices=_NO_ROWS,
    normals=_NO_ROWS,
    colours=_NO_ROWS,
    texture=_NO_ROWS[:, :2],
    stuff=_NO_ROWS[:, 0],
    tag=_NO_ROWS[:, 0],
    triangles=np.zeros((0, 3), np.int32),
)


def surfaces(points: Floats, colours: ArrayLike, stuff: Stuff, tags: ArrayLike) -> Prop:
    """L grids of points [L, A, B, 3] as one prop; `colours` and `tags` broadcast over them.

    B runs across, A along.
    """
    many, along, across = points.shape[:3]
    down = np.gradient(points, axis=1) if along > 1 else points * 0
    side = np.gradient(points, axis=2)
    normals = np.cross(down, side)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True) + 1e-9
    index = np.arange(many * along * across).reshape(many, along, across)
    a, b = index[:, :-1, :-1], index[:, :-1, 1:]
    c, d = index[:, 1:, :-1], index[:, 1:, 1:]
    triangles = np.stack([np.stack([a, b, c], -1), np.stack([b, d, c], -1)], 3).reshape(-1, 3)
    grid = np.meshgrid(np.linspace(0, 1, along), np.linspace(-1, 1, across), indexing="ij")
    texture = np.broadcast_to(np.stack(grid[::-1], -1), (many, along, across, 2))
    colour = np.asarray(colours, np.float32)
    colour = colour.reshape(colour.shape[:-1] + (1,) * (4 - colour.ndim) + (3,))
    tag = np.asarray(tags, np.float32).reshape(-1, 1, 1)
    shape = (many, along, across)
    return Prop(
        vertices=points.reshape(-1, 3).astype(np.float32),
        normals=normals.reshape(-1, 3).astype(np.float32),
        colours=np.broadcast_to(colour, (*shape, 3)).reshape(-1, 3).astype(np.float32),
        texture=texture.reshape(-1, 2).astype(np.float32),
        stuff=np.full(index.size, stuff, np.float32),
        tag=np.broadcast_to(tag, shape).reshape(-1).astype(np.float32),
        triangles=triangles.astype(np.int32),
    )


def surface(points: Floats, colour: ArrayLike, stuff: Stuff, tag: float) -> Prop:
    """One grid of points [A, B, 3]."""
    return surfaces(points[None], np.asarray(colour, np.float32)[None], stuff, [tag])


def joined(props: list[Prop]) -> Prop:
    """All props as one."""
    parts = [prop for prop in props if len(prop.vertices)] or [EMPTY]
    starts = np.cumsum([0, *(len(prop.vertices) for prop in parts[:-1])])
    rows = {
        name: np.concatenate([getattr(prop, name) for prop in parts])
        for name in ("vertices", "normals", "colours", "texture", "stuff", "tag")
    }
    moved = [prop.triangles + start for prop, start in zip(parts, starts, strict=True)]
    return Prop(**rows, triangles=np.concatenate(moved).astype(np.int32))


def tube(path: Floats, thickness: ArrayLike, sides: int = 7) -> Floats:
    """Points [N, sides + 1, 3] around a path [N, 3]; thickness is one number or [N, 2]."""
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-9
    up = np.where(np.abs(along[:, 1:2]) > 0.9, (0.0, 0.0, 1.0), (0.0, 1.0, 0.0))
    first = np.cross(along, up)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(first, along)
    turn = np.linspace(0, 2 * np.pi, sides + 1)
    size = np.broadcast_to(np.asarray(thickness, np.float32), (len(path), 2))
    ring: Floats = (
        path[:, None]
        + np.cos(turn)[None, :, None] * first[:, None] * size[:, :1, None]
        + np.sin(turn)[None, :, None] * second[:, None] * size[:, 1:, None]
    ).astype(np.float32)
    return ring


def ball(centre: ArrayLike, radii: ArrayLike, steps: int = 12) -> Floats:
    """Points [steps, 2 steps, 3] of an ellipsoid."""
    up = np.linspace(np.pi / 2, -np.pi / 2, steps)[:, None]
    around = np.linspace(0, 2 * np.pi, 2 * steps)[None]
    flat = np.cos(up)
    unit = np.stack(
        np.broadcast_arrays(flat * np.sin(around), np.sin(up), flat * np.cos(around)), -1
    )
    points: Floats = (np.asarray(centre) + unit * np.asarray(radii)).astype(np.float32)
    return points


def polyline(points: ArrayLike, steps: int) -> Floats:
    """A path [steps, 3] through the given points, evenly divided between them."""
    knots = np.asarray(points, np.float64)
    place = np.linspace(0, len(knots) - 1, steps)
    line: Floats = np.stack(
        [np.interp(place, np.arange(len(knots)), knots[:, axis]) for axis in range(3)], -1
    ).astype(np.float32)
    return line
