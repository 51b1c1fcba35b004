"""Stage histograms, read back from what `/metrics` says."""

from __future__ import annotations

import pytest

from emopic_server.bench.stages import Stage, between, markdown, read, summary
from emopic_server.core.metrics import FINE, Metrics
from emopic_server.io.http import Status, exposition


def scraped(*observed: tuple[str, float]) -> dict[str, Stage]:
    metrics = Metrics()
    for stage, seconds in observed:
        metrics.observe("stage_seconds", seconds, stage)
    return read(exposition(Status(True, {}, {}, metrics)).decode())


def test_what_was_observed_is_read_back() -> None:
    stages = scraped(("queue", 0.003), ("queue", 0.004), ("send", 0.00003))
    assert set(stages) == {"queue", "send"}
    assert stages["queue"].count == 2
    assert stages["queue"].mean == pytest.approx(0.0035)
    assert stages["queue"].bounds == (*FINE, float("inf"))
    assert 0.00002 < stages["send"].percentile(50) <= 0.00005


def test_percentiles_are_interpolated() -> None:
    stages = scraped(*(("classify", 0.0052) for _ in range(90)), *[("classify", 0.15)] * 10)
    stage = stages["classify"]
    assert 0.005 < stage.percentile(50) < 0.01
    assert stage.percentile(90) == pytest.approx(0.01)
    assert 0.1 < stage.percentile(99) <= 0.2
    assert scraped(("queue", 100.0))["queue"].percentile(50) == FINE[-1]
    assert Stage((), (), 0.0).percentile(50) == 0.0


def test_only_what_happened_between_two_scrapes_counts() -> None:
    before = scraped(("queue", 1.0))
    after = scraped(("queue", 1.0), ("queue", 0.003), ("send", 0.001))
    stages = between(before, after)
    assert stages["queue"].count == 1
    assert stages["queue"].mean == pytest.approx(0.003)
    assert summary(stages)["send"]["mean_ms"] == 1.0


def test_the_table_adds_up() -> None:
    table = markdown(scraped(("queue", 0.002), ("classify", 0.005), ("render", 0.01)))
    assert "| queue | 1 | 2.00 |" in table
    assert "| **line → emotion** | | **7.00** |" in table
    assert "| **→ first frame** | | **10.00** |" in table
    assert "animate" not in table
