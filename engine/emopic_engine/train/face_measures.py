"""Measures of a face model that need no judge: edges, jumps, untouched pixels, rank correlation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from emopic_engine.face.model import FaceModel

from .face_judge import framed
from .face_maker import Expressions, Pictures, one_hots

FRAMES = 12  # of a transition
Make = Callable[[Pictures, Expressions], Pictures]


def difference(a: Pictures, b: Pictures) -> float:
    """Mean absolute difference, of the range."""
    return float(np.abs(a.astype(np.float32) - b).mean() / 255)


def edge_difference(a: Pictures, b: Pictures) -> float:
    """Mean absolute difference of the slopes, across and down: what blur costs, of the range."""
    apart = a.astype(np.float32) - b  # the slope of a difference is the difference of slopes
    across, down = np.diff(apart, axis=-2), np.diff(apart, axis=-3)
    return float((np.abs(across).mean() + np.abs(down).mean()) / 2 / 255)


def rank_correlation(values: NDArray[np.float64]) -> float:
    """Spearman's rho of a curve with its own places; 0 for a flat curve."""
    if np.ptp(values) == 0:
        return 0.0
    return float(spearmanr(np.arange(len(values)), values).statistic)


def transition(start: Expressions, end: Expressions) -> Expressions:
    """`FRAMES` expressions from one to the other in even steps, both ends included."""
    share = np.linspace(0, 1, FRAMES, dtype=np.float32)[:, None]
    rows: Expressions = (1 - share) * start + share * end
    return rows


def jump(frames: Pictures) -> float:
    """The largest change from one frame to the next, in units of the mean change."""
    changes = np.abs(np.diff(frames.astype(np.float32), axis=0)).mean((1, 2, 3))
    return float(changes.max() / max(changes.mean(), 1e-9))


def outside_difference(model: FaceModel, crops: Pictures, names: tuple[str, ...]) -> int:
    """The largest difference in any pixel that an expression must not touch, 0 to 255.

    Goes the whole way: the face is found in a larger picture, changed at the picture's own size
    and compared where the feather is 0.
    """
    worst = 0
    rows = one_hots(model.channels, names)
    for crop in crops:
        face = model.register(framed(crop))
        view = face.view()
        untouched = view.changeable == 0
        for maps in model.render([(face, row) for row in rows]):
            apart = np.abs(view.compose(maps).astype(np.int16) - view.picture)
            worst = max(worst, int(apart[untouched].max(initial=0)))
    return worst
