"""Rate limits as arithmetic on time; what to do with an excess message is the caller's decision."""

from __future__ import annotations

from typing import Final

_ROUNDING: Final = 1e-6  # seconds; a caller who waits exactly as told must not be refused again


class TokenBucket:
    """At most `burst` takes at once and `rate_per_minute` in the long run.

    Over any window of `w` seconds at most `burst + rate_per_minute * w / 60` takes succeed. A
    refused take costs nothing. Time that goes backwards counts as standing still.

    Raises `ValueError` when the rate is not positive or the burst is below one.
    """

    __slots__ = ("_full_at", "_interval", "_latest", "_span")

    def __init__(self, rate_per_minute: float, burst: int) -> None:
        if not rate_per_minute > 0 or burst < 1:
            raise ValueError(
                f"a bucket needs a rate above 0 a minute and a burst of at least 1: "
                f"got {rate_per_minute} and {burst}"
            )
        self._interval = 60.0 / rate_per_minute
        self._span = self._interval * (burst - 1)
        self._full_at = float("-inf")  # when the bucket will be full again
        self._latest = float("-inf")

    def take(self, now: float) -> float:
        """0.0 when a token was taken, else the seconds after which a token will be there."""
        now = self._latest = max(now, self._latest)
        wait = self._full_at - self._span - now
        if wait > _ROUNDING:
            return wait
        self._full_at = max(self._full_at, now) + self._interval
        return 0.0
