"""Rows of a small network on a real backend."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.engines import Model, Plan, inputs, measure, row
from torch import nn

from emopic_engine.backends import load_backend
from emopic_engine.backends.base import Compiled, Graph, TensorSpec
from emopic_engine.engines.parity import reference
from emopic_engine.errors import ParityError

LINEAR = Graph(
    name="linear",
    key="k",
    inputs=(TensorSpec("x", "float32", (-1, 8)),),
    outputs=(TensorSpec("y", "float32", (-1, 4)),),
    module=lambda: nn.Linear(8, 4),
    example=lambda: (np.ones((2, 8), np.float32),),
)
MODEL = Model("a linear one", LINEAR)


def test_inputs_have_the_batch_and_the_length_asked_for():
    assert [array.shape for array in inputs(MODEL, 5, 0)] == [(5, 8)]
    ids, mask = inputs(MODEL, 3, 16)
    assert ids.shape == mask.shape == (3, 16)
    assert mask.all()


def test_a_row_is_about_calls_and_items():
    found = row([2.0, 4.0, 4.0, 10.0], batch=8, work={"linear": 3 * 10**9}, floor_ms=0.25)
    assert found["median_ms"] == 4.0
    assert found["items_per_s"] == 2000.0
    assert found["gflop_per_item"] == 3.0
    assert (found["floor_ms"], found["share_of_floor"]) == (2.0, 0.5)


def test_every_shape_has_a_row_with_its_parity():
    plan = Plan(0.01, (1, 4), 1)
    backend, module = load_backend("torch"), LINEAR.module()
    graph = Graph(**{**vars(LINEAR), "module": lambda: module})
    expected = reference(graph, module)
    rows = list(measure(Model("m", graph), backend, expected, {"f32": 1e9}, plan))
    assert [found["batch"] for found in rows] == [1, 4]
    assert all(found["parity"].startswith("y ") for found in rows)
    assert rows[1]["floor_ms"] == pytest.approx(4 * rows[0]["floor_ms"], abs=0.002)
    assert all(found["calls"] >= 5 for found in rows)


def test_an_engine_that_is_refused_says_why():
    backend = load_backend("torch")

    def refuse(graph: Graph) -> Compiled:
        raise ParityError(f"{graph.name} is too far off")

    backend.compile = refuse  # type: ignore[method-assign]
    expected = reference(LINEAR, LINEAR.module())
    (found,) = measure(MODEL, backend, expected, {}, Plan(0.01, (1,), 1))
    assert found["refused"] == "linear is too far off"
    assert "batch" not in found
