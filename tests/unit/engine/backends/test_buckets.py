import numpy as np
import pytest

from emopic_engine.backends import Graph, TensorSpec
from emopic_engine.backends.buckets import (
    chunks,
    few_lengths,
    length_of,
    padded,
    profiles,
    rows_for,
)


def graph(*inputs: TensorSpec, lengths: tuple[int, ...] = ()) -> Graph:
    return Graph("g", "g-1", inputs, (), lambda: None, lambda: (), lengths)


PICTURE = graph(TensorSpec("picture", "float32", (-1, 3, 8, 8)))
TEXT = graph(
    TensorSpec("ids", "int64", (-1, -1), pad=1),
    TensorSpec("mask", "int64", (-1, -1), pad=0),
    lengths=(8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 56, 64, 71),
)


@pytest.mark.parametrize(("rows", "want"), [(1, 1), (2, 2), (3, 4), (5, 8), (64, 64), (33, 64)])
def test_rows_go_up_to_the_next_power_of_two(rows, want):
    assert rows_for(rows) == want


def test_rows_never_exceed_the_largest_batch():
    assert rows_for(40, most=48) == 48


def test_a_few_lengths_are_chosen_and_the_longest_is_always_one():
    assert few_lengths(TEXT.lengths) == (16, 28, 44, 71)
    assert few_lengths((8, 16)) == (8, 16)
    assert set(few_lengths(TEXT.lengths)) <= set(TEXT.lengths)


def test_the_length_is_that_of_the_varying_size_behind_the_batch():
    ids = np.ones((2, 9), np.int64)
    assert length_of(TEXT, (ids, ids)) == 9
    assert length_of(PICTURE, (np.zeros((2, 3, 8, 8), np.float32),)) is None


def test_padding_repeats_the_last_row_and_fills_with_what_each_input_says():
    ids, mask = np.array([[5, 6], [7, 8]]), np.array([[1, 1], [1, 0]])
    wide, hidden = padded(TEXT, (ids, mask), rows=4, length=3)
    np.testing.assert_array_equal(wide, [[5, 6, 1], [7, 8, 1], [7, 8, 1], [7, 8, 1]])
    np.testing.assert_array_equal(hidden, [[1, 1, 0], [1, 0, 0], [1, 0, 0], [1, 0, 0]])


def test_what_fits_is_left_as_it_is():
    ids = np.arange(6).reshape(2, 3)
    wide, _ = padded(TEXT, (ids, ids), rows=2, length=3)
    np.testing.assert_array_equal(wide, ids)


def test_a_varying_size_without_padding_may_not_be_filled():
    strict = graph(TensorSpec("ids", "int64", (-1, -1)), lengths=(4,))
    with pytest.raises(ValueError, match="ids may not be padded"):
        padded(strict, (np.ones((1, 2), np.int64),), rows=1, length=4)


def test_large_batches_are_cut():
    parts = list(chunks((np.arange(10), np.arange(10) * 2), most=4))
    assert [len(a) for a, _ in parts] == [4, 4, 2]
    np.testing.assert_array_equal(np.concatenate([b for _, b in parts]), np.arange(10) * 2)


def test_a_picture_has_one_profile_with_static_sides():
    (profile,) = profiles(PICTURE, most_rows=16)
    assert profile.length is None
    assert profile.least == ((1, 3, 8, 8),)
    assert profile.common == ((4, 3, 8, 8),)
    assert profile.most == ((16, 3, 8, 8),)


def test_a_text_has_one_profile_a_length_with_static_lengths():
    found = profiles(TEXT)
    assert [profile.length for profile in found] == [16, 28, 44, 71]
    assert found[1].least == ((1, 28), (1, 28))
    assert found[1].most == ((64, 28), (64, 28))


def test_a_graph_that_varies_without_saying_how_has_none():
    with pytest.raises(ValueError, match="what lengths"):
        profiles(graph(TensorSpec("ids", "int64", (-1, -1))))
