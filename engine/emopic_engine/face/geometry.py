"""Where a face lies in a crop, and the similarity transforms between crop and picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

CROP = 128  # pixels of a crop's side
# Centres of the eyes (left in the picture first) and tip of the chin, in fractions of the side.
CANONICAL: Floats = np.array([(0.36, 0.40), (0.64, 0.40), (0.50, 0.91)], np.float32)


def fit_similarity(source: Floats, target: Floats) -> Floats:
    """The turn, scale and shift [2, 3] that best takes points [N, 2] onto others (least squares).

    Never mirrors. Raises ValueError when all source points coincide.
    """
    a, b = source.astype(np.float64), target.astype(np.float64)
    a_mean, b_mean = a.mean(0), b.mean(0)
    p = (a - a_mean) @ (1, 1j)
    q = (b - b_mean) @ (1, 1j)
    spread = float((np.abs(p) ** 2).sum())
    if spread == 0:
        raise ValueError("a similarity needs at least two different points")
    z = (p.conj() @ q) / spread
    turn = np.array([(z.real, -z.imag), (z.imag, z.real)])
    return np.column_stack([turn, b_mean - turn @ a_mean]).astype(np.float32)


def invert_similarity(matrix: Floats) -> Floats:
    """The transform [2, 3] that undoes `matrix` [2, 3]."""
    inverse = np.linalg.inv(matrix[:, :2].astype(np.float64))
    return np.column_stack([inverse, -inverse @ matrix[:, 2]]).astype(np.float32)


def scale_of(matrix: Floats) -> float:
    """How much longer a length gets."""
    return float(np.hypot(matrix[0, 0], matrix[1, 0]))
