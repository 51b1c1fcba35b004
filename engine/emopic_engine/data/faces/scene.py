"""Camera, light and background of one set of pictures."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from emopic_engine.face.geometry import CANONICAL

from .head import Floats


@dataclass(frozen=True)
class Scene:
    """Angles in radians. `anchors` are the places of eyes and chin in the picture [3, 2]."""

    yaw: float
    pitch: float
    fov: float
    anchors: Floats
    light: Floats  # direction towards the light
    light_colour: Floats
    ambient: Floats
    exposure: float
    background: Floats  # [2, 3] two colours
    background_kind: int
    background_seed: int


def sample_scene(rng: np.random.Generator) -> Scene:
    """A scene in crop space, with the errors that a landmark detector makes."""
    azimuth, elevation = rng.uniform(-1.1, 1.1), rng.uniform(0.1, 0.9)
    warmth = rng.uniform(-0.06, 0.12)
    light_colour = np.array((1 + warmth, 1, 1 - warmth)) * rng.uniform(0.62, 0.92)
    ambient = np.array((1 - warmth, 1, 1 + warmth)) * rng.uniform(0.34, 0.52)
    return Scene(
        yaw=float(rng.normal() * 0.12),
        pitch=float(rng.normal() * 0.07),
        fov=float(np.radians(rng.uniform(10, 24))),
        anchors=_jittered(rng, CANONICAL),
        light=direction(azimuth, elevation),
        light_colour=light_colour.astype(np.float32),
        ambient=ambient.astype(np.float32),
        exposure=float(rng.uniform(0.85, 1.12)),
        background=rng.uniform(0, 1, (2, 3)).astype(np.float32),
        background_kind=int(rng.integers(4)),
        background_seed=int(rng.integers(1 << 30)),
    )


def direction(azimuth: float, elevation: float) -> Floats:
    """Unit vector; azimuth 0 is the camera's side."""
    flat = np.cos(elevation)
    return np.array((np.sin(azimuth) * flat, np.sin(elevation), np.cos(azimuth) * flat), np.float32)


def background(scene: Scene, size: int) -> Floats:
    """A background picture [size, size, 3] in [0, 1]: slope, spot, clouds or blurred tiles."""
    y, x = np.mgrid[0:size, 0:size].astype(np.float32) / size
    rng = np.random.default_rng(scene.background_seed)
    match scene.background_kind:
        case 0:
            blend = y
        case 1:
            blend = np.clip(np.hypot(x - 0.5, y - 0.45) * 1.4, 0, 1)
        case 2:
            noise = rng.random((5, 5)).astype(np.float32)
            blend = cv2.resize(noise, (size, size), interpolation=cv2.INTER_CUBIC)
        case _:
            noise = rng.random((9, 9)).astype(np.float32)
            tiles = cv2.resize(noise, (size, size), interpolation=cv2.INTER_NEAREST)
            blend = cv2.GaussianBlur(tiles, (0, 0), size / 40)
    first, second = scene.background
    picture: Floats = first + (second - first) * np.clip(blend, 0, 1)[..., None]
    return picture


def _jittered(rng: np.random.Generator, points: Floats) -> Floats:
    """Turn, scale and shift the points a little."""
    turn, scale = rng.normal() * 0.04, 1 + rng.normal() * 0.035
    shift = rng.normal(size=2) * 0.015
    rotation = np.array([(np.cos(turn), -np.sin(turn)), (np.sin(turn), np.cos(turn))]) * scale
    middle = points.mean(0)
    moved: Floats = ((points - middle) @ rotation.T + middle + shift).astype(np.float32)
    return moved
