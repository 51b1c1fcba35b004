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

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from emopic_engine.errors import ModelError

UNUSED = ("running_mean", "running_var", "num_batches_tracked")  # may be missing: never read


@dataclass(frozen=True)
class GeneratorSizes:
    """The arguments a generator was made with."""

    conv_dim: int = 64
    c_dim: int = 6
    repeat_num: int = 6


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


def read_checkpoint(checkpoint: Path) -> dict[str, Tensor]:
    """The tensors of a published `*-G.ckpt` or `*-D.ckpt`, under their published names.

    Only tensors are unpickled. Names that `nn.DataParallel` put a `module.` before are put right.
    Raises `ModelError` when the file holds anything else.
    """
    try:
        state: Any = torch.load(checkpoint, map_location="cpu", weights_only=True)
    except Exception as error:  # unpickling raises many unrelated types
        raise ModelError(f"{checkpoint} is not a StarGAN checkpoint: {error}") from error
    tensors = isinstance(state, Mapping) and all(map(torch.is_tensor, state.values()))
    if not tensors or not state:
        raise ModelError(f"{checkpoint} is not a StarGAN checkpoint: it holds no table of tensors")
    return {str(name).removeprefix("module."): value for name, value in state.items()}


def generator_sizes(state: Mapping[str, Tensor], source: str) -> GeneratorSizes:
    """The sizes that the tensors of a generator have. Raises `ModelError` that names `source`."""
    first = state.get("main.0.weight")
    blocks = sum(name.endswith(".main.0.weight") for name in state)
    if first is None or first.ndim != 4 or tuple(first.shape[2:]) != (7, 7) or first.shape[1] < 4:
        shape = "missing" if first is None else list(first.shape)
        raise ModelError(
            f"{source} is not a StarGAN generator: main.0.weight is {shape}, "
            "expected [conv_dim, 3 + c_dim, 7, 7]"
        )
    return GeneratorSizes(int(first.shape[0]), int(first.shape[1]) - 3, blocks)


def build_generator(state: Mapping[str, Tensor], source: str) -> Generator:
    """A generator with these tensors, in evaluation mode; its sizes are read from them.

    Running statistics may be missing, nothing else. Raises `ModelError` that names `source`.
    """
    sizes = generator_sizes(state, source)
    net = Generator(sizes.conv_dim, sizes.c_dim, sizes.repeat_num)
    try:
        result = net.load_state_dict(dict(state), strict=False)
    except RuntimeError as error:
        raise ModelError(f"{source} is not a StarGAN generator: {error}") from error
    missing = [name for name in result.missing_keys if not name.endswith(UNUSED)]
    if missing or result.unexpected_keys:
        raise ModelError(
            f"{source} is not a StarGAN generator: "
            f"missing {missing or 'nothing'}, unexpected {result.unexpected_keys or 'nothing'}"
        )
    return net.eval()


def load_stargan(checkpoint: Path) -> Generator:
    """A generator from a published `*-G.ckpt` with any conv_dim, c_dim and repeat_num.

    Only tensors are unpickled. Raises `ModelError` when the file holds anything else.
    """
    return build_generator(read_checkpoint(checkpoint), str(checkpoint))


def load_stargan_weights(weights: Path, domains: int) -> Generator:
    """A generator from the `model.safetensors` of a model directory.

    Raises `ModelError` when it cannot be used or has another number of domains.
    """
    try:
        state = load_file(weights)
    except Exception as error:  # the reader raises types of its own, without a common base
        raise ModelError(f"{weights} cannot be read: {error}") from error
    sizes = generator_sizes(state, str(weights))
    if sizes.c_dim != domains:
        raise ModelError(
            f"{weights} has {sizes.c_dim} domains, config.json names {domains} emotions"
        )
    return build_generator(state, str(weights))
