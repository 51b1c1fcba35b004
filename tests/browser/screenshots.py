"""`python -m tests.browser.screenshots --url http://127.0.0.1:8765 --out docs/images`.

Takes the README's pictures of the studio from a server that runs the bundled models. Run it on an
idle machine: the pictures show the times that were really measured.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.watching import live

ORDER = (5, 1, 4, 2, 3, 0)  # example lines; the last one is on the picture
BETWEEN_MS = 7_000
SETTLED_MS = 1_600


def main() -> None:
    """Write studio.png, studio-light.png and studio-phone.png."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8765")
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        desktop = {"width": 1600, "height": 1000}
        phone = {"width": 390, "height": 844}
        take(browser, options.url, options.out / "studio.png", viewport=desktop)
        take(
            browser,
            options.url,
            options.out / "studio-light.png",
            viewport=desktop,
            color_scheme="light",
            locale="en-US",
        )
        take(browser, options.url, options.out / "studio-phone.png", viewport=phone)
        browser.close()


def take(browser: Browser, url: str, path: Path, **context: object) -> None:
    """One picture of a page in which six lines were said."""
    settings = {"locale": "ko-KR", "color_scheme": "dark", **context}
    page = browser.new_context(**settings).new_page()  # type: ignore[arg-type]
    page.goto(url)
    live(page)
    expect(page.locator(".face-choice img")).to_have_count(4)
    for count, index in enumerate(ORDER, start=1):
        say(page, index, count)
    page.mouse.move(2, 2)
    page.wait_for_timeout(SETTLED_MS)
    save_small(page.screenshot(), path)
    page.context.close()


def save_small(png: bytes, path: Path) -> None:
    """Store a screenshot with 256 dithered colours: half the size, hard to tell apart."""
    with Image.open(io.BytesIO(png)) as picture:
        colours = picture.convert("RGB")
        palette = colours.quantize(256, method=Image.Quantize.MAXCOVERAGE)
        colours.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG).save(
            path, optimize=True
        )


def say(page: Page, index: int, count: int) -> None:
    """Press an example line and let the face live with it."""
    if count > 1:
        page.wait_for_timeout(BETWEEN_MS)
    page.locator(".example").nth(index).click()
    expect(page.locator("#history .chip[data-emotion]")).to_have_count(count)


if __name__ == "__main__":
    main()
