"""Label sets, their Korean names, and what an expression means for a 3D head.

The set of emotions belongs to a model directory; nothing here fixes how many there are. Known
emotions bring a Korean name and blendshape presets with them. A label nobody knows keeps its own
name in both languages and moves no blendshape.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emopic_engine.errors import InputError

BlendshapeSet = Literal["arkit", "vrm0", "vrm1"]
BLENDSHAPE_SETS: Final[tuple[BlendshapeSet, ...]] = get_args(BlendshapeSet)

KOREAN: Final[Mapping[str, str]] = {
    "joy": "기쁨",
    "anger": "분노",
    "anxiety": "불안",
    "neutral": "중립",
    "sadness": "슬픔",
    "surprise": "놀람",
    "disgust": "혐오",
    "embarrassment": "당황",
    "fear": "공포",
    "hurt": "상처",
}
_ENGLISH: Final[Mapping[str, str]] = {korean: name for name, korean in KOREAN.items()}


@dataclass(frozen=True)
class Emotions:
    """An ordered label set: index `i` is place `i` of a model's scores and of an expression.

    Names are unique in both languages taken together. Raises `InputError` otherwise.
    """

    names: tuple[str, ...]
    korean: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.names or len(self.names) != len(self.korean):
            raise InputError(
                f"an emotion set needs as many Korean names as names, at least one: "
                f"got {list(self.names)} and {list(self.korean)}"
            )
        seen: set[str] = set()
        for pair in zip(self.names, self.korean, strict=True):
            folded = {_fold(label) for label in pair}
            if "" in folded or folded & seen:
                raise InputError(f"emotion labels must be unique and not empty: {list(pair)}")
            seen |= folded

    @classmethod
    def from_labels(
        cls, labels: Iterable[str], korean: Mapping[str, str] | None = None
    ) -> Emotions:
        """The set with these labels, in this order.

        A known Korean label gets its English name; Korean names come from `korean`, then from
        `KOREAN`, and else repeat the label.
        """
        names = tuple(_ENGLISH.get(label, label) for label in labels)
        known = {**KOREAN, **(korean or {})}
        return cls(names, tuple(known.get(name, name) for name in names))

    @classmethod
    def parse(cls, spec: str) -> Emotions:
        """The set that `spec` writes: labels in order, `joy,anger,pride=자랑`, as on command lines.

        A Korean name after `=` is needed only where `KOREAN` has none. Raises `InputError`.
        """
        pairs = [label.partition("=") for label in spec.split(",")]
        korean = {name.strip(): own.strip() for name, _, own in pairs if own.strip()}
        return cls.from_labels((name.strip() for name, _, _ in pairs), korean)

    @property
    def spec(self) -> str:
        """The set as text that `parse` reads back."""
        pairs = zip(self.names, self.korean, strict=True)
        return ",".join(
            name if KOREAN.get(name, name) == korean else f"{name}={korean}"
            for name, korean in pairs
        )

    def __len__(self) -> int:
        return len(self.names)

    @property
    def neutral(self) -> int | None:
        """The index of `neutral`, or None where the set has no such emotion."""
        return self.names.index("neutral") if "neutral" in self.names else None

    def index(self, label: str) -> int:
        """The index of a label in English or Korean; case and outer spaces do not matter.

        Raises `InputError` (code `unknown_emotion`) that names the label and the choices.
        """
        wanted = _fold(label)
        for index, pair in enumerate(zip(self.names, self.korean, strict=True)):
            if wanted in map(_fold, pair):
                return index
        raise InputError(f"unknown emotion {label!r}: use {self.choices}", code="unknown_emotion")

    @property
    def choices(self) -> str:
        """All labels in both languages, for messages: `joy 기쁨, anger 분노, …`."""
        pairs = zip(self.names, self.korean, strict=True)
        return ", ".join(name if name == korean else f"{name} {korean}" for name, korean in pairs)

    def one_hot(self, label: str, strength: float = 1.0) -> NDArray[np.float32]:
        """The expression float32 [K] that shows one emotion at `strength` in [0, 1]."""
        if not 0.0 <= strength <= 1.0:
            raise InputError(f"strength must be between 0 and 1, got {strength}")
        expression = np.zeros(len(self), np.float32)
        expression[self.index(label)] = strength
        return expression


def _fold(label: str) -> str:
    return label.strip().casefold()


DEFAULT: Final = Emotions.from_labels(("joy", "anger", "anxiety", "neutral", "sadness", "surprise"))

EXTRA_CHANNELS: Final[tuple[str, ...]] = ("blink", "mouth_open")
"""What a face can do beside emotions, each from 0 to 1: places after the emotions in an expression
that a face model takes. Lids closed and mouth wide open, whatever the emotion."""


def _sided(*names: str) -> tuple[str, ...]:
    return tuple(name + side for name in names for side in ("Left", "Right"))


def _eye(side: str) -> tuple[str, ...]:
    moves = ("Blink", "LookDown", "LookIn", "LookOut", "LookUp", "Squint", "Wide")
    return tuple(f"eye{move}{side}" for move in moves)


ARKIT: Final[tuple[str, ...]] = (
    *_eye("Left"),
    *_eye("Right"),
    *("jawForward", "jawLeft", "jawRight", "jawOpen"),
    *("mouthClose", "mouthFunnel", "mouthPucker", "mouthLeft", "mouthRight"),
    *_sided("mouthSmile", "mouthFrown", "mouthDimple", "mouthStretch"),
    *("mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper"),
    *_sided("mouthPress", "mouthLowerDown", "mouthUpperUp", "browDown"),
    "browInnerUp",
    *_sided("browOuterUp"),
    "cheekPuff",
    *_sided("cheekSquint", "noseSneer"),
    "tongueOut",
)
"""ARKit's 52 face blendshapes, in the order of `ARFaceAnchor.BlendShapeLocation`."""

