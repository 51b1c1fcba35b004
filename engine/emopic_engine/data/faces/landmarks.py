"""The usual 68 face landmarks (iBUG 300-W order) as vertices of the head."""

from __future__ import annotations

import numpy as np

from .head import Floats, Head, Ints, Part

# The right half of the resting head, decimetres (x, y, z); the left half mirrors it.
JAW = (
    (-0.80, 7.22, 0.62), (-0.79, 7.00, 0.66), (-0.74, 6.78, 0.74), (-0.66, 6.58, 0.84),
    (-0.55, 6.42, 0.96), (-0.42, 6.30, 1.10), (-0.29, 6.21, 1.24), (-0.15, 6.16, 1.36),
)  # fmt: skip
CHIN = (0.0, 6.15, 1.40)
BROW = (
    (-0.58, 7.47, 1.30), (-0.47, 7.52, 1.40), (-0.35, 7.53, 1.47), (-0.23, 7.51, 1.50),
    (-0.12, 7.48, 1.52),
)  # fmt: skip
NOSE = ((0.0, 7.29, 1.52), (0.0, 7.17, 1.56), (0.0, 7.05, 1.63), (0.0, 6.95, 1.69))
NOSTRIL = ((-0.13, 6.88, 1.50), (-0.065, 6.86, 1.56))
COLUMELLA = (0.0, 6.85, 1.60)
EYE = (
    (-0.46, 7.28, 1.34), (-0.37, 7.345, 1.42), (-0.25, 7.335, 1.42), (-0.16, 7.27, 1.40),
    (-0.25, 7.225, 1.40), (-0.37, 7.22, 1.40),
)  # fmt: skip
UPPER_LIP = ((-0.255, 6.605, 1.42), (-0.178, 6.687, 1.52), (-0.081, 6.719, 1.585))
UPPER_MIDDLE, LOWER_MIDDLE = (0.0, 6.696, 1.597), (0.0, 6.489, 1.556)
LOWER_LIP = ((-0.13, 6.514, 1.512), (-0.186, 6.543, 1.473))
UPPER_INSIDE, INSIDE_MIDDLE = ((-0.22, 6.615, 1.459), (-0.076, 6.613, 1.545)), (0.0, 6.608, 1.553)
LOWER_INSIDE, INSIDE_LOW = ((-0.12, 6.58, 1.525),), (0.0, 6.589, 1.551)

Points = tuple[tuple[float, float, float], ...]


def landmark_places() -> Floats:
    """The 68 places on the resting head, [68, 3]."""
    points = [
        *JAW, CHIN, *_mirrored(JAW),
        *BROW, *_mirrored(BROW),
        *NOSE, *NOSTRIL, COLUMELLA, *_mirrored(NOSTRIL),
        *EYE, *_other_eye(),
        *UPPER_LIP, UPPER_MIDDLE, *_mirrored(UPPER_LIP),
        *_mirrored(LOWER_LIP), LOWER_MIDDLE, *LOWER_LIP,
        *UPPER_INSIDE, INSIDE_MIDDLE, *_mirrored(UPPER_INSIDE),
        *_mirrored(LOWER_INSIDE), INSIDE_LOW, *LOWER_INSIDE,
    ]  # fmt: skip
    return np.array(points, np.float32)


def landmark_vertices(head: Head) -> Ints:
    """The skin vertices nearest to those places, [68]."""
    skin = head.part_vertices(Part.SKIN)
    away = np.linalg.norm(head.vertices[skin][None] - landmark_places()[:, None], axis=-1)
    nearest: Ints = skin[away.argmin(1)]
    return nearest


def _mirrored(points: Points) -> Points:
    """The left side's points, in the order in which one goes on around the face."""
    return tuple((-x, y, z) for x, y, z in reversed(points))


def _other_eye() -> Points:
    outer, top_out, top_in, inner, low_in, low_out = ((-x, y, z) for x, y, z in EYE)
    return inner, top_in, top_out, outer, low_out, low_in
