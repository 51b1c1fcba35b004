"""examples/web: a game on an origin of its own, which imports the client from the server."""

from __future__ import annotations

import contextlib
import functools
import http.server
import threading
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from tests.browser.serving import ROOT, Serve
from tests.browser.watching import glance, wait_for_change

Open = Callable[..., Page]
FOLDER = ROOT / "examples" / "web"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and writes no log."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as inherited
        """Say nothing."""


@contextlib.contextmanager
def serving_games() -> Iterator[str]:
    """The game's own little web server; its origin."""
    handler = functools.partial(Quiet, directory=str(FOLDER))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as games:
        threading.Thread(target=games.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{games.server_port}"
        games.shutdown()


@pytest.fixture
def origin() -> Iterator[str]:
    with serving_games() as origin:
        yield origin


def test_the_gatekeeper_shows_what_she_says(origin: str, serve: Serve, open_page: Open) -> None:
    server = serve("--allow-origins", origin)
    page = open_page(f"{origin}/?server={server.url}")
    expect(page.locator("#status")).to_have_text("ready")
    expect(page.locator("#says")).to_contain_text("누구세요")
    # The made-up faces are 256 px; a picture never comes larger than it is.
    page.wait_for_function("() => document.querySelector('#face').width === 256")
    before = glance(page)
    page.click("text=문 열어!")
    expect(page.locator("#box")).to_have_attribute("data-emotion", "anger")
    wait_for_change(page, before)
    page.click("text=미안해요")
    expect(page.locator("#box")).to_have_attribute("data-emotion", "sadness")


def test_an_origin_that_is_not_allowed_stays_outside(
    origin: str, serve: Serve, open_page: Open
) -> None:
    server = serve()
    page = open_page(f"{origin}/?server={server.url}", allow=("WebSocket connection to",))
    expect(page.locator("#status")).to_have_text("waiting")
    expect(page.locator("#says")).to_have_text("…")


def test_it_is_as_short_as_the_documentation_says() -> None:
    lines = (FOLDER / "game.js").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 110
