"""A small engine without models: real queues and sockets around it, plain rules inside.

A line is felt by the words in it; a face is drawn as coloured circles, at its own size. Tests
steer it with words in lines (`!device`, `!engine`, `!bug`) and with the gates.
"""

from __future__ import annotations

import hashlib
import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from emopic_engine.emotions import DEFAULT, Emotions
from emopic_engine.errors import DeviceError, EngineError, InputError, LineError, PictureError

CUES = {
    "joy": "기쁘 좋 행복 사랑 웃 ㅋㅋ ㅎㅎ happy joy great 😀 😂",
    "anger": "화나 짜증 열받 싫 분노 angry hate 😡",
    "anxiety": "불안 걱정 무서 떨려 afraid worry 😨",
    "sadness": "슬프 슬퍼 눈물 우울 ㅠㅠ ㅜㅜ sad cry 😢",
    "surprise": "놀라 깜짝 헉 대박 wow surprise 😮",
}
COLOURS = {  # BGR
    "joy": (60, 200, 255),
    "anger": (60, 60, 235),
    "anxiety": (190, 130, 170),
    "neutral": (190, 190, 190),
    "sadness": (220, 140, 70),
    "surprise": (120, 220, 120),
}
SIDE = 256


@dataclass(frozen=True)
class FakeInfo:
    backend: str = "fake"
    device: str = "none"
    precision: str = "none"
    text_model: str = "cues"
    face_model: str = "circles"
    versions: dict[str, str] = field(default_factory=lambda: {"fake": "1"})
    face_channels: tuple[str, ...] = ()
    reason: str = "a test"


@dataclass(frozen=True)
class FakeBuiltin:
    id: str
    name: str
    ko: str
    kind: str = "picture"


@dataclass(frozen=True, eq=False)
class FakeFace:
    key: str
    width: int
    height: int
    source: str
    tint: int
    portrait: bytes | None = None
    faces: int = 1
    kind: str = "picture"
    channels: tuple[str, ...] = ()
    pictures: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FakeScores:
    values: NDArray[np.float32]
    top: int
    intensity: float


@dataclass(frozen=True)
class FakePicture:
    data: bytes
    format: str
    width: int
    height: int
    rect: tuple[int, int, int, int] | None
    encode_s: float = 0.001


