"""Doubling and bisection, the climb and the knee, over loads that are functions."""

from __future__ import annotations

import pytest
from benchmarks.search import Step, climb, keeps, knee, most


class Counting:
    """Works up to a load, and counts how often it was tried."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.tried: list[int] = []

    def __call__(self, load: int) -> bool:
        self.tried.append(load)
        return load <= self.capacity


@pytest.mark.parametrize("capacity", [0, 1, 2, 3, 7, 30, 31, 99, 100])
def test_the_largest_load_that_works_is_found(capacity: int):
    load = Counting(capacity)
    assert most(load, limit=100) == capacity
    assert len(load.tried) == len(set(load.tried)), "no load is tried twice"
    assert len(load.tried) <= 16


def test_more_than_the_limit_is_never_tried():
    load = Counting(1000)
    assert most(load, limit=100) == 100
    assert max(load.tried) == 100


def test_a_search_out_of_probes_gives_what_has_worked():
    load = Counting(60)
    assert most(load, limit=1000, probes=4) == 8
    assert load.tried == [1, 2, 4, 8]


def test_a_rough_answer_takes_fewer_probes():
    exact, rough = Counting(700), Counting(700)
    assert most(exact, limit=1000, probes=30) == 700
    assert 600 <= most(rough, limit=1000, within=0.1) <= 700
    assert len(rough.tried) < len(exact.tried)


def saturating(capacity: float):
    return lambda rate: Step(rate, min(rate, capacity))


def test_the_knee_is_the_highest_load_that_holds():
    steps = climb(saturating(100.0), first=25.0, factor=2.0)
    assert [step.offered for step in steps] == [25.0, 50.0, 100.0, 200.0, 400.0]
    found = knee(steps)
    assert found is not None
    assert found.offered == 100.0


def test_one_hiccup_is_not_the_knee():
    def offer(rate: float) -> Step:
        return Step(rate, 0.5 * rate) if rate == 50.0 else Step(rate, min(rate, 200.0))

    found = knee(climb(offer, first=25.0, factor=2.0))
    assert found is not None
    assert found.offered == 200.0


def test_the_climb_is_bounded():
    assert len(climb(saturating(1e9), first=1.0, most_steps=5)) == 5


def test_lines_without_an_answer_do_not_hold():
    assert not Step(100.0, 100.0, lost=1).holds
    assert Step(100.0, 97.5).holds
    assert not Step(100.0, 96.5).holds
    assert knee([Step(100.0, 50.0)]) is None


def test_twice_the_knee_must_leave_nine_tenths_and_answer_every_line():
    at_knee = Step(100.0, 100.0)
    assert keeps(at_knee, Step(200.0, 90.0))
    assert not keeps(at_knee, Step(200.0, 89.0))
    assert not keeps(at_knee, Step(200.0, 100.0, lost=1))
