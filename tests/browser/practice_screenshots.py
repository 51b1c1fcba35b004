"""`python -m tests.browser.practice_screenshots --url http://127.0.0.1:8765 --out docs/images`.

Takes the pictures of the practice page from a server that runs the bundled models. The answers on
the page that looks back are those of a made-up person who is right by chance, the more so the
stronger the face and the later the day.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.screenshots import save_small

SETTLED_MS = 1_000
STORY = """async () => {
  const {Book} = await import("/practice-store.js");
  const {staircase, near} = await import("/practice-staircase.js");
  let state = 7; // Park and Miller's generator: the same pictures on every run
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
  const hard = {joy: 3, anger: 6, anxiety: 9, neutral: 0, sadness: 5, surprise: 4};
  const like = {joy: "neutral", anger: "anxiety", anxiety: "surprise", neutral: "sadness",
                sadness: "anxiety", surprise: "anxiety"};
  const ids = Object.keys(hard);
  const before = Object.fromEntries(ids.map((id) => [id, []]));
  const answers = [];
  for (const ago of [13, 12, 11, 10, 8, 7, 6, 5, 3, 2, 1, 0]) {
    for (let i = 0; i < 14; i++) {
      const shown = ids[Math.floor(random() * ids.length)];
      const rest = shown === "neutral";
      const strength = rest ? 0 : near(staircase(before[shown]).level, random);
      const chance = rest ? 0.85 : 1 / (1 + Math.exp(hard[shown] + ago / 4 - strength));
      const right = random() < chance;
      const said = right ? shown : random() < 0.6 ? like[shown] : rest ? "joy" : "neutral";
      before[shown].push(right);
      answers.push({at: Date.now() - ago * 86400000, face: "minji", shown, strength, said,
                    ms: 1500, mode: "adapts", described: false});
    }
  }
  const line = (text, heard, label) => ({at: Date.now(), text, heard, label, strength: 10});
  await Book.make("민지", answers, [line("또 약속을 어겨서 화가 났다", "anger", "anger"),
    line("괜찮다고 했지만 사실 서운했다", "neutral", "sadness")]);
}"""


def main() -> None:
    """Write practice.png, practice-own.png, practice-progress.png and practice-phone.png."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8765")
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        wide(browser, options.url, options.out)
        page = opened(browser, options.url, 390, "light", "en-US")
        page.wait_for_timeout(SETTLED_MS)
        save_small(page.screenshot(), options.out / "practice-phone.png")
        browser.close()


def wide(browser: Browser, url: str, out: Path) -> None:
    """A wrong answer, a line that is corrected, and looking back."""
    page = opened(browser, url, 1280, "dark", "ko-KR")
    while not page.locator("#which").is_visible():
        page.wait_for_selector("body[data-quiz=asking]")
        page.keyboard.press("3")
        page.wait_for_selector("body[data-quiz=answered]")
        if not page.locator("#which").is_visible():
            page.keyboard.press("Enter")
    take(page, out / "practice.png")
    page.click("#tab-own")
    page.wait_for_selector("body[data-quiz=own]")
    page.fill("#line", "괜찮은 척했지만 사실은 많이 속상했어")
    page.press("#line", "Enter")
    page.wait_for_selector("#heard:not([hidden])")
    page.keyboard.press("5")
    take(page, out / "practice-own.png")
    page.click("#tab-progress")
    take(page, out / "practice-progress.png")


def opened(browser: Browser, url: str, width: int, scheme: str, locale: str) -> Page:
    """The page with the made-up person's notebook, asking."""
    options = {"color_scheme": scheme, "locale": locale}
    context = browser.new_context(viewport={"width": width, "height": 844}, **options)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{url}/favicon.svg")
    page.evaluate(STORY)
    page.goto(f"{url}/practice")
    page.wait_for_selector("body[data-quiz=asking]")
    return page


def take(page: Page, path: Path) -> None:
    """The window as it is when nothing moves any more."""
    page.wait_for_timeout(SETTLED_MS)
    save_small(page.screenshot(), path)


if __name__ == "__main__":
    main()
