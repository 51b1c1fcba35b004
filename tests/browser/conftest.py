"""A real Chromium and a real server process for the tests in this folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from tests.browser.practising import QUICK
from tests.browser.scripting import HELPERS
from tests.browser.serving import Serve, ServerProcess, free_port
from tests.browser.watching import Watched

CHROMIUM = Path(os.environ.get("EMOPIC_CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # a page whose headers a test rewrote no longer counts as this machine's own
    "--disable-features=LocalNetworkAccessChecks",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


def need_chromium() -> None:
    """Skip a test where there is no Chromium; in CI, fail."""
    if not CHROMIUM.exists():
        reason = f"{CHROMIUM} is missing: apt-get install chromium fonts-noto-cjk"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for a module, ended with it: its event loop must not outlive these tests."""
    need_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    """The real server over the fake engine."""
    with ServerProcess(free_port()) as process:
        yield process


@pytest.fixture(scope="module")
def quick_server() -> Iterator[ServerProcess]:
    """A server for those who ask faster than people do."""
    with ServerProcess(free_port(), *QUICK) as process:
        yield process


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers with options of the test's own, which outlive its pages."""
    with ExitStack() as servers:
        yield lambda *options: servers.enter_context(ServerProcess(free_port(), *options))


@pytest.fixture
def lonely_server(serve: Serve) -> ServerProcess:
    """A server that a test may stop and start again."""
    return serve()


@pytest.fixture
def open_page(
    chromium: Browser,
    serve: Serve,  # noqa: ARG001 a page that outlives its server complains
) -> Iterator[Callable[..., Page]]:
    """Opens pages in a fresh profile; the test fails if one of them logs an error.

    A page may be told `allow=("text", …)`: parts of messages that the test provokes.
    """
    watched: list[Watched] = []

    def open_(
        url: str, *, allow: tuple[str, ...] = (), locale: str = "ko-KR", **more: object
    ) -> Page:
        context = chromium.new_context(locale=locale, **more)  # type: ignore[arg-type]
        page = context.new_page()
        page.set_default_timeout(30_000)
        watched.append(Watched(page, allow))
        page.goto(url)
        return page

    yield open_
    for one in watched:
        one.page.context.close()
    assert [problem for one in watched for problem in one.problems] == []


@pytest.fixture
def page(server: ServerProcess, open_page: Callable[..., Page]) -> Page:
    """A page of the server that modules can be imported in, with the helpers of `scripting`."""
    page = open_page(f"{server.url}/overlay")
    page.evaluate(HELPERS)
    return page
