from __future__ import annotations

import re
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect
from tests.browser.serving import Serve, ServerProcess
from tests.browser.watching import (
    glance,
    live,
    pixels,
    score,
    wait_for_change,
    wait_for_top,
)

Open = Callable[..., Page]
JOY = "오늘 정말 행복하고 좋아"
SAD = "너무 슬프고 우울해 ㅠㅠ"
DROPPED = ("WebSocket connection to",)  # what Chromium logs while no server is there
NO_HISTORY = ("/v1/history/",)  # what the diary asks for, and this server does not keep


@pytest.fixture
def studio(server: ServerProcess, open_page: Open) -> Page:
    page = open_page(server.url, viewport={"width": 1280, "height": 860})
    live(page)
    return page


def picture(width: int, height: int, value: int | None = None) -> bytes:
    image = np.random.default_rng(7).integers(0, 255, (height, width, 3), np.uint8)
    if value is not None:
        image[:] = value
    done, data = cv2.imencode(".png", image)
    assert done
    return bytes(data)


def upload(page: Page, name: str, data: bytes) -> None:
    page.set_input_files("#picture", {"name": name, "mimeType": "image/png", "buffer": data})


def test_the_other_pages_are_a_click_away(server: ServerProcess, open_page: Open) -> None:
    studio = open_page(server.url, allow=NO_HISTORY)
    live(studio)
    rooms = studio.locator(".rooms a")
    expect(rooms).to_have_text(["감정 일기", "표정 연습"])
    rooms.last.click()
    expect(studio).to_have_title("표정 연습")
    studio.click("nav [href='/diary']")
    expect(studio.locator("nav [href='/practice']")).to_be_visible()


def test_a_line_moves_the_face_and_the_right_bar(studio: Page) -> None:
    before = glance(studio)
    studio.fill("#line", SAD)
    studio.press("#line", "Enter")
    wait_for_top(studio, "sadness")
    assert score(studio, "sadness") > 0.5
    wait_for_change(studio, before)
    expect(studio.locator("#history .chip")).to_have_text(re.compile(r"^슬픔 \d+$"))
    expect(studio.locator("#mood-name")).to_have_text("슬픔")
    assert studio.input_value("#line") == ""


def test_bars_are_in_the_order_of_the_model_and_sum_to_one(studio: Page) -> None:
    studio.fill("#line", JOY)
    studio.press("#line", "Enter")
    wait_for_top(studio, "joy")
    bars = studio.locator(".score").evaluate_all(
        "rows => rows.map(row => [row.dataset.emotion, Number(row.dataset.value)])"
    )
    assert [name for name, _ in bars] == [
        "joy", "anger", "anxiety", "neutral", "sadness", "surprise",
    ]  # fmt: skip
    assert sum(value for _, value in bars) == pytest.approx(1.0, abs=1e-3)


def test_the_face_follows_while_a_line_is_typed(studio: Page) -> None:
    before = glance(studio)
    studio.locator("#line").press_sequentially("깜짝 놀라", delay=20)
    wait_for_top(studio, "surprise")
    wait_for_change(studio, before, share=0.02)
    assert studio.locator("#history li").count() == 0, "a partial line is no line yet"
    studio.press("#line", "Enter")
    expect(studio.locator("#history li")).to_have_count(1)


def test_the_times_of_a_line_are_shown(studio: Page) -> None:
    studio.fill("#line", JOY)
    studio.press("#line", "Enter")
    expect(studio.locator("#to-emotion")).to_have_text(re.compile(r"^\d+(\.\d)? ms$"))
    expect(studio.locator("#to-frame")).to_have_text(re.compile(r"^\d+(\.\d)? ms$"))
    expect(studio.locator("#backend")).to_have_text("fake")


def test_enter_that_ends_a_composition_sends_nothing(studio: Page) -> None:
    keyboard = studio.context.new_cdp_session(studio)
    studio.focus("#line")
    composed = {"text": "행복해", "selectionStart": 3, "selectionEnd": 3}
    keyboard.send("Input.imeSetComposition", composed)
    studio.keyboard.press("Enter")
    assert studio.locator("#history li").count() == 0
    assert studio.input_value("#line").strip() == "행복해"
    keyboard.send("Input.insertText", {"text": "행복해"})
    studio.keyboard.press("Enter")
    expect(studio.locator("#history .text")).to_have_text(["행복해"])


