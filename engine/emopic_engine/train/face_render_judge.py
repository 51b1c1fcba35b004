"""A judge of expressions that learns from our own renders alone, beside the generator.

It tells the generator whether an expression can be read, and which fine features the rendered
truth has that a generated face lacks. The judges of `face_judge`, which measure the result, were
trained by others on photographs and never take part in training.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from emopic_engine.data.faces.actions import NEUTRAL
from emopic_engine.emotions import EXTRA_CHANNELS
from emopic_engine.face.live import convolve

WIDTHS = (3, 24, 48, 96, 128)
SURE = 0.05  # label smoothing


class RenderJudge(nn.Module):
    """[N, 3, S, S] in [-1, 1] → logits [N, E] and the features at S/2, S/4 and S/8.

    The logits of emotions are for a softmax, those of `EXTRA_CHANNELS` each for a sigmoid.
    """

    def __init__(self, channels: tuple[str, ...]) -> None:
        super().__init__()
        self.emotions = sum(channel not in EXTRA_CHANNELS for channel in channels)
        self.layers = nn.ModuleList(convolve(a, b, 2) for a, b in pairwise(WIDTHS))
        self.drop = nn.Dropout(0.2)
        self.answer = nn.Linear(WIDTHS[-1] * 4, len(channels))

    def forward(self, pictures: Tensor) -> tuple[Tensor, list[Tensor]]:
        features = []
        for layer in self.layers:
            pictures = layer(pictures)
            features.append(pictures)
        pooled = F.adaptive_avg_pool2d(pictures, 2).flatten(1)  # keeps up from down
        return self.answer(self.drop(pooled)), features[:3]

    def reading_error(self, logits: Tensor, expressions: Tensor) -> Tensor:
        """How badly logits name expressions [N, E]: cross-entropy of the emotions' shares, and of
        each extra channel."""
        emotions, extras = logits[:, : self.emotions], logits[:, self.emotions :]
        wanted = shares(expressions[:, : self.emotions])
        smooth = wanted * (1 - SURE) + SURE / self.emotions
        error = F.cross_entropy(emotions, smooth)
        if extras.shape[1]:
            error = error + F.binary_cross_entropy_with_logits(
                extras, expressions[:, self.emotions :].clamp(0, 1)
            )
        return error


def shares(expressions: Tensor) -> Tensor:
    """Weights of emotions [N, K] as shares that sum to 1; what is missing to 1 goes to neutral."""
    total = expressions.sum(1, keepdim=True)
    spread = expressions / total.clamp(min=1.0)
    rest = torch.zeros_like(spread)
    rest[:, NEUTRAL] = (1 - spread.sum(1)).clamp(min=0.0)
    return spread + rest


def feature_distance(made: list[Tensor], true: list[Tensor]) -> Tensor:
    """Mean absolute difference of the judge's features, the truth's held fixed."""
    parts = [(a - b.detach()).abs().mean() for a, b in zip(made, true, strict=True)]
    return torch.stack(parts).mean()
