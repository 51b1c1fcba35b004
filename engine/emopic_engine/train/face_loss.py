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
    """Weights of the terms: those of `face_loss`, then the judge's two and the critics'."""

    coarse: float = 0.5
    edges: float = 1.0
    flow: float = 8.0
    paint: float = 0.01
    smooth: float = 0.02
    reading: float = 0.03
    features: float = 0.4
    critics: float = 0.01


def region_weights(side: int = CROP) -> Tensor:
    """[1, 1, side, side]: 1 at the rim, up to 6 on mouth and eyes, where faces are read."""
    line = (torch.arange(side) + 0.5) / side
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
) -> dict[str, Tensor]:
    """The weighted terms by name; their sum is the loss.

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
    edges = edge_error(made, target, region)
    across, down = slopes(flow)
    return {
        "pixels": pixels,
        "coarse": weights.coarse * coarse,
        "edges": weights.edges * edges,
        "flow": weights.flow * flow_error(flow, batch),
        "paint": weights.paint * mask.mean(),
        "smooth": weights.smooth * (across.abs().mean() + down.abs().mean()),
    }


def edge_error(made: Tensor, target: Tensor, region: Tensor) -> Tensor:
    """Mean absolute difference of the slopes, across and down, weighted by the region."""
    across, down = (
        ((a - b).abs() * w).mean()
        for a, b, w in zip(slopes(made), slopes(target), trimmed(region), strict=True)
    )
    return across + down


def flow_error(flow: Tensor, batch: Batch) -> Tensor:
    """Mean absolute error of the flow where the truth is valid, moving places weighted up."""
    small = F.avg_pool2d(flow, flow.shape[3] // batch.flow.shape[3])
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