def test_key_229_belongs_to_the_input_method(studio: Page) -> None:
    studio.fill("#line", JOY)
    studio.evaluate(
        """() => document.querySelector("#line").dispatchEvent(new KeyboardEvent(
             "keydown", {key: "Enter", keyCode: 229, bubbles: true, cancelable: true}))"""
    )
    assert studio.locator("#history li").count() == 0
    assert studio.input_value("#line") == JOY


def test_another_built_in_face_takes_the_place_of_the_first(studio: Page) -> None:
    before = glance(studio)
    other = studio.locator("[data-face=sora]")
    other.click()
    expect(other).to_have_attribute("aria-checked", "true")
    wait_for_change(studio, before)


def test_every_built_in_face_gets_a_picture_of_its_own(studio: Page) -> None:
    pictures = studio.locator(".face-choice[data-face] img")
    expect(pictures).to_have_count(4)
    sizes = pictures.evaluate_all(
        "images => Promise.all(images.map(i => i.decode().then(() => i.naturalWidth)))"
    )
    assert sizes == [128] * 4
    expect(studio.locator("[data-face=haru] .initials")).to_have_text("하루")


def test_an_uploaded_picture_keeps_its_shape(studio: Page) -> None:
    upload(studio, "tall.png", picture(120, 200))
    studio.wait_for_function("() => document.querySelector('#face').height === 200")
    assert pixels(studio).shape == (200, 120, 4)
    expect(studio.locator("[data-face=own]")).to_have_attribute("aria-checked", "true")


def test_a_picture_that_is_too_large_is_made_smaller_first(studio: Page) -> None:
    upload(studio, "wide.png", picture(4200, 40, value=90))
    studio.wait_for_function(
        "() => (({width, height}) => width > 10 * height)(document.querySelector('#face'))"
    )
    assert studio.locator(".toast.error").count() == 0


def test_a_picture_without_a_face_is_used_with_a_notice(studio: Page) -> None:
    upload(studio, "grey.png", picture(64, 64, value=128))
    expect(studio.locator(".toast")).to_contain_text("얼굴을 찾지 못해")


def test_a_file_that_is_no_picture_is_refused_in_words(studio: Page) -> None:
    upload(studio, "broken.png", b"\x89PNG\r\n\x1a\n and then nothing")
    expect(studio.locator(".toast.error")).to_contain_text("그림으로 열 수 없어요")
    assert studio.get_attribute("#stage", "data-state") == "live"


def test_a_refused_line_is_marked_and_explained(studio: Page) -> None:
    studio.fill("#line", "!engine")
    studio.press("#line", "Enter")
    expect(studio.locator(".toast.error")).to_contain_text("감정을 읽을 글자가 없어요")
    expect(studio.locator(".chip.failed")).to_have_count(1)


def test_a_line_over_the_limit_is_refused_in_words(studio: Page) -> None:
    studio.fill("#line", "가" * 600)
    expect(studio.locator("#counter")).to_have_text("600 / 500")
    studio.press("#line", "Enter")
    expect(studio.locator(".toast.error")).to_contain_text("500자")


def test_pressing_an_emotion_shows_its_expression(studio: Page) -> None:
    before = glance(studio)
    studio.click(".score[data-emotion=anger]")
    wait_for_change(studio, before)


def test_strength_zero_keeps_the_face_still(studio: Page) -> None:
    studio.click("#settings summary")
    studio.locator("#strength").fill("0")
    studio.locator("#strength").dispatch_event("change")
    expect(studio.locator("output[for=strength]")).to_have_text("×0.0")
    live(studio)
    studio.fill("#line", SAD)
    studio.press("#line", "Enter")
    expect(studio.locator("#history .chip")).to_have_text(re.compile("슬픔"))
    studio.click("#reset")
    expect(studio.locator("output[for=strength]")).to_have_text("×1.0")


def test_six_example_lines_can_be_pressed(studio: Page) -> None:
    assert studio.locator(".example").count() == 6
    studio.locator(".example").first.click()
    wait_for_top(studio, "joy")


