import json

import numpy as np
import pytest
from PIL import Image

from emopic_engine.data.faces.dataset import PER_SHARD, SHOTS, Manifest, Shots, shard_path
from emopic_engine.data.faces.folders import write_folders
from emopic_engine.errors import DataError
from emopic_engine.train.stargan_data import read_folders


@pytest.fixture
def shards(tmp_path):
    """Two shards of one side each; every picture has the brightness of its shot."""
    folder = tmp_path / "shards"
    folder.mkdir()
    manifest = Manifest(identities=2 * PER_SHARD, seed=1, held_out=PER_SHARD)
    (folder / "manifest.json").write_text(json.dumps(vars(manifest)))
    pictures = np.zeros((PER_SHARD, SHOTS, 16, 16, 3), np.uint8)
    pictures += (np.arange(SHOTS, dtype=np.uint8) * 20)[:, None, None, None]
    nothing = np.zeros(PER_SHARD, np.uint8)  # for what the folders do not show
    columns = {**dict.fromkeys(Shots.__dataclass_fields__, nothing), "pictures": pictures}
    for index in range(2):
        np.savez(shard_path(folder, index), **columns)
    return folder


def test_full_expressions_become_folders(shards, tmp_path):
    out = tmp_path / "folders"
    assert write_folders(shards, out) == {"train": 6 * PER_SHARD, "held_out": 6 * PER_SHARD}
    for side in ("train", "held_out"):
        assert set(read_folders(out / side).counts.values()) == {PER_SHARD}
    with Image.open(out / "train" / "surprise" / "000003.jpg") as image:
        assert abs(np.asarray(image).mean() - 5 * 20) < 3


def test_a_folder_that_holds_something_is_left_alone(shards, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(DataError, match="is not empty"):
        write_folders(shards, tmp_path / "out")
