from dataclasses import replace

import pytest
from tests.unit.engine.engines.doubling import GRAPH, Builder

from emopic_engine.backends import TensorSpec
from emopic_engine.engines import EngineKey


def test_a_key_is_the_same_every_time():
    assert EngineKey.of(Builder(), GRAPH) == EngineKey.of(Builder(), GRAPH)
    assert EngineKey.of(Builder(), GRAPH).name == EngineKey.of(Builder(), GRAPH).name
    assert EngineKey.of(Builder(), GRAPH).name.startswith("doubling-f32-")


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("name", "another"),
        ("precision", "bf16"),
        ("versions", {"doubler": "2"}),
        ("device", "another processor"),
        ("capability", "more"),
        ("options", {"threads": 2}),
    ],
)
def test_everything_about_the_backend_is_in_it(attribute, value):
    builder = Builder()
    setattr(builder, attribute, value)
    assert EngineKey.of(builder, GRAPH).name != EngineKey.of(Builder(), GRAPH).name


@pytest.mark.parametrize(
    "change",
    [
        {"key": "doubling-2"},
        {"name": "tripling"},
        {"inputs": (TensorSpec("numbers", "float32", (-1, 9)),)},
        {"inputs": (TensorSpec("numbers", "float64", (-1, 8)),)},
        {"lengths": (8, 16)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_everything_about_the_graph_is_in_it(change):
    other = replace(GRAPH, **change)
    assert EngineKey.of(Builder(), other).name != EngineKey.of(Builder(), GRAPH).name
