"""Lines of chat as somebody might have written and photographed them, rendered with exact texts.

Korean handwriting fonts and printed ones (Debian: fonts-nanum, fonts-nanum-extra), each line with
its own paper, light, angle, ink and camera. The same seed gives the same pictures.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).parents[2]
TEXTS = ROOT / "tests" / "data" / "test_ko.tsv"
FONTS = Path("/usr/share/fonts/truetype/nanum")
COUNTS = {  # 240 lines, most of them handwriting
    "NanumPen": 90,
    "NanumBrush": 60,
    "NanumBarunpenR": 30,
    "NanumGothic": 30,
    "NanumMyeongjo": 30,
}
_WRITABLE = re.compile(r"[가-힣ㄱ-ㅎㅏ-ㅣa-zA-Z0-9 .,!?~]{4,28}")


@dataclass(frozen=True)
class Sample:
    """One picture (JPEG) and what it says. `angle` is how far it was turned, in degrees."""

    font: str
    text: str
    angle: float
    picture: bytes


def samples(counts: dict[str, int] | None = None, seed: int = 7) -> list[Sample]:
    """The test set. Raises `FileNotFoundError` when the fonts are missing."""
    counts = counts or COUNTS
    rows = TEXTS.read_text("utf-8").splitlines()
    texts = [row.split("\t")[1] for row in rows]
    texts = [text for text in texts if _WRITABLE.fullmatch(text)]
    chance = np.random.default_rng(seed)
    chance.shuffle(texts)
    fonts = [font for font, count in counts.items() for _ in range(count)]
    if len(texts) < len(fonts):
        raise ValueError(f"{len(texts)} texts for {len(fonts)} pictures")
    return [_sample(font, text, chance) for font, text in zip(fonts, texts, strict=False)]


def _sample(font: str, text: str, chance: np.random.Generator) -> Sample:
    size = int(chance.integers(44, 80))
    ink = _written(ImageFont.truetype(str(FONTS / f"{font}.ttf"), size), text, chance)
    angle = float(chance.uniform(-9, 9))
    ink = _turned(ink, angle)
    picture = _photographed(ink, chance)
    return Sample(font, text, angle, picture)


def _written(
    font: ImageFont.FreeTypeFont, text: str, chance: np.random.Generator
) -> NDArray[np.float32]:
    """Ink in [0, 1]; a baseline that wanders a little, as hands do."""
    width, height = int(font.getlength(text)) + 120, int(font.size * 2.6)
    sheet = Image.new("L", (width, height), 0)
    draw, x = ImageDraw.Draw(sheet), 60.0
    phase, depth = chance.uniform(0, 6), font.size * 0.03
    for letter in text:
        y = height / 2 + depth * np.sin(phase + x / 90) + chance.normal(0, font.size * 0.008)
        draw.text((x, y), letter, fill=255, font=font, anchor="lm")
        x += font.getlength(letter)
    return np.asarray(sheet, np.float32) / np.float32(255)


def _turned(ink: NDArray[np.float32], angle: float) -> NDArray[np.float32]:
    height, width = ink.shape
    reach = int(abs(np.sin(np.radians(angle))) * width / 2) + 30
    ink = np.pad(ink, ((reach, reach), (30, 30))).astype(np.float32)
    height, width = ink.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    return np.asarray(cv2.warpAffine(ink, matrix, (width, height)), np.float32)


def _photographed(ink: NDArray[np.float32], chance: np.random.Generator) -> bytes:
    """On paper with a grain and sometimes rules, in uneven light, a little out of focus."""
    shape = ink.shape
    grain = cv2.GaussianBlur(chance.normal(0, 1, shape).astype(np.float32), (0, 0), 1.2)
    blotch = cv2.resize(chance.normal(0, 1, (6, 12)).astype(np.float32), shape[::-1])
    colour = np.array([chance.uniform(0.8, 1), chance.uniform(0.82, 1), chance.uniform(0.78, 0.98)])
    paper = colour * (1 + 0.03 * grain + 0.02 * blotch)[..., None]
    if chance.random() < 0.3:
        for y in range(int(chance.integers(20, 60)), shape[0], 58):
            paper[y : y + 1] *= (0.86, 0.9, 0.97)
    pen = np.array(
        [chance.uniform(0.05, 0.3), chance.uniform(0.05, 0.25), chance.uniform(0.1, 0.45)]
    )
    alpha = (ink * chance.uniform(0.75, 1) * (1 + 0.08 * grain)).clip(0, 1)[..., None]
    scene = paper * (1 - alpha) + pen * alpha
    ys, xs = np.mgrid[0 : shape[0], 0 : shape[1]]
    slope = (
        np.cos(turn := chance.uniform(0, 2 * np.pi)) * xs / shape[1] + np.sin(turn) * ys / shape[0]
    )
    light = 1 - chance.uniform(0.1, 0.55) * (slope - slope.min()) / np.ptp(slope)
    scene = cv2.GaussianBlur(scene * light[..., None], (0, 0), chance.uniform(0.3, 1.1))
    scene = scene + chance.normal(0, chance.uniform(0.004, 0.02), scene.shape)
    out = io.BytesIO()
    pixels = (scene.clip(0, 1) * 255).astype(np.uint8)
    Image.fromarray(pixels).save(out, "JPEG", quality=int(chance.integers(60, 93)))
    return out.getvalue()
