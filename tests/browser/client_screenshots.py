"""`python -m tests.browser.client_screenshots --out docs/images`: pictures for docs/clients.

Starts a server with the bundled models. obs.png shows the real overlay over a drawn scene, and the
real dock beside it, whose line it follows; web-game.png shows examples/web.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.screenshots import save_small
from tests.browser.serving import REAL, ServerProcess, free_port
from tests.browser.test_web_example import serving_games

LINE = "드디어 우리 팀이 이겼다!! 너무 행복해 ㅋㅋㅋ"
SETTLED_MS = 1_200
SCENE = """
<style>
  body {{ margin: 0; display: grid; grid-template-columns: 960px 320px; background: #1e2027; }}
  iframe {{ border: 0; }}
  .stream {{ position: relative; height: 600px; overflow: hidden;
    background: radial-gradient(circle at 20% 110%, #2b6a5b 0 24%, transparent 24.4%),
      radial-gradient(circle at 62% 118%, #1f5148 0 34%, transparent 34.4%),
      linear-gradient(#27406e, #d98d6a 78%); }}
  .stream iframe {{ position: absolute; right: 24px; bottom: 0; width: 420px; height: 420px; }}
  .dock {{ width: 320px; height: 600px; border-left: 2px solid #0c0d11; }}
</style>
<div class="stream">
  <iframe name="overlay" src="{url}/overlay?character={face}&subtitle=1"></iframe>
</div>
<iframe class="dock" name="dock" src="{url}/dock?character={face}"></iframe>
"""


def main() -> None:
    """Write obs.png and web-game.png."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    out = parser.parse_args().out
    with serving_games() as origin, sync_playwright() as playwright:
        options = ("--allow-origin", origin)
        with ServerProcess(free_port(), *options, command=REAL) as server:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            save_small(streaming(browser, server.url), out / "obs.png")
            save_small(playing(browser, server.url, origin), out / "web-game.png")
            browser.close()


def streaming(browser: Browser, url: str) -> bytes:
    """The overlay over a scene, and the dock beside it."""
    page = window(browser, 1280, 600, bypass_csp=True)
    page.goto(f"{url}/overlay")  # frames of another origin would have no storage
    page.set_content(SCENE.format(url=url, face="minji"))
    dock = page.frame_locator("[name=dock]")
    overlay = page.frame_locator("[name=overlay]")
    expect(dock.locator("[data-state=live]")).to_be_visible()
    expect(overlay.locator("canvas.shown")).to_be_visible()
    dock.locator("#line").fill(LINE)
    dock.locator("#line").press("Enter")
    expect(overlay.locator("#subtitle .said")).to_have_text(LINE)
    page.wait_for_timeout(SETTLED_MS)
    return page.screenshot()


def playing(browser: Browser, url: str, origin: str) -> bytes:
    """The gatekeeper, angry."""
    page = window(browser, 900, 640)
    page.goto(f"{origin}/?server={url}")
    expect(page.locator("#status")).to_have_text("ready")
    page.click("text=문 열어!")
    expect(page.locator("#box")).to_have_attribute("data-emotion", "anger")
    page.wait_for_timeout(SETTLED_MS)
    return page.screenshot()


def window(browser: Browser, width: int, height: int, *, bypass_csp: bool = False) -> Page:
    """A page of this size, in Korean and dark."""
    return browser.new_page(
        viewport={"width": width, "height": height},
        locale="ko-KR",
        color_scheme="dark",
        bypass_csp=bypass_csp,
    )


if __name__ == "__main__":
    main()