VRM0: Final[tuple[str, ...]] = (
    *("Neutral", "A", "I", "U", "E", "O", "Blink", "Blink_L", "Blink_R"),
    *("Joy", "Angry", "Sorrow", "Fun", "LookUp", "LookDown", "LookLeft", "LookRight"),
    "Surprised",
)
"""VRM 0.x `BlendShapePreset` names, then `Surprised`, the custom clip most avatars add."""

VRM1: Final[tuple[str, ...]] = (
    *("happy", "angry", "sad", "relaxed", "surprised", "neutral"),
    *("aa", "ih", "ou", "ee", "oh", "blink", "blinkLeft", "blinkRight"),
    *("lookUp", "lookDown", "lookLeft", "lookRight"),
)
"""VRM 1.0 preset expression names (VRMC_vrm-1.0)."""

NAMES: Final[Mapping[BlendshapeSet, tuple[str, ...]]] = {
    "arkit": ARKIT,
    "vrm0": VRM0,
    "vrm1": VRM1,
}

# ARKit weights at full strength; a name without a side moves both sides. Anger needs the parted
# lips: with a closed mouth, an independent expression classifier read it as neutral.
_ARKIT_PRESETS: Final[Mapping[str, Mapping[str, float]]] = {
    "joy": {
        "mouthSmile": 1.0,
        "cheekSquint": 0.9,
        "eyeSquint": 0.45,
        "mouthDimple": 0.3,
        "mouthUpperUp": 0.35,
        "jawOpen": 0.12,
        "browOuterUp": 0.15,
    },
    "anger": {
        "browDown": 1.0,
        "noseSneer": 1.0,
        "mouthUpperUp": 0.75,
        "mouthLowerDown": 0.85,
        "mouthStretch": 0.4,
        "jawOpen": 0.25,
        "eyeWide": 0.4,
    },
    "anxiety": {
        "browInnerUp": 1.0,
        "browOuterUp": 0.1,
        "mouthStretch": 1.0,
        "eyeWide": 1.0,
        "mouthLowerDown": 0.6,
        "mouthUpperUp": 0.25,
        "jawOpen": 0.32,
    },
    "sadness": {
        "browInnerUp": 1.0,
        "browDown": 0.25,
        "mouthFrown": 1.0,
        "eyeBlink": 0.25,
        "mouthShrugLower": 0.5,
        "cheekSquint": 0.3,
        "mouthStretch": 0.25,
    },
    "surprise": {
        "browInnerUp": 0.9,
        "browOuterUp": 1.0,
        "eyeWide": 1.0,
        "jawOpen": 0.75,
        "mouthFunnel": 0.35,
    },
}
_VRM0_PRESETS: Final[Mapping[str, Mapping[str, float]]] = {
    "joy": {"Joy": 1.0},
    "anger": {"Angry": 1.0},
    "anxiety": {"Sorrow": 0.5, "Surprised": 0.5},
    "neutral": {"Neutral": 1.0},
    "sadness": {"Sorrow": 1.0},
    # `O` keeps surprise visible on an avatar that has no `Surprised` clip.
    "surprise": {"Surprised": 1.0, "O": 0.3},
}
_VRM1_PRESETS: Final[Mapping[str, Mapping[str, float]]] = {
    "joy": {"happy": 1.0},
    "anger": {"angry": 1.0},
    "anxiety": {"sad": 0.5, "surprised": 0.5},
    "neutral": {"neutral": 1.0},
    "sadness": {"sad": 1.0},
    "surprise": {"surprised": 1.0},
}
# The extra channels: lids and jaw, whatever the emotion.
_CHANNEL_PRESETS: Final[Mapping[BlendshapeSet, Mapping[str, Mapping[str, float]]]] = {
    "arkit": {"blink": {"eyeBlink": 1.0}, "mouth_open": {"jawOpen": 0.7}},
    "vrm0": {"blink": {"Blink": 1.0}, "mouth_open": {"A": 1.0}},
    "vrm1": {"blink": {"blink": 1.0}, "mouth_open": {"aa": 1.0}},
}
_PRESETS: Final[Mapping[BlendshapeSet, Mapping[str, Mapping[str, float]]]] = {
    "arkit": _ARKIT_PRESETS,
    "vrm0": _VRM0_PRESETS,
    "vrm1": _VRM1_PRESETS,
}
# Emotions without a preset of their own borrow the nearest one.
_NEAREST: Final[Mapping[str, str]] = {
    "disgust": "anger",
    "embarrassment": "anxiety",
    "fear": "anxiety",
    "hurt": "sadness",
}


