"""The `live` generator: one picture of a face and an expression → flow, mask and colour.

The encoder runs once per face and keeps what only the picture decides, the convolved skip
connections included. The decoder runs once per frame: the expression modulates its residual
blocks (FiLM). Nothing here touches the picture's pixels: the flow says from where to fetch each
one, the mask where to paint the colour instead (teeth, lids, creases), and
`emopic_engine.face.compose` does both at the picture's own size.

Mouth and eyes are where faces are read, and lips, teeth and lids are finer than the 64 px at which
the trunk ends. A model with `detail` channels decodes two fixed regions of the crop once more, at
the crop's own resolution and with the source's pixels at hand, and adds what it finds there to
flow, mask and colour.

Shapes below are for 128 px crops; a model of `size` S has S/128 of them. N is the batch, E the
number of channels of an expression.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from emopic_engine.emotions import EXTRA_CHANNELS
from emopic_engine.errors import ModelError

from .geometry import CROP
from .regions import REGIONS, Region

MAX_FLOW = 0.25  # of the crop's width
DETAIL_FLOW = 0.05  # what a region may add to it
MASK_BIAS = -2.0  # a fresh model paints little
Features = tuple[Tensor, ...]
Film = tuple[Tensor, Tensor]
"""What a norm's answer [N, W, h, w] is multiplied with, and what is added: [N, W, 1, 1] each."""


@dataclass(frozen=True)
class LiveConfig:
    """Sizes of the network. `channels` names the columns of the expression.

    `gain` multiplies the expression before it is decoded. Training runs at 1; a model trained on
    mean errors shows somewhat less than it is asked for, and a gain above 1 makes up for that.
    Lids and jaw (`EXTRA_CHANNELS`) need none: closed is closed.
    `size` is the crop's side in pixels, a multiple of 32. `detail` is the width of the branch for
    mouth and eyes, a multiple of 8; 0 leaves the branch out.
    """

    channels: tuple[str, ...]
    widths: tuple[int, int, int] = (32, 64, 96)
    encoder_blocks: int = 1
    decoder_blocks: int = 3
    style: int = 64
    gain: float = 1.0
    size: int = CROP
    detail: int = 0

    @property
    def regions(self) -> tuple[Region, ...]:
        """What is decoded once more."""
        return REGIONS if self.detail else ()


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
    """A residual block whose normalised activations the expression scales and shifts.

    `film` makes both pairs of factor (less 1) and summand; `Decoder` asks all blocks' at once.
    """

    def __init__(self, width: int, style: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, 1, 1)
        self.second = nn.Conv2d(width, width, 3, 1, 1)
        self.norm_first = nn.GroupNorm(8, width, affine=False)
        self.norm_second = nn.GroupNorm(8, width, affine=False)
        self.film = nn.Linear(style, 4 * width)

    def forward(self, x: Tensor, first: Film, second: Film) -> Tensor:
        h = self.norm_first(self.first(x)) * first[0] + first[1]
        h = self.norm_second(self.second(F.silu(h))) * second[0] + second[1]
        y: Tensor = x + h
        return y


class Encoder(nn.Module):
    """[N, 3, 128, 128] in [-1, 1] → features at 16, 32 and 64 px, then those of each region."""

    def __init__(self, config: LiveConfig) -> None:
        super().__init__()
        fine, middle, coarse = config.widths
        self.fine = convolve(12, fine)
        self.middle = convolve(fine, middle, 2)
        self.coarse = convolve(middle, coarse, 2)
        self.blocks = nn.Sequential(*(Block(coarse) for _ in range(config.encoder_blocks)))
        self.skip_middle = nn.Conv2d(middle, middle, 3, 1, 1)
        self.skip_fine = nn.Conv2d(fine, fine, 3, 1, 1)
        self.detail = nn.ModuleList(nn.Conv2d(3, config.detail, 3, 1, 1) for _ in config.regions)

    def forward(self, picture: Tensor) -> Features:
        fine = self.fine(F.pixel_unshuffle(picture, 2))  # [N, 32, 64, 64]
        middle = self.middle(fine)  # [N, 64, 32, 32]
        coarse = self.blocks(self.coarse(middle))  # [N, 96, 16, 16]
        return coarse, self.skip_middle(middle), self.skip_fine(fine), *self._regions(picture)

    def _regions(self, picture: Tensor) -> Features:
        side = picture.shape[3]
        cuts = [region.slices(side) for region in REGIONS]
        return tuple(
            layer(picture[:, :, rows, columns])
            for layer, (rows, columns) in zip(self.detail, cuts, strict=False)
        )


