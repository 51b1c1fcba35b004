"""Fetching a picture: what comes through, and every bound."""

from __future__ import annotations

import gzip
import threading

import pytest
from tests.integration.intake.web import PUBLIC, Asked, Reply, dialler, web

from emopic_server.errors import Refusal
from emopic_server.intake.fetch import Fetcher, FetchLimits

PICTURE = b"\x89PNG not really"


def fetcher(**limits: float) -> Fetcher:
    return Fetcher(dialler({"한국.example": [PUBLIC]}), FetchLimits(**limits))  # type: ignore[arg-type]


async def failure(url: str, **limits: float) -> str:
    with pytest.raises(Refusal) as caught:
        await fetcher(**limits).fetch(url)
    assert caught.value.code == "fetch_failed"
    return caught.value.message


async def test_a_picture_after_redirects_of_every_form() -> None:
    def rule(asked: Asked) -> Reply:
        to = {
            "/a/b": "/c?q=1#f",
            "/c?q=1": "d/e",
            "/d/e": f"//{asked.headers['host']}/f",
            "/f": f"http://{asked.headers['host']}/%ED%95%9C",
        }.get(asked.path)
        if to is None:
            return Reply(200, "image/PNG; charset=x", PICTURE)
        return Reply(307, headers={"Location": to, "Set-Cookie": "a=b"})

    with web(rule) as server:
        found = await fetcher().fetch(f"http://{server.netloc}/a/b")
    assert (found.kind, found.data, found.page) == ("image/png", PICTURE, False)
    assert [asked.path for asked in server.asked] == ["/a/b", "/c?q=1", "/d/e", "/f", "/%ED%95%9C"]
    assert all("cookie" not in asked.headers for asked in server.asked)
    assert all("authorization" not in asked.headers for asked in server.asked)


async def test_a_page_is_told_and_not_read() -> None:
    with web(lambda _: Reply(200, "text/html", b"<p>hello")) as server:
        found = await fetcher().fetch(f"http://{server.netloc}/")
    assert found.page
    assert found.data == b""


async def test_endless_redirects_end() -> None:
    with web(lambda _: Reply(302, headers={"Location": "/again"})) as server:
        message = await failure(f"http://{server.netloc}/", redirects=3)
    assert "more than 3 redirects" in message
    assert len(server.asked) == 4


@pytest.mark.parametrize("status", [204, 206, 304, 401, 404, 500])
async def test_other_answers_are_no_picture(status: int) -> None:
    with web(lambda _: Reply(status, "image/png")) as server:
        assert f"answers {status}" in await failure(f"http://{server.netloc}/")


@pytest.mark.parametrize(
    "kind", ["", "image/gif", "image/svg+xml", "text/plain", "application/pdf"]
)
async def test_other_types_are_no_picture(kind: str) -> None:
    with web(lambda _: Reply(200, kind, PICTURE)) as server:
        assert "not a JPEG, PNG or WebP" in await failure(f"http://{server.netloc}/")


async def test_a_compressed_answer_is_refused_before_it_can_grow() -> None:
    bomb = gzip.compress(bytes(10_000_000))
    rule = Reply(200, "image/png", bomb, {"Content-Encoding": "gzip"})
    with web(lambda _: rule) as server:
        assert "compressed" in await failure(f"http://{server.netloc}/")
    assert server.asked[0].headers["accept-encoding"] == "identity"


async def test_a_large_answer_is_cut_off() -> None:
    with web(lambda _: Reply(200, "image/png", bytes(5000))) as server:
        assert "more than 4999 bytes" in await failure(f"http://{server.netloc}/", bytes=4999)
        assert len((await fetcher(bytes=5000).fetch(f"http://{server.netloc}/")).data) == 5000


async def test_a_slow_answer_is_given_up() -> None:
    held = threading.Event()

    def rule(_: Asked) -> Reply:
        held.wait(30)
        return Reply(200, "image/png", PICTURE)

    with web(rule) as server:
        try:
            assert "longer than 0.2 s" in await failure(f"http://{server.netloc}/", seconds=0.2)
        finally:
            held.set()


async def test_a_closed_port_and_an_unknown_name() -> None:
    with web(lambda _: Reply()) as server:
        port = server.server_address[1]
    assert "cannot be fetched" in await failure(f"http://{PUBLIC}:{port}/")
    assert "has no address" in await failure("http://unknown.example/")


async def test_the_environment_offers_no_way_around(monkeypatch: pytest.MonkeyPatch) -> None:
    with web(lambda _: Reply(200, "image/png", b"proxied")) as trap:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://{trap.netloc}")
        with web(lambda _: Reply(200, "image/png", PICTURE)) as server:
            assert (await fetcher().fetch(f"http://{server.netloc}/")).data == PICTURE
    assert trap.asked == []
