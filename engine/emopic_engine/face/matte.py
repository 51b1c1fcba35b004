"""The matting network: how much of each pixel is the person, at a small fixed size.

A U-shaped network of plain convolutions: four halvings down, three blocks at the bottom, and the
finer features added back on the way up. Batch norms are folded into the convolutions by whoever
compiles it. Shapes below are for `SIDE` = 160; N is the batch.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from emopic_engine.errors import ModelError

WIDTHS = (16, 32, 64, 96)


def convolve(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """3×3 convolution, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()
    )


class Block(nn.Module):
    """A residual block; `reach` spaces its first convolution's taps apart."""

    def __init__(self, width: int, reach: int = 1) -> None:
        super().__init__()
        self.first = nn.Sequential(
            nn.Conv2d(width, width, 3, 1, reach, dilation=reach, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        )
        self.second = nn.Sequential(
            nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.second(self.first(x)))


class Matte(nn.Module):
    """Picture and hint [N, 4, 160, 160] → alpha [N, 1, 160, 160] in [0, 1].

    The first three channels are RGB in [-1, 1], the fourth says where the face is: 1 at its middle,
    0 away from it, 0 everywhere if nobody knows.
    """

    def __init__(self) -> None:
        super().__init__()
        fine, half, quarter, low = WIDTHS
        self.full = nn.Conv2d(4, 8, 3, 1, 1)
        self.enter = convolve(16, fine)
        self.down_half = nn.Sequential(convolve(fine, half, 2), Block(half))
        self.down_quarter = nn.Sequential(convolve(half, quarter, 2), Block(quarter))
        self.bottom = nn.Sequential(
            convolve(quarter, low, 2), Block(low), Block(low, 2), Block(low, 2)
        )
        self.up_quarter = convolve(low, quarter)
        self.block_quarter = Block(quarter)
        self.up_half = convolve(quarter, half)
        self.block_half = Block(half)
        self.up_fine = convolve(half, fine)
        self.leave = nn.Conv2d(fine, 32, 3, 1, 1)  # 8 channels at twice the size
        self.last = nn.Conv2d(8, 1, 3, 1, 1)

    def forward(self, picture: Tensor) -> Tensor:
        return torch.sigmoid(self.logits(picture))

    def logits(self, picture: Tensor) -> Tensor:
        """What `forward` squashes; for training."""
        fine = self.enter(F.pixel_unshuffle(picture, 2))  # [N, 16, 80, 80]
        half = self.down_half(fine)  # [N, 32, 40, 40]
        quarter = self.down_quarter(half)  # [N, 64, 20, 20]
        low = self.bottom(quarter)  # [N, 96, 10, 10]
        quarter = self.block_quarter(self.up_quarter(_twice(low)) + quarter)
        half = self.block_half(self.up_half(_twice(quarter)) + half)
        fine = self.up_fine(_twice(half)) + fine
        full = F.relu(F.pixel_shuffle(self.leave(fine), 2) + self.full(picture))
        answer: Tensor = self.last(full)
        return answer


def _twice(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0)


def load_matte(weights: Path) -> Matte:
    """A model in evaluation mode, on the CPU. Raises `ModelError` when the weights do not fit."""
    model = Matte()
    try:
        state = {name: value.float() for name, value in load_file(weights).items()}
        missing = model.load_state_dict(state, strict=False)
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelError(f"{weights} does not fit the matting network: {error}") from error
    lost = [name for name in missing.missing_keys if not name.endswith("num_batches_tracked")]
    if lost or missing.unexpected_keys:
        names = ", ".join([*lost, *missing.unexpected_keys][:4])
        raise ModelError(f"{weights} does not fit the matting network: {names}")
    return model.eval()
