"""Percentiles that count lost answers as infinite."""

from __future__ import annotations

import math

import pytest

from emopic_server.bench.histogram import Latencies


def recorded(*milliseconds: float, lost: int = 0) -> Latencies:
    latencies = Latencies(lost=lost)
    for value in milliseconds:
        latencies.record(value / 1e3)
    return latencies


def test_percentiles_are_ranks():
    latencies = recorded(*range(1, 101))
    assert latencies.percentile(50) == pytest.approx(50, rel=0.01)
    assert latencies.percentile(99) == pytest.approx(99, rel=0.01)
    assert latencies.percentile(100) == pytest.approx(100, rel=0.01)


def test_lost_answers_rank_last():
    latencies = recorded(*range(1, 91), lost=10)
    assert latencies.count == 100
    assert latencies.percentile(90) == pytest.approx(90, rel=0.01)
    assert math.isinf(latencies.percentile(91))
    assert latencies.summary()["p99_ms"] is None


def test_nothing_recorded_is_infinite_not_zero():
    assert math.isinf(recorded().percentile(50))


def test_a_stall_is_charged_to_every_line_that_was_due():
    """1 s of 60 frozen at a steady rate: p99 must read 0.40 s."""
    latencies = Latencies()
    for number in range(6000):
        due = number / 100
        latencies.record(31.0 - due if 30.0 <= due < 31.0 else 0.001)
    assert latencies.percentile(99) / 1e3 == pytest.approx(0.40, abs=0.02)
