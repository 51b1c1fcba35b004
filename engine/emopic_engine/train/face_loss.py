"""What the `live` generator is trained for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from emopic_engine.face.geometry import CROP

from .face_batches import Batch


@dataclass(frozen=True)
class LossWeights:
    """Weights of the terms; see `face_loss`."""

    coarse: float = 0.5
    edges: float = 1.0
    flow: float = 8.0
    paint: float = 0.01
    smooth: float = 0.02


def region_weights() -> Tensor:
    """[1, 1, 128, 128]: 1 at the rim, up to 6 on mouth and eyes, where faces are read."""
    line = (torch.arange(CROP) + 0.5) / CROP
    y, x = torch.meshgrid(line, line, indexing="ij")
    mouth = torch.exp(-(((x - 0.5) / 0.17) ** 2 + ((y - 0.75) / 0.13) ** 2))
    brows = torch.exp(-(((x - 0.5) / 0.30) ** 2 + ((y - 0.33) / 0.10) ** 2))
    aside = (x - 0.5).abs() - 0.14  # from the middle of the nearer eye
    eyes = torch.exp(-((aside / 0.09) ** 2 + ((y - 0.40) / 0.06) ** 2))
    return (1 + 3.5 * mouth + 1.5 * brows + 4.0 * eyes)[None, None]


def face_loss(
    made: Tensor,
    maps: tuple[Tensor, Tensor, Tensor],
    batch: Batch,
    source: Tensor,
    region: Tensor,
    weights: LossWeights,
) -> tuple[Tensor, Tensor]:
    """The total and the flow term alone.

    Pixels count more in `region` and where source and target differ; coarse colours and edges
    have terms of their own; the flow must follow the true one where that is valid, moving places
    the more; painting is charged a little, so that pixels are moved where they can be.
    """
    flow, mask, _ = maps
    target = batch.targets
    change = F.avg_pool2d((target - source).abs().mean(1, keepdim=True), 9, 1, 4).clamp(0, 0.5)
    importance = region * (1 + 8 * change)
    pixels = ((made - target).abs() * importance).mean()
    coarse = (F.avg_pool2d(made, 4) - F.avg_pool2d(target, 4)).abs().mean()
    edges = sum(
        ((a - b).abs() * w).mean()
        for a, b, w in zip(slopes(made), slopes(target), trimmed(region), strict=True)
    )
    motion = flow_error(flow, batch)
    smooth = sum(slope.abs().mean() for slope in slopes(flow))
    total = pixels + weights.coarse * coarse + weights.edges * edges + weights.flow * motion
    return total + weights.paint * mask.mean() + weights.smooth * smooth, motion


def flow_error(flow: Tensor, batch: Batch) -> Tensor:
    """Mean absolute error of the flow where the truth is valid, moving places weighted up."""
    small = F.avg_pool2d(flow, 2)
    length = batch.flow.norm(dim=1, keepdim=True)
    error = (small - batch.flow).abs().sum(1, keepdim=True)
    mean: Tensor = (error * batch.valid * (1 + 15 * length)).mean()
    return mean


def slopes(picture: Tensor) -> tuple[Tensor, Tensor]:
    """Differences between neighbours, across and down."""
    return picture[..., 1:] - picture[..., :-1], picture[..., 1:, :] - picture[..., :-1, :]


def trimmed(region: Tensor) -> Iterator[Tensor]:
    """The region's weights for both results of `slopes`."""
    yield region[..., 1:]
    yield region[..., 1:, :]
