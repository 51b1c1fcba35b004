"""How open each vertex of the head is to the sky: ambient occlusion from shadow maps."""

from __future__ import annotations

from typing import Any

import moderngl
import numpy as np
from scipy.spatial.transform import Rotation

from .head import Floats, Head, Part

DIRECTIONS = 64
MAP = 512  # pixels of a shadow map
OFFSET = 0.02  # decimetres along the normal, so that a surface does not shade itself
SOLID = (Part.SKIN, Part.TEETH, Part.LOWER_TEETH, Part.TONGUE)


def openness(
    context: moderngl.Context, program: moderngl.Program, head: Head, normals: Floats
) -> Floats:
    """The share of the hemisphere over each vertex that is free, [V] in [0, 1].

    Looks at the head from `DIRECTIONS` fixed sides and asks which vertices the depth map hides.
    Vertices of hair, eyes and lashes count as open.
    """
    triangles = head.corner_vertex[head.triangles[np.isin(head.triangle_part, SOLID)]]
    target = context.framebuffer(
        [context.texture((MAP, MAP), 1, dtype="f4")], context.depth_renderbuffer((MAP, MAP))
    )
    mesh = context.vertex_array(
        program,
        [(context.buffer(head.vertices.tobytes()), "3f", "position")],
        context.buffer(triangles.astype("i4").tobytes()),
    )
    seen, weight = np.zeros(len(head.vertices)), np.full(len(head.vertices), 1e-6)
    points = head.vertices + normals * OFFSET
    for turn in Rotation.random(DIRECTIONS, rng=0).as_matrix().astype(np.float32):
        depth = _depth_map(target, mesh, program, turn)
        cosine = np.maximum(normals @ turn[2], 0)
        seen += cosine * _is_visible(points, depth, turn)
        weight += cosine
    result = np.ones(len(head.vertices), np.float32)
    used = np.unique(triangles)
    result[used] = (seen / weight)[used]
    return result


def _depth_map(target: Any, mesh: Any, program: Any, turn: Floats) -> Floats:
    target.use()
    target.clear(1, 1, 1, 1, depth=1.0)
    program["turn"].write(np.ascontiguousarray(turn.T).tobytes())
    mesh.render()
    raw = np.frombuffer(target.read(components=1, dtype="f4"), np.float32)
    return raw.reshape(MAP, MAP)


def _is_visible(points: Floats, depth: Floats, turn: Floats) -> Floats:
    """1 where a point lies in front of the depth map, else 0; the same projection as depth.vert."""
    turned = (points - (0.0, 7.0, 0.4)) @ turn.T / 3.2
    x, y = (((turned[:, :2] + 1) / 2) * MAP).astype(np.int64).clip(0, MAP - 1).T
    visible: Floats = ((1 - turned[:, 2]) / 2 <= depth[y, x] + 0.002).astype(np.float32)
    return visible
