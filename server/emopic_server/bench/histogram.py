"""Latencies in an HdrHistogram, lost answers counted as infinite."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from hdrh.histogram import HdrHistogram

_HIGHEST_US = 120_000_000  # two minutes
_DIGITS = 3
PERCENTILES = (50.0, 90.0, 99.0, 99.9)


def _histogram() -> Any:
    return HdrHistogram(1, _HIGHEST_US, _DIGITS)


@dataclass
class Latencies:
    """Latencies from the intended send time. `lost` answers rank above every recorded one."""

    lost: int = 0
    _recorded: Any = field(default_factory=_histogram)

    def record(self, seconds: float) -> None:
        """Add one latency."""
        self._recorded.record_value(min(_HIGHEST_US, max(1, round(seconds * 1e6))))

    def merge(self, other: Latencies) -> None:
        """Add what another has recorded and lost."""
        self._recorded.add(other._recorded)
        self.lost += other.lost

    @property
    def count(self) -> int:
        """How many were recorded or lost."""
        return int(self._recorded.get_total_count()) + self.lost

    def percentile(self, percent: float) -> float:
        """The latency in milliseconds at `percent`; infinite where that rank was lost."""
        recorded = int(self._recorded.get_total_count())
        rank = max(1, math.ceil(percent / 100 * self.count))
        if not recorded or rank > recorded:
            return math.inf
        return float(self._recorded.get_value_at_percentile(100 * rank / recorded)) / 1e3

    def summary(self) -> dict[str, float | int | None]:
        """Percentiles and maximum in milliseconds (None means infinite), with counts."""
        values = {f"p{percent:g}_ms": self.percentile(percent) for percent in PERCENTILES}
        values["max_ms"] = self.percentile(100.0)
        finite = {key: round(v, 3) if math.isfinite(v) else None for key, v in values.items()}
        return {"count": self.count, "lost": self.lost, **finite}