class Detail(nn.Module):
    """One region once more: the trunk's features at half size, the source's pixels at full size.

    [N, F, h, w], [N, D, 2 h, 2 w] and four films → corrections [N, 6, 2 h, 2 w] of flow, mask and
    colour, before their limits, fading to 0 at the region's rim.
    """

    window: Tensor

    def __init__(self, config: LiveConfig, region: Region) -> None:
        super().__init__()
        fine, width, wide = config.widths[0], config.detail, 3 * config.detail
        self.enter = nn.Conv2d(fine, wide, 3, 1, 1)
        self.block = FilmBlock(wide, config.style)
        self.up = nn.Conv2d(wide, 4 * width, 3, 1, 1)
        self.block_full = FilmBlock(width, config.style)
        self.leave = nn.Conv2d(width, 6, 3, 1, 1)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)  # type: ignore[arg-type]
        self.register_buffer("window", _window(*region.shape(config.size)), persistent=False)

    def forward(self, fine: Tensor, pixels: Tensor, films: Sequence[Film]) -> Tensor:
        half = F.silu(self.block(self.enter(fine), *films[:2]))
        full = F.pixel_shuffle(self.up(half), 2) + pixels
        correction: Tensor = self.leave(F.silu(self.block_full(full, *films[2:]))) * self.window
        return correction


def _window(rows: int, columns: int) -> Tensor:
    """[1, 1, rows, columns]: 1 inside, 0 at the rim, over an eighth of the shorter side."""

    def line(count: int) -> Tensor:
        place = (torch.arange(count) + 0.5) / (min(rows, columns) / 8)
        return torch.minimum(place, place.flip(0)).clamp(max=1)

    return (line(rows)[:, None] * line(columns)[None])[None, None]


