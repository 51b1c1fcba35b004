"""The schedule of the load: Poisson, seeded, warm-up not counted."""

from __future__ import annotations

import itertools

import pytest

from emopic_server.bench.open_loop import Load, arrivals
from emopic_server.bench.scenarios import bench_lines, expected_p99_ms

LOAD = Load(["가", "나"], rate=50.0, seconds=100.0, warmup_s=10.0)


def test_the_same_seed_gives_the_same_schedule():
    assert list(arrivals(LOAD)) == list(arrivals(LOAD))


def test_the_rate_is_met_and_the_warm_up_is_not_counted():
    counted = [due for due, _, is_counted in arrivals(LOAD) if is_counted]
    assert len(counted) == pytest.approx(5000, rel=0.05)
    assert min(counted) >= LOAD.warmup_s


def test_gaps_are_exponential():
    due = [moment for moment, _, _ in arrivals(LOAD)]
    gaps = [b - a for a, b in itertools.pairwise(due)]
    mean = sum(gaps) / len(gaps)
    variance = sum((gap - mean) ** 2 for gap in gaps) / len(gaps)
    assert variance == pytest.approx(mean**2, rel=0.15)


def test_the_lines_sent_are_korean_and_many():
    lines = bench_lines()
    assert len(lines) >= 30
    assert all(any("가" <= letter <= "힣" for letter in line) for line in lines)


def test_a_freeze_is_expected_to_cost_what_the_schedule_says():
    """At a steady rate 0.4 of the freeze; how many lines are due meanwhile is chance."""
    load = Load(bench_lines(), rate=100.0, seconds=600.0, warmup_s=0.0, seed=5)
    assert expected_p99_ms(load, 100.0, 110.0) == pytest.approx(4000, rel=0.15)


def test_without_a_freeze_nothing_is_expected():
    load = Load(bench_lines(), rate=100.0, seconds=60.0)
    assert expected_p99_ms(load, 30.0, 30.0) < 1
