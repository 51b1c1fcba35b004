"""Sampled people: the shape of a head, skin, hair and brows. Everything comes from one seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .dress import PLAIN as PLAIN_DRESS
from .dress import Dress
from .forms import PLAIN as PLAIN_FORM
from .forms import Form
from .head import Floats, Head
from .looks import SOFT, Look

Hair = Literal["bald", "crop", "bowl", "bob", "long"]
Age = Literal["child", "young", "old"]
HAIR_STYLES: tuple[Hair, ...] = ("bald", "crop", "bowl", "bob", "long")
HAIR_ODDS = {"woman": (0.02, 0.08, 0.2, 0.3, 0.4), "man": (0.06, 0.46, 0.36, 0.06, 0.06)}

AGE_MIX: dict[Age, dict[str, float]] = {
    "child": {"child": 0.6, "young": 0.4},
    "young": {"young": 1.0},
    "old": {"old": 0.75, "young": 0.25},
}
ANCESTRIES = ("african", "asian", "caucasian")

# sRGB, light to dark
SKINS = np.array(
    [
        (255, 224, 200),
        (247, 207, 177),
        (234, 188, 150),
        (214, 160, 120),
        (186, 128, 90),
        (150, 98, 66),
        (112, 72, 50),
        (84, 54, 40),
    ]
)
NATURAL_HAIR = np.array(
    [
        (20, 16, 14),
        (38, 26, 20),
        (72, 46, 30),
        (110, 72, 42),
        (168, 124, 72),
        (214, 182, 120),
        (150, 62, 34),
    ]
)
GREY_HAIR = np.array([(150, 150, 152), (230, 228, 224)])
DYED_HAIR = np.array([(60, 30, 90), (40, 70, 120), (150, 40, 60), (190, 110, 140), (70, 110, 90)])
IRISES = np.array(
    [
        (70, 42, 22),
        (44, 28, 18),
        (110, 74, 36),
        (70, 110, 70),
        (70, 110, 160),
        (120, 140, 150),
        (90, 70, 140),
    ]
)
LIPSTICKS = np.array([(191, 64, 71), (204, 102, 102), (153, 51, 77)])

OPPOSITES = {
    "incr": "decr",
    "up": "down",
    "out": "in",
    "forward": "backward",
    "compress": "uncompress",
    "convex": "concave",
}
# moves that tear the head apart or shift it as a whole
UNUSED = (
    "head-trans",
    "head-angle",
    "head-scale-depth",
    "head-back",
    "mouth-trans-out",
    "mouth-trans-in",
    "nose-trans-out",
    "nose-trans-in",
    "eye-push",
    "laugh-lines",
)
FACE_FORMS = ("oval", "round", "square", "rectangular", "triangular", "invertedtriangular")


@dataclass(frozen=True)
class Person:
    """One identity. Colours are sRGB in [0, 1]; `delta` moves the head's vertices [V, 3]."""

    delta: Floats
    age: Age
    man: bool
    asymmetry: Floats  # [U] factors on the unit weights
    skin: Floats
    hair: Floats
    brow: Floats
    iris: Floats
    lip: Floats
    shirt: Floats
    hair_style: Hair
    fringe: float  # 0 none … 1 down to the brows
    hairline: float  # decimetres up
    strands: float  # how ragged hair ends are
    parting: float  # -1 … 1
    brow_shape: Floats  # half thickness, up, arch, opacity
    beard: float
    lashes: float
    blush: float
    freckles: float
    wrinkles: float
    gaze: Floats  # [2]
    seed: float  # of the noise in the shader
    look: Look = SOFT
    form: Form = PLAIN_FORM
    dress: Dress = PLAIN_DRESS


