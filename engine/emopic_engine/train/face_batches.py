"""Batches for the `live` generator: sources, target expressions, targets and true flows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from emopic_engine.data.faces.actions import NEUTRAL
from emopic_engine.data.faces.dataset import PER_SHARD, PHOTOS, SHOTS, read_shards
from emopic_engine.errors import DataError

NAMED = SHOTS - PHOTOS  # shots with a known expression come first
NEUTRAL_SOURCES = 0.4  # share of sources at rest; the others must first be taken back
NEUTRAL_DROPPED = 0.3  # share of targets whose neutral weight is hidden: all zero means rest too


@dataclass(frozen=True)
class Batch:
    """S sources with K targets each; rows of the targets are grouped by source."""

    sources: Tensor  # [S, 3, 128, 128] in [-1, 1]
    expressions: Tensor  # [S K, E]
    targets: Tensor  # [S K, 3, 128, 128]
    flow: Tensor  # [S K, 2, 64, 64] from target to source, in fractions of the width
    valid: Tensor  # [S K, 1, 64, 64] 0 or 1


class FaceBatches:
    """One side of a face data set in memory (1 MB a person)."""

    def __init__(self, folder: Path, *, held_out: bool) -> None:
        shards = list(read_shards(folder, held_out=held_out))
        if not shards:
            raise DataError(f"{folder} has no finished shard yet; run: emopic data faces")
        self.shards = len(shards)
        self.people = self.shards * PER_SHARD
        self.pictures = _join([shard.pictures for shard in shards])
        self.expressions = _join([shard.expressions for shard in shards])
        self.to_rest = _join([shard.to_rest for shard in shards])
        self.from_rest = _join([shard.from_rest for shard in shards])

    def sample(self, rng: np.random.Generator, sources: int, targets: int) -> Batch:
        """A random batch, mirrored and recoloured at random."""
        people = rng.integers(self.people, size=sources)
        at_rest = rng.random(sources) < NEUTRAL_SOURCES
        shots = np.where(at_rest, NEUTRAL, rng.integers(SHOTS, size=sources))
        goals = rng.permuted(np.tile(np.arange(NAMED), (sources, 1)), axis=1)[:, :targets]
        batch = self.at(people, shots, goals)
        batch = _mirrored(batch, torch.from_numpy(rng.random(sources) < 0.5), targets)
        _hide_neutral(batch.expressions, rng)
        return _recoloured(batch, rng, targets)

    def at(self, people: np.ndarray, shots: np.ndarray, goals: np.ndarray) -> Batch:
        """The batch of given people [S], source shots [S] and target shots [S, K]."""
        count = goals.shape[1]
        row, start, goal = np.repeat(people, count), np.repeat(shots, count), goals.ravel()
        flow, valid = chained(
            _channels_first(self.to_rest[row, goal]), _channels_first(self.from_rest[row, start])
        )
        same = torch.from_numpy(goal == start)
        flow[same], valid[same] = 0.0, 1.0
        return Batch(
            sources=_normalised(self.pictures[people, shots]),
            expressions=self.expressions[row, goal].clone(),
            targets=_normalised(self.pictures[row, goal]),
            flow=flow,
            valid=valid,
        )


def chained(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Follow one flow, then another: [N, 3, H, W] each (x, y, validity) → flow and validity."""
    size = first.shape[-1]
    line = torch.linspace(-1 + 1 / size, 1 - 1 / size, size)
    y, x = torch.meshgrid(line, line, indexing="ij")
    grid = torch.stack([x, y], -1) + 2 * first[:, :2].permute(0, 2, 3, 1)
    there = F.grid_sample(second, grid, padding_mode="border", align_corners=False)
    valid = first[:, 2:] * (there[:, 2:] > 0.99)
    return first[:, :2] + there[:, :2], valid


def _join(parts: list[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.concatenate(parts))


def _normalised(pictures: Tensor) -> Tensor:
    return pictures.permute(0, 3, 1, 2).float() / 127.5 - 1


def _channels_first(flow: Tensor) -> Tensor:
    return flow.permute(0, 3, 1, 2).float()


def _mirrored(batch: Batch, chosen: Tensor, count: int) -> Batch:
    rows = chosen.repeat_interleave(count)
    for tensor, mask in (
        (batch.sources, chosen),
        (batch.targets, rows),
        (batch.flow, rows),
        (batch.valid, rows),
    ):
        tensor[mask] = tensor[mask].flip(3)
    batch.flow[rows, 0] *= -1
    return batch


def _hide_neutral(expressions: Tensor, rng: np.random.Generator) -> None:
    hidden = torch.from_numpy(rng.random(len(expressions)) < NEUTRAL_DROPPED)
    expressions[hidden, NEUTRAL] = 0.0


def _recoloured(batch: Batch, rng: np.random.Generator, count: int) -> Batch:
    """The same change of contrast, tint, saturation and brightness for source and targets."""
    size = len(batch.sources)
    gains = (1 + rng.normal(size=(size, 3, 1, 1)) * 0.07) * (
        1 + rng.normal(size=(size, 1, 1, 1)) * 0.12
    )
    shift = torch.from_numpy(rng.normal(size=(size, 1, 1, 1)) * 0.08).float()
    keep = torch.from_numpy(rng.uniform(0.4, 1.15, size=(size, 1, 1, 1))).float()
    gain = torch.from_numpy(gains).float()

    def change(pictures: Tensor, times: int) -> Tensor:
        g, s, k = (value.repeat_interleave(times, 0) for value in (gain, shift, keep))
        grey = pictures.mean(1, keepdim=True)
        return ((grey + (pictures - grey) * k) * g + s).clamp(-1, 1)

    return Batch(
        change(batch.sources, 1),
        batch.expressions,
        change(batch.targets, count),
        batch.flow,
        batch.valid,
    )