def test_the_timeline_tells_a_line_to_the_keyboard(studio: Page) -> None:
    studio.fill("#line", JOY)
    studio.press("#line", "Enter")
    expect(studio.locator("#history .chip")).to_have_text(re.compile("기쁨"))
    studio.focus("#timeline canvas")
    studio.keyboard.press("ArrowLeft")
    expect(studio.locator("#timeline .tip")).to_contain_text(JOY)
    assert int(np.ptp(pixels(studio, "#timeline canvas")[..., 3])) > 0


def test_a_past_line_can_be_used_again(studio: Page) -> None:
    studio.fill("#line", JOY)
    studio.press("#line", "Enter")
    studio.click("#history .said")
    assert studio.input_value("#line") == JOY


def test_both_languages_say_everything(server: ServerProcess, open_page: Open) -> None:
    page = open_page(server.url, locale="en-US")
    live(page)
    assert page.evaluate("document.documentElement.lang") == "en"
    expect(page.locator("#scores-title")).to_have_text("Emotion")
    english = page.locator("[data-t]").all_inner_texts()
    assert not [text for text in english if re.search("[가-힣]", text)]
    page.click("[data-language=ko]")
    expect(page.locator("#scores-title")).to_have_text("감정")
    assert page.title() == "Emopic 스튜디오"
    page.reload()
    expect(page.locator("#scores-title")).to_have_text("감정")
    keys = page.evaluate(
        "async () => { const {TEXTS} = await import('/i18n.js');"
        " return [Object.keys(TEXTS.ko), Object.keys(TEXTS.en)]; }"
    )
    assert keys[0] == keys[1]


def test_every_control_has_a_name(studio: Page) -> None:
    nameless = studio.evaluate("""() => [...document.querySelectorAll(
        "button, a[href], input:not([hidden]), textarea, [role=radio], canvas[role=img]")]
      .filter(node => !(node.getAttribute("aria-label") || node.textContent.trim() ||
                        node.labels?.[0]?.textContent.trim() || node.placeholder))
      .map(node => node.outerHTML)""")
    assert nameless == []


@pytest.mark.parametrize("width", [320, 390, 768, 1100, 1600])
def test_nothing_is_wider_than_the_window(
    server: ServerProcess, open_page: Open, width: int
) -> None:
    page = open_page(server.url, viewport={"width": width, "height": 800})
    live(page)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width


def test_the_page_keeps_to_a_strict_content_policy(server: ServerProcess, open_page: Open) -> None:
    policy = (
        "default-src 'self'; img-src 'self' blob: data:; connect-src 'self' ws: wss:; "
        "style-src 'self'; script-src 'self'"
    )
    page = open_page("about:blank")

    def strictly(route: object) -> None:
        answer = route.fetch()  # type: ignore[attr-defined]
        headers = {**answer.headers, "content-security-policy": policy}
        route.fulfill(response=answer, headers=headers)  # type: ignore[attr-defined]

    page.route("**/*", strictly)
    page.goto(server.url)
    live(page)
    page.fill("#line", JOY)
    page.press("#line", "Enter")
    wait_for_top(page, "joy")


def test_the_last_face_stays_while_the_server_is_away(
    lonely_server: ServerProcess, open_page: Open
) -> None:
    page = open_page(lonely_server.url, allow=DROPPED)
    live(page)
    shown = glance(page)
    lonely_server.kill()
    page.wait_for_selector("#connection[data-status=waiting]")
    assert glance(page) == shown
    lonely_server.start()
    page.wait_for_selector("#connection[data-status=ready]")
    page.fill("#line", SAD)
    page.press("#line", "Enter")
    wait_for_top(page, "sadness")
    wait_for_change(page, shown)


def test_a_token_is_asked_for_and_remembered(serve: Serve, open_page: Open) -> None:
    server = serve("--token", "correct horse")
    page = open_page(server.url)
    page.fill("#token", "wrong horse")
    page.press("#token", "Enter")
    expect(page.locator("#token-wrong")).to_be_visible()
    page.fill("#token", "correct horse")
    page.press("#token", "Enter")
    live(page)
    page.reload()
    live(page)


def test_a_token_in_the_address_is_used_and_hidden(serve: Serve, open_page: Open) -> None:
    server = serve("--token", "correct horse")
    page = open_page(f"{server.url}/#token=correct%20horse")
    live(page)
    assert "horse" not in page.url
