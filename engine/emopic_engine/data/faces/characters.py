"""The built-in characters: four people chosen from the sampler, with hand-set colours and light.

`emopic data characters --out DIR` draws them again, pixel for pixel.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from .head import Floats, Head, load_head
from .people import Person, sample_person, with_changes
from .renderer import Renderer
from .scene import Scene, direction

SIZE = 512
SEED = 7
# Head and shoulders: eyes at 43 %, chin at 80 % of the height.
FRAMING = np.array([(0.40, 0.43), (0.60, 0.43), (0.50, 0.794)], np.float32)
FRIENDLY = {"mouthSmile": 0.2, "mouthPress": 0.25, "eyeWide": 0.08}  # at rest, not stern
LICENCE = "CC0-1.0"


@dataclass(frozen=True)
class Character:
    """`number` picks the person that the sampler draws; `changes` replaces some of its fields."""

    id: str
    name: str
    ko: str
    who: str
    who_ko: str
    number: int
    changes: dict[str, Any] = field(default_factory=dict)


def colour(red: int, green: int, blue: int) -> Floats:
    """sRGB bytes to [0, 1]."""
    return np.array((red / 255, green / 255, blue / 255), np.float32)


CHARACTERS = (
    Character(
        "minji", "Minji", "민지", "young woman", "젊은 여성", 18,
        {"shirt": colour(92, 64, 110), "iris": colour(58, 38, 24), "blush": 0.35,
         "lip": colour(206, 116, 108)},
    ),
    Character(
        "junho", "Junho", "준호", "young man", "젊은 남성", 61,
        {"shirt": colour(44, 66, 104), "hair": colour(34, 26, 24), "brow": colour(26, 20, 18),
         "hair_style": "crop", "fringe": 0.35, "lip": colour(190, 128, 112)},
    ),
    Character(
        "sunja", "Sunja", "순자", "old woman", "할머니", 65,
        {"shirt": colour(128, 52, 64), "hair_style": "bob", "freckles": 0.0, "fringe": 0.4},
    ),
    Character(
        "amara", "Amara", "아마라", "young woman", "젊은 여성", 40,
        {"shirt": colour(196, 132, 40), "hair": colour(40, 24, 20), "brow": colour(24, 15, 13),
         "lip": colour(122, 62, 58)},
    ),
)  # fmt: skip


def draw_characters(out: Path) -> list[Path]:
    """Write `{id}.png` (RGBA, alpha exact from the renderer) and `characters.json`."""
    head = load_head()
    renderer = Renderer(head, SIZE, supersample=3)
    out.mkdir(parents=True, exist_ok=True)
    paths = [draw_character(renderer, character, out) for character in CHARACTERS]
    entries = [
        {
            "id": item.id,
            "name": item.name,
            "ko": item.ko,
            "who": item.who,
            "who_ko": item.who_ko,
            "licence": LICENCE,
            "file": path.name,
        }
        for item, path in zip(CHARACTERS, paths, strict=True)
    ]
    text = json.dumps(entries, ensure_ascii=False, indent=2)
    (out / "characters.json").write_text(text + "\n", encoding="utf-8")
    return paths


def draw_character(renderer: Renderer, character: Character, out: Path) -> Path:
    """Draw one character's picture; returns its path."""
    take = renderer.take(character_person(renderer.head, character), studio())
    picture = renderer.cutout(take, FRIENDLY)
    path = out / f"{character.id}.png"
    cv2.imwrite(str(path), cv2.cvtColor(straight(picture), cv2.COLOR_RGBA2BGRA))
    return path


def character_person(head: Head, character: Character) -> Person:
    """The person behind a character, looking into the camera."""
    person = sample_person(head, np.random.default_rng([SEED, character.number]))
    return with_changes(person, gaze=np.zeros(2, np.float32), **character.changes)


def studio() -> Scene:
    """Soft light from the upper right, straight on."""
    return Scene(
        yaw=0.0,
        pitch=0.0,
        fov=float(np.radians(20)),
        anchors=FRAMING,
        light=direction(0.5, 0.5),
        light_colour=np.array((0.78, 0.76, 0.74), np.float32),
        ambient=np.array((0.46, 0.47, 0.48), np.float32),
        exposure=1.05,
        background=np.full((2, 3), 0.9, np.float32),
        background_kind=0,
        background_seed=0,
    )


def straight(picture: Floats) -> Any:
    """Premultiplied [H, W, 4] in [0, 1] → straight uint8; colours run on a little under
    transparent pixels, so that no dark rim shows when the picture is scaled."""
    spread = cv2.GaussianBlur(picture, (0, 0), 4.0)
    outside = spread[..., :3] / np.maximum(spread[..., 3:], 1e-3)
    alpha = picture[..., 3:]
    inside = picture[..., :3] / np.maximum(alpha, 1e-3)
    mixed = np.where(alpha > 0.02, inside, np.where(spread[..., 3:] > 0.004, outside, 0.5))
    both = np.concatenate([mixed, alpha], -1)
    return (np.clip(both, 0, 1) * 255 + 0.5).astype(np.uint8)
