"""A patch GAN on mouth and eyes: small critics that tell rendered from generated pixels there."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from emopic_engine.face.regions import REGIONS


def patch_critic() -> nn.Sequential:
    """[N, 3, h, w] → a score for every patch of 23 px, [N, 1, h/4, w/4]; spectral norm keeps it
    tame."""
    layers: list[nn.Module] = []
    for inputs, outputs, stride in ((3, 24, 2), (24, 48, 2), (48, 64, 1)):
        layers += [spectral_norm(nn.Conv2d(inputs, outputs, 3, stride, 1)), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, spectral_norm(nn.Conv2d(64, 1, 3, 1, 1)))


class Critics(nn.Module):
    """One critic for each region of the crop."""

    def __init__(self) -> None:
        super().__init__()
        self.nets = nn.ModuleList(patch_critic() for _ in REGIONS)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Scores of pictures [N, 3, S, S], one map a region."""
        cuts = [region.slices(pictures.shape[3]) for region in REGIONS]
        return [
            net(pictures[:, :, rows, columns])
            for net, (rows, columns) in zip(self.nets, cuts, strict=True)
        ]

    def mistakes(self, true: Tensor, made: Tensor) -> Tensor:
        """What the critics are trained to make small: the hinge loss on both kinds of picture."""
        parts = [
            F.relu(1 - right).mean() + F.relu(1 + wrong).mean()
            for right, wrong in zip(self(true), self(made.detach()), strict=True)
        ]
        return torch.stack(parts).mean()

    def objections(self, made: Tensor) -> Tensor:
        """What the generator is trained to make small."""
        return -torch.stack([scores.mean() for scores in self(made)]).mean()
