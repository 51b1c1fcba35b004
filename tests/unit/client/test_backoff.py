"""Waiting between attempts."""

from __future__ import annotations

import pytest

from emopic_client.backoff import Backoff


def test_waits_double_up_to_the_most() -> None:
    backoff = Backoff(first=0.5, most=3.0, jitter=0.0)
    assert [backoff.delay(n, 0.7) for n in (1, 2, 3, 4, 5000)] == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_jitter_only_shortens() -> None:
    backoff = Backoff(first=1.0, most=8.0, jitter=0.5)
    assert backoff.delay(1, 0.0) == 1.0
    assert backoff.delay(1, 0.5) == 0.75
    assert backoff.delay(3, 1.0) == 2.0


def test_giving_up() -> None:
    backoff = Backoff(attempts=2)
    assert backoff.delay(2, 0.0) is not None
    assert backoff.delay(3, 0.0) is None


@pytest.mark.parametrize("values", [{"first": 0.0}, {"first": 20.0}, {"jitter": 1.5}])
def test_senseless_values(values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="first <= most"):
        Backoff(**values)  # type: ignore[arg-type]
