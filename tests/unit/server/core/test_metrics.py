"""Plain counters and histograms."""

from __future__ import annotations

import pytest

from emopic_server.core.metrics import BUCKETS, COUNTERS, Histogram, Metrics


def test_a_value_on_a_bound_belongs_to_it() -> None:
    histogram = Histogram()
    for value in (0.0, BUCKETS[0], BUCKETS[0] * 1.01, BUCKETS[-1], BUCKETS[-1] * 2):
        histogram.observe(value)
    assert histogram.counts[:2] == [2, 1]
    assert histogram.counts[-2:] == [1, 1]
    assert sum(histogram.counts) == 5
    assert histogram.total == pytest.approx(sum((0.0, 0.001, 0.00101, 5.0, 10.0)))


def test_what_is_not_declared_cannot_be_counted() -> None:
    metrics = Metrics()
    with pytest.raises(KeyError):
        metrics.count("typo")
    metrics.count("errors", "busy", 2)
    assert metrics.counters["errors"] == {"busy": 2}
    assert set(metrics.counters) == set(COUNTERS)
