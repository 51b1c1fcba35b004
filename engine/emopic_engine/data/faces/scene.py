"""Camera, light and background of one set of pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from emopic_engine.face.geometry import CANONICAL

from .head import Floats

# Eyes and chin of a portrait with shoulders, in fractions of the side.
WIDE: Floats = np.array([(0.41, 0.43), (0.59, 0.43), (0.50, 0.76)], np.float32)
WIDEST = float(np.radians(30))  # of a turned head
KINDS = 9  # of backgrounds


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
    shadow: float = 0.0  # how dark cast shadows are
    blinds: tuple[float, float, float] = (0.0, 1.0, 0.0)  # outside shadows: strength, scale, seed


def sample_scene(rng: np.random.Generator) -> Scene:
    """A scene in crop space, with the errors that a landmark detector makes.

    Half the people look nearly straight on, the others are turned by up to 30°.
    """
    return _scene(rng, _jittered(rng, CANONICAL, 0.04, 0.035, 0.015))


def sample_wide_scene(rng: np.random.Generator) -> Scene:
    """Head and shoulders somewhere in the picture, tilted by up to 30°."""
    middle = WIDE.mean(0)
    size = rng.uniform(0.8, 1.3)
    placed = ((WIDE - middle) * size + middle).astype(np.float32)
    tilt = rng.normal() * 0.12 if rng.random() < 0.6 else rng.uniform(-0.52, 0.52)
    shift = rng.normal(size=2) * (0.09, 0.06)
    return _scene(rng, _moved(placed, float(tilt), 1.0, shift))


def _scene(rng: np.random.Generator, anchors: Floats) -> Scene:
    azimuth, elevation = rng.uniform(-1.1, 1.1), rng.uniform(0.1, 0.9)
    warmth = rng.uniform(-0.06, 0.12)
    tint = 1 + rng.normal(size=3) * (0.12 if rng.random() < 0.15 else 0.01)
    light_colour = np.array((1 + warmth, 1, 1 - warmth)) * rng.uniform(0.62, 0.92) * tint
    ambient = np.array((1 - warmth, 1, 1 + warmth)) * rng.uniform(0.34, 0.52)
    straight = rng.random() < 0.5
    yaw = rng.normal() * 0.12 if straight else rng.uniform(-WIDEST, WIDEST)
    blinds = rng.uniform(0.25, 0.7) if rng.random() < 0.12 else 0.0
    return Scene(
        yaw=float(np.clip(yaw, -WIDEST, WIDEST)),
        pitch=float(np.clip(rng.normal() * 0.1, -0.3, 0.3)),
        fov=float(np.radians(rng.uniform(10, 24))),
        anchors=anchors,
        light=direction(azimuth, elevation),
        light_colour=np.clip(light_colour, 0.3, 1.1).astype(np.float32),
        ambient=ambient.astype(np.float32),
        exposure=float(rng.uniform(0.85, 1.12)),
        background=_background_colours(rng),
        background_kind=int(rng.integers(KINDS)),
        background_seed=int(rng.integers(1 << 30)),
        shadow=float(rng.uniform(0.35, 0.95)) if rng.random() < 0.75 else 0.0,
        blinds=(float(blinds), float(rng.uniform(1.2, 4.0)), float(rng.uniform(0, 50))),
    )


def _background_colours(rng: np.random.Generator) -> Floats:
    """Mostly muted, as rooms and streets are."""
    colours = rng.uniform(0, 1, (2, 3))
    grey = colours.mean(1, keepdims=True)
    keep = rng.uniform(0, 0.5) if rng.random() < 0.75 else rng.uniform(0.5, 1.0)
    muted: Floats = (grey + (colours - grey) * keep).astype(np.float32)
    return muted


def direction(azimuth: float, elevation: float) -> Floats:
    """Unit vector; azimuth 0 is the camera's side."""
    flat = np.cos(elevation)
    return np.array((np.sin(azimuth) * flat, np.sin(elevation), np.cos(azimuth) * flat), np.float32)


def background(scene: Scene, size: int) -> Floats:
    """A background picture [size, size, 3] in [0, 1], the same at every size."""
    y, x = (np.mgrid[0:size, 0:size].astype(np.float32) + 0.5) / size
    blend = _pattern(scene.background_kind, x, y, np.random.default_rng(scene.background_seed))
    first, second = scene.background
    picture: Floats = first + (second - first) * np.clip(blend, 0, 1)[..., None]
    return picture


def _pattern(kind: int, x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    """Slope, spot, clouds, blurred tiles, stripes, discs of light, a room, leaves, plain."""
    size = len(x)
    pattern: Any
    match kind:
        case 0:
            pattern = y
        case 1:
            pattern = np.hypot(x - 0.5, y - 0.45) * 1.4
        case 2:
            pattern = _noise(rng, 5, size)
        case 3:
            noise = rng.random((9, 9)).astype(np.float32)
            tiles = cv2.resize(noise, (size, size), interpolation=cv2.INTER_NEAREST)
            pattern = cv2.GaussianBlur(tiles, (0, 0), size / 40)
        case 4:
            turn, many = rng.uniform(0, np.pi), rng.uniform(3, 12)
            pattern = 0.5 + 0.5 * np.sin((x * np.cos(turn) + y * np.sin(turn)) * many * 6.28)
        case 5:
            pattern = 0.25 * _noise(rng, 4, size)
            for _ in range(14):
                away = np.hypot(x - rng.uniform(0, 1), y - rng.uniform(0, 1))
                pattern = pattern + rng.uniform(0.2, 0.6) * (away < rng.uniform(0.02, 0.1))
            pattern = cv2.GaussianBlur(pattern, (0, 0), size / 90)
        case 6:
            floor = (y > rng.uniform(0.55, 0.8)) * 0.5
            left, width = rng.uniform(0, 0.7), rng.uniform(0.15, 0.4)
            window = ((x > left) & (x < left + width) & (y < 0.45)) * 0.8
            edged = np.maximum(floor, window) + 0.15 * _noise(rng, 6, size)
            pattern = cv2.GaussianBlur(edged.astype(np.float32), (0, 0), size / 60)
        case 7:
            octaves = ((4, 0.5), (9, 0.3), (21, 0.25), (43, 0.2))
            pattern = sum(_noise(rng, cells, size) * share for cells, share in octaves)
        case _:
            pattern = x * 0
    flat: Floats = np.asarray(pattern, np.float32)
    return flat


def _noise(rng: np.random.Generator, cells: int, size: int) -> Floats:
    noise = rng.random((cells, cells)).astype(np.float32)
    return np.asarray(cv2.resize(noise, (size, size), interpolation=cv2.INTER_CUBIC), np.float32)


def _jittered(
    rng: np.random.Generator, points: Floats, turn: float, scale: float, shift: float
) -> Floats:
    """Turn, scale and shift the points a little; the numbers are standard deviations."""
    return _moved(
        points,
        float(rng.normal() * turn),
        float(1 + rng.normal() * scale),
        rng.normal(size=2) * shift,
    )


def _moved(points: Floats, turn: float, scale: float, shift: NDArray[np.float64]) -> Floats:
    rotation = np.array([(np.cos(turn), -np.sin(turn)), (np.sin(turn), np.cos(turn))]) * scale
    middle = points.mean(0)
    moved: Floats = ((points - middle) @ rotation.T + middle + shift).astype(np.float32)
    return moved
