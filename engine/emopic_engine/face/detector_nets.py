"""The two networks that find a face: TinyFaceDetector and FaceLandmark68Net of face-api (MIT).

Architectures as published in `@vladmandic/face-api` 1.7.15; weights are converted once by
`emopic_engine.train.face_detector_import`.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from emopic_engine.errors import ModelError

DETECTOR_WIDTHS = (3, 16, 32, 64, 128, 256, 512)
LANDMARK_WIDTHS = (3, 32, 64, 128, 256)
NOWHERE = -1e4  # padding that no maximum picks


class Separable(nn.Module):
    """Depthwise 3×3, then pointwise 1×1 with bias. Stride 2 pads as TensorFlow's SAME does."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.stride = stride
        padding = 1 if stride == 1 else 0
        self.depthwise = nn.Conv2d(inputs, inputs, 3, stride, padding, groups=inputs, bias=False)
        self.pointwise = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        if self.stride == 2:
            x = F.pad(x, (0, 1, 0, 1))
        y: Tensor = self.pointwise(self.depthwise(x))
        return y


class TinyFaceDetector(nn.Module):
    """[N, 3, S, S] mean-free RGB / 255 → [N, 25, S/32, S/32]: per cell five boxes of
    (x, y, log width, log height, score), before the sigmoid."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(DETECTOR_WIDTHS[0], DETECTOR_WIDTHS[1], 3, padding=1)
        pairs = pairwise(DETECTOR_WIDTHS[1:])
        self.layers = nn.ModuleList(Separable(a, b) for a, b in pairs)
        self.last = nn.Conv2d(DETECTOR_WIDTHS[-1], 25, 1)

    def forward(self, picture: Tensor) -> Tensor:
        x = F.max_pool2d(F.leaky_relu(self.first(picture), 0.1), 2)
        for layer in self.layers[:-1]:
            x = F.max_pool2d(F.leaky_relu(layer(x), 0.1), 2)
        x = F.leaky_relu(self.layers[-1](x), 0.1)
        cells: Tensor = self.last(F.max_pool2d(F.pad(x, (0, 1, 0, 1), value=NOWHERE), 2, 1))
        return cells


class DenseBlock(nn.Module):
    """Four convolutions; each adds to the sum of all before it."""

    def __init__(self, inputs: int, outputs: int, *, first: bool) -> None:
        super().__init__()
        self.is_first = first
        entry = nn.Conv2d(inputs, outputs, 3, 2) if first else Separable(inputs, outputs, 2)
        self.conv0 = entry
        self.conv1 = Separable(outputs, outputs)
        self.conv2 = Separable(outputs, outputs)
        self.conv3 = Separable(outputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.conv0(F.pad(x, (0, 1, 0, 1)) if self.is_first else x))
        total = x
        for layer in (self.conv1, self.conv2, self.conv3):
            x = layer(F.relu(total))
            total = total + x
        return F.relu(total)


class FaceLandmarks(nn.Module):
    """[N, 3, 112, 112] mean-free RGB / 255 → [N, 136]: 68 points (x, y) in [0, 1]."""

    def __init__(self) -> None:
        super().__init__()
        pairs = pairwise(LANDMARK_WIDTHS)
        self.blocks = nn.ModuleList(
            DenseBlock(a, b, first=index == 0) for index, (a, b) in enumerate(pairs)
        )
        self.points = nn.Linear(LANDMARK_WIDTHS[-1], 136)

    def forward(self, picture: Tensor) -> Tensor:
        for block in self.blocks:
            picture = block(picture)
        points: Tensor = self.points(F.avg_pool2d(picture, 7).flatten(1))
        return points


def load_net(net: nn.Module, weights: Path, prefix: str) -> nn.Module:
    """Fill `net` from the tensors under `prefix`. Raises `ModelError` when they do not fit."""
    try:
        tensors = load_file(weights)
        named = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
        net.load_state_dict({name: value.to(torch.float32) for name, value in named.items()})
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelError(f"{weights} does not fit the face detector: {error}") from error
    return net.eval()
