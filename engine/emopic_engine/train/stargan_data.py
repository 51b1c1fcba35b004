"""Pictures in one folder for each emotion, and the batches that a step of a run is made of.

What step `i` sees depends on the seed and on `i` alone, so that a resumed run goes on exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from emopic_engine.emotions import Emotions
from emopic_engine.errors import DataError, InputError

from .stargan_loss import StarganBatch

ENDINGS = {".jpg", ".jpeg", ".png", ".webp"}
_ORDER, _STEP = 0, 1  # what a random stream is for

Place = tuple[int, bool]  # of a picture; whether it is mirrored


@dataclass(frozen=True)
class FaceFolders:
    """Pictures by emotion. `labels` are places in `emotions`; both lists go together."""

    emotions: Emotions
    paths: tuple[Path, ...]
    labels: NDArray[np.int64]

    @property
    def counts(self) -> dict[str, int]:
        """Pictures for each emotion."""
        found = np.bincount(self.labels, minlength=len(self.emotions)).tolist()
        return dict(zip(self.emotions.names, found, strict=True))


def read_folders(folder: Path, emotions: Emotions | None = None) -> FaceFolders:
    """The pictures below `folder/<emotion>/`, named in English or Korean, folders within included.

    Without `emotions` every folder is one, in the order of their names, as torchvision's
    ImageFolder has it. With `emotions` only these are read, in their order. Raises `DataError`.
    """
    if not folder.is_dir():
        raise DataError(f"there is no folder {folder}")
    names = sorted(item.name for item in folder.iterdir() if item.is_dir())
    try:
        chosen = emotions or Emotions.from_labels(names)
    except InputError as error:
        raise DataError(f"{folder} does not hold one folder for each emotion: {error}") from error
    by_emotion = {_place(chosen, name): folder / name for name in names}
    paths: list[Path] = []
    labels: list[int] = []
    for index, name in enumerate(chosen.names):
        if index not in by_emotion:
            raise DataError(f"{folder} has no folder for {name}; it has {', '.join(names)}")
        found = _pictures(by_emotion[index])
        paths += found
        labels += [index] * len(found)
    return FaceFolders(chosen, tuple(paths), np.array(labels, np.int64))


def _place(emotions: Emotions, name: str) -> int | None:
    try:
        return emotions.index(name)
    except InputError:
        return None


def _pictures(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS)
    if not found:
        raise DataError(f"{folder} holds no pictures ({', '.join(sorted(ENDINGS))})")
    return found


class FacePictures(Dataset[tuple[Tensor, int]]):
    """Pictures float32 [3, S, S] in [-1, 1] with their labels, by place and mirroring."""

    def __init__(self, folders: FaceFolders, size: int, crop: int = 0) -> None:
        self.folders, self.size, self.crop = folders, size, crop

    def __len__(self) -> int:
        return len(self.folders.paths)

    def __getitem__(self, place: Place) -> tuple[Tensor, int]:
        index, mirrored = place
        rgb = read_picture(self.folders.paths[index], self.size, self.crop)
        if mirrored:
            rgb = np.ascontiguousarray(rgb[:, ::-1])
        return normalised(rgb), int(self.folders.labels[index])


def read_picture(path: Path, size: int, crop: int = 0) -> NDArray[np.uint8]:
    """The centred square of `crop` pixels (0: the largest), resized to uint8 [size, size, 3].

    Raises `DataError` when the file cannot be read or is smaller than the crop.
    """
    try:
        with Image.open(path) as image:
            rgb = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    except (OSError, ValueError, SyntaxError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    height, width = rgb.shape[:2]
    side = crop or min(height, width)
    if side > min(height, width):
        raise DataError(f"{path} has {width}×{height} pixels, less than the crop of {crop}")
    top, left = (height - side) // 2, (width - side) // 2
    square = np.ascontiguousarray(rgb[top : top + side, left : left + side])
    how = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(square, (size, size), interpolation=how), np.uint8)


def normalised(rgb: NDArray[np.uint8]) -> Tensor:
    """uint8 [S, S, 3] → float32 [3, S, S] in [-1, 1]."""
    return torch.from_numpy(rgb.transpose(2, 0, 1).astype(np.float32) / 127.5 - 1)


class StepPlaces(Sampler[list[Place]]):
    """The places of each step's batch from step `first` to before `last`.

    Every picture comes once before any comes again.
    """

    def __init__(self, count: int, batch: int, seed: int, first: int, last: int) -> None:
        self.count, self.batch, self.seed = count, batch, seed
        self.first, self.last = first, last
        self._order = lru_cache(maxsize=2)(self._shuffled)

    def __len__(self) -> int:
        return self.last - self.first

    def __iter__(self) -> Iterator[list[Place]]:
        for step in range(self.first, self.last):
            mirrored = np.random.default_rng([self.seed, _STEP, step]).random(self.batch) < 0.5
            places = (self._at(step * self.batch + item) for item in range(self.batch))
            yield list(zip(places, mirrored.tolist(), strict=True))

    def _at(self, number: int) -> int:
        epoch, place = divmod(number, self.count)
        return int(self._order(epoch)[place])

    def _shuffled(self, epoch: int) -> NDArray[np.int64]:
        return np.random.default_rng([self.seed, _ORDER, epoch]).permutation(self.count)


def batches(
    pictures: FacePictures, places: StepPlaces, workers: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Pictures [N, 3, S, S] and labels [N], step by step; read ahead by `workers` processes."""
    loader: DataLoader[tuple[Tensor, int]] = DataLoader(
        pictures, batch_sampler=places, num_workers=workers
    )
    yield from loader


def with_wanted(
    pictures: Tensor, labels: Tensor, seed: int, step: int, domain: int | None
) -> StarganBatch:
    """A batch whose wanted domains are its own labels shuffled, as published, or all `domain`."""
    rng = torch.Generator()
    rng.manual_seed(int(np.random.SeedSequence([seed, step]).generate_state(1)[0]))
    order = torch.randperm(len(labels), generator=rng)
    wanted = labels[order] if domain is None else torch.full_like(labels, domain)
    return StarganBatch(pictures, labels, wanted, torch.rand(len(labels), 1, 1, 1, generator=rng))


def some_of_each(folders: FaceFolders, rows: int, seed: int) -> Sequence[int]:
    """Places of `rows` pictures, taken from the emotions in turn, for sample sheets."""
    rng = np.random.default_rng(seed)
    kinds = len(folders.emotions)
    own = [rng.permutation(np.flatnonzero(folders.labels == kind)) for kind in range(kinds)]
    turns = [(place, kind) for place in range(rows) for kind in range(kinds)]
    return [int(own[kind][place]) for place, kind in turns if place < len(own[kind])][:rows]
