"""What a batch is believed to cost."""

from __future__ import annotations

import random

import pytest

from emopic_server.core.costs import BatchCost


@pytest.mark.parametrize(("fixed", "each"), [(0.001, 0.004), (0.02, 0.0), (0.005, 0.0005)])
def test_a_straight_line_is_learned(fixed: float, each: float) -> None:
    cost, rng = BatchCost(), random.Random(1)
    for _ in range(200):
        size = rng.randint(1, 16)
        cost.learn(size, fixed + each * size)
    assert cost.of(1) == pytest.approx(fixed + each, rel=0.02)
    assert cost.of(16) == pytest.approx(fixed + 16 * each, rel=0.02)


def test_before_anything_is_known_large_batches_are_tried() -> None:
    cost = BatchCost()
    assert cost.most(1.5, 16) == 16
    cost.learn(1, 0.01)
    assert cost.most(1.5, 16) == 16


def test_where_each_item_costs_as_much_as_the_first_one_goes_at_a_time() -> None:
    cost = BatchCost()
    for size in (16, 1, 16, 2, 8, 1):
        cost.learn(size, 0.005 * size)
    assert cost.most(1.5, 16) == 1
    assert cost.most(4.0, 16) == 4


def test_where_batching_is_free_nothing_is_held_back() -> None:
    cost = BatchCost()
    for size in (16, 1, 16, 2, 8, 1):
        cost.learn(size, 0.005)
    assert cost.most(1.5, 16) == 16


def test_where_only_the_largest_was_tried_half_of_it_is() -> None:
    cost = BatchCost()
    for _ in range(5):
        cost.learn(16, 0.062)
    assert cost.most(1.5, 16) == 8
    cost.learn(8, 0.032)
    assert cost.most(1.5, 16) == 1, "now it is known that each item costs"
