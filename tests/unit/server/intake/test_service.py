"""Calls to named services: retries, back-off, quota, and keys that stay secret."""

from __future__ import annotations

import logging
import threading

import pytest
from tests.integration.intake.web import Asked, Reply, web

from emopic_server.errors import ConfigError, Refusal
from emopic_server.intake.service import Secret, Service, ServicePolicy, key_for


class Clock:
    """Sleeps at once, and remembers how long; noon of a day."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.now = 86_400.0 * 100.5

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def service(self, **policy: float) -> Service:
        return Service(
            "acme",
            ServicePolicy(**policy),  # type: ignore[arg-type]
            sleep=self.sleep,
            clock=lambda: self.now,
        )


async def test_it_tries_again_with_growing_waits() -> None:
    answers = iter([Reply(503), Reply(429), Reply(200, body=b"done")])
    clock = Clock()
    with web(lambda _: next(answers)) as server:
        answer = await clock.service().call("GET", f"http://{server.netloc}/")
    assert answer.content == b"done"
    first, second = clock.slept
    assert 0.25 <= first <= 0.75
    assert 0.5 <= second <= 1.5


async def test_it_waits_as_long_as_the_service_asks() -> None:
    answers = iter([Reply(429, headers={"Retry-After": "7"}), Reply(200)])
    clock = Clock()
    with web(lambda _: next(answers)) as server:
        await clock.service().call("GET", f"http://{server.netloc}/")
    assert clock.slept == [7.0]


async def test_it_does_not_wait_for_an_hour() -> None:
    clock = Clock()
    rule = Reply(429, headers={"Retry-After": "3600"})
    with web(lambda _: rule) as server, pytest.raises(Refusal) as caught:
        await clock.service().call("GET", f"http://{server.netloc}/")
    assert (caught.value.code, caught.value.retry_ms) == ("service_failed", 3_600_000)
    assert len(server.asked) == 1
    assert clock.slept == []


async def test_it_gives_up_after_its_attempts() -> None:
    clock = Clock()
    with web(lambda _: Reply(500)) as server, pytest.raises(Refusal, match="acme does not answer"):
        await clock.service(attempts=4).call("GET", f"http://{server.netloc}/")
    assert len(server.asked) == 4


async def test_what_is_wrong_with_the_request_is_not_tried_again() -> None:
    with web(lambda _: Reply(401, body=b"no")) as server:
        answer = await Clock().service().call("GET", f"http://{server.netloc}/")
    assert (answer.status_code, len(server.asked)) == (401, 1)


async def test_a_service_that_hangs_or_is_not_there() -> None:
    held = threading.Event()

    def rule(_: Asked) -> Reply:
        held.wait(30)
        return Reply()

    with web(rule) as server:
        address = f"http://{server.netloc}/"
        try:
            with pytest.raises(Refusal, match="does not answer"):
                await Clock().service(seconds=0.1, attempts=2).call("GET", address)
        finally:
            held.set()
    with pytest.raises(Refusal, match="does not answer"):
        await Clock().service().call("GET", address)


async def test_the_quota_counts_every_attempt_and_starts_anew_each_day() -> None:
    answers = iter([Reply(503), Reply(), Reply(), Reply()])
    clock = Clock()
    service = clock.service(daily=3)
    with web(lambda _: next(answers)) as server:
        address = f"http://{server.netloc}/"
        await service.call("GET", address)
        await service.call("GET", address)
        with pytest.raises(Refusal, match="asked 3 times today") as caught:
            await service.call("GET", address)
        assert caught.value.retry_ms == 12 * 3600 * 1000
        clock.now += 86_400
        await service.call("GET", address)
    assert len(server.asked) == 4


async def test_an_answer_that_is_too_large_is_refused() -> None:
    with (
        web(lambda _: Reply(body=bytes(1001))) as server,
        pytest.raises(Refusal, match="more than 1000 bytes"),
    ):
        await Clock().service(most_bytes=1000).call("GET", f"http://{server.netloc}/")


async def test_keys_stay_out_of_logs_errors_and_texts(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = Secret("s3cret-key")
    with web(lambda _: Reply(500)) as server, pytest.raises(Refusal) as caught:
        await (
            Clock()
            .service()
            .call(
                "GET",
                f"http://{server.netloc}/",
                params={"key": secret.reveal()},
                headers={"X-Key": secret.reveal()},
            )
        )
    assert server.asked[0].headers["x-key"] == "s3cret-key"
    shown = f"{secret} {secret!r} {caught.value} {caught.value.__dict__} {caplog.text}"
    assert "s3cret" not in shown


def test_a_missing_key_says_where_it_is_looked_for() -> None:
    assert key_for("ocr", "abc", "EMOPIC_OCR_KEY").reveal() == "abc"
    with pytest.raises(ConfigError, match="EMOPIC_OCR_KEY"):
        key_for("ocr", None, "EMOPIC_OCR_KEY")
