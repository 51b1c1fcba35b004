"""What every backend promises in every precision, checked on two small graphs."""

from __future__ import annotations

import numpy as np
import pytest
from tests.contract.cases import BAG, PAIR, bag_inputs, cases, load, pair_inputs

from emopic_engine.backends import BACKENDS, PRECISIONS, load_backend
from emopic_engine.engines import EngineStore
from emopic_engine.engines.parity import compare, reference
from emopic_engine.errors import BackendUnavailable

CLOSE = {"f32": 2e-5, "f16": 5e-3, "bf16": 3e-2, "int8": 3e-2}
"""How far answers of about 1 may lie from each other in each precision."""


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """One cache for all: the contract is about answers, and building takes the time."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("EMOPIC_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="module", params=cases())
def backend(request):
    request.getfixturevalue("cache")
    return load(request.param)


@pytest.fixture(scope="module")
def pair(backend):
    return backend.compile(PAIR)


@pytest.fixture(scope="module")
def bag(backend):
    return backend.compile(BAG)


@pytest.fixture
def close(backend) -> float:
    return CLOSE[backend.precision]


def graphs(pair, bag):
    return ((PAIR, pair, pair_inputs), (BAG, bag, bag_inputs))


@pytest.mark.parametrize("batch", [1, 3])
def test_answers_as_the_reference_does(backend, pair, bag, batch):
    for graph, compiled, inputs in graphs(pair, bag):
        arrays = inputs(batch)
        expected = load_backend("torch", precision="f32", threads=1).compile(graph)(*arrays)
        answers = compiled(*arrays)
        for have, want, spec in zip(answers, expected, graph.outputs, strict=True):
            assert have.dtype == np.dtype(spec.dtype)
            assert have.shape == want.shape
            np.testing.assert_allclose(have, want, atol=CLOSE[backend.precision])


def test_reaches_the_limits_of_its_precision(backend, pair, bag):
    for graph, compiled, _ in graphs(pair, bag):
        found = compare(graph, compiled, reference(graph, graph.module()), backend.precision)
        assert found.passed, f"{graph.name}: {found}"


def test_what_is_compiled_has_been_compared_and_is_kept(backend, pair, bag):
    assert pair
    assert bag
    if (backend.name, backend.precision) == ("torch", "f32"):
        return  # the reference itself
    entries = [entry for _, entry in EngineStore().entries()]
    mine = [
        entry.key["graph"]
        for entry in entries
        if (entry.key["backend"], entry.key["precision"]) == (backend.name, backend.precision)
    ]
    assert sorted(mine) == ["bag", "pair"]


def test_lengths_may_change_between_calls(bag, close):
    single = {length: bag(*bag_inputs(1, length))[0] for length in (4, 9, 2)}
    for length in (9, 4, 2):
        np.testing.assert_allclose(bag(*bag_inputs(1, length))[0], single[length], atol=close)


def test_outputs_belong_to_the_caller(pair):
    first = pair(*pair_inputs(2, seed=1))
    kept = [array.copy() for array in first]
    pair(*pair_inputs(2, seed=2))
    for have, want in zip(first, kept, strict=True):
        np.testing.assert_array_equal(have, want)


def test_inputs_stay_the_callers(pair):
    arrays = pair_inputs(2)
    kept = [array.copy() for array in arrays]
    pair(*arrays)
    for have, want in zip(arrays, kept, strict=True):
        np.testing.assert_array_equal(have, want)


def test_batching_changes_nothing(pair, close):
    picture, condition = pair_inputs(3)
    together = pair(picture, condition)[0]
    alone = [pair(picture[i : i + 1], condition[i : i + 1])[0] for i in range(3)]
    np.testing.assert_allclose(together, np.concatenate(alone), atol=close)


def test_a_batch_larger_than_any_that_is_prepared_is_answered_too(pair, close):
    picture, condition = pair_inputs(130)
    (features, means) = pair(picture, condition)
    assert (len(features), len(means)) == (130, 130)
    np.testing.assert_allclose(features[-1:], pair(picture[-1:], condition[-1:])[0], atol=close)


def test_non_contiguous_inputs_are_read_right(pair, close):
    picture, condition = pair_inputs(2)
    strided = np.ascontiguousarray(picture.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(
        pair(strided, condition)[0], pair(picture, condition)[0], atol=close / 10
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
def test_wrong_inputs_are_refused(pair, arrays):
    with pytest.raises(ValueError, match="pair"):
        pair(*arrays)


def test_says_what_runs(backend):
    assert backend.name in BACKENDS
    assert backend.device
    assert backend.precision in PRECISIONS[backend.name]
    assert backend.versions
    assert backend.reason == "asked for"


def test_an_unknown_backend_is_named():
    with pytest.raises(BackendUnavailable, match="'directml'"):
        load_backend("directml")


@pytest.mark.parametrize(("name", "precision"), [("openvino", "f16"), ("torch", "int8")])
def test_a_precision_that_a_backend_lacks_is_refused(name, precision):
    with pytest.raises(BackendUnavailable, match=f"{name} has no precision {precision}"):
        load_backend(name, precision=precision)
