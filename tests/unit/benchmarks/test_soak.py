"""What has grown over a soak."""

from __future__ import annotations

import pytest
from benchmarks.soak import growth, judged


def samples(p99: list[float | None], memory: list[float]) -> list[dict[str, float | None]]:
    rows = zip(p99, memory, strict=True)
    return [{"server_mb": m, "engine_mb": 500, "descriptors": 20, "p99_ms": p} for p, m in rows]


def test_the_warm_up_does_not_count():
    assert growth([1, 1, 1, *[100] * 9]) == 1.0
    assert growth([*[100] * 3, *[100] * 6, *[110] * 3]) == 1.1


def test_one_odd_sample_is_not_a_trend():
    assert growth([100] * 11 + [500]) == 1.0


@pytest.mark.parametrize("place", [0, 11])
def test_what_is_infinite_is_not_flat(place: int):
    p99: list[float | None] = [9.0] * 12
    p99[place] = None
    assert judged(samples(p99, [90] * 12))["flat"], "one sample is no trend"
    assert not judged(samples([9.0] * 8 + [None] * 4, [90] * 12))["flat"]


def test_memory_may_grow_by_a_twentieth():
    flat = samples([9.0] * 12, [100] * 9 + [104] * 3)
    leaking = samples([9.0] * 12, [100.0 + 3 * n for n in range(12)])
    assert judged(flat) == {
        "growth": {"server_mb": 1.04, "engine_mb": 1.0, "descriptors": 1.0, "p99_ms": 1.0},
        "flat": True,
    }
    assert not judged(leaking)["flat"]
