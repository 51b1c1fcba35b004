"""The overlay page: what it shows, what its address may say, and what OBS may do to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from tests.browser.serving import ROOT, Serve, ServerProcess
from tests.browser.watching import (
    Overheard,
    glance,
    live,
    pixels,
    screenshot,
    wait_for_change,
)

Open = Callable[..., Page]
WEB = ROOT / "server" / "emopic_server" / "web"
WIDE = {"width": 640, "height": 360}
SPEAK = """async ([character, text, options = {}]) => {
  const {EmopicClient} = await import("/emopic.js");
  const client = new EmopicClient();
  await client.connect();
  for (;;) {  // the overlay puts its character in its own time
    const answer = await client.line(character, text, options).catch((error) => error);
    if (answer.top) break;
    if (answer.code !== "unknown_character") throw answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  client.close();
}"""
DROPPED = ("WebSocket connection to",)


def overlay(server: ServerProcess, open_page: Open, **options: str) -> Page:
    return open_page(f"{server.url}/overlay?{urlencode(options)}", viewport=WIDE, allow=DROPPED)


def shown(page: Page) -> Page:
    """The page, when its face is there in full."""
    page.wait_for_selector("canvas.shown")
    page.wait_for_function(
        "() => getComputedStyle(document.querySelector('#face')).opacity === '1'"
    )
    return page


def test_the_face_stands_on_nothing(server: ServerProcess, open_page: Open) -> None:
    picture = screenshot(shown(overlay(server, open_page, character="haru")))
    assert picture.shape == (360, 640, 4)
    assert not picture[:, :130, 3].any(), "left of the face is transparent"
    assert not picture[:, 510:, 3].any(), "right of the face is transparent"
    assert (picture[100:260, 240:400, 3] == 255).all(), "the face is there"


def test_there_is_nothing_to_click_or_scroll(server: ServerProcess, open_page: Open) -> None:
    page = shown(overlay(server, open_page, character="haru"))
    assert page.locator("button, a, input").count() == 0
    assert page.evaluate("getComputedStyle(document.body).pointerEvents") == "none"
    size = page.evaluate(
        "[document.scrollingElement.scrollWidth, document.scrollingElement.scrollHeight]"
    )
    assert size == [WIDE["width"], WIDE["height"]]


def test_an_unknown_character_gets_the_builtin_that_is_named(
    server: ServerProcess, open_page: Open
) -> None:
    page = shown(overlay(server, open_page, character="streamer", builtin="jun", size="64"))
    assert pixels(page).shape == (64, 64, 4)


def test_it_moves_with_the_studio(server: ServerProcess, open_page: Open) -> None:
    studio = open_page(server.url)
    live(studio)
    studio.click("#overlay-open")
    link = studio.input_value("#overlay-link")
    assert "/overlay?character=studio-" in link
    page = shown(open_page(link + "&subtitle=1", viewport=WIDE))
    before = glance(page)
    studio.click("#overlay-dialog [data-close]")
    studio.fill("#line", "너무 화나고 짜증나")
    studio.press("#line", "Enter")
    wait_for_change(page, before)
    expect(page.locator("#subtitle .emotion")).to_have_text("분노")
    expect(page.locator("#subtitle .said")).to_have_text("너무 화나고 짜증나")


def test_the_last_face_stays_while_the_server_is_away(
    open_page: Open, lonely_server: ServerProcess
) -> None:
    page = shown(overlay(lonely_server, open_page, character="haru", subtitle="1"))
    before = pixels(page)
    with page.expect_event("websocket"):  # its first attempt to come back
        lonely_server.kill()
    np.testing.assert_array_equal(pixels(page), before)
    assert not page.is_visible("#debug")
    lonely_server.start()
    studio = open_page(lonely_server.url)
    live(studio)
    studio.evaluate(SPEAK, ["haru", "너무 화나고 짜증나"])
    wait_for_change(page, glance(page))


@pytest.mark.parametrize(
    ("position", "column", "row"),
    [("left", 60, 180), ("bottom-right", 580, 300), ("center", 320, 180), ("top-left", 60, 60)],
)
def test_the_face_goes_where_it_is_told(
    server: ServerProcess, open_page: Open, position: str, column: int, row: int
) -> None:
    options = {"character": "haru", "scale": "0.5", "position": position}
    alpha = screenshot(shown(overlay(server, open_page, **options)))[..., 3]
    assert alpha[row, column] == 255
    assert (alpha == 255).mean() == pytest.approx(0.25 * 360 * 360 / (640 * 360), rel=0.05)


def test_flip_mirrors_the_picture(server: ServerProcess, open_page: Open) -> None:
    page = shown(overlay(server, open_page, character="haru", flip="1"))
    matrix = page.evaluate("getComputedStyle(document.querySelector('#face')).transform")
    assert matrix == "matrix(-1, 0, 0, 1, 0, 0)"


def test_a_background_colour_fills_the_page(server: ServerProcess, open_page: Open) -> None:
    page = shown(overlay(server, open_page, character="haru", bg="#00ff80"))
    assert screenshot(page)[5, 5, :3].tolist() == [0x80, 0xFF, 0x00]


def test_errors_are_quiet_except_in_debug(server: ServerProcess, open_page: Open) -> None:
    options = {"character": "nobody", "scale": "huge"}
    quiet = overlay(server, open_page, **options)
    loud = overlay(server, open_page, **options, debug="1")
    expect(loud.locator("#debug")).to_contain_text("unknown_character")
    assert not quiet.is_visible("#debug")
    assert not screenshot(quiet)[..., 3].any()


def test_an_option_that_cannot_be_used_is_named_in_debug(
    server: ServerProcess, open_page: Open
) -> None:
    page = open_page("about:blank")
    page.goto(f"{server.url}/overlay")
    problems = page.evaluate(
        """async () => (await import('/overlay-options.js')).readOptions(
             new URL("http://x/overlay?scale=huge&fps=0&flip=yes&bg=red&position=up&format=gif" +
               "&subtitle=2&transition=-1")
           ).problems"""
    )
    named = [problem.split("=")[0].split(" ")[0] for problem in problems]
    assert named == [
        "scale", "fps", "format", "flip", "subtitle", "transition", "position", "bg", "character",
    ]  # fmt: skip


def test_a_token_may_stand_in_the_address(serve: Serve, open_page: Open) -> None:
    server = serve("--token", "correct horse")
    page = open_page(f"{server.url}/overlay?character=haru#token=correct%20horse", viewport=WIDE)
    shown(page)
    assert "horse" not in page.url


def overheard(open_page: Open, address: str, *scripts: str) -> tuple[Page, Overheard]:
    """A page, and what it says to its server; `scripts` run before its own."""
    page = open_page("about:blank", viewport=WIDE, allow=DROPPED)
    for script in scripts:
        page.add_init_script(script)
    told = Overheard(page)
    page.goto(address)
    return page, told


def speak(page: Page, character: str, text: str, **options: object) -> None:
    """Say a line to a shared character from a page of the same server."""
    page.evaluate(SPEAK, [character, text, options])


def visible(page: Page, now: bool) -> None:
    """What OBS tells a browser source, as its documentation has it."""
    page.evaluate(
        """(visible) => window.dispatchEvent(
             new CustomEvent("obsSourceVisibleChanged", {detail: {visible}}))""",
        now,
    )


def test_the_subtitle_shows_the_finished_line(server: ServerProcess, open_page: Open) -> None:
    page = shown(overlay(server, open_page, character="haru", subtitle="1"))
    live_page = shown(overlay(server, open_page, character="haru", subtitle="live"))
    assert not page.is_visible("#subtitle")
    speak(page, "haru", "정말 행복", partial=True)
    expect(live_page.locator("#subtitle .said")).to_have_text("정말 행복")
    assert not page.is_visible("#subtitle"), "what is still typed is not for the audience"
    speak(page, "haru", "<b>정말</b> 행복해")
    for one in (page, live_page):
        expect(one.locator("#subtitle .emotion")).to_have_text("기쁨")
        expect(one.locator("#subtitle .said")).to_have_text("<b>정말</b> 행복해")


def test_the_subtitle_may_be_the_emotion_alone(server: ServerProcess, open_page: Open) -> None:
    page, told = overheard(open_page, f"{server.url}/overlay?character=haru&subtitle=emotion")
    shown(page)
    speak(page, "haru", "정말 행복해")
    expect(page.locator("#subtitle .emotion")).to_have_text("기쁨")
    assert page.locator("#subtitle .said").text_content() == ""
    assert all("text" not in message for message in told.heard("emotion"))
    assert len(told.said("watch")) <= 2, "once, and again when the character is there"


def test_a_long_line_stays_within_three_rows(server: ServerProcess, open_page: Open) -> None:
    page = shown(overlay(server, open_page, character="haru", subtitle="1"))
    speak(page, "haru", "정말 행복해 " * 60)
    expect(page.locator("#subtitle .said")).to_be_visible()
    rows, width = page.evaluate(
        """() => {
          const said = document.querySelector("#subtitle .said");
          const style = getComputedStyle(said);
          return [said.offsetHeight / parseFloat(style.lineHeight),
                  said.getBoundingClientRect().width];
        }"""
    )
    assert 2.5 < rows < 3.5
    assert width < WIDE["height"], "within the face's own square"


def test_what_obs_hides_is_not_rendered(server: ServerProcess, open_page: Open) -> None:
    address = f"{server.url}/overlay?character=haru&subtitle=1"
    page, told = overheard(open_page, address, "window.obsstudio = {pluginVersion: '2.24.0'}")
    shown(page)
    before = pixels(page)
    with told.sends():
        visible(page, False)
    assert "frames" not in told.said("watch")[-1]
    frames = len(told.heard("frame"))
    speak(page, "haru", "너무 화나고 짜증나")
    expect(page.locator("#subtitle .emotion")).to_have_text("분노")
    assert len(told.heard("frame")) == frames
    np.testing.assert_array_equal(pixels(page), before)
    visible(page, True)
    wait_for_change(page, glance(page))
    assert told.said("watch")[-1]["frames"]["size"] == 512


def test_a_source_that_starts_hidden_waits(server: ServerProcess, open_page: Open) -> None:
    hidden = "Object.defineProperty(document, 'visibilityState', {get: () => 'hidden'})"
    page, told = overheard(
        open_page, f"{server.url}/overlay?character=haru", "window.obsstudio = {}", hidden
    )
    speak(page, "haru", "정말 행복해")
    assert told.said("watch")
    assert not any("frames" in message for message in told.said("watch"))
    assert told.heard("frame") == []
    visible(page, True)
    shown(page)


def test_only_obs_is_believed(server: ServerProcess, open_page: Open) -> None:
    """A covered window may be captured by somebody, and any page could send such events."""
    page, told = overheard(open_page, f"{server.url}/overlay?character=haru")
    shown(page)
    watches = len(told.said("watch"))
    visible(page, False)
    wait_for = glance(page)
    speak(page, "haru", "너무 화나고 짜증나")
    wait_for_change(page, wait_for)
    assert len(told.said("watch")) == watches


def test_transition_is_for_a_character_that_is_made_here(
    server: ServerProcess, open_page: Open
) -> None:
    address = f"{server.url}/overlay?character=swift&builtin=haru&transition=80"
    page, told = overheard(open_page, address)
    shown(page)
    (put,) = told.said("character.put")
    assert (put["options"], put["shared"]) == ({"transition_ms": 80}, True)


def test_a_read_only_token_shows_what_others_put(serve: Serve, open_page: Open) -> None:
    tokens = ("--token", "correct horse", "--read-only-token", "only looking")
    server = serve(*tokens)
    address = f"{server.url}/overlay?character=haru&subtitle=1&debug=1#token=only%20looking"
    page, told = overheard(open_page, address)
    expect(page.locator("#debug")).to_contain_text("unknown_character")
    assert told.said("character.put") == [], "it knows that it may not"
    owner = open_page(f"{server.url}/overlay?character=haru#token=correct%20horse")
    shown(owner)
    shown(page)
    assert "looking" not in page.url


CARD = """(() => {
  const get = OffscreenCanvas.prototype.getContext;
  const card = {getExtension: () => null, getParameter: () => "GeForce RTX 4060"};
  OffscreenCanvas.prototype.getContext = function (kind, ...more) {
    return kind === "webgl" ? card : get.call(this, kind, ...more);
  };
})()"""
NONE = CARD.replace("? card", "? null")


@pytest.mark.parametrize(
    ("card", "option", "direct"),
    [
        ("0", "", True),
        (NONE, "", True),
        (CARD, "", False),
        ("0", "&direct=0", False),
        (CARD, "&direct=1", True),
    ],
)
def test_only_without_a_graphics_card_the_canvas_goes_past_the_compositor(
    server: ServerProcess, open_page: Open, card: str, option: str, direct: bool
) -> None:
    """With one, some browsers show black for what is clear on such a canvas."""
    page, _ = overheard(open_page, f"{server.url}/overlay?character=haru{option}", card)
    attributes = shown(page).evaluate(
        "document.querySelector('#face').getContext('2d').getContextAttributes()"
    )
    assert (attributes["desynchronized"], attributes["alpha"]) == (direct, True)


def test_every_option_is_documented_and_every_documented_one_exists() -> None:
    text = (ROOT / "docs" / "clients" / "obs.md").read_text(encoding="utf-8")
    table = text[text.index("## The overlay's options") : text.index("`subtitle=live` suits")]
    documented = set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))
    script = (WEB / "overlay-options.js").read_text(encoding="utf-8")
    read = set(re.findall(r'(?:number|choice|given\.get|given\.has)\("(\w+)"', script))
    assert documented - {"lang"} == read - {"token"}
