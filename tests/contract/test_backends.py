"""What every backend promises, checked on two small graphs made here."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from emopic_engine.backends import BACKENDS, Graph, TensorSpec, load_backend
from emopic_engine.errors import BackendUnavailable

REFERENCE = "torch"


class Pair(nn.Module):
    """Two outputs of different shapes from a picture and a condition."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, 2, 1)
        self.scale = nn.Linear(4, 8)

    def forward(self, picture, condition):
        features = torch.relu(self.conv(picture)) * self.scale(condition)[:, :, None, None]
        return features, features.mean((2, 3))


class Bag(nn.Module):
    """Mean of embeddings under a mask: integer inputs of varying length."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(50, 16)
        self.head = nn.Linear(16, 5)

    def forward(self, ids, mask):
        weights = mask.unsqueeze(-1).float()
        return self.head((self.embedding(ids) * weights).sum(1) / weights.sum(1))


def seeded(module: type[nn.Module]) -> nn.Module:
    torch.manual_seed(7)
    return module().eval()


PAIR = Graph(
    name="pair",
    key="contract-pair-1",
    inputs=(
        TensorSpec("picture", "float32", (-1, 3, 16, 16)),
        TensorSpec("condition", "float32", (-1, 4)),
    ),
    outputs=(
        TensorSpec("features", "float32", (-1, 8, 8, 8)),
        TensorSpec("means", "float32", (-1, 8)),
    ),
    module=lambda: seeded(Pair),
    example=lambda: (np.zeros((2, 3, 16, 16), np.float32), np.zeros((2, 4), np.float32)),
)
BAG = Graph(
    name="bag",
    key="contract-bag-1",
    inputs=(TensorSpec("ids", "int64", (-1, -1)), TensorSpec("mask", "int64", (-1, -1))),
    outputs=(TensorSpec("logits", "float32", (-1, 5)),),
    module=lambda: seeded(Bag),
    example=lambda: (np.ones((2, 6), np.int64), np.ones((2, 6), np.int64)),
)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOPIC_CACHE", str(tmp_path))


@pytest.fixture(params=sorted(BACKENDS))
def backend(request):
    return load_backend(request.param, precision="f32", threads=1)


def inputs(graph: Graph, batch: int, length: int = 6, seed: int = 0):
    rng = np.random.default_rng(seed)
    if graph is PAIR:
        return (
            rng.normal(size=(batch, 3, 16, 16)).astype(np.float32),
            rng.normal(size=(batch, 4)).astype(np.float32),
        )
    mask = np.ones((batch, length), np.int64)
    mask[-1, length // 2 :] = 0
    return rng.integers(0, 50, (batch, length)), mask


@pytest.mark.parametrize("graph", [PAIR, BAG], ids=lambda graph: graph.name)
@pytest.mark.parametrize("batch", [1, 3])
def test_equals_the_reference(backend, graph, batch):
    arrays = inputs(graph, batch)
    expected = load_backend(REFERENCE, precision="f32", threads=1).compile(graph)(*arrays)
    for have, want, spec in zip(
        backend.compile(graph)(*arrays), expected, graph.outputs, strict=True
    ):
        assert have.dtype == np.dtype(spec.dtype)
        assert have.shape == want.shape
        np.testing.assert_allclose(have, want, atol=2e-5)


def test_shapes_may_change_between_calls(backend):
    compiled = backend.compile(BAG)
    for length in (4, 9, 2, 9):
        (logits,) = compiled(*inputs(BAG, 2, length))
        assert logits.shape == (2, 5)


def test_outputs_belong_to_the_caller(backend):
    compiled = backend.compile(PAIR)
    first = compiled(*inputs(PAIR, 2, seed=1))
    kept = [array.copy() for array in first]
    compiled(*inputs(PAIR, 2, seed=2))
    for have, want in zip(first, kept, strict=True):
        np.testing.assert_array_equal(have, want)


def test_batching_changes_nothing(backend):
    compiled = backend.compile(PAIR)
    picture, condition = inputs(PAIR, 3)
    together = compiled(picture, condition)[0]
    alone = [compiled(picture[i : i + 1], condition[i : i + 1])[0] for i in range(3)]
    np.testing.assert_allclose(together, np.concatenate(alone), atol=2e-5)


def test_non_contiguous_inputs_are_read_right(backend):
    compiled = backend.compile(PAIR)
    picture, condition = inputs(PAIR, 2)
    strided = np.ascontiguousarray(picture.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(
        compiled(strided, condition)[0], compiled(picture, condition)[0], atol=1e-6
    )


@pytest.mark.parametrize(
    "arrays",
    [
        (np.zeros((1, 3, 16, 16), np.float32),),
        (np.zeros((1, 3, 15, 16), np.float32), np.zeros((1, 4), np.float32)),
        (np.zeros((1, 3, 16, 16), np.float64), np.zeros((1, 4), np.float32)),
    ],
    ids=["count", "shape", "dtype"],
)
def test_wrong_inputs_are_refused(backend, arrays):
    with pytest.raises(ValueError, match="pair"):
        backend.compile(PAIR)(*arrays)


def test_says_what_runs(backend):
    assert backend.name in BACKENDS
    assert backend.device
    assert backend.precision == "f32"
    assert backend.versions


def test_a_broken_cache_entry_is_rebuilt(backend, tmp_path):
    arrays = inputs(BAG, 1)
    expected = backend.compile(BAG)(*arrays)[0]
    for file in (item for item in tmp_path.rglob("*") if item.is_file()):
        file.write_bytes(b"broken")
    np.testing.assert_allclose(backend.compile(BAG)(*arrays)[0], expected, atol=1e-6)


def test_an_unknown_backend_is_named():
    with pytest.raises(BackendUnavailable, match="'directml'"):
        load_backend("directml")
