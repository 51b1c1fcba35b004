"""Serving a published StarGAN generator in place of `live`, by configuration alone.

A picture made by StarGAN is new from edge to edge, and of the generator's size. Only what it
changed is taken over into the upload: where it left the face as it was, the upload's own sharper
pixels stay (`cover` in `config.json`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from emopic_engine.backends.base import Array, Backend
from emopic_engine.errors import ModelError

from .compose import Maps, paint
from .detector import FaceDetector
from .geometry import Floats
from .model import Face, FaceModel
from .stargan_graph import MODEL_TYPE, StarganConfig, read_stargan_config, stargan_graph

NEUTRAL: Final = "neutral"
FAINT, PLAIN = 0.06, 0.20  # change of a channel, of 2: below it nothing is taken over, above it all
BLUR: Final = 24  # change is looked at in patches of a 24th of the side


def load_face_model(model_dir: Path, detector_dir: Path, backend: Backend) -> FaceModel:
    """The face model that the directory's `config.json` names. Raises `ModelError`."""
    path = model_dir / "config.json"
    try:
        kind = json.loads(path.read_text(encoding="utf-8"))["model_type"]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelError(f"{path} does not name a model_type: {error}") from error
    model = StarganModel if kind == MODEL_TYPE else FaceModel
    return model(model_dir, detector_dir, backend)


class StarganModel(FaceModel):
    """A StarGAN generator with the face detector on one backend. Not thread-safe.

    Registering only cuts the face; each frame is one pass of the whole generator.
    """

    def __init__(self, model_dir: Path, detector_dir: Path, backend: Backend) -> None:
        self.config = read_stargan_config(model_dir)
        self.channels = self.config.channels
        self._side = self.config.size
        self._detector = FaceDetector(detector_dir, backend)
        self._encode = _as_it_is
        self._generate = backend.compile(stargan_graph(model_dir))

    def render(self, jobs: Sequence[tuple[Face, Floats]]) -> list[Maps]:
        """Maps without flow for faces and their expressions, float32 [E] in the order of
        `channels`. One call of the generator for all of them."""
        if not jobs:
            return []
        pictures = np.concatenate([face.features[0] for face, _ in jobs])
        wanted = [domain_of(np.clip(row, 0, 1), self.config) for _, row in jobs]
        domains = np.stack([domain for domain, _ in wanted])
        (made,) = self._generate(np.ascontiguousarray(pictures), domains)
        flow = np.zeros((self._side, self._side, 2), np.float32)
        covers = [self._cover(picture, new) for picture, new in zip(pictures, made, strict=True)]
        return [
            Maps(flow, paint(new, cover * strength))
            for cover, new, (_, strength) in zip(covers, made, wanted, strict=True)
        ]

    def _cover(self, picture: NDArray[np.float32], made: NDArray[np.float32]) -> Floats:
        if self.config.cover == "all":
            return np.ones(made.shape[1:], np.float32)
        return changed(picture, made)


def domain_of(weights: Floats, config: StarganConfig) -> tuple[Floats, float]:
    """The generator's domain float32 [C] for weights float32 [E] over `config.channels`, and how
    far its picture is faded in.

    A generator that can be asked for `neutral` gets what is missing to 1 as neutral, and shows its
    picture in full. One that cannot is asked for the emotion in full and faded in by its weight.
    """
    domain = np.zeros(len(config.emotions), np.float32)
    for name, weight in zip(config.channels, weights, strict=True):
        domain[config.emotions.index(name)] = weight
    total = float(domain.sum())
    if NEUTRAL in config.channels:
        domain[config.emotions.index(NEUTRAL)] += max(0.0, 1.0 - total)
        return domain / max(1.0, total), 1.0
    if total == 0.0:
        return domain, 0.0
    return domain / np.float32(total), min(1.0, total)


def changed(picture: NDArray[np.float32], made: NDArray[np.float32]) -> Floats:
    """Where a face [3, S, S] in [-1, 1] was changed, [S, S]: 0 hardly, 1 plainly."""
    side = picture.shape[-1]
    reach = max(3, side // BLUR * 2 + 1)
    difference = np.abs(made - picture).max(0)
    share = np.clip((difference - FAINT) / (PLAIN - FAINT), 0, 1).astype(np.float32)
    wide = cv2.dilate(share, np.ones((reach, reach), np.uint8))
    return np.asarray(cv2.GaussianBlur(wide, (0, 0), reach / 2), np.float32)


def _as_it_is(*inputs: Array) -> tuple[Array, ...]:
    """The encoder of a generator that has none."""
    return inputs
