import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from tests.unit.engine.engines.doubling import GRAPH, NUMBERS, doubling

from emopic_engine.backends import Graph, TensorSpec
from emopic_engine.backends.base import Check
from emopic_engine.engines.parity import EXACT_DB, Reference, compare, reference

LOGITS = np.array([[3, 0, 0], [0, 2, 0], [1.0, 0.99, 0]], np.float32)  # the last one is undecided
LABELS = Graph(
    name="labels",
    key="labels-1",
    inputs=(TensorSpec("logits", "float32", (-1, 3)),),
    outputs=(TensorSpec("logits", "float32", (-1, 3)),),
    module=doubling,
    example=lambda: (LOGITS,),
    check=Check(lambda: [(LOGITS,)], labels=True),
)
EXPECTED = Reference([(LOGITS,)], [(LOGITS,)])


def labels(answer: np.ndarray, graph: Graph = LABELS):
    def compiled(*inputs: np.ndarray):
        return (answer[: len(inputs[0])].astype(np.float32),)

    return compare(graph, compiled, EXPECTED, "bf16")


def test_the_reference_is_the_module_itself_on_every_sample():
    expected = reference(GRAPH, doubling())
    assert [len(outputs[0]) for outputs in expected.outputs] == [1, 3]
    np.testing.assert_array_equal(expected.outputs[1][0], NUMBERS[1:] * 2)


def test_without_a_check_the_example_stands_for_one():
    graph = replace(GRAPH, check=None)
    assert len(reference(graph, doubling()).samples) == 1


def test_equal_labels_pass():
    found = labels(LOGITS * 1.1)
    assert found.passed
    assert found.figures["agreement"] == 1
    assert found.figures["flips"] == 0
    assert found.figures["worst_score"] > 0


def test_a_flip_where_the_reference_was_undecided_passes():
    found = labels(np.add(LOGITS, [[0, 0, 0], [0, 0, 0], [0, 0.1, 0]]))
    assert found.passed
    assert found.figures["flips"] == 1
    assert 0 < found.figures["worst_flip"] < 0.02


def test_a_flip_of_a_decided_line_fails():
    found = labels(np.add(LOGITS, [[0, 4, 0], [0, 0, 0], [0, 0, 0]]))
    assert not found.passed
    assert found.figures["agreement"] == 0.5, "the first row counts twice: in the batch and alone"
    assert found.figures["worst_flip"] > 0.8


def test_the_models_temperature_decides_how_undecided_a_line_was():
    nearly = np.add(LOGITS, [[0, 0, 0], [0, 0, 0], [0, 0.1, 0]])
    hot = replace(LABELS, check=Check(lambda: [(LOGITS,)], labels=True, temperature=0.01))
    assert labels(nearly).passed
    assert not labels(nearly, hot).passed


def test_what_is_no_number_fails():
    for value in (np.nan, np.inf):
        found = labels(np.where(LOGITS == 3, value, LOGITS))
        assert not found.passed
        json.dumps(asdict(found), allow_nan=False)


def test_a_single_row_that_is_answered_otherwise_than_in_a_batch_fails():
    found = compare(LABELS, lambda x: (x if len(x) > 1 else x[:, ::-1].copy(),), EXPECTED, "bf16")
    assert not found.passed
    assert found.figures["flips"] == 1


def noisy(db: float, precision: str):
    """Doubled numbers with an error of exactly `db` against a span of 4."""
    error = np.float32(4 * 10 ** (-db / 20))
    return compare(GRAPH, lambda x: (x * 2 + error,), reference(GRAPH, doubling()), precision)


@pytest.mark.parametrize(
    ("db", "precision", "passed"),
    [(41, "bf16", True), (39, "bf16", False), (33, "int8", True), (31, "int8", False)],
)
def test_values_have_to_reach_the_limit_of_their_precision(db, precision, passed):
    found = noisy(db, precision)
    assert found.passed is passed
    assert found.figures["doubled"] == pytest.approx(db, abs=0.05)


def test_the_worst_row_counts():
    def answer(x):
        made = x * 2
        made[-1] += 1
        return (made,)

    assert not compare(GRAPH, answer, reference(GRAPH, doubling()), "f32").passed


def test_values_that_are_no_numbers_fail():
    found = compare(GRAPH, lambda x: (x * np.nan,), reference(GRAPH, doubling()), "f32")
    assert (found.passed, found.figures["doubled"]) == (False, 0)


def test_without_a_span_the_references_own_counts():
    graph = replace(GRAPH, outputs=(TensorSpec("doubled", "float32", (-1, 8)),))
    error = np.float32(0.04)
    found = compare(graph, lambda x: (x * 2 + error,), reference(graph, doubling()), "f32")
    assert found.figures["doubled"] == pytest.approx(40, abs=0.01)


def test_equal_values_have_a_figure_too():
    found = compare(GRAPH, lambda x: (x * 2,), reference(GRAPH, doubling()), "f32")
    assert found.figures["doubled"] == EXACT_DB
