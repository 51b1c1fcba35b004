"""What the face units do for each emotion, and sampled expressions.

Weights are for full intensity and scale linearly; units without a side move both sides. Beside the
emotions a face has the channels `blink` and `mouth_open`, which work on top of any emotion.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emopic_engine.emotions import EXTRA_CHANNELS

EMOTIONS = ("joy", "anger", "anxiety", "neutral", "sadness", "surprise")
NEUTRAL = EMOTIONS.index("neutral")
CHANNELS = EMOTIONS + EXTRA_CHANNELS  # the columns of an expression
BLINK, MOUTH_OPEN = (CHANNELS.index(name) for name in EXTRA_CHANNELS)

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
    """Unit weights of an expression [8] in the order of `CHANNELS`; mixtures add up.

    Without the two extra channels, [6], lids and jaw do what the emotions want.
    """
    units: Weights = {}
    for emotion, share in zip(EMOTIONS, expression, strict=False):
        for name, weight in UNITS[emotion].items() if share else ():
            units[name] = min(MAX_UNIT, units.get(name, 0.0) + float(share) * weight)
    if len(expression) > len(EMOTIONS):
        _close_lids(units, float(expression[BLINK]))
        _open_mouth(units, float(expression[MOUTH_OPEN]))
    return units


def _close_lids(units: Weights, share: float) -> None:
    """Whatever the lids did, at 1 they are closed."""
    if share <= 0:
        return
    units["eyeBlink"] = units.get("eyeBlink", 0.0) * (1 - share) + share
    for name in ("eyeWide", "eyeSquint"):
        units[name] = units.get(name, 0.0) * (1 - share)


def _open_mouth(units: Weights, share: float) -> None:
    """As for a vowel; a jaw that is down already comes down a little further."""
    if share <= 0:
        return
    jaw = units.get("jawOpen", 0.0)
    units["jawOpen"] = jaw + share * OPEN_JAW * max(0.0, 1 - jaw)
    units["mouthFunnel"] = min(MAX_UNIT, units.get("mouthFunnel", 0.0) + 0.15 * share)


OPEN_JAW = 0.62


def one_hot(emotion: str, strength: float = 1.0) -> NDArray[np.float32]:
    """The expression [8] of one emotion; what is missing to 1 is neutral."""
    expression = np.zeros(len(CHANNELS), np.float32)
    expression[EMOTIONS.index("neutral")] = 1.0 - strength
    expression[EMOTIONS.index(emotion)] += strength
    return expression


def mixed_expression(rng: np.random.Generator) -> NDArray[np.float32]:
    """One or two emotions with a total strength of .1 to 1, the rest neutral."""
    moving = [emotion for emotion in EMOTIONS if emotion != "neutral"]
    first, second = rng.choice(len(moving), 2, replace=False)
    strength = rng.uniform(0.1, 1.0)
    share = 1.0 if rng.random() < 0.45 else rng.uniform(0.3, 0.7)
    expression = one_hot(moving[first], strength * share)
    expression[EMOTIONS.index(moving[second])] += strength * (1 - share)
    expression[EMOTIONS.index("neutral")] = 1 - strength
    return expression


def lively(expression: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """The expression with lids or mouth, or both, moved by any amount; often all the way."""
    moved = expression.copy()
    both = rng.random() < 0.35
    which = rng.random() < 0.5
    for channel, used in ((BLINK, both or which), (MOUTH_OPEN, both or not which)):
        if used:
            moved[channel] = 1.0 if rng.random() < 0.35 else rng.uniform(0.05, 1.0)
    return moved


def jittered_units(rng: np.random.Generator) -> Weights:
    """A mixture whose single actions err, as no two people smile alike. Used only as a source."""
    units = expression_units(lively(mixed_expression(rng), rng))
    strength = rng.uniform(0.6, 1.25)
    jittered = {
        name: min(MAX_UNIT, weight * strength * rng.uniform(0.4, 1.5))
        for name, weight in units.items()
    }
    names = ("mouthLeft", "mouthRight", "browOuterUp", "noseSneer", "mouthPress", "cheekPuff")
    extra = names[rng.integers(len(names))]
    jittered[extra] = jittered.get(extra, 0.0) + rng.uniform(0.0, 0.5)
    return jittered


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
