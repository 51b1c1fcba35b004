"""The token bucket, by example."""

from __future__ import annotations

import pytest

from emopic_server.core.limits import TokenBucket


def test_burst_then_rate() -> None:
    bucket = TokenBucket(rate_per_minute=120, burst=40)
    assert [bucket.take(100.0) for _ in range(40)] == [0.0] * 40
    assert bucket.take(100.0) == pytest.approx(0.5)
    assert bucket.take(100.25) == pytest.approx(0.25)
    assert bucket.take(100.5) == 0.0
    assert bucket.take(100.5) == pytest.approx(0.5)


def test_a_rest_fills_the_burst_and_no_more() -> None:
    bucket = TokenBucket(rate_per_minute=60, burst=3)
    for _ in range(3):
        bucket.take(0.0)
    assert [bucket.take(1000.0) for _ in range(4)] == [0.0, 0.0, 0.0, pytest.approx(1.0)]


def test_time_going_backwards_stands_still() -> None:
    bucket = TokenBucket(rate_per_minute=60, burst=1)
    assert bucket.take(10.0) == 0.0
    assert bucket.take(3.0) == pytest.approx(1.0)


@pytest.mark.parametrize(("rate", "burst"), [(0, 1), (-1, 1), (float("nan"), 1), (60, 0)])
def test_senseless_buckets_are_refused(rate: float, burst: int) -> None:
    with pytest.raises(ValueError, match="burst of at least 1"):
        TokenBucket(rate, burst)
