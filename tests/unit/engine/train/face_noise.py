"""Face data of noise in the format of `emopic data faces`, for trainers."""

import json

import numpy as np

from emopic_engine.data.faces.actions import CHANNELS
from emopic_engine.data.faces.dataset import PER_SHARD, Manifest, Shots, shard_path

SHOTS, NAMED, COLUMNS = 10, 8, len(CHANNELS)


def write_noise(folder, *, side=128, shards=2, columns=COLUMNS):
    """Shards of noise, the last held out; in shot `s` everything lies `s` hundredths right of
    where it rests, and the last two shots have no named expression."""
    manifest = Manifest(identities=shards * PER_SHARD, seed=1, held_out=PER_SHARD, size=side)
    (folder / "manifest.json").write_text(json.dumps(vars(manifest)))
    for index in range(shards):
        add_shard(folder, index, side, columns)
    return folder


def add_shard(folder, index, side, columns):
    rng = np.random.default_rng(index)
    shift = np.zeros((PER_SHARD, SHOTS, 64, 64, 3), np.float16)
    shift[..., 2] = 1
    shift[..., 0] = np.arange(SHOTS)[:, None, None] / 100
    expressions = rng.random((PER_SHARD, SHOTS, columns)).astype(np.float32)
    expressions[:, NAMED:] = -1
    arrays = {name: np.zeros(PER_SHARD, np.uint8) for name in Shots.__dataclass_fields__}
    arrays["pictures"] = rng.integers(0, 256, (PER_SHARD, SHOTS, side, side, 3), np.uint8)
    arrays |= {"expressions": expressions, "from_rest": shift}
    arrays["to_rest"] = shift * np.array((-1, 1, 1), np.float16)
    np.savez(shard_path(folder, index), **arrays)
