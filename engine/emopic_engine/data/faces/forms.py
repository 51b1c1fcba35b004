"""How drawn people's heads differ from real ones: large eyes, small nose and mouth, slim jaw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .head import Floats


@dataclass(frozen=True)
class Form:
    """Factors; 1 leaves a feature as it is."""

    wide: float = 1.0  # eyes across
    tall: float = 1.0
    nose: float = 1.0
    mouth: float = 1.0
    jaw: float = 1.0

    @property
    def plain(self) -> bool:
        """Whether nothing changes."""
        return self == PLAIN


PLAIN = Form()


@dataclass(frozen=True)
class Places:
    """Where the features of one head lie at rest, [3] each; eyes [2, 3]."""

    eyes: Floats
    nose: Floats
    mouth: Floats


def sample_form(rng: np.random.Generator) -> Form:
    """From a little larger eyes to those of comics."""
    much = rng.uniform(0.4, 1.0)
    return Form(
        wide=float(1 + much * rng.uniform(0.4, 0.7)),
        tall=float(1 + much * rng.uniform(0.8, 1.5)),
        nose=float(1 - much * rng.uniform(0.3, 0.75)),
        mouth=float(1 - much * rng.uniform(0.0, 0.22)),
        jaw=float(1 - much * rng.uniform(0.05, 0.24)),
    )


def reshaped(points: Floats, places: Places, form: Form) -> Floats:
    """The points [N, 3], moved by smooth fields, so that lids still close over eyes.

    Applied after the face units: whatever the face does, it does at its new proportions.
    """
    if form.plain:
        return points
    moved = points.astype(np.float32, copy=True)
    for eye in places.eyes:
        away = points - eye
        near = np.exp(-((away / (0.30, 0.27, 0.6)) ** 2).sum(1))
        moved[:, 0] += away[:, 0] * (form.wide - 1) * near
        moved[:, 1] += away[:, 1] * (form.tall - 1) * near
    away = points - places.nose
    near = np.exp(-((away / (0.24, 0.26, 0.5)) ** 2).sum(1))
    moved[:, 0] += away[:, 0] * (form.nose - 1) * near * 0.7
    moved[:, 2] += np.minimum(places.nose[2] - 0.16 - points[:, 2], 0) * (1 - form.nose) * near
    away = points - places.mouth
    near = np.exp(-((away / (0.45, 0.32, 0.5)) ** 2).sum(1))
    moved[:, 0] += away[:, 0] * (form.mouth - 1) * near
    low = np.clip((places.eyes[0, 1] - 0.25 - points[:, 1]) / 0.8, 0, 1)
    slim = low * low * (3 - 2 * low) * np.clip((points[:, 1] - 5.6) / 0.5, 0.35, 1)
    moved[:, 0] *= 1 + (form.jaw - 1) * slim
    return moved
