"""Real faces for comparing compiled face models with the reference: those that ship with Emopic."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from emopic_engine.backends.base import Array
from emopic_engine.errors import ModelError

from .geometry import Floats

if TYPE_CHECKING:
    from torch import nn

CHARACTERS = Path(__file__).parents[1] / "models" / "characters"
Samples = Callable[[], list[tuple[Array, ...]]]


def check_pictures(side: int) -> NDArray[np.uint8]:
    """The bundled faces, RGB uint8 [N, side, side, 3]."""
    pictures = []
    for path in sorted(CHARACTERS.glob("*.png")):
        bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if bgr is None:
            raise ModelError(f"{path} cannot be read: install emopic-engine again")
        small = cv2.resize(bgr, (side, side), interpolation=cv2.INTER_AREA)
        pictures.append(cv2.cvtColor(small, cv2.COLOR_BGR2RGB))
    return np.asarray(pictures, np.uint8)


def network_pictures(side: int) -> Floats:
    """The same as a generator takes them: float32 [N, 3, side, side] in [-1, 1]."""
    scaled = check_pictures(side).transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1
    return np.ascontiguousarray(scaled)


def finder_samples(side: int) -> list[tuple[Array, ...]]:
    """The same as the face detector takes them, one by one: mean-free RGB / 255."""
    scaled = check_pictures(side).astype(np.float32)
    scaled = (scaled - scaled.mean((1, 2), keepdims=True)) / np.float32(255)
    return [(np.ascontiguousarray(p.transpose(2, 0, 1)[None]),) for p in scaled]


def generator_samples(side: int, channels: int) -> Samples:
    """Pictures for a generator that takes picture and domain: each domain once, on some face."""

    def samples() -> list[tuple[Array, ...]]:
        pictures, domains = network_pictures(side), np.eye(channels, dtype=np.float32)
        rows = ((pictures[i % len(pictures)], domains[i]) for i in range(channels))
        return [(picture[None].copy(), domain[None]) for picture, domain in rows]

    return samples


def decoder_samples(encoder: Callable[[], nn.Module], side: int, channels: int) -> Samples:
    """What the encoder makes of each face, with every channel at full."""

    def samples() -> list[tuple[Array, ...]]:
        import torch

        expressions = np.eye(channels, dtype=np.float32)
        with torch.inference_mode():
            features = [f.numpy() for f in encoder()(torch.from_numpy(network_pictures(side)))]
        return [
            (*(np.repeat(feature[row : row + 1], channels, 0) for feature in features), expressions)
            for row in range(len(features[0]))
        ]

    return samples
