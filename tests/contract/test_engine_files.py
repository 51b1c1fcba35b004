"""What the default backend keeps: damaged, cut and foreign engine files are built again."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from tests.contract.cases import BAG, PAIR, bag_inputs, pair_inputs

from emopic_engine.backends import load_backend
from emopic_engine.backends import openvino as openvino_backend
from emopic_engine.errors import ModelError


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOPIC_CACHE", str(tmp_path))
    return tmp_path


def one_row(length: int) -> tuple[np.ndarray, ...]:
    return np.arange(length, dtype=np.int64)[None], np.ones((1, length), np.int64)


def middle_changed(data: bytes) -> bytes:
    half = len(data) // 2
    return data[:half] + bytes([data[half] ^ 0xFF]) + data[half + 1 :]


def test_broken_engine_files_are_built_again(cache):
    """OpenVINO itself loads a file with a changed byte without a word."""
    backend = load_backend("openvino", threads=1)
    arrays = bag_inputs(1)
    expected = backend.compile(BAG)(*arrays)[0]
    (blob,) = cache.rglob("engine.blob")
    good = blob.read_bytes()
    for spoil in (middle_changed, lambda data: data[: len(data) // 2], lambda _: b"broken"):
        blob.write_bytes(spoil(good))
        np.testing.assert_allclose(backend.compile(BAG)(*arrays)[0], expected, atol=1e-6)
        assert blob.read_bytes() not in (b"broken", spoil(good))


def test_one_short_row_has_an_engine_of_its_own_that_answers_as_the_batch_does(cache):
    compiled = load_backend("openvino", precision="f32", threads=1).compile(BAG)
    kept = sorted(path.name for path in cache.rglob("row-*.blob"))
    assert kept == sorted(f"row-{length}.blob" for length in BAG.lengths)
    for length in (*BAG.lengths, BAG.lengths[-1] + 3):
        ids, mask = (np.repeat(array, 2, axis=0) for array in one_row(length))
        (both,), (alone,) = compiled(ids, mask), compiled(ids[:1], mask[:1])
        np.testing.assert_allclose(alone[0], both[0], atol=1e-6)


def test_a_large_network_is_kept_once(cache, monkeypatch):
    monkeypatch.setattr(openvino_backend, "_ROW_BYTES", 1000)
    load_backend("openvino", threads=1).compile(BAG)
    assert [path.name for path in cache.rglob("*.blob")] == ["engine.blob"]


def test_rows_of_one_size_go_one_by_one_through_one_engine(cache):
    compiled = load_backend("openvino", precision="f32", threads=1).compile(PAIR)
    assert [path.name for path in cache.rglob("*.blob")] == ["row-0.blob"]
    arrays = pair_inputs(3)
    whole = compiled(*arrays)
    for row in range(3):
        alone = compiled(*(array[row : row + 1] for array in arrays))
        for have, want in zip(alone, whole, strict=True):
            np.testing.assert_array_equal(have[0], want[row])


@pytest.mark.usefixtures("cache")
def test_a_fixed_batch_is_refused_since_openvino_can_crash_on_it():
    ids, mask = (replace(spec, shape=(2, -1)) for spec in BAG.inputs)
    with pytest.raises(ModelError, match="the batch of ids, mask is fixed"):
        load_backend("openvino", threads=1).compile(replace(BAG, inputs=(ids, mask)))


@pytest.mark.models
def test_a_warm_start_builds_nothing_and_does_without_torch(cache):
    """The text model that ships with Emopic, in a process of its own."""
    script = (
        "import sys\n"
        "from emopic_engine.backends import load_backend\n"
        "from emopic_engine.engine import MODELS\n"
        "from emopic_engine.text.model import TextModel\n"
        "said = []\n"
        "backend = load_backend('openvino', threads=1, watch=lambda *s: said.append(s[1]))\n"
        "TextModel(MODELS / 'text', backend)\n"
        "print(len(said), 'torch' in sys.modules)\n"
    )
    assert cache.is_dir()
    runs = [
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert [run.stdout.split() for run in runs] == [["3", "True"], ["0", "False"]]