def nearest(name: str) -> str:
    """The emotion whose looks this one borrows: itself, if it has looks of its own or none."""
    return _NEAREST.get(name, name)


def blendshapes(
    emotions: Emotions, expression: ArrayLike, names_id: str
) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """The expression as named weights: `(names, values float32 [len(names)] in [0, 1])`.

    `expression` holds one weight in [0, 1] for each emotion, and may go on with one for each of
    `EXTRA_CHANNELS`. The values are linear in it and then clipped, so mixed expressions add up.
    Raises `InputError` for an unknown `names_id`, a wrong number of weights, or one that is not
    finite.
    """
    chosen = _names_id(names_id)
    weights = np.asarray(expression, np.float32)
    matrix = _matrix(emotions.names, chosen)
    if weights.shape not in ((len(emotions),), (len(matrix),)) or not np.isfinite(weights).all():
        raise InputError(
            f"an expression is {len(emotions)} finite weights ({emotions.choices}), "
            f"got {weights.tolist()}"
        )
    return NAMES[chosen], np.clip(weights @ matrix[: len(weights)], 0.0, 1.0)


def channel_shares(emotions: Emotions) -> list[tuple[float, ...]]:
    """How far each emotion at full strength moves what the `EXTRA_CHANNELS` move: lids and jaw.

    A part of the channel's whole way, in [0, 1], by ARKit's presets.
    """
    matrix = _matrix(emotions.names, "arkit")
    channels = matrix[len(emotions) :]
    moved = channels > 0
    shares = [np.where(moved, row / np.where(moved, channels, 1), 0).max(1) for row in matrix]
    return [tuple(np.minimum(1, row).tolist()) for row in shares[: len(emotions)]]


def _names_id(value: str) -> BlendshapeSet:
    for known in BLENDSHAPE_SETS:
        if value == known:
            return known
    raise InputError(
        f"unknown blendshape set {value!r}: use {', '.join(BLENDSHAPE_SETS)}",
        code="unknown_blendshapes",
    )


@lru_cache(maxsize=32)
def _matrix(names: tuple[str, ...], names_id: BlendshapeSet) -> NDArray[np.float32]:
    """Presets as float32 [K + extra channels, number of blendshapes].

    An unknown emotion has a zero row.
    """
    shapes = NAMES[names_id]
    presets = [_PRESETS[names_id].get(nearest(name), {}) for name in names]
    presets += [_CHANNEL_PRESETS[names_id][name] for name in EXTRA_CHANNELS]
    matrix = np.zeros((len(presets), len(shapes)), np.float32)
    for row, preset in zip(matrix, presets, strict=True):
        for shape, weight in preset.items():
            row[_columns(shapes, shape)] = weight
    return matrix


def _columns(shapes: Sequence[str], shape: str) -> list[int]:
    names = (shape,) if shape in shapes else (f"{shape}Left", f"{shape}Right")
    return [shapes.index(name) for name in names]