def sample_person(head: Head, rng: np.random.Generator, *, all_ages: bool = False) -> Person:
    """A random person in plain dress; `all_ages` mixes the three ages as well."""
    man = bool(rng.random() < 0.5)
    age: Age = ("young", "old", "child")[rng.choice(3, p=(0.72, 0.18, 0.10))]
    years = _years(age, rng.spawn(1)[0]) if all_ages else AGE_MIX[age]
    ancestry = rng.dirichlet((0.5, 0.6, 0.5))
    delta = _macro_shape(head, rng, man, years, ancestry) + _local_shape(head, rng)
    tone = float(np.clip(ancestry @ (6.2, 1.5, 1.0) + rng.normal() * 0.8, 0, 6.99))
    skin = _between(SKINS, tone)
    hair = _hair_colour(rng, tone, age)
    odds = HAIR_ODDS["man" if man else "woman"]
    style = HAIR_STYLES[rng.choice(len(HAIR_STYLES), p=odds)]
    return Person(
        delta=delta,
        age=age,
        man=man,
        asymmetry=(1 + rng.normal(size=len(head.unit_names)) * 0.06).astype(np.float32),
        skin=skin,
        hair=hair,
        brow=hair * np.float32(rng.uniform(0.5, 0.75)),
        iris=_iris_colour(rng, tone),
        lip=_lip_colour(rng, skin, man),
        shirt=rng.uniform(0.05, 0.9, 3).astype(np.float32),
        hair_style=style,
        fringe=float(rng.uniform(0.3, 1.0) * (rng.random() < 0.4)),
        hairline=float(rng.normal() * 0.05),
        strands=float(rng.uniform(0.05, 0.22)),
        parting=float(rng.uniform(-1, 1)),
        brow_shape=_brow_shape(rng, man),
        beard=float(rng.uniform(0.2, 0.9) * (man and age != "child" and rng.random() < 0.4)),
        lashes=float(rng.uniform(0.1, 0.4) if man else rng.uniform(0.5, 1.0)),
        blush=float(rng.uniform(0.0, 0.5)),
        freckles=float(rng.uniform(0.3, 1.0) * (rng.random() < 0.15)),
        wrinkles=years.get("old", 0.0),
        gaze=(rng.normal(size=2) * (0.12, 0.07)).astype(np.float32),
        seed=float(rng.uniform(0, 50)),
    )


def with_changes(person: Person, **changes: object) -> Person:
    """A copy with some fields changed, for characters that are designed rather than sampled."""
    return replace(person, **changes)  # type: ignore[arg-type]


def _years(age: Age, rng: np.random.Generator) -> dict[str, float]:
    """Shares of the ages: small children to the very old."""
    share = float(rng.random())
    match age:
        case "child":
            return {"child": 0.5 + 0.5 * share, "young": 0.5 - 0.5 * share}
        case "old":
            return {"old": 0.5 + 0.5 * share, "young": 0.5 - 0.5 * share}
        case _:
            older = max(0.0, share - 0.5) * 0.8
            return {"young": 1 - older, "old": older}


def _macro_shape(
    head: Head,
    rng: np.random.Generator,
    man: bool,
    years: dict[str, float],
    ancestry: NDArray[np.float64],
) -> Floats:
    """Sex, age, ancestry, muscle and weight, mixed as MakeHuman does: products of the shares."""
    male = rng.uniform(0.85, 1.0) if man else rng.uniform(0.0, 0.15)
    muscle, weight = rng.dirichlet((0.6, 2, 0.6)), rng.dirichlet((0.6, 2, 0.5))
    delta = np.zeros_like(head.vertices)
    for sex, sex_share in (("female", 1 - male), ("male", male)):
        for age, age_share in years.items():
            share = sex_share * age_share
            for name, part in zip(ANCESTRIES, ancestry, strict=True):
                delta += share * part * head.shapes[f"macrodetails/{name}-{sex}-{age}"]
            for body, part in _bodies(muscle, weight):
                shape = head.shapes.get(f"macrodetails/universal-{sex}-{age}-{body}")
                if shape is not None:
                    delta += share * part * shape
    return delta


