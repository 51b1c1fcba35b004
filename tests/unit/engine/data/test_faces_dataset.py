import json

import numpy as np
import pytest

from emopic_engine.data.faces.dataset import (
    PER_SHARD,
    Manifest,
    read_manifest,
    read_shards,
    shard_path,
)
from emopic_engine.errors import DataError


@pytest.fixture
def folder(tmp_path):
    manifest = Manifest(identities=4 * PER_SHARD, seed=1, held_out=PER_SHARD)
    (tmp_path / "manifest.json").write_text(json.dumps(vars(manifest)))
    for index in (0, 2, 3):  # shard 1 is not finished yet
        np.savez(
            shard_path(tmp_path, index),
            pictures=np.full((1, 1, 1, 1, 3), index, np.uint8),
            expressions=np.zeros((1, 1, 6), np.float32),
            to_rest=np.zeros((1, 1, 1, 1, 3), np.float16),
            from_rest=np.zeros((1, 1, 1, 1, 3), np.float16),
        )
    return tmp_path


def numbers(shards):
    return [int(shard.pictures.max()) for shard in shards]


def test_nobody_is_on_both_sides(folder):
    assert numbers(read_shards(folder, held_out=False)) == [0, 2]
    assert numbers(read_shards(folder, held_out=True)) == [3]


def test_a_folder_without_faces_is_named(tmp_path):
    with pytest.raises(DataError, match="emopic data faces"):
        read_manifest(tmp_path)


def test_another_version_is_refused(folder):
    values = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**values, "version": 99}))
    with pytest.raises(DataError, match="version 99"):
        read_manifest(folder)
