import json

import numpy as np
import pytest

from emopic_engine.data.faces.actions import CHANNELS, EMOTIONS
from emopic_engine.data.faces.dataset import (
    PER_SHARD,
    Manifest,
    Shots,
    held_out_shards,
    make_faces,
    read_manifest,
    read_shards,
    shard_path,
)
from emopic_engine.errors import DataError


def columns(index):
    """Every array of a shard, with one person whose pictures are all `index`."""
    shapes = {
        "pictures": (1, 1, 2, 2, 3), "alpha": (1, 1, 2, 2), "expressions": (1, 1, 8),
        "to_rest": (1, 1, 1, 1, 3), "from_rest": (1, 1, 1, 1, 3), "landmarks": (1, 1, 68, 2),
        "boxes": (1, 1, 4), "looks": (1,), "wide_pictures": (1, 1, 2, 2, 3),
        "wide_alpha": (1, 1, 2, 2), "wide_expressions": (1, 1, 8),
        "wide_landmarks": (1, 1, 68, 2), "wide_boxes": (1, 1, 4),
    }  # fmt: skip
    assert shapes.keys() == Shots.__dataclass_fields__.keys()
    return {name: np.full(shape, index, np.uint8) for name, shape in shapes.items()}


@pytest.fixture
def folder(tmp_path):
    manifest = Manifest(identities=4 * PER_SHARD, seed=1, held_out=PER_SHARD)
    (tmp_path / "manifest.json").write_text(json.dumps(vars(manifest)))
    for index in (0, 2, 3):  # shard 1 is not finished yet
        np.savez(shard_path(tmp_path, index), **columns(index))
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
    with pytest.raises(DataError, match=r"version 99.*emopic data faces"):
        read_manifest(folder)


def test_a_folder_of_the_first_version_is_refused_by_its_version(folder):
    old = {"identities": 50, "seed": 1, "held_out": 25, "emotions": ["joy"], "shots": 10}
    (folder / "manifest.json").write_text(json.dumps({**old, "size": 128, "version": 1}))
    with pytest.raises(DataError, match="version 1, not 2"):
        read_manifest(folder)


def test_a_manifest_without_its_fields_is_refused(folder):
    (folder / "manifest.json").write_text(json.dumps({"version": 2}))
    with pytest.raises(DataError, match="manifest"):
        read_manifest(folder)


def test_a_manifest_comes_back_as_it_was_written(folder):
    manifest = read_manifest(folder)
    assert manifest == Manifest(identities=4 * PER_SHARD, seed=1, held_out=PER_SHARD)
    assert manifest.emotions == EMOTIONS
    assert manifest.channels == CHANNELS


@pytest.mark.parametrize(
    ("shards", "held_out"), [(1, 1), (2, 1), (4, 2), (12, 4), (64, 4), (200, 10)]
)
def test_eighty_people_are_held_out_where_there_are_enough(shards, held_out):
    assert held_out_shards(shards) == held_out


def test_another_set_in_the_folder_is_refused_before_anything_is_drawn(folder):
    with pytest.raises(DataError, match="another set"):
        make_faces(folder, identities=4 * PER_SHARD, seed=2, workers=1)
