"""What the face units do for each emotion, and sampled expressions.

Weights are for full intensity and scale linearly; units without a side move both sides.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

EMOTIONS = ("joy", "anger", "anxiety", "neutral", "sadness", "surprise")
NEUTRAL = EMOTIONS.index("neutral")

UNITS: dict[str, dict[str, float]] = {
    "joy": {
        "mouthSmile": 1.0,
        "cheekSquint": 0.9,
        "eyeSquint": 0.4,
        "mouthDimple": 0.3,
        "mouthUpperUp": 0.4,
        "jawOpen": 0.14,
        "browOuterUp": 0.15,
    },
    "anger": {
        "browDown": 1.2,
        "noseSneer": 1.0,
        "mouthUpperUp": 0.75,
        "mouthLowerDown": 0.85,
        "mouthStretch": 0.4,
        "jawOpen": 0.25,
        "eyeWide": 0.4,
    },
    "anxiety": {
        "browInnerUp": 1.3,
        "browOuterUp": 0.1,
        "mouthStretch": 1.2,
        "eyeWide": 1.0,
        "mouthLowerDown": 0.6,
        "mouthUpperUp": 0.25,
        "jawOpen": 0.32,
    },
    "neutral": {},
    "sadness": {
        "browInnerUp": 1.4,
        "browDown": 0.25,
        "mouthFrown": 1.2,
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
MAX_UNIT = 1.5

Weights = dict[str, float]


def expression_units(expression: NDArray[np.float32]) -> Weights:
    """Unit weights of an expression [6] in the order of `EMOTIONS`; mixtures add up."""
    units: Weights = {}
    for emotion, share in zip(EMOTIONS, expression, strict=True):
        for name, weight in UNITS[emotion].items() if share else ():
            units[name] = min(MAX_UNIT, units.get(name, 0.0) + float(share) * weight)
    return units


def one_hot(emotion: str, strength: float = 1.0) -> NDArray[np.float32]:
    """The expression [6] of one emotion; what is missing to 1 is neutral."""
    expression = np.zeros(len(EMOTIONS), np.float32)
    expression[EMOTIONS.index("neutral")] = 1.0 - strength
    expression[EMOTIONS.index(emotion)] += strength
    return expression


def mixed_expression(rng: np.random.Generator) -> NDArray[np.float32]:
    """One or two emotions with a total strength of .25 to 1, the rest neutral."""
    moving = [emotion for emotion in EMOTIONS if emotion != "neutral"]
    first, second = rng.choice(len(moving), 2, replace=False)
    strength = rng.uniform(0.25, 1.0)
    share = 1.0 if rng.random() < 0.45 else rng.uniform(0.3, 0.7)
    expression = one_hot(moving[first], strength * share)
    expression[EMOTIONS.index(moving[second])] += strength * (1 - share)
    expression[EMOTIONS.index("neutral")] = 1 - strength
    return expression


def photo_units(rng: np.random.Generator) -> Weights:
    """How people look on the photos they upload: smiles with teeth, half-open mouths, odd eyes.

    Used only as a source, so that the generator learns to take such a face back to rest.
    """
    if rng.random() < 0.6:
        smile = rng.uniform(0.4, 1.1)
        return {
            "mouthSmile": smile,
            "mouthUpperUp": rng.uniform(0.1, 0.9) * smile,
            "mouthLowerDown": rng.uniform(0.0, 0.6) * smile,
            "mouthStretch": rng.uniform(0.0, 0.5),
            "cheekSquint": smile * rng.uniform(0.4, 1.0),
            "eyeSquint": rng.uniform(0.0, 0.6),
            "jawOpen": rng.uniform(0.0, 0.35),
        }
    names: tuple[str, ...] = (
        "mouthPucker",
        "mouthFunnel",
        "jawOpen",
        "mouthPress",
        "mouthRollLower",
        "mouthRight",
    )
    names += ("browDown", "browInnerUp", "browOuterUp", "eyeWide", "eyeBlink", "mouthUpperUp")
    chosen = rng.choice(len(names), 4, replace=False)
    return {names[index]: rng.uniform(0.1, 0.7) for index in chosen}
