"""The top of the studio: whole words on every screen, readable, within the keyboard's reach."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page
from tests.browser.serving import ServerProcess
from tests.browser.watching import live, screenshot

Open = Callable[..., Page]
DROPPED = ("WebSocket connection to",)
WORDS = ".masthead h1, .masthead button, .masthead span"


def broken(page: Page, selector: str) -> list[str]:
    """The texts of visible elements that take more than one row or stick out of the window."""
    found: list[str] = page.evaluate(
        """(selector) => [...document.querySelectorAll(selector)]
          .filter((node) => node.checkVisibility() && node.textContent.trim())
          .filter((node) => {
            const rows = document.createRange();
            const text = [...node.childNodes].find((one) => one.nodeType === Node.TEXT_NODE);
            rows.selectNodeContents(text ?? node);
            const tops = [...rows.getClientRects()].map((row) => Math.round(row.top));
            const {left, right} = node.getBoundingClientRect();
            return new Set(tops).size > 1 || left < 0 || right > innerWidth;
          }).map((node) => node.textContent)""",
        selector,
    )
    return found


CONTRAST = """(selector) => {
  const numbers = (colour) => {
    const dot = new OffscreenCanvas(1, 1).getContext("2d");
    dot.fillStyle = colour;
    dot.fillRect(0, 0, 1, 1);
    return [...dot.getImageData(0, 0, 1, 1).data];
  };
  const light = (colour) => {
    const [r, g, b] = numbers(colour).slice(0, 3).map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const below = (node) => {
    const colour = getComputedStyle(node).backgroundColor;
    return numbers(colour)[3] === 255 || !node.parentElement ? colour : below(node.parentElement);
  };
  return [...document.querySelectorAll(selector)].map((node) => {
    const pair = [light(getComputedStyle(node).color), light(below(node))];
    return Math.max(...pair) / Math.min(...pair);
  });
}"""


@pytest.mark.parametrize("locale", ["ko-KR", "en-US"])
@pytest.mark.parametrize("width", [320, 768, 1280])
def test_the_masthead_keeps_its_words_whole(
    server: ServerProcess, open_page: Open, width: int, locale: str
) -> None:
    page = open_page(server.url, viewport={"width": width, "height": 700}, locale=locale)
    live(page)
    assert broken(page, WORDS) == []
    masthead, picture = page.locator(".masthead").bounding_box(), screenshot(page)
    assert masthead is not None
    assert masthead["height"] < 80, "one row"
    for side in (8, width - 9):  # the names reach neither edge, nor what stands below
        assert (
            np.ptp(picture[12 : int(masthead["height"]) - 8, side].astype(int), axis=0).max() < 12
        )
    faces, button = (page.locator(one).bounding_box() for one in ("#faces", "#overlay-open"))
    assert faces is not None
    assert button is not None
    assert faces["x"] + faces["width"] <= button["x"], "the faces end before the button"


def test_a_small_phone_is_told_what_is_wrong(open_page: Open, lonely_server: ServerProcess) -> None:
    page = open_page(lonely_server.url, viewport={"width": 320, "height": 700}, allow=DROPPED)
    live(page)
    assert page.locator("#connection-text").bounding_box()["width"] <= 1  # type: ignore[index]
    lonely_server.kill()
    page.wait_for_selector("[data-status=waiting]")
    assert page.locator("#connection-text").bounding_box()["width"] > 40  # type: ignore[index]
    assert broken(page, WORDS) == []
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 320


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_masthead_can_be_read_and_reached(
    server: ServerProcess, open_page: Open, scheme: str
) -> None:
    """Text has a contrast of 4.5 (WCAG 2.2, 1.4.3), and the Tab key finds every control."""
    page = open_page(server.url, color_scheme=scheme, viewport={"width": 320, "height": 700})
    live(page)
    ratios = page.evaluate(CONTRAST, ".masthead h1, .masthead p, .masthead span, .switch button")
    assert min(ratios) >= 4.5
    reached = []
    for _ in range(4):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim()"))
        assert page.evaluate("document.activeElement.matches(':focus-visible')")
    assert reached[1:3] == ["한국어", "EN"], "behind the link that skips them"
