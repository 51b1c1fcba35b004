"""Every backend in every precision it has, and the two small graphs they are held to."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from emopic_engine.backends import PRECISIONS, Graph, TensorSpec, load_backend
from emopic_engine.backends.base import Check
from emopic_engine.errors import BackendUnavailable

GPU = {"cuda", "tensorrt"}


def cases():
    """(backend, precision) parameters; those that need a GPU are marked so."""
    for name, precisions in PRECISIONS.items():
        marks = [pytest.mark.gpu] if name in GPU else []
        for precision in precisions:
            yield pytest.param((name, precision), id=f"{name}-{precision}", marks=marks)


def load(case: tuple[str, str]):
    """The backend, or a skipped test that says what is missing; OpenVINO is never missing."""
    name, precision = case
    try:
        return load_backend(name, precision=precision, threads=1)
    except BackendUnavailable as error:
        if name in GPU or precision == "bf16":
            pytest.skip(str(error))
        raise


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
        self.embedding = nn.Embedding(50, 128)
        self.wide = nn.Linear(128, 128)
        self.head = nn.Linear(128, 5)

    def forward(self, ids, mask):
        weights = mask.unsqueeze(-1).to(self.head.weight.dtype)
        mean = (self.embedding(ids) * weights).sum(1) / weights.sum(1)
        return self.head(torch.tanh(self.wide(mean)))


def seeded(module: type[nn.Module]) -> nn.Module:
    torch.manual_seed(7)
    return module().eval()


def pair_inputs(batch: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    return (
        rng.normal(size=(batch, 3, 16, 16)).astype(np.float32),
        rng.normal(size=(batch, 4)).astype(np.float32),
    )


def bag_inputs(batch: int, length: int = 6, seed: int = 0):
    mask = np.ones((batch, length), np.int64)
    mask[-1, length // 2 :] = 0
    return np.random.default_rng(seed).integers(0, 50, (batch, length)), mask


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
    check=Check(lambda: [pair_inputs(4, seed=5)]),
)
BAG = Graph(
    name="bag",
    key="contract-bag-2",
    inputs=(
        TensorSpec("ids", "int64", (-1, -1), pad=0),
        TensorSpec("mask", "int64", (-1, -1), pad=0),
    ),
    outputs=(TensorSpec("logits", "float32", (-1, 5)),),
    module=lambda: seeded(Bag),
    example=lambda: (np.ones((2, 6), np.int64), np.ones((2, 6), np.int64)),
    lengths=(8, 12, 16),
    check=Check(lambda: [bag_inputs(4, 8, seed=5), bag_inputs(3, 12, seed=6)]),
)
