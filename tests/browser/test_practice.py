"""The practice page: faces to name and words to see, with a keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser.practising import NAMES, Practice
from tests.browser.serving import ServerProcess
from tests.browser.watching import glance, wait_for_change

from emopic_engine.data.lines import read_tsv
from emopic_engine.emotions import DEFAULT

Open = Callable[..., Page]
JOY = "정말 행복하고 좋아"


def focused(page: Page) -> str:
    """The id of what has the keyboard."""
    found: str = page.evaluate("document.activeElement.id")
    return found


@pytest.fixture
def practice(quick_server: ServerProcess, open_page: Open) -> Practice:
    return Practice(quick_server.url, open_page)


# ── naming faces ─────────────────────────────────────────────────────────────────────────────────


def test_a_right_answer_is_told_and_the_face_grows_clear(practice: Practice) -> None:
    practice.until("anger")
    page, weak = practice.page, practice.strength
    assert 0 < weak < 1
    practice.answer()
    expect(page.locator("#verdict")).to_have_text("맞았어요")
    expect(page.locator("#was")).to_have_text(f"정답: 분노 · 세기 {round(weak * 100)}%")
    expect(page.locator("#clues dt")).to_have_text(["눈썹", "눈", "입"])
    expect(page.locator("#which")).to_be_hidden()
    assert practice.told.said("express")[-1]["expression"] == {"anger": 1}
    assert focused(page) == "next"
    practice.next()
    assert focused(page) == "question"


def test_a_wrong_answer_may_be_compared_with_what_it_was(practice: Practice) -> None:
    practice.until("joy")
    page = practice.page
    practice.answer(right=False)
    expect(page.locator("#verdict")).to_have_text("아니에요")
    expect(page.locator("#was")).to_contain_text("내 답: 분노")
    expect(page.locator("#apart")).to_contain_text("입꼬리")
    expect(page.locator(".answer[data-mark=right]")).to_have_attribute("data-emotion", "joy")
    expect(page.locator(".answer[data-mark=wrong]")).to_have_attribute("data-emotion", "anger")
    joy = glance(page)
    page.click("#see-said")
    wait_for_change(page, joy)
    assert practice.told.said("express")[-1]["expression"] == {"anger": 1}
    expect(page.locator("#face")).to_have_attribute("aria-label", "분노 표정의 얼굴, 세기 100%")
    page.focus("#amount")
    with practice.told.sends():
        page.keyboard.press("ArrowLeft")
    assert practice.told.said("express")[-1]["expression"] == {"anger": 15 / 16}


_PICTURE = "document.getElementById('face').toDataURL()"


def test_the_face_is_hidden_until_it_shows_what_is_asked(
    quick_server: ServerProcess, open_page: Open
) -> None:
    """Else its way there would tell what it was before."""
    practice = Practice(quick_server.url, open_page, reduced_motion="no-preference")
    page = practice.page
    options = practice.told.said("character.put")[0]["options"]
    assert options["transition_ms"] > 0
    practice.answer()
    before = page.evaluate(_PICTURE)
    page.evaluate("""() => {
      globalThis.seen = [];
      new MutationObserver(() => {
        seen.push(document.body.dataset.quiz);
        globalThis.asked = document.getElementById("face").toDataURL();
      }).observe(document.body, {attributeFilter: ["data-quiz"]});
    }""")
    practice.next()
    assert page.evaluate("seen") == ["loading", "asking"]
    page.wait_for_timeout(2 * options["transition_ms"])
    picture = page.evaluate(_PICTURE)
    assert page.evaluate("asked") == picture != before
    page.wait_for_function(
        "() => getComputedStyle(document.getElementById('face')).opacity === '1'"
    )


def test_nothing_gives_the_answer_away(practice: Practice) -> None:
    label = practice.page.get_attribute("#face", "aria-label") or ""
    assert not any(name in label for name in DEFAULT.korean)
    tree = practice.page.locator("#stage").aria_snapshot()
    assert not any(name in tree for name in (*DEFAULT.korean, *NAMES))


def test_it_gets_harder_and_easier_again(practice: Practice) -> None:
    practice.until("joy")
    strengths = []
    for right in (True, False):
        strengths.append(practice.strength * 16)
        practice.answer(right=right)
        practice.next()
        practice.until("joy")
    strengths.append(practice.strength * 16)
    first, weaker, stronger = strengths
    assert 11 <= first <= 13, "near 12/16"
    assert 9 <= weaker <= 11, "near 10/16"
    assert 12 <= stronger <= 14, "near 13/16"


def test_always_clear_is_always_clear_and_stays_so(practice: Practice) -> None:
    page = practice.page
    page.click("#settings summary")
    page.select_option("#mode", "full")
    practice.answer()
    practice.next()
    page.reload()
    practice.wait("asking")
    practice.until("sadness")
    assert practice.strength == 1


def test_a_face_put_into_words_does_not_move_the_staircase(practice: Practice) -> None:
    practice.until("surprise")
    page = practice.page
    page.click("#describe")
    described = page.locator("#described")
    expect(described).to_contain_text("턱이 내려가")
    expect(described).not_to_contain_text("놀람")
    practice.answer()
    page.wait_for_function("""async () => {
      const {Book, chosenBook} = await import("/practice-store.js");
      const {answers} = await new Book(chosenBook(), "").read();
      return answers.at(-1)?.described;
    }""")
    practice.next()
    practice.until("surprise")
    assert practice.strength * 16 >= 11


def test_number_keys_can_be_switched_off(practice: Practice) -> None:
    page = practice.page
    page.click("#settings summary")
    page.uncheck("#keys")
    page.keyboard.press("1")
    expect(page.locator("#question-hint")).to_have_text("단추를 눌러 답하세요.")
    assert page.get_attribute("body", "data-quiz") == "asking"
    page.click(f".answer[data-emotion={practice.shown}]")
    expect(page.locator("#verdict")).to_have_text("맞았어요")


def test_a_chosen_face_stays_and_an_own_picture_is_used(practice: Practice) -> None:
    page = practice.page
    page.click("#settings summary")
    page.click("[data-face=jun]")
    practice.wait("asking")
    for _ in range(2):
        practice.answer()
        practice.next()
    assert {one["character"] for one in practice.told.said("express")[-3:]} == {"practice-jun"}
    picture = Path(__file__).parents[2] / "docs" / "images" / "finding_faces.jpg"
    page.set_input_files("#picture", picture)
    page.wait_for_selector("[data-face=own][aria-checked=true]")
    practice.wait("asking")
    assert practice.told.said("express")[-1]["character"] == "practice-own"
    assert practice.told.said("character.put")[-1].get("shared", False) is not True


def test_a_restarted_server_goes_on_with_the_question(
    lonely_server: ServerProcess, open_page: Open
) -> None:
    practice = Practice(lonely_server.url, open_page, allow=("WebSocket connection to",))
    practice.until("joy")
    asked = practice.told.said("express")[-1]
    lonely_server.kill()
    practice.page.wait_for_selector("[data-status=waiting]")
    lonely_server.start()
    practice.page.wait_for_selector("[data-status=ready]")
    practice.wait("asking")
    assert practice.told.said("express")[-1]["expression"] == asked["expression"]
    practice.answer()
    expect(practice.page.locator("#verdict")).to_have_text("맞았어요")


# ── own words ────────────────────────────────────────────────────────────────────────────────────


def test_a_line_is_read_corrected_kept_and_exported(practice: Practice, tmp_path: Path) -> None:
    page = practice.page
    practice.open("own")
    practice.write(JOY)
    assert focused(page) == "heard-title"
    expect(page.locator("#heard-emotion")).to_contain_text("기쁨")
    expect(page.locator("#keep")).to_be_disabled()
    page.keyboard.press("5")
    expect(page.locator("#corrections [aria-pressed=true]")).to_have_text(re.compile("슬픔"))
    assert practice.told.said("express")[-1]["expression"] == {"sadness": 0.75}
    page.click("#keep")
    expect(page.locator("#kept")).to_have_text("남겼어요: 슬픔")
    assert focused(page) == "line"
    practice.write("열받네 짜증나")
    page.click("#yes")
    expect(page.locator("#lines b")).to_have_text(["분노", "기쁨 → 슬픔"])
    with page.expect_download() as waited:
        page.click("#lines-tsv")
    file = tmp_path / "lines.tsv"
    waited.value.save_as(file)
    read = read_tsv(file, DEFAULT)
    assert [(DEFAULT.names[one.label], one.text) for one in read] == [
        ("sadness", JOY),
        ("anger", "열받네 짜증나"),
    ]


def test_what_is_not_to_be_kept_is_not(practice: Practice) -> None:
    page = practice.page
    practice.open("own")
    practice.write(JOY)
    page.click("#leave")
    expect(page.locator("#no-lines")).to_be_visible()
    practice.write(JOY)
    page.click("#yes")
    page.click("#lines .quiet")
    expect(page.locator("#lines li")).to_have_count(0)
    assert focused(page) == "lines-title"
    page.reload()
    practice.wait("asking")
    practice.open("own")
    expect(page.locator("#no-lines")).to_be_visible()


def test_nothing_of_the_page_may_be_kept_by_a_server(practice: Practice) -> None:
    assert practice.told.said("identify")[0]["history"] == "off"


def test_a_line_that_fails_is_not_lost(practice: Practice) -> None:
    page = practice.page
    practice.open("own")
    page.fill("#line", "!engine 무너지는 마음")
    page.press("#line", "Enter")
    expect(page.locator("#note")).to_be_visible()
    assert page.input_value("#line") == "!engine 무너지는 마음"
    expect(page.locator("#heard")).to_be_hidden()
