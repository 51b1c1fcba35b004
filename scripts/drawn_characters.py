"""Draw the built-in sets of pictures: `python scripts/drawn_characters.py [--out FOLDER]`.

The drawings are DiceBear's, which puts parts by other artists together; `SETS` names style, artist
and licence. Needs `pip install dicebear-core==10.7.0 dicebear-styles==10.6.0 resvg-py==0.5.0`. The
same versions draw the same pictures, and the same ZIP, byte for byte.
"""

from __future__ import annotations

import argparse
import io
import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import resvg_py  # type: ignore[import-not-found, unused-ignore]
from dicebear import Avatar, Style  # type: ignore[import-not-found, unused-ignore]
from PIL import Image
from rich.progress import track

from emopic_engine.face.sprite_files import SpriteFile, named, pack

SIDE = 384  # pixels
FOLDER = Path(__file__).parents[1] / "engine/emopic_engine/models/characters"


@dataclass(frozen=True)
class Look:
    """The parts of one emotion; `blink` and `talk` are the eyes and the mouth of its variants."""

    eyes: str
    eyebrows: str
    mouth: str
    blink: str | None = None
    talk: str | None = None


@dataclass(frozen=True)
class DrawnSet:
    """One character: a DiceBear style, what never changes, and what each emotion looks like."""

    style: str
    fixed: dict[str, Any]
    looks: dict[str, Look]


SETS = {
    # Adventurer by Lisa Wischofsky, CC BY 4.0.
    "haneul": DrawnSet(
        "adventurer",
        {
            "hairVariant": ["long16"],
            "hairColor": ["6a4e35"],
            "skinColor": ["f2d3b1"],
            "detailsProbability": 0,
            "earringsProbability": 0,
            "glassesProbability": 0,
        },
        {
            "joy": Look("variant19", "variant10", "variant26", talk="variant27"),
            "anger": Look("variant12", "variant02", "variant14", "variant20", "variant15"),
            "anxiety": Look("variant08", "variant07", "variant11", "variant20", "variant14"),
            "neutral": Look("variant26", "variant10", "variant02", "variant20", "variant03"),
            "sadness": Look("variant15", "variant07", "variant04", "variant20", "variant03"),
            "surprise": Look("variant24", "variant12", "variant03", "variant20", "variant15"),
        },
    ),
    # Avataaars by Pablo Stanley, free for personal and commercial use.
    "dodam": DrawnSet(
        "avataaars",
        {
            "topVariant": ["shortRound"],
            "hairColor": ["2c1b18"],
            "skinColor": ["edb98a"],
            "clothesVariant": ["hoodie"],
            "clothesColor": ["5199e4"],
            "accessoriesProbability": 0,
            "facialHairProbability": 0,
        },
        {
            "joy": Look("happy", "raisedExcitedNatural", "smile"),
            "anger": Look("squint", "angry", "serious", "closed", "grimace"),
            "anxiety": Look("surprised", "sadConcernedNatural", "grimace", "closed", "concerned"),
            "neutral": Look("default", "default", "twinkle", "closed", "default"),
            "sadness": Look("default", "sadConcerned", "sad", "closed", "concerned"),
            "surprise": Look("surprised", "raisedExcited", "disbelief", "closed", "screamOpen"),
        },
    ),
}


def pictures(drawn: DrawnSet) -> dict[str, Look]:
    """The looks to draw, by the name of their picture."""
    found = {}
    for emotion, look in drawn.looks.items():
        found[emotion] = look
        if look.blink is not None:
            found[f"{emotion}-blink"] = Look(look.blink, look.eyebrows, look.mouth)
        if look.talk is not None:
            found[f"{emotion}-mouth_open"] = Look(look.eyes, look.eyebrows, look.talk)
    return found


def draw(style: Style, fixed: dict[str, Any], look: Look) -> bytes:
    """One picture as lossless WebP with alpha."""
    options = {
        **fixed,
        "seed": "emopic",
        "eyesVariant": [look.eyes],
        "eyebrowsVariant": [look.eyebrows],
        "mouthVariant": [look.mouth],
    }
    svg = Avatar(style, options).to_string()
    png = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=SIDE, height=SIDE))
    out = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGBA").save(out, "WEBP", lossless=True, method=6)
    return out.getvalue()


def make(drawn: DrawnSet, name: str) -> bytes:
    """The ZIP of a set."""
    definition = files("dicebear_styles").joinpath(f"{drawn.style}.json").read_text("utf-8")
    style = Style(json.loads(definition))
    drawings: list[SpriteFile] = []
    for label, look in track(pictures(drawn).items(), name):
        drawings.append(named(f"{label}.webp", draw(style, drawn.fixed, look)))
    return pack(drawings)


def main() -> None:
    """Draw all sets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=FOLDER)
    folder = parser.parse_args().out
    for name, drawn in SETS.items():
        (folder / f"{name}.zip").write_bytes(make(drawn, name))


if __name__ == "__main__":
    main()
