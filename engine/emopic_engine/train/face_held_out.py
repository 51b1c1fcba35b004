"""The people whom a face model is judged on: those that training never saw."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emopic_engine.data.faces.actions import EMOTIONS
from emopic_engine.data.faces.dataset import Shots, read_manifest, read_shards
from emopic_engine.errors import DataError

from .face_maker import Pictures

COUNT = len(EMOTIONS)


@dataclass(frozen=True)
class Lively:
    """A rendered picture [S, S, 3] with lids or jaw moved: whose, and its expression [8]."""

    person: int
    expression: NDArray[np.float32]
    picture: Pictures


@dataclass(frozen=True)
class HeldOut:
    """P people, uint8 pictures of S pixels a side. `looks` names how each person is drawn."""

    full: Pictures  # [P, 6, S, S, 3] the full expressions in the order of `EMOTIONS`
    looks: tuple[str, ...]
    odd: Pictures  # [P, K, S, S, 3] faces that no expression names: toothy smiles, half-open mouths
    lively: tuple[Lively, ...] = ()

    def __len__(self) -> int:
        return len(self.full)


def read_held_out(data: Path, limit: int | None = None) -> HeldOut:
    """At most `limit` held-out people. Raises `DataError` when none is drawn yet."""
    names = read_manifest(data).looks
    shards = list(read_shards(data, held_out=True))
    if not shards:
        raise DataError(f"{data} has no held-out people yet; run: emopic data faces")
    full = np.concatenate([shard.pictures[:, :COUNT] for shard in shards])[:limit]
    looks = [names[number] for shard in shards for number in shard.looks.tolist()]
    nameless = np.concatenate([shard.pictures[:, _nameless(shard)] for shard in shards])
    lively = [item for place, shard in enumerate(shards) for item in _lively(shard, place)]
    return HeldOut(
        full,
        tuple(looks[: len(full)]),
        nameless[: len(full)],
        tuple(item for item in lively if item.person < len(full)),
    )


def _nameless(shard: Shots) -> NDArray[np.bool_]:
    """Which shots no expression names: the same ones for everybody."""
    return np.asarray((shard.expressions < 0).any((0, 2)))


def _lively(shard: Shots, place: int) -> list[Lively]:
    """The pictures of the shard at a place of the list in which lids or jaw move far."""
    people, shots = np.nonzero((shard.expressions[:, :, COUNT:] > 0.5).any(2))
    first = place * len(shard.pictures)
    return [
        Lively(first + person, shard.expressions[person, shot], shard.pictures[person, shot])
        for person, shot in zip(people.tolist(), shots.tolist(), strict=True)
    ]
