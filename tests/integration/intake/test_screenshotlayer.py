"""The adapter against a fake that answers as the documentation says: a 302 to the picture, and
errors in JSON with a code, a type and a text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.integration.intake.web import PUBLIC, Asked, Reply, Web, canary, dialler, web

from emopic_server.errors import Refusal
from emopic_server.intake.fetch import Fetcher
from emopic_server.intake.screenshotlayer import Screenshotlayer
from emopic_server.intake.service import Secret, Service

KEY = "0123456789abcdef"
PICTURE = b"\x89PNG page"
ERRORS = {
    "missing_access_key": 101,
    "invalid_access_key": 101,
    "invalid_api_function": 103,
    "usage_limit_reached": 104,
    "missing_url": 210,
    "invalid_url": 211,
    "invalid_viewport": 213,
}


def error(kind: str) -> Reply:
    text = {"code": ERRORS[kind], "type": kind, "info": "Ask for help."}
    body = json.dumps({"success": False, "error": text}).encode()
    return Reply(200, "application/json; Charset=UTF-8", body)


def screenshotlayer(asked: Asked) -> Reply:
    """The service: checks what it is given, in its order, and redirects to its storage."""
    parts = urlsplit(asked.path)
    if parts.path.startswith("/storage/"):
        return Reply(200, "image/png", PICTURE)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if parts.path != "/screenshotlayer/capture":
        return error("invalid_api_function")
    if "access_key" not in query:
        return error("missing_access_key")
    if query["access_key"] != KEY:
        return error("invalid_access_key")
    if "url" not in query:
        return error("missing_url")
    if not query["url"].startswith(("http://", "https://")) or "broken" in query["url"]:
        return error("invalid_url")
    if query.get("viewport", "").count("x") != 1:
        return error("invalid_viewport")
    storage = f"http://{asked.headers['host']}/storage/1.png"
    return Reply(302, "", headers={"Location": storage})


@contextmanager
def service(key: str = KEY) -> Iterator[tuple[Screenshotlayer, Web]]:
    with web(screenshotlayer) as server:
        way = dialler({"page.example": [PUBLIC], "broken.example": [PUBLIC]})
        url = f"http://{server.netloc}/screenshotlayer/capture"
        yield (
            Screenshotlayer(Secret(key), way, Fetcher(way), Service("screenshotlayer"), url),
            server,
        )


async def test_a_page_is_captured() -> None:
    with service() as (photographer, server):
        assert await photographer.capture("http://page.example/a?b=c&d=e") == PICTURE
    query = parse_qs(urlsplit(server.asked[0].path).query)
    assert query["url"] == ["http://page.example/a?b=c&d=e"]
    assert query["viewport"] == ["1280x960"]


async def test_a_wrong_key_is_the_operators() -> None:
    with service("wrong") as (photographer, _), pytest.raises(Refusal) as caught:
        await photographer.capture("http://page.example/")
    assert caught.value.code == "service_failed"
    assert "invalid_access_key" in caught.value.message
    assert "wrong" not in caught.value.message


async def test_a_page_that_cannot_be_captured_is_the_clients() -> None:
    with service() as (photographer, _), pytest.raises(Refusal) as caught:
        await photographer.capture("http://broken.example/")
    assert caught.value.code == "fetch_failed"


async def test_inside_addresses_are_not_told_to_the_service() -> None:
    with service() as (photographer, server):
        for address in ("http://127.0.0.1/", "http://10.0.0.1/", "http://intranet/"):
            with pytest.raises(Refusal):
                await photographer.capture(address)
    assert server.asked == []


async def test_a_picture_that_is_said_to_be_inside_is_not_fetched() -> None:
    with canary() as bird:
        target = f"http://127.0.0.1:{bird.port}/1.png"
        with web(lambda _: Reply(302, "", headers={"Location": target})) as server:
            way = dialler({"page.example": [PUBLIC]})
            photographer = Screenshotlayer(
                Secret(KEY),
                way,
                Fetcher(way),
                Service("screenshotlayer"),
                f"http://{server.netloc}",
            )
            with pytest.raises(Refusal, match="not a public address"):
                await photographer.capture("http://page.example/")
        assert bird.visits == []
