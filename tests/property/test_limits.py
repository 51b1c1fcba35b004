"""Invariants of the token bucket for any sequence of takes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from emopic_server.core.limits import TokenBucket

GAPS = st.lists(st.floats(0, 30), max_size=60)
RATES = st.floats(1, 6000)
BURSTS = st.integers(1, 50)


@given(gaps=GAPS, rate=RATES, burst=BURSTS)
def test_no_window_holds_more_than_burst_and_rate(
    gaps: list[float], rate: float, burst: int
) -> None:
    bucket, now, taken = TokenBucket(rate, burst), 0.0, []
    for gap in gaps:
        now += gap
        if bucket.take(now) == 0.0:
            taken.append(now)
    for i, start in enumerate(taken):
        for j in range(i, len(taken)):
            assert j - i + 1 <= burst + (taken[j] - start) * rate / 60 + 0.01


@given(gaps=GAPS, rate=RATES, burst=BURSTS)
def test_who_waits_as_told_is_served(gaps: list[float], rate: float, burst: int) -> None:
    bucket, now = TokenBucket(rate, burst), 1e6
    for gap in gaps:
        now += gap
        wait = bucket.take(now)
        assert 0.0 <= wait <= 60 / rate + 1e-6
        if wait:
            now += wait
            assert bucket.take(now) == 0.0
