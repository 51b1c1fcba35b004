"""The dock page: one character, steered from beside OBS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.serving import Serve, ServerProcess, free_port
from tests.browser.watching import Overheard, glance, live, wait_for_change

Open = Callable[..., Page]
NARROW = {"width": 300, "height": 620}
JOY = "정말 행복하고 좋아"
DROPPED = ("WebSocket connection to",)
TOKENS = ("--token", "correct horse", "--read-only-token", "only looking")


@pytest.fixture
def fresh() -> Iterator[ServerProcess]:
    """A server whose characters nobody has touched."""
    with ServerProcess(free_port()) as server:
        yield server


def dock(url: str, open_page: Open, query: str = "?character=haru") -> tuple[Page, Overheard]:
    page = open_page("about:blank", viewport=NARROW, allow=DROPPED)
    told = Overheard(page)
    page.goto(f"{url}/dock{query}")
    return page, told


def say(page: Page, text: str) -> None:
    page.fill("#line", text)
    page.press("#line", "Enter")


def last_express(told: Overheard) -> dict[str, Any]:
    return {key: told.said("express")[-1].get(key) for key in ("expression", "hold_ms", "lock")}


def test_a_line_moves_the_face_and_is_read(server: ServerProcess, open_page: Open) -> None:
    page, told = dock(server.url, open_page)
    live(page)
    before = glance(page)
    say(page, JOY)
    expect(page.locator("#mood")).to_contain_text("기쁨")
    wait_for_change(page, before)
    assert page.input_value("#line") == ""
    assert [line.get("partial", False) for line in told.said("line")] == [False]


def test_what_is_being_typed_is_not_sent(server: ServerProcess, open_page: Open) -> None:
    page, told = dock(server.url, open_page)
    live(page)
    page.locator("#line").press_sequentially("아직 쓰는 중", delay=60)
    assert told.said("line") == []


def test_a_held_expression_stays_while_lines_come(fresh: ServerProcess, open_page: Open) -> None:
    page, told = dock(fresh.url, open_page)
    live(page)
    rest = glance(page)
    page.click("[data-emotion=anger]")
    expect(page.locator("[data-emotion=anger]")).to_have_attribute("aria-pressed", "true")
    wait_for_change(page, rest)
    say(page, JOY)
    expect(page.locator("#mood")).to_contain_text("기쁨")
    assert told.heard("frame")[-1]["expression"][0] == 0.0, "no joy on the face"
    angry = glance(page)
    page.click("[data-emotion=anger]")
    expect(page.locator("[data-emotion=anger]")).to_have_attribute("aria-pressed", "false")
    assert last_express(told) == {"expression": {}, "hold_ms": 0, "lock": None}
    wait_for_change(page, angry)


def test_another_expression_takes_its_place(server: ServerProcess, open_page: Open) -> None:
    page, told = dock(server.url, open_page)
    live(page)
    page.click("[data-emotion=anger]")
    page.click("[data-emotion=sadness]")
    pressed = page.locator("#emotions [aria-pressed=true]")
    expect(pressed).to_have_count(1)
    expect(pressed).to_have_text("슬픔")
    page.locator("#weight").fill("0.5")
    expect(page.locator("output[for=weight]")).to_have_text("50%")
    assert last_express(told) == {
        "expression": {"sadness": 0.5},
        "hold_ms": 3_600_000,
        "lock": True,
    }


def test_a_muted_face_does_not_react_until_it_is_unmuted(
    fresh: ServerProcess, open_page: Open
) -> None:
    page, told = dock(fresh.url, open_page)
    live(page)
    page.click("#mute")
    expect(page.locator("#mute")).to_have_attribute("aria-pressed", "true")
    rest = glance(page)
    say(page, JOY)
    expect(page.locator("#mood")).to_contain_text("기쁨")
    assert {tuple(frame["expression"]) for frame in told.heard("frame")} == {(0, 0, 0, 1, 0, 0)}
    page.click("#mute")
    say(page, JOY)
    wait_for_change(page, rest)


def test_a_mute_outlives_the_server(lonely_server: ServerProcess, open_page: Open) -> None:
    page, told = dock(lonely_server.url, open_page)
    live(page)
    page.click("#mute")
    lonely_server.kill()
    page.wait_for_selector("#connection[data-status=waiting]")
    before = len(told.said("express"))
    lonely_server.start()
    page.wait_for_selector("#connection[data-status=ready]")
    say(page, JOY)
    expect(page.locator("#mood")).to_contain_text("기쁨")
    assert len(told.said("express")) > before
    assert last_express(told)["lock"] is True
    assert all(frame["expression"][0] == 0.0 for frame in told.heard("frame"))


def test_leaving_a_character_lets_go_of_its_face(server: ServerProcess, open_page: Open) -> None:
    page, told = dock(server.url, open_page)
    live(page)
    page.click("[data-emotion=anger]")
    page.select_option("#character", "sora")
    live(page)
    assert last_express(told) == {"expression": {}, "hold_ms": 0, "lock": None}
    assert told.said("express")[-1]["character"] == "haru"
    assert told.said("unwatch")[-1]["character"] == "haru"
    expect(page.locator("#emotions [aria-pressed=true]")).to_have_count(0)


def test_a_character_of_any_name_is_waited_for(server: ServerProcess, open_page: Open) -> None:
    page, _ = dock(server.url, open_page, "")
    live(page)
    page.select_option("#character", label="다른 캐릭터…")
    page.fill("#other", "우리집 고양이")
    page.press("#other", "Enter")
    expect(page.locator("#empty")).to_be_visible()
    other = open_page(f"{server.url}/overlay?character=우리집 고양이&builtin=sora")
    other.wait_for_selector("canvas.shown")
    live(page)
    page.reload()
    live(page)
    assert page.input_value("#character") == "우리집 고양이"


def test_a_read_only_token_steers_nothing(serve: Serve, open_page: Open) -> None:
    server = serve(*TOKENS)
    owner, _ = dock(server.url, open_page, "?character=haru#token=correct%20horse")
    live(owner)
    page, told = dock(server.url, open_page, "?character=haru#token=only%20looking")
    live(page)
    expect(page.locator("#read-only")).to_be_visible()
    for control in ("#line", "#mute", "#weight", "[data-emotion=joy]"):
        expect(page.locator(control)).to_be_disabled()
    expect(page.locator("#character")).to_be_enabled()
    say(owner, JOY)
    expect(page.locator("#mood")).to_contain_text("기쁨")
    assert {message["type"] for message in told.sent} <= {"identify", "watch", "ping"}


def test_a_token_is_asked_for(serve: Serve, open_page: Open) -> None:
    server = serve(*TOKENS)
    page, _ = dock(server.url, open_page)
    page.fill("#token", "wrong horse")
    page.press("#token", "Enter")
    expect(page.locator("#token-wrong")).to_be_visible()
    page.fill("#token", "correct horse")
    page.press("#token", "Enter")
    live(page)


def test_the_overlays_address_is_copied(server: ServerProcess, open_page: Open) -> None:
    page, _ = dock(server.url, open_page)
    live(page)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("#copy")
    expect(page.locator(".toast")).to_contain_text("복사")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{server.url}/overlay?character=haru&subtitle=1"


@pytest.mark.parametrize("width", [220, 300, 480])
def test_nothing_is_wider_than_the_dock(server: ServerProcess, open_page: Open, width: int) -> None:
    page = open_page(f"{server.url}/dock", viewport={"width": width, "height": 500})
    live(page)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width


def test_every_control_has_a_name_in_both_languages(server: ServerProcess, open_page: Open) -> None:
    page = open_page(f"{server.url}/dock", locale="en-US")
    live(page)
    texts = page.locator("[data-t], #emotions button, #character option").all_inner_texts()
    assert not [text for text in texts if any("가" <= letter <= "힣" for letter in text)]
    nameless = page.evaluate("""() => [...document.querySelectorAll(
        "button, select, input, textarea, canvas[role=img]")]
      .filter(node => !(node.getAttribute("aria-label") || node.textContent.trim() ||
                        node.labels?.[0]?.textContent.trim()))
      .map(node => node.outerHTML)""")
    assert nameless == []