def _bodies(muscle: NDArray[np.float64], weight: NDArray[np.float64]) -> list[tuple[str, float]]:
    steps = ("min", "average", "max")
    return [
        (f"{m}muscle-{w}weight", float(muscle[i] * weight[j]))
        for i, m in enumerate(steps)
        for j, w in enumerate(steps)
    ]


def _local_shape(head: Head, rng: np.random.Generator) -> Floats:
    """Nose, chin, eyes …: each pair of opposite targets is used with a chance of 45 %."""
    delta = np.zeros_like(head.vertices)
    for grow, shrink in _opposite_pairs(head):
        if rng.random() < 0.55:
            continue
        careful = "mouth-" in grow or "eye-height" in grow
        amount = float(np.clip(rng.normal() * (0.17 if careful else 0.28), -0.7, 0.7))
        for side in ("l-", "r-") if "/l-" in grow else ("l-",):
            name = (grow if amount > 0 else shrink).replace("/l-", f"/{side}")
            delta += abs(amount) * head.shapes[name]
    form = FACE_FORMS[rng.integers(len(FACE_FORMS))]
    return delta + np.float32(rng.uniform(0, 0.6)) * head.shapes[f"head/head-{form}"]


def _opposite_pairs(head: Head) -> list[tuple[str, str]]:
    pairs = []
    for name in sorted(head.shapes):
        stem, _, end = name.rpartition("-")
        opposite = f"{stem}-{OPPOSITES.get(end, '')}"
        unused = "/r-" in name or any(word in name for word in UNUSED)
        if opposite in head.shapes and not unused:
            pairs.append((name, opposite))
    return pairs


def _between(table: NDArray[np.int64], position: float) -> Floats:
    """Linear interpolation between neighbouring rows; sRGB in [0, 1]."""
    index = int(position)
    share = position - index
    colour = table[index] * (1 - share) + table[index + 1] * share
    mixed: Floats = (colour / 255).astype(np.float32)
    return mixed


def _hair_colour(rng: np.random.Generator, tone: float, age: Age) -> Floats:
    if age == "old" and rng.random() < 0.6:
        base = GREY_HAIR[rng.integers(len(GREY_HAIR))]
    elif rng.random() < 0.12:
        base = DYED_HAIR[rng.integers(len(DYED_HAIR))]
    elif tone < 3:
        base = NATURAL_HAIR[rng.choice(7, p=(0.32, 0.25, 0.2, 0.1, 0.05, 0.04, 0.04))]
    else:
        base = NATURAL_HAIR[rng.choice(4, p=(0.5, 0.3, 0.15, 0.05))]
    colour = base / 255 * rng.uniform(0.85, 1.15) + rng.normal(size=3) * 0.015
    clipped: Floats = np.clip(colour, 0, 1).astype(np.float32)
    return clipped


def _iris_colour(rng: np.random.Generator, tone: float) -> Floats:
    odds = (0.3, 0.27, 0.15, 0.1, 0.1, 0.05, 0.03) if tone < 3 else (0.5, 0.4, 0.1, 0, 0, 0, 0)
    iris: Floats = (IRISES[rng.choice(7, p=odds)] / 255).astype(np.float32)
    return iris


def _lip_colour(rng: np.random.Generator, skin: Floats, man: bool) -> Floats:
    lip = (skin * (0.86, 0.62, 0.60)).astype(np.float32)
    if not man and rng.random() < 0.6:
        lip = (lip * 0.45 + LIPSTICKS[rng.integers(3)] / 255 * 0.55).astype(np.float32)
    return lip


def _brow_shape(rng: np.random.Generator, man: bool) -> Floats:
    half = rng.uniform(0.045, 0.068) if man else rng.uniform(0.03, 0.046)
    arch = rng.uniform(0.0, 0.05) if man else rng.uniform(0.02, 0.08)
    return np.array([half, rng.uniform(-0.02, 0.02), arch, rng.uniform(0.6, 1)], np.float32)
