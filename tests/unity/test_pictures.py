"""The JPEG decoder, compared with Pillow's."""

from __future__ import annotations

import io
import random
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from tests.unity.building import ROOT, run_mono

CHARACTERS = ROOT / "engine/emopic_engine/models/characters"
Pixels = NDArray[np.uint8]


def portrait(width: int, height: int) -> Image.Image:
    with Image.open(CHARACTERS / "minji.png") as picture:
        return picture.convert("RGB").resize((width, height))


def jpeg(picture: Image.Image, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", **options)
    return out.getvalue()


def decode(driver: Path, folder: Path, pictures: list[bytes]) -> list[Pixels | str]:
    """What C# makes of each picture: RGBA, or the reason why not."""
    lines = []
    for number, data in enumerate(pictures):
        (folder / f"{number}.jpg").write_bytes(data)
        lines.append(f"{folder / f'{number}.jpg'}\t{folder / f'{number}.raw'}\n")
    answers = run_mono(driver, "pictures", stdin="".join(lines)).splitlines()
    found: list[Pixels | str] = []
    for number, answer in enumerate(answers):
        if answer.startswith("!"):
            found.append(answer)
            continue
        width, height = map(int, answer.split())
        raw = np.fromfile(folder / f"{number}.raw", np.uint8)
        found.append(raw.reshape(height, width, 4))
    return found


def psnr(one: Pixels, other: Pixels) -> float:
    error = np.mean((one.astype(float) - other.astype(float)) ** 2)
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_colours_are_pillows(driver: Path, tmp_path: Path, subsampling: str) -> None:
    sizes = [(512, 512), (320, 384), (17, 33), (8, 8), (1, 1), (2, 1), (255, 1)]
    files = [
        jpeg(portrait(*s), quality=q, subsampling=subsampling) for s in sizes for q in (60, 95)
    ]
    for data, pixels in zip(files, decode(driver, tmp_path, files), strict=True):
        assert not isinstance(pixels, str), pixels
        wanted = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        assert pixels.shape == (*wanted.shape[:2], 4)
        assert psnr(pixels[..., :3], wanted) > 45
        assert np.abs(pixels[..., :3].astype(int) - wanted).max() <= 6
        assert pixels[..., 3].min() == 255


def test_grey_restarts_and_extreme_pictures(driver: Path, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 48, 3), dtype=np.uint8)
    pictures = [
        jpeg(portrait(70, 50).convert("L"), quality=80),
        jpeg(portrait(130, 90), quality=80, restart_marker_blocks=3),
        jpeg(portrait(130, 90), quality=80, restart_marker_rows=1, optimize=True),
        jpeg(Image.fromarray(noise), quality=100, subsampling="4:4:4"),
        jpeg(Image.fromarray(noise), quality=1),
        jpeg(portrait(64, 64), quality=80, comment=b"a comment", exif=b"Exif\0\0" + b"\0" * 100),
    ]
    for data, pixels in zip(pictures, decode(driver, tmp_path, pictures), strict=True):
        assert not isinstance(pixels, str), pixels
        wanted = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        assert psnr(pixels[..., :3], wanted) > 40


def test_what_is_not_supported_is_refused(driver: Path, tmp_path: Path) -> None:
    good = jpeg(portrait(64, 64))
    others = [
        jpeg(portrait(64, 64), progressive=True),
        jpeg(portrait(64, 64).convert("CMYK")),
        b"",
        b"\xff\xd8",
        b"\x89PNG",
        good[:100],
        good.replace(
            b"\xff\xc0\x00\x11\x08\x00\x40\x00\x40", b"\xff\xc0\x00\x11\x08\xff\xff\xff\xff"
        ),
        b"\xff\xd8\xff\xd9",
    ]
    for answer in decode(driver, tmp_path, others):
        assert isinstance(answer, str)
        assert "JPEG" in answer


def test_broken_pictures_do_no_harm(driver: Path, tmp_path: Path) -> None:
    """Any bytes give a picture or a refusal; the decoder goes on."""
    chance = random.Random(3)
    good = jpeg(portrait(96, 80), quality=70)
    broken = []
    for _ in range(400):
        data = bytearray(good[: chance.randrange(len(good))] if chance.random() < 0.3 else good)
        for _ in range(chance.randint(1, 6)):
            if data:
                data[chance.randrange(len(data))] = chance.randrange(256)
        broken.append(bytes(data))
    answers = decode(driver, tmp_path, [*broken, good])
    assert len(answers) == len(broken) + 1
    assert not isinstance(answers[-1], str)
    assert sum(isinstance(answer, str) for answer in answers) > 20
