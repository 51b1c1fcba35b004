"""The practice page for everybody: keyboard, screen reader, small windows, large letters, calm."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from tests.browser.practising import Practice
from tests.browser.serving import ServerProcess

Open = Callable[..., Page]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
WINDOWS = {
    "phone": {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"},
    "middle": {"viewport": {"width": 800, "height": 700}, "color_scheme": "light"},
    # 200 %: half as many CSS pixels, each of two by two
    "zoomed": {
        "viewport": {"width": 640, "height": 360},
        "device_scale_factor": 2,
        "color_scheme": "dark",
    },
}


def wrong(page: Page) -> list[str]:
    """What axe-core finds, as rule and element."""
    found = Axe().run(page, options=RULES).response
    return [
        f"{rule['id']}: {node['html'][:90]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def wide(page: Page) -> bool:
    """Whether the page has to be scrolled sideways."""
    return bool(page.evaluate("document.scrollingElement.scrollWidth > innerWidth"))


def views(practice: Practice) -> list[str]:
    """Go through all that the page can show, with `practice.page` at each for a moment."""
    page = practice.page
    problems: list[str] = []

    def look(where: str) -> None:
        problems.extend(f"{where}: {one}" for one in wrong(page))
        if wide(page):
            problems.append(f"{where}: wider than the window")

    page.click("#settings summary")
    page.click("#describe")
    look("asking")
    practice.answer(right=False)
    look("answered")
    practice.open("own")
    practice.write("정말 행복하고 좋아")
    page.keyboard.press("2")
    look("heard")
    page.click("#keep")
    look("kept")
    practice.open("progress")
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    look("progress")
    page.click("#delete")
    look("deleting")
    return problems


@pytest.mark.parametrize("window", WINDOWS)
def test_nobody_is_left_out(quick_server: ServerProcess, open_page: Open, window: str) -> None:
    """No rule of WCAG 2.2 AA that a program can check is broken, and nothing scrolls sideways."""
    practice = Practice(quick_server.url, open_page, **WINDOWS[window])
    assert views(practice) == []


def test_a_screen_reader_is_told_what_happens(quick_server: ServerProcess, open_page: Open) -> None:
    practice = Practice(quick_server.url, open_page, locale="en-US")
    practice.until("joy")
    page = practice.page
    expect(page.locator("#view-name")).to_match_aria_snapshot("""
      - tabpanel "Name the face":
        - heading "What does this face show?" [level=2]
        - paragraph: Press a button, or a number key from 1 to 6.
        - group "What does this face show?":
          - button "Joy 기쁨"
          - button "Anger 분노"
          - button "Anxiety 불안"
          - button "Neutral 중립"
          - button "Sadness 슬픔"
          - button "Surprise 놀람"
        - button "Put the face into words"
        - status
    """)
    practice.answer(right=False)
    described = page.evaluate("""() => document.activeElement.getAttribute("aria-describedby")
      .split(" ").map((id) => document.getElementById(id).textContent).join(". ")""")
    assert described.startswith("Not this one. It was Joy, at ")
    assert described.endswith("You said Anger")
    expect(page.locator("#feedback")).to_match_aria_snapshot("""
      - region "Not this one":
        - heading "Not this one" [level=3]
        - group "Compare":
          - 'button "See what it was: Joy" [pressed]'
          - 'button "See what you said: Anger"'
        - slider "Change the strength"
        - button "As you saw it"
        - button "As clear as it gets"
        - button "Next face"
        - heading "Where to look" [level=4]
        - paragraph: /Both may show teeth/
        - term: Brows
        - definition
        - term: Eyes
        - definition
        - term: Mouth
        - definition
    """)


def test_everything_is_reached_and_done_with_the_keyboard(
    quick_server: ServerProcess, open_page: Open
) -> None:
    practice = Practice(quick_server.url, open_page)
    page = practice.page

    def tab_to(selector: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("(s) => document.activeElement.matches(s)", selector):
                return
        raise AssertionError(f"the Tab key does not reach {selector}")

    tab_to(".skip")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "question"
    tab_to(f".answer[data-emotion={practice.shown}]")
    page.keyboard.press("Space")
    practice.wait("answered")
    page.keyboard.press("Enter")
    practice.wait("asking")
    page.keyboard.press("Shift+Tab")  # from the question back to the views
    assert page.evaluate("document.activeElement.id") == "tab-name"
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "tab-own"
    page.wait_for_selector("body[data-quiz=own]")
    tab_to("#line")
    page.keyboard.type("3년 만에 만나 좋아")  # a digit in a line is no answer
    page.keyboard.press("Enter")
    page.wait_for_selector("#heard:not([hidden])")
    tab_to("#yes")
    page.keyboard.press("Enter")
    expect(page.locator("#lines li")).to_have_count(1)
    tab_to("#settings summary")
    page.keyboard.press("Enter")
    tab_to("#turns")
    page.keyboard.press("Space")
    assert page.is_checked("#turns") is False


def test_those_who_want_it_calm_see_no_movement(
    quick_server: ServerProcess, open_page: Open
) -> None:
    practice = Practice(quick_server.url, open_page)
    assert practice.told.said("character.put")[0]["options"]["transition_ms"] == 0
    moves = practice.page.evaluate("""() => [...document.querySelectorAll("*")]
      .map((node) => getComputedStyle(node))
      .filter(({transitionDuration, transitionProperty}) =>
        transitionProperty !== "none" && parseFloat(transitionDuration) > 0.01).length""")
    assert moves == 0


def test_english_is_english_and_switches_while_one_practises(
    quick_server: ServerProcess, open_page: Open
) -> None:
    practice = Practice(quick_server.url, open_page)
    page = practice.page
    practice.until("sadness")
    practice.answer()
    page.click("[data-language=en]")
    expect(page.locator("#verdict")).to_have_text("That is right")
    expect(page.locator("#was")).to_contain_text("It was Sadness")
    expect(page.locator("#clues")).to_contain_text("The lids sink")
    practice.open("progress")
    texts = page.locator("[data-t], th, figcaption, #book-said, #was").all_text_contents()
    assert [one for one in texts if any("가" <= letter <= "힣" for letter in one)] == []
    keys = page.evaluate(
        "async () => { const {PRACTICE_TEXTS} = await import('/practice-texts.js');"
        " return [Object.keys(PRACTICE_TEXTS.ko), Object.keys(PRACTICE_TEXTS.en)]; }"
    )
    assert sorted(keys[0]) == sorted(keys[1])