class Decoder(nn.Module):
    """What the encoder gave and an expression [N, E] → flow [N, 2, 128, 128] as an offset in
    fractions of the crop's width, mask [N, 1, 128, 128] in [0, 1], colour [N, 3, 128, 128] in
    [-1, 1]."""

    gain: Tensor
    doubling: Tensor
    factors: Tensor

    def __init__(self, config: LiveConfig) -> None:
        super().__init__()
        fine, middle, coarse = config.widths
        style, channels = config.style, len(config.channels)
        self.register_buffer("gain", _gains(config), persistent=False)
        self.style = nn.Sequential(
            nn.Linear(channels, style), nn.SiLU(), nn.Linear(style, style), nn.SiLU()
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
        self.detail = nn.ModuleList(Detail(config, region) for region in config.regions)
        self.register_buffer("doubling", doubling(), persistent=False)
        self.register_buffer("factors", _factors(self._widths()), persistent=False)

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        flow, paint = self.unlimited(*inputs)
        return flow, torch.sigmoid(paint[:, :1] + MASK_BIAS), torch.tanh(paint[:, 1:])

    def unlimited(
        self, coarse: Tensor, skip_middle: Tensor, skip_fine: Tensor, *rest: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The flow, and [N, 4, 128, 128] that mask and colour are limits of."""
        *pixels, expression = rest
        films = iter(self._films(self.style(expression * self.gain)))
        for block in self.blocks:
            coarse = block(coarse, next(films), next(films))
        middle = self.up_middle(F.interpolate(coarse, scale_factor=2.0)) + skip_middle
        middle = self.block_middle(F.silu(self.norm_middle(middle)), next(films), next(films))
        fine = self.norm_fine(self.up_fine(F.interpolate(middle, scale_factor=2.0)) + skip_fine)
        scale, shift = next(films)
        fine = F.silu(fine * scale + shift)  # [N, 32, 64, 64]
        flow = doubled(torch.tanh(self.flow(fine)) * MAX_FLOW, self.doubling)
        paint = F.pixel_shuffle(self.paint(fine), 2)  # [N, 4, 128, 128]
        for branch, region, own in zip(self.detail, REGIONS, pixels, strict=False):
            rows, columns = region.slices(fine.shape[3])
            correction = branch(fine[:, :, rows, columns], own, [*islice(films, 4)])
            around = region.padding(paint.shape[3])
            flow = flow + F.pad(torch.tanh(correction[:, :2]) * DETAIL_FLOW, around)
            paint = paint + F.pad(correction[:, 2:], around)
        return flow, paint

    def _films(self, style: Tensor) -> list[Film]:
        """What each norm is multiplied with and what is added, in the order in which they come.

        One product for all: nine small ones and their sums took a fifteenth of a frame's time.
        """
        layers = self._film_layers()
        weight = torch.cat([layer.weight for layer, _ in layers])
        bias = torch.cat([layer.bias for layer, _ in layers]) + self.factors
        sizes = [width for width in self._widths() for _ in range(2)]
        parts = torch.split(F.linear(style, weight, bias), sizes, 1)
        columns = [part[:, :, None, None] for part in parts]
        return [*zip(columns[::2], columns[1::2], strict=True)]

    def _film_layers(self) -> list[tuple[nn.Linear, int]]:
        """Layers that make films, and for how many norms, in the order in which they come."""
        layers = [(part.film, 2) for part in self.modules() if isinstance(part, FilmBlock)]
        layers.insert(len(self.blocks) + 1, (self.film_fine, 1))
        return layers

    def _widths(self) -> list[int]:
        """Of each norm."""
        return [
            layer.out_features // (2 * norms)
            for layer, norms in self._film_layers()
            for _ in range(norms)
        ]


def _factors(widths: Sequence[int]) -> Tensor:
    """1 for each factor, 0 for each summand: layers make factors less 1."""
    return torch.cat([torch.tensor([1.0, 0.0]).repeat_interleave(width) for width in widths])


def doubling() -> Tensor:
    """[8, 1, 3, 3]: for x and for y of a flow, the four mixes of a pixel and its neighbours that
    take its place at twice the size."""
    before, after = torch.tensor([0.25, 0.75, 0.0]), torch.tensor([0.0, 0.75, 0.25])
    mixes = [torch.outer(rows, columns) for rows in (before, after) for columns in (before, after)]
    return torch.stack(mixes * 2)[:, None]


def doubled(flow: Tensor, mixes: Tensor) -> Tensor:
    """[N, 2, H, W] at twice the size, bilinear: as a convolution, which takes half as long as
    OpenVINO's interpolation. In groups, it is left as it is where convolutions become int8."""
    rimmed = F.pad(flow, (1, 1, 1, 1), mode="replicate")
    return F.pixel_shuffle(F.conv2d(rimmed, mixes, groups=2), 2)


def _gains(config: LiveConfig) -> Tensor:
    """[1, E]: the gain for emotions, 1 for lids and jaw."""
    return torch.tensor([[1.0 if c in EXTRA_CHANNELS else config.gain for c in config.channels]])


class PixelDecoder(nn.Module):
    """The decoder as servers run it, its answers in the order in which pictures are composed: flow
    [N, 128, 128, 2] and `emopic_engine.face.compose.Maps.paint` [N, 128, 128, 4].

    Takes a decoder over and changes it: colour comes before cover, and half of what the mask was
    made from, because its sigmoid is half a tanh of the half, and one tanh serves all four.
    """

    def __init__(self, decoder: Decoder) -> None:
        super().__init__()
        self.decoder = decoder
        _cover_last(decoder.paint, 4, MASK_BIAS)
        for branch in decoder.detail:
            assert isinstance(branch, Detail)
            _cover_last(branch.leave, 1, 0.0, first=2)

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Tensor]:
        flow, paint = self.decoder.unlimited(*inputs)
        return flow.permute(0, 2, 3, 1), torch.tanh(paint).permute(0, 2, 3, 1)


@torch.no_grad()
def _cover_last(layer: nn.Conv2d, each: int, added: float, first: int = 0) -> None:
    """Move the `each` outputs that make the mask, halved, from the place `first` to the end."""
    assert layer.bias is not None
    layer.bias[first : first + each] += added
    for values in (layer.weight, layer.bias):
        cover = values[first : first + each] / 2
        values.copy_(torch.cat([values[:first], values[first + each :], cover]))


class Live(nn.Module):
    """Both halves, as they are trained and stored."""

    def __init__(self, config: LiveConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)


def load_live(config: LiveConfig, weights: Path) -> Live:
    """A model in evaluation mode, on the CPU. Raises `ModelError` when the weights do not fit."""
    model = Live(config)
    try:
        state = {name: value.float() for name, value in load_file(weights).items()}
        model.load_state_dict(state)
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelError(f"{weights} does not fit the live generator: {error}") from error
    return model.eval()


def apply_maps(picture: Tensor, flow: Tensor, mask: Tensor, colour: Tensor) -> Tensor:
    """What `compose` does, differentiable and on the crop [N, 3, S, S]; for training."""
    height, width = picture.shape[2:]
    rows = torch.linspace(-1 + 1 / height, 1 - 1 / height, height, device=picture.device)
    columns = torch.linspace(-1 + 1 / width, 1 - 1 / width, width, device=picture.device)
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    grid = torch.stack([x, y], -1) + 2 * flow.permute(0, 2, 3, 1)
    moved = F.grid_sample(
        picture, grid, mode="bilinear", padding_mode="border", align_corners=False
    )
    return moved * (1 - mask) + colour * mask
