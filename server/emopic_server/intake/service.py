"""What the adapters of named services share: time-outs, retries with back-off, a daily quota, and
keys that cannot be printed by accident.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import httpx2

from emopic_server import __version__
from emopic_server.errors import ConfigError, Refusal
from emopic_server.intake.fetch import quiet

_AGAIN: Final = (429, 500, 502, 503, 504)
_LONGEST_WAIT_S: Final = 30.0
_DAY_S: Final = 86_400


class Secret:
    """A key. Printing, logging or formatting it shows an ellipsis; `reveal` gives it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The key itself; only for the request it belongs to."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__


@dataclass(frozen=True)
class ServicePolicy:
    """How patiently a service is asked, and how often a day (UTC) at most."""

    seconds: float = 15.0
    attempts: int = 3
    backoff_s: float = 0.5
    daily: int = 1000
    most_bytes: int = 8 * 1024 * 1024


class Service:
    """Calls one named service. Errors name the service, never its key or its address.

    `sleep` and `clock` (seconds since 1970) are handed in by tests.
    """

    def __init__(
        self,
        name: str,
        policy: ServicePolicy | None = None,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        quiet()
        self.name = name
        self._policy = policy or ServicePolicy()
        self._sleep = sleep
        self._clock = clock
        self._day = 0
        self._calls = 0

    async def call(self, method: str, url: str, **request: Any) -> httpx2.Response:
        """The answer, its body read, whatever its status but those worth another try.

        `request` is what `httpx2.AsyncClient.request` takes. Raises `Refusal` (`service_failed`)
        when the quota is used up or every attempt has failed.
        """
        wait = 0.0
        for attempt in range(self._policy.attempts):
            if attempt:
                await self._sleep(wait)
            self._spend()
            response = await self._try(method, url, request)
            if response is not None and response.status_code not in _AGAIN:
                return response
            wait = self._wait(attempt, response)
            if wait > _LONGEST_WAIT_S:
                break
        raise self.failed("does not answer, or is too busy", retry_ms=max(1000, int(wait * 1000)))

    def failed(self, what: str, *, retry_ms: int = 60_000) -> Refusal:
        """The refusal for a service that did not do what it should."""
        return Refusal("service_failed", f"{self.name} {what}", retry_ms=retry_ms)

    async def _try(self, method: str, url: str, request: dict[str, Any]) -> httpx2.Response | None:
        policy = self._policy
        headers = {"User-Agent": f"emopic/{__version__}"}
        try:
            async with (
                asyncio.timeout(policy.seconds),
                httpx2.AsyncClient(
                    headers=headers, timeout=policy.seconds, trust_env=False
                ) as client,
                client.stream(method, url, **request) as response,
            ):
                return await self._read(response)
        except (httpx2.HTTPError, TimeoutError):
            return None

    async def _read(self, response: httpx2.Response) -> httpx2.Response:
        body = bytearray()
        async for part in response.aiter_bytes():
            body += part
            if len(body) > self._policy.most_bytes:
                raise self.failed(f"answers with more than {self._policy.most_bytes} bytes")
        headers = {
            name: value
            for name, value in response.headers.items()
            if name in ("content-type", "location", "retry-after")
        }
        return httpx2.Response(response.status_code, headers=headers, content=bytes(body))

    def _wait(self, attempt: int, response: httpx2.Response | None) -> float:
        """What the service asks for, else twice as long each time, spread so that clients part."""
        asked = "" if response is None else response.headers.get("Retry-After", "")
        if asked.isdigit():
            return float(asked)
        spread: float = random.uniform(0.5, 1.5)
        return self._policy.backoff_s * 2.0**attempt * spread

    def _spend(self) -> None:
        now = self._clock()
        day = int(now // _DAY_S)
        if day != self._day:
            self._day, self._calls = day, 0
        if self._calls >= self._policy.daily:
            left = int(((day + 1) * _DAY_S - now) * 1000)
            raise self.failed(f"has been asked {self._calls} times today", retry_ms=left)
        self._calls += 1


def key_for(table: str, key: str | None, variable: str) -> Secret:
    """The key of a service from the configuration; the error says where it is looked for."""
    if not key:
        raise ConfigError(f"{table}.key", None, f"the service's key here or in {variable}")
    return Secret(key)
