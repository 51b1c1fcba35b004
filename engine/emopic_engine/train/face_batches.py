"""Batches for the `live` generator: sources, target expressions, targets and true flows."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from emopic_engine.data.faces.actions import NEUTRAL
from emopic_engine.data.faces.dataset import PER_SHARD, read_manifest, shard_path
from emopic_engine.errors import DataError

NEUTRAL_SOURCES = 0.4  # share of sources at rest; the others must first be taken back
WORN = 0.4  # share of sources that the encoder sees worse than they are
NOISE = 0.06  # the most noise it sees, of half the range
NEUTRAL_DROPPED = 0.3  # share of targets whose neutral weight is hidden: all zero means rest too
COLUMNS = ("pictures", "expressions", "to_rest", "from_rest")

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Batch:
    """S sources with K targets each; rows of the targets are grouped by source. P pixels a side."""

    sources: Tensor  # [S, 3, P, P] in [-1, 1], whose pixels are moved
    seen: Tensor  # [S, 3, P, P] the same as the encoder sees them: some blurred, with noise
    expressions: Tensor  # [S K, E]
    targets: Tensor  # [S K, 3, P, P]
    flow: Tensor  # [S K, 2, 64, 64] from target to source, in fractions of the width
    valid: Tensor  # [S K, 1, 64, 64] 0 or 1

    def to(self, device: torch.device) -> Batch:
        """The batch on a device; itself where it is there already."""
        return Batch(*(getattr(self, f.name).to(device, non_blocking=True) for f in fields(self)))


class FaceBatches:
    """One side of a face data set in memory (about 0.1 MB a picture). `channels` is E.

    Data with fewer columns than `channels` is taken to show nothing in the others. Raises
    `DataError` when no shard is finished or one has more columns than `channels`.
    """

    def __init__(self, folder: Path, *, held_out: bool, channels: int) -> None:
        self._folder, self._held_out, self._channels = folder, held_out, channels
        self.shards: dict[int, dict[str, Tensor]] = {}
        self.take_new()
        if not self.shards:
            raise DataError(f"{folder} has no finished shard yet; run: emopic data faces")

    @property
    def people(self) -> int:
        return len(self.shards) * PER_SHARD

    def take_new(self) -> None:
        """Read the shards that were finished since the last call."""
        manifest = read_manifest(self._folder)
        count = manifest.identities // PER_SHARD
        first_held = count - manifest.held_out // PER_SHARD
        chosen = range(first_held, count) if self._held_out else range(first_held)
        for index in chosen:
            path = shard_path(self._folder, index)
            if index not in self.shards and path.exists():
                self.shards[index] = self._read(path)

    def sample(self, rng: np.random.Generator, sources: int, targets: int) -> Batch:
        """A random batch, mirrored and recoloured at random."""
        people = rng.integers(self.people, size=sources)
        named = np.stack([self._named(person) for person in people])  # [S, shots]
        at_rest = rng.random(sources) < NEUTRAL_SOURCES
        shots = np.where(at_rest, NEUTRAL, rng.integers(named.shape[1], size=sources))
        order = np.where(named, rng.random(named.shape), 2.0).argsort(1)  # nameless ones last
        batch = self.at(people, shots, order[:, :targets])
        batch = _mirrored(batch, torch.from_numpy(rng.random(sources) < 0.5), targets)
        _hide_neutral(batch.expressions, rng)
        batch = _recoloured(batch, rng, targets)
        return replace(batch, seen=_worn(batch.sources, rng))

    def at(self, people: Indices, shots: Indices, goals: Indices) -> Batch:
        """The batch of given people [S], source shots [S] and target shots [S, K]."""
        count = goals.shape[1]
        row, start, goal = np.repeat(people, count), np.repeat(shots, count), goals.ravel()
        flow, valid = chained(
            _channels_first(self._rows("to_rest", row, goal)),
            _channels_first(self._rows("from_rest", row, start)),
        )
        same = torch.from_numpy(goal == start)
        flow[same], valid[same] = 0.0, 1.0
        sources = _normalised(self._rows("pictures", people, shots))
        return Batch(
            sources=sources,
            seen=sources,
            expressions=self._rows("expressions", row, goal),
            targets=_normalised(self._rows("pictures", row, goal)),
            flow=flow,
            valid=valid,
        )

    def _rows(self, column: str, people: Indices, shots: Indices) -> Tensor:
        """A copy of one row for each pair."""
        return torch.stack(
            [self._person(person)[column][shot] for person, shot in zip(people, shots, strict=True)]
        )

    def _named(self, person: int) -> NDArray[np.bool_]:
        """Which shots of a person have an expression that can be asked for."""
        named: NDArray[np.bool_] = (self._person(person)["expressions"] >= 0).all(1).numpy()
        return named

    def _person(self, person: int) -> dict[str, Tensor]:
        shard = list(self.shards.values())[person // PER_SHARD]
        return {name: values[person % PER_SHARD] for name, values in shard.items()}

    def _read(self, path: Path) -> dict[str, Tensor]:
        with np.load(path) as file:
            shard = {name: torch.from_numpy(file[name]) for name in COLUMNS}
        missing = self._channels - shard["expressions"].shape[2]
        if missing < 0:
            raise DataError(f"{path} has more than the model's {self._channels} channels")
        shard["expressions"] = _padded(shard["expressions"], missing)
        return shard


def chained(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Follow one flow, then another: [N, 3, H, W] each (x, y, validity) → flow and validity."""
    size = first.shape[-1]
    line = torch.linspace(-1 + 1 / size, 1 - 1 / size, size)
    y, x = torch.meshgrid(line, line, indexing="ij")
    grid = torch.stack([x, y], -1) + 2 * first[:, :2].permute(0, 2, 3, 1)
    there = F.grid_sample(second, grid, padding_mode="border", align_corners=False)
    valid = first[:, 2:] * (there[:, 2:] > 0.99)
    return first[:, :2] + there[:, :2], valid


def _padded(expressions: Tensor, missing: int) -> Tensor:
    """Columns of zeros at the end; of -1 where no expression names the picture."""
    nameless = (expressions < 0).any(2, keepdim=True)
    more = torch.where(nameless, -1.0, 0.0).expand(-1, -1, missing)
    return torch.cat([expressions, more], 2)


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

    return replace(batch, sources=change(batch.sources, 1), targets=change(batch.targets, count))


def _worn(sources: Tensor, rng: np.random.Generator) -> Tensor:
    """As pictures that people bring often are: enlarged from half the size, or noisy, or both."""
    small = F.interpolate(sources, scale_factor=0.5, mode="bilinear", antialias=True)
    blurred = F.interpolate(small, size=sources.shape[2:], mode="bilinear")
    worn = torch.from_numpy(rng.random((len(sources), 1, 1, 1)) < WORN)
    soft = torch.from_numpy(rng.random((len(sources), 1, 1, 1)) < 0.5)
    level = rng.uniform(0, NOISE, (len(sources), 1, 1, 1))
    noise = torch.from_numpy(rng.normal(size=sources.shape) * level).float()
    seen = torch.where(soft, blurred, sources) + noise
    return torch.where(worn, seen.clamp(-1, 1), sources)