class Gate:
    """Open unless closed; the engine waits at it, and tells that it does."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._open.set()
        self.waiting = threading.Event()

    def close(self) -> None:
        self._open.clear()

    def open(self) -> None:
        self._open.set()

    def pass_through(self) -> None:
        if not self._open.is_set():
            self.waiting.set()
            self._open.wait(60)
            self.waiting.clear()


class FakeEngine:
    """Shaped like `emopic_engine.engine.Engine`. `calls` lists what it was asked to do."""

    emotions: Emotions = DEFAULT
    info = FakeInfo()
    builtins = (
        FakeBuiltin("haru", "Haru", "하루"),
        FakeBuiltin("mina", "Mina", "미나"),
        FakeBuiltin("jun", "Jun", "준"),
        FakeBuiltin("sora", "Sora", "소라"),
    )

    def __init__(self, *, warm: Gate | None = None) -> None:
        self.warm = warm or Gate()
        self.classifying = Gate()
        self.rendering = Gate()
        self.batches: list[list[str]] = []
        self.rendered: list[Any] = []

    def warm_up(self) -> None:
        self.warm.pass_through()

    def classify(self, lines: Sequence[str]) -> list[FakeScores | EngineError]:
        self.classifying.pass_through()
        self.batches.append(list(lines))
        if any("!device" in line for line in lines):
            raise DeviceError("out of memory", code="device")
        if any("!bug" in line for line in lines):
            raise ZeroDivisionError("a bug in the engine")
        return [self._scores(line) for line in lines]

    def register(
        self, picture: bytes, *, portrait: bool = False, background: str | bytes | None = None
    ) -> FakeFace:
        image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
        if image is None:
            raise PictureError("this is not a JPEG, PNG or WebP", code="picture_format")
        height, width = image.shape[:2]
        if min(width, height) < 16:
            raise PictureError(f"{width}x{height} is too small", code="picture_too_small")
        source = "centred" if int(image.max()) == int(image.min()) else "found"
        if portrait and source == "centred":
            raise PictureError("no face was found in the picture", code="no_face")
        if portrait:  # the middle stands for the largest face
            cut = image[height // 4 : height * 3 // 4, width // 4 : width * 3 // 4]
            png = cv2.imencode(".png", cut)[1].tobytes()
            return FakeFace("portrait", cut.shape[1], cut.shape[0], source, picture[-1], png)
        behind = background.encode() if isinstance(background, str) else background or b""
        key = hashlib.sha256(picture + behind).hexdigest()[:32]
        return FakeFace(key, width, height, source, picture[-1])

    def builtin(self, name: str, *, background: str | bytes | None = None) -> FakeFace:
        ids = [item.id for item in self.builtins]
        if name not in ids:
            raise InputError(f"there is no built-in face {name!r}", code="unknown_builtin")
        key = name if background is None else f"{name} {background!r}"
        return FakeFace(key, SIDE, SIDE, "builtin", 60 * ids.index(name))

    def render(self, jobs: Sequence[Any]) -> list[FakePicture | EngineError]:
        self.rendering.pass_through()
        self.rendered.extend(jobs)
        return [self._draw(job) for job in jobs]

    def _scores(self, line: str) -> FakeScores | EngineError:
        if "!engine" in line:
            return LineError("nothing in it", code="line_empty")
        strength = np.full(len(self.emotions), 0.02, np.float32)
        strength[self.emotions.names.index("neutral")] = 0.3
        for name, cues in CUES.items():
            hits = sum(line.count(cue) for cue in cues.split())
            strength[self.emotions.names.index(name)] += 2.0 * hits
        values = strength / strength.sum()
        return FakeScores(values, int(values.argmax()), 1.0)

    def _draw(self, job: Any) -> FakePicture:
        face = job.face
        longest = max(face.width, face.height)
        scale = min(job.size or longest, longest) / longest  # as the engine: never larger
        width, height = max(1, round(face.width * scale)), max(1, round(face.height * scale))
        image = _head(width, height, face.tint, job.expression, self.emotions)
        rect = None
        if job.patch:
            rect = (width // 8, height // 8, width - width // 4, height - height // 4)
            x, y, w, h = rect
            image = image[y : y + h, x : x + w]
        return FakePicture(_encode(image, job.format, job.quality), job.format, width, height, rect)


def _head(
    width: int, height: int, tint: int, expression: Sequence[float], emotions: Emotions
) -> NDArray[np.uint8]:
    weights = dict(zip(emotions.names, expression, strict=True))
    colour = np.zeros(3)
    for name, weight in weights.items():
        colour += weight * np.array(COLOURS.get(name, (128, 128, 128)), float)
    colour /= max(sum(weights.values()), 1e-6)
    image = np.full((height, width, 3), (40 + tint // 3, 48, 60), np.uint8)
    centre, radius = (width // 2, height // 2), max(2, min(width, height) * 3 // 8)
    fill = tuple(int(v) for v in colour)
    cv2.circle(image, centre, radius, fill, -1, cv2.LINE_AA)
    dark = (30, 30, 40)
    eye = max(1, int(radius * (0.1 + 0.1 * weights.get("surprise", 0) + 0.06 * weights["anxiety"])))
    for side in (-1, 1):
        at = (centre[0] + side * radius // 3, centre[1] - radius // 4)
        cv2.circle(image, at, eye, dark, -1, cv2.LINE_AA)
        tilt = int(radius * 0.2 * (weights["anger"] - weights["sadness"]))
        inner = (at[0] - side * radius // 6, at[1] - radius // 4 + tilt)
        outer = (at[0] + side * radius // 6, at[1] - radius // 4 - tilt)
        cv2.line(image, inner, outer, dark, max(1, radius // 20), cv2.LINE_AA)
    _mouth(image, centre, radius, weights, dark)
    return image


def _mouth(
    image: NDArray[np.uint8],
    centre: tuple[int, int],
    radius: int,
    weights: dict[str, float],
    dark: tuple[int, int, int],
) -> None:
    bend = weights["joy"] - weights["sadness"] - 0.6 * weights["anger"]
    drop = weights.get("surprise", 0)
    points = []
    for step in range(-10, 11):
        u = step / 10
        y = centre[1] + radius * (0.4 + 0.25 * bend * math.cos(u * math.pi / 2) - 0.1 * bend)
        points.append((int(centre[0] + u * radius * 0.45), int(y)))
    cv2.polylines(image, [np.array(points, np.int32)], False, dark, max(1, radius // 16))
    if drop > 0:
        middle = (centre[0], int(centre[1] + radius * 0.45))
        axes = (int(radius * 0.15), max(1, int(radius * 0.25 * drop)))
        cv2.ellipse(image, middle, axes, 0, 0, 360, dark, -1, cv2.LINE_AA)


def _encode(image: NDArray[np.uint8], name: str, quality: int) -> bytes:
    if name == "raw":
        return cv2.cvtColor(image, cv2.COLOR_BGR2RGBA).tobytes()
    options = {"jpeg": [cv2.IMWRITE_JPEG_QUALITY, quality]}.get(name, [])
    done, data = cv2.imencode({"jpeg": ".jpg"}.get(name, f".{name}"), image, options)
    assert done
    return bytes(data)


def load_fake(_argument: bytes) -> FakeEngine:
    """The fake engine as an engine process makes it: `tests.fakes:load_fake`."""
    return FakeEngine()
