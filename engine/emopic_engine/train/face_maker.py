"""A `live` model applied to aligned crops, as it is trained: no picture around, no feather."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from emopic_engine.backends.base import Backend
from emopic_engine.emotions import EXTRA_CHANNELS
from emopic_engine.face.compose import Maps
from emopic_engine.face.crop import network_input
from emopic_engine.face.graphs import decoder_graph, encoder_graph, read_settings

Rgb = NDArray[np.uint8]
Pictures = NDArray[np.uint8]
Expressions = NDArray[np.float32]


class FaceMaker:
    """`channels` are the columns that the model understands; `size` is the side of its crops."""

    def __init__(self, model_dir: Path, backend: Backend) -> None:
        settings = read_settings(model_dir)
        self.channels, self.size = settings.channels, settings.size
        self._encode = backend.compile(encoder_graph(model_dir))
        self._decode = backend.compile(decoder_graph(model_dir))

    def __call__(self, crop: Rgb, expressions: Expressions) -> Pictures:
        """All expressions [K, E] of one crop: uint8 [K, S, S, 3]."""
        features = self._encode(network_input(crop))
        repeated = [np.repeat(feature, len(expressions), 0) for feature in features]
        maps = zip(*self._decode(*repeated, expressions), strict=True)
        return np.stack([applied(crop, Maps(*parts)) for parts in maps])


def one_hots(channels: tuple[str, ...], names: tuple[str, ...], strength: float = 1) -> Expressions:
    """The expression [K, E] of each name at a strength; what is missing to 1 is neutral, and lids
    and jaw move on a neutral face, all as in training. Names that are no channel stay at rest.
    """
    neutral = channels.index("neutral")
    rows = np.zeros((len(names), len(channels)), np.float32)
    rows[:, neutral] = 1
    for row, name in zip(rows, names, strict=True):
        if name in channels and name != "neutral":
            row[neutral] = 1 if name in EXTRA_CHANNELS else 1 - strength
            row[channels.index(name)] = strength
    return rows


def applied(crop: Rgb, maps: Maps) -> Rgb:
    """Flow and paint on the crop itself."""
    side = crop.shape[0]
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1)
    places = (grid + maps.flow * side).astype(np.float32)
    moved = cv2.remap(
        crop, places[..., 0], places[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    colour = maps.paint[..., :3] * 127.5 + 127.5
    mask = (maps.paint[..., 3:] + 1) / 2
    blended: Rgb = np.clip(moved * (1 - mask) + colour * mask + 0.5, 0, 255).astype(np.uint8)
    return blended
