"""Who stands before the camera: a person, how they are drawn, and what they wear."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .dress import sample_dress
from .forms import sample_form
from .head import Floats, Head
from .looks import Look, sample_look
from .people import Hair, Person, sample_person

BRIGHT_HAIR = np.array(
    [
        (240, 220, 150), (235, 120, 160), (120, 180, 235), (180, 140, 225), (235, 235, 240),
        (220, 70, 60), (110, 200, 150), (250, 160, 80), (70, 80, 160), (60, 50, 60),
    ]
)  # fmt: skip
BRIGHT_IRISES = np.array(
    [(60, 120, 210), (200, 60, 60), (60, 170, 110), (220, 160, 40), (150, 80, 200), (80, 50, 40),
     (230, 110, 150), (60, 180, 200)]
)  # fmt: skip
ODD_SKINS = np.array([(150, 190, 130), (150, 170, 215), (200, 160, 215), (215, 110, 100)])


def cast(head: Head, rng: np.random.Generator) -> Person:
    """A random person in a random look, dressed."""
    person, look = sample_person(head, rng, all_ages=True), sample_look(rng)
    if look.drawn:
        person = _as_drawn(person, head, look, rng)
    return replace(
        person,
        look=look,
        hair_style=_hair_style(person, rng),
        dress=sample_dress(
            rng,
            man=person.man,
            child=person.age == "child",
            old=person.age == "old",
            bearded=person.beard > 0,
            drawn=look.drawn,
            bald=person.hair_style == "bald",
            hair=person.hair,
        ),
    )


def _hair_style(person: Person, rng: np.random.Generator) -> Hair:
    """The helper mesh for one in six of those with long hair; locks for the others."""
    if person.hair_style in ("bob", "long") and rng.random() > 0.16:
        return "crop"
    return person.hair_style


def _as_drawn(person: Person, head: Head, look: Look, rng: np.random.Generator) -> Person:
    """Larger eyes, clean skin, colours that artists use."""
    hair, iris, skin = person.hair, person.iris, person.skin
    if rng.random() < 0.6:
        hair = _pick(BRIGHT_HAIR, rng, 0.04)
    if rng.random() < 0.7:
        iris = _pick(BRIGHT_IRISES, rng, 0.04)
    delta = person.delta
    if rng.random() < 0.1:
        delta = delta + _pointed_ears(head) * np.float32(rng.uniform(0.6, 1.0))
    if rng.random() < 0.06:
        skin = _pick(ODD_SKINS, rng, 0.03)
    lip = skin * (0.62, 0.5, 0.5) * 0.5 + person.lip * 0.5
    if look.drawn_eyes:
        lip = skin * 0.72 + lip * 0.28
    brow = hair * np.float32(rng.uniform(0.35, 0.75))
    return replace(
        person,
        delta=delta,
        skin=skin,
        hair=hair,
        brow=brow,
        iris=iris,
        lip=lip.astype(np.float32),
        form=sample_form(rng) if look.drawn_eyes else person.form,
        lashes=float(rng.uniform(0.7, 1.0)),
        wrinkles=person.wrinkles * 0.4,
        freckles=person.freckles * (rng.random() < 0.3),
    )


def _pick(table: Floats, rng: np.random.Generator, noise: float) -> Floats:
    colour = table[rng.integers(len(table))] / 255 + rng.normal(size=3) * noise
    picked: Floats = np.clip(colour, 0, 1).astype(np.float32)
    return picked


def _pointed_ears(head: Head) -> Floats:
    both = [head.shapes[f"ears/{side}-ear-shape-pointed"] for side in "lr"]
    pointed: Floats = (both[0] + both[1]).astype(np.float32)
    return pointed
