"""The `live` generator: one picture of a face and an expression → flow, mask and colour.

The encoder runs once per face and keeps what only the picture decides, the convolved skip
connections included. The decoder runs once per frame: the expression modulates its residual
blocks (FiLM). Nothing here touches the picture's pixels: the flow says from where to fetch each
one, the mask where to paint the colour instead (teeth, lids, creases), and
`emopic_engine.face.compose` does both at the picture's own size.

Shapes below are for 128 px crops; N is the batch, E the number of emotions.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from emopic_engine.errors import ModelError

MAX_FLOW = 0.25  # of the crop's width
MASK_BIAS = -2.0  # a fresh model paints little
Features = tuple[Tensor, Tensor, Tensor]


@dataclass(frozen=True)
class LiveConfig:
    """Sizes of the network. `emotions` names the columns of the expression.

    `gain` multiplies the expression before it is decoded. Training runs at 1; a model trained on
    mean errors shows somewhat less than it is asked for, and a gain above 1 makes up for that.
    """

    emotions: tuple[str, ...]
    widths: tuple[int, int, int] = (32, 64, 96)
    encoder_blocks: int = 1
    decoder_blocks: int = 3
    style: int = 64
    gain: float = 1.0


def convolve(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """3×3 convolution, group norm, SiLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1), nn.GroupNorm(8, outputs), nn.SiLU()
    )


class Block(nn.Module):
    """A residual block without a condition."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = convolve(width, width)
        self.second = nn.Conv2d(width, width, 3, 1, 1)
        self.norm = nn.GroupNorm(8, width)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x + self.norm(self.second(self.first(x)))
        return y


class FilmBlock(nn.Module):
    """A residual block whose normalised activations the expression scales and shifts."""

    def __init__(self, width: int, style: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, 1, 1)
        self.second = nn.Conv2d(width, width, 3, 1, 1)
        self.norm_first = nn.GroupNorm(8, width, affine=False)
        self.norm_second = nn.GroupNorm(8, width, affine=False)
        self.film = nn.Linear(style, 4 * width)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        film = self.film(style)[:, :, None, None]  # [N, 4 W, 1, 1]
        scale_first, shift_first, scale_second, shift_second = film.chunk(4, 1)
        h = self.norm_first(self.first(x)) * (1 + scale_first) + shift_first
        h = self.norm_second(self.second(F.silu(h))) * (1 + scale_second) + shift_second
        y: Tensor = x + h
        return y


class Encoder(nn.Module):
    """[N, 3, 128, 128] in [-1, 1] → features at 16, 32 and 64 px."""

    def __init__(self, config: LiveConfig) -> None:
        super().__init__()
        fine, middle, coarse = config.widths
        self.fine = convolve(12, fine)
        self.middle = convolve(fine, middle, 2)
        self.coarse = convolve(middle, coarse, 2)
        self.blocks = nn.Sequential(*(Block(coarse) for _ in range(config.encoder_blocks)))
        self.skip_middle = nn.Conv2d(middle, middle, 3, 1, 1)
        self.skip_fine = nn.Conv2d(fine, fine, 3, 1, 1)

    def forward(self, picture: Tensor) -> Features:
        fine = self.fine(F.pixel_unshuffle(picture, 2))  # [N, 32, 64, 64]
        middle = self.middle(fine)  # [N, 64, 32, 32]
        coarse = self.blocks(self.coarse(middle))  # [N, 96, 16, 16]
        return coarse, self.skip_middle(middle), self.skip_fine(fine)


class Decoder(nn.Module):
    """Features and expression [N, E] → flow [N, 2, 128, 128] as an offset in fractions of the
    crop's width, mask [N, 1, 128, 128] in [0, 1], colour [N, 3, 128, 128] in [-1, 1]."""

    def __init__(self, config: LiveConfig) -> None:
        super().__init__()
        fine, middle, coarse = config.widths
        style, emotions = config.style, len(config.emotions)
        self.gain = config.gain
        self.style = nn.Sequential(
            nn.Linear(emotions, style), nn.SiLU(), nn.Linear(style, style), nn.SiLU()
        )
        self.blocks = nn.ModuleList(FilmBlock(coarse, style) for _ in range(config.decoder_blocks))
        self.up_middle = nn.Conv2d(coarse, middle, 3, 1, 1)
        self.norm_middle = nn.GroupNorm(8, middle)
        self.block_middle = FilmBlock(middle, style)
        self.up_fine = nn.Conv2d(middle, fine, 3, 1, 1)
        self.norm_fine = nn.GroupNorm(8, fine, affine=False)
        self.film_fine = nn.Linear(style, 2 * fine)
        self.flow = nn.Conv2d(fine, 2, 3, 1, 1)
        self.paint = nn.Conv2d(fine, 16, 3, 1, 1)  # 4 channels at twice the size
        for layer in (self.flow, self.paint):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def forward(
        self, coarse: Tensor, skip_middle: Tensor, skip_fine: Tensor, expression: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        style = self.style(expression * self.gain)
        for block in self.blocks:
            coarse = block(coarse, style)
        middle = self.up_middle(F.interpolate(coarse, scale_factor=2.0)) + skip_middle
        middle = self.block_middle(F.silu(self.norm_middle(middle)), style)
        fine = self.norm_fine(self.up_fine(F.interpolate(middle, scale_factor=2.0)) + skip_fine)
        scale, shift = self.film_fine(style)[:, :, None, None].chunk(2, 1)
        fine = F.silu(fine * (1 + scale) + shift)  # [N, 32, 64, 64]
        flow = torch.tanh(self.flow(fine)) * MAX_FLOW
        flow = F.interpolate(flow, scale_factor=2.0, mode="bilinear", align_corners=False)
        paint = F.pixel_shuffle(self.paint(fine), 2)  # [N, 4, 128, 128]
        return flow, torch.sigmoid(paint[:, :1] + MASK_BIAS), torch.tanh(paint[:, 1:])


class Live(nn.Module):
    """Both halves, as they are trained and stored."""

    def __init__(self, config: LiveConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)


def load_live(config: LiveConfig, weights: Path) -> Live:
    """A model in evaluation mode. Raises `ModelError` when the weights do not fit."""
    model = Live(config)
    try:
        state = {name: value.float() for name, value in load_file(weights).items()}
        model.load_state_dict(state)
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelError(f"{weights} does not fit the live generator: {error}") from error
    return model.eval()


def apply_maps(picture: Tensor, flow: Tensor, mask: Tensor, colour: Tensor) -> Tensor:
    """What `compose` does, differentiable and on the crop [N, 3, 128, 128]; for training."""
    height, width = picture.shape[2:]
    rows = torch.linspace(-1 + 1 / height, 1 - 1 / height, height, device=picture.device)
    columns = torch.linspace(-1 + 1 / width, 1 - 1 / width, width, device=picture.device)
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    grid = torch.stack([x, y], -1) + 2 * flow.permute(0, 2, 3, 1)
    moved = F.grid_sample(
        picture, grid, mode="bilinear", padding_mode="border", align_corners=False
    )
    return moved * (1 - mask) + colour * mask
