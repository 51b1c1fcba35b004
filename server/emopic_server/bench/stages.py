"""Where a line's time goes: the server's own stage histograms, as a table.

Read from `/metrics`, so this says the same as any Prometheus would. Percentiles are interpolated
within the histogram's buckets (1, 2, 5, 10 …): good for where time goes, not for comparing runs.
"""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from prometheus_client.parser import text_string_to_metric_families

from emopic_server.core.spans import FRAME_STAGES, LINE_STAGES

_FAMILY = "emopic_stage_seconds"


@dataclass(frozen=True)
class Stage:
    """A histogram: `counts` of values up to each of `bounds` (seconds, the last is infinite)."""

    bounds: tuple[float, ...]
    counts: tuple[float, ...]
    total: float

    @property
    def count(self) -> float:
        """How many values."""
        return self.counts[-1] if self.counts else 0.0

    @property
    def mean(self) -> float:
        """In seconds; 0 without values."""
        return self.total / self.count if self.count else 0.0

    def since(self, earlier: Stage | None) -> Stage:
        """What has been added to `earlier`."""
        if earlier is None:
            return self
        counts = tuple(a - b for a, b in zip(self.counts, earlier.counts, strict=True))
        return Stage(self.bounds, counts, self.total - earlier.total)

    def percentile(self, percent: float) -> float:
        """In seconds, interpolated in its bucket; the last bound for what lies beyond it."""
        wanted = self.count * percent / 100
        edges = pairwise(((0.0, 0.0), *zip(self.bounds, self.counts, strict=True)))
        for (low, below), (high, until) in edges:
            if until >= wanted and until > below:
                if high == float("inf"):
                    return low
                return low + (high - low) * (wanted - below) / (until - below)
        return 0.0


def read(exposition: str) -> dict[str, Stage]:
    """The stages in a Prometheus text."""
    bounds: dict[str, list[tuple[float, float]]] = {}
    totals: dict[str, float] = {}
    for family in text_string_to_metric_families(exposition):
        if family.name != _FAMILY:
            continue
        for sample in family.samples:
            stage = sample.labels["stage"]
            if sample.name.endswith("_bucket"):
                bounds.setdefault(stage, []).append((float(sample.labels["le"]), sample.value))
            elif sample.name.endswith("_sum"):
                totals[stage] = sample.value
    return {stage: _stage(sorted(rows), totals[stage]) for stage, rows in bounds.items()}


def _stage(rows: list[tuple[float, float]], total: float) -> Stage:
    return Stage(tuple(bound for bound, _ in rows), tuple(count for _, count in rows), total)


def scrape(port: int) -> dict[str, Stage]:
    """The stages of the server on this loopback port. Raises `OSError`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/metrics")
        return read(connection.getresponse().read().decode())
    finally:
        connection.close()


def between(before: Mapping[str, Stage], after: Mapping[str, Stage]) -> dict[str, Stage]:
    """What happened from one scrape to the next."""
    return {name: stage.since(before.get(name)) for name, stage in after.items()}


def summary(stages: Mapping[str, Stage]) -> dict[str, dict[str, float]]:
    """For JSON: milliseconds."""
    return {
        name: {
            "count": stage.count,
            "mean_ms": round(1e3 * stage.mean, 3),
            **{f"p{p}_ms": round(1e3 * stage.percentile(p), 3) for p in (50, 90, 99)},
        }
        for name, stage in stages.items()
    }


def markdown(stages: Mapping[str, Stage]) -> str:
    """Two tables in one: the way to the emotion, and on to the first frame."""
    lines = ["| stage | n | mean ms | p50 | p90 | p99 |", "|---" * 6 + "|"]
    for title, names in (("line → emotion", LINE_STAGES), ("→ first frame", FRAME_STAGES)):
        known = [name for name in names if name in stages and stages[name].count]
        lines += [_row(name, stages[name]) for name in known]
        whole = sum(stages[name].mean for name in known)
        if known:
            lines.append(f"| **{title}** | | **{1e3 * whole:.2f}** | | | |")
    return "\n".join(lines)


def _row(name: str, stage: Stage) -> str:
    values = [stage.mean, *(stage.percentile(p) for p in (50, 90, 99))]
    cells = " | ".join(f"{1e3 * value:.2f}" for value in values)
    return f"| {name} | {stage.count:.0f} | {cells} |"
