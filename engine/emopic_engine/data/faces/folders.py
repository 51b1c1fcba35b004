"""Synthetic faces as pictures in one folder for each emotion, for trainers that read folders."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from rich.progress import track

from emopic_engine.errors import DataError

from .dataset import read_manifest, read_shards

QUALITY = 95  # JPEG


def write_folders(data: Path, out: Path) -> dict[str, int]:
    """Write `out/{train,held_out}/<emotion>/<person>.jpg`; pictures for each of the two sides.

    Only the full expressions are written: mixtures have no one folder to go to. Raises
    `DataError` when `data` holds no faces or `out` holds something already.
    """
    if out.exists() and any(out.iterdir()):
        raise DataError(f"{out} is not empty: choose a new folder")
    return {
        side: _write_side(data, out / side, held_out=held_out)
        for side, held_out in (("train", False), ("held_out", True))
    }


def _write_side(data: Path, out: Path, *, held_out: bool) -> int:
    emotions = read_manifest(data).emotions
    for emotion in emotions:
        (out / emotion).mkdir(parents=True, exist_ok=True)
    person = 0
    for shots in track(read_shards(data, held_out=held_out), f"Writing {out.name}"):
        for pictures in shots.pictures:
            for emotion, picture in zip(emotions, pictures, strict=False):
                Image.fromarray(picture).save(out / emotion / f"{person:06d}.jpg", quality=QUALITY)
            person += 1
    return person * len(emotions)
