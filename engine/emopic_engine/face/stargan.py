"""StarGAN's generator as published, under its published names, for `*-G.ckpt` checkpoints.

Choi et al., "StarGAN: Unified Generative Adversarial Networks for Multi-Domain Image-to-Image
Translation", CVPR 2018 (arXiv:1711.09020): conv_dim 64, 6 residual blocks, the target domain
concatenated to the picture as constant planes.

Its InstanceNorm layers keep running statistics, but the published solver never calls `.eval()`,
so every picture it ever showed was normalised with *its own* statistics. Calling `.eval()` on the
published module silently gives another picture. Here the decision is made once: `PerImageNorm`
loads the published parameters, running statistics included, and never uses the latter.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from emopic_engine.backends.base import Graph, TensorSpec
from emopic_engine.errors import ModelError


class PerImageNorm(nn.InstanceNorm2d):
    """Instance norm with the statistics of the picture at hand, in training and in evaluation."""

    def __init__(self, width: int) -> None:
        super().__init__(width, affine=True, track_running_stats=True)

    def forward(self, x: Tensor) -> Tensor:
        return F.instance_norm(x, weight=self.weight, bias=self.bias, eps=self.eps)


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions around a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(width, width, 3, 1, 1, bias=False),
            PerImageNorm(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, 1, 1, bias=False),
            PerImageNorm(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x + self.main(x)
        return y


class Generator(nn.Module):
    """Picture [N, 3, H, W] in [-1, 1] and domain [N, C] → picture [N, 3, H, W] in [-1, 1].

    H and W are multiples of 4.
    """

    def __init__(self, conv_dim: int = 64, c_dim: int = 6, repeat_num: int = 6) -> None:
        super().__init__()
        layers: list[nn.Module] = [
            nn.Conv2d(3 + c_dim, conv_dim, 7, 1, 3, bias=False),
            PerImageNorm(conv_dim),
            nn.ReLU(inplace=True),
        ]
        width = conv_dim
        for _ in range(2):  # down to a quarter
            layers += [
                nn.Conv2d(width, width * 2, 4, 2, 1, bias=False),
                PerImageNorm(width * 2),
                nn.ReLU(inplace=True),
            ]
            width *= 2
        layers += [ResidualBlock(width) for _ in range(repeat_num)]
        for _ in range(2):  # and back up
            layers += [
                nn.ConvTranspose2d(width, width // 2, 4, 2, 1, bias=False),
                PerImageNorm(width // 2),
                nn.ReLU(inplace=True),
            ]
            width //= 2
        layers += [nn.Conv2d(width, 3, 7, 1, 3, bias=False), nn.Tanh()]
        self.main = nn.Sequential(*layers)

    def forward(self, picture: Tensor, domain: Tensor) -> Tensor:
        planes = domain[:, :, None, None].expand(-1, -1, picture.size(2), picture.size(3))
        made: Tensor = self.main(torch.cat([picture, planes], 1))
        return made


def load_stargan(checkpoint: Path) -> Generator:
    """A generator from a published `*-G.ckpt`; its sizes are read from the tensors.

    Only tensors are unpickled. Raises `ModelError` when the file holds anything else.
    """
    try:
        state: dict[str, Any] = torch.load(checkpoint, map_location="cpu", weights_only=True)
        conv_dim, planes = state["main.0.weight"].shape[:2]
        blocks = sum(name.endswith(".main.0.weight") for name in state)
        net = Generator(conv_dim, planes - 3, blocks)
        net.load_state_dict(state)
    except Exception as error:  # unpickling raises many unrelated types
        raise ModelError(f"{checkpoint} is not a StarGAN generator: {error}") from error
    return net.eval()


def stargan_graph(checkpoint: Path, size: int = 128) -> Graph:
    """Picture float32 [N, 3, size, size] and domain float32 [N, C] → picture of the same shape."""
    domains = load_stargan(checkpoint).main[0].in_channels - 3  # type: ignore[operator]
    digest = hashlib.sha256(checkpoint.read_bytes())
    digest.update(Path(__file__).read_bytes())
    shape = (-1, 3, size, size)
    rng = np.random.default_rng(0)

    def example() -> tuple[Any, Any]:
        picture = rng.uniform(-1, 1, (2, *shape[1:])).astype(np.float32)
        return picture, np.eye(2, int(domains), dtype=np.float32)

    return Graph(
        name="stargan",
        key=digest.hexdigest(),
        inputs=(
            TensorSpec("picture", "float32", shape),
            TensorSpec("domain", "float32", (-1, int(domains))),
        ),
        outputs=(TensorSpec("made", "float32", shape),),
        module=lambda: load_stargan(checkpoint),
        example=example,
    )
