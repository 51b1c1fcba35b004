"""Notebooks: what is kept in the browser, taken out of it, and deleted for real."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.practising import Practice
from tests.browser.serving import ServerProcess

Open = Callable[..., Page]
SECRET = "아무도 모르는 내 마음"
NAMES = """async () => {
  const {listBooks} = await import("/practice-store.js");
  return (await listBooks()).map(({name}) => name);
}"""


@pytest.fixture
def practice(quick_server: ServerProcess, open_page: Open) -> Practice:
    return Practice(quick_server.url, open_page)


def filled(practice: Practice) -> Page:
    """A right answer, a wrong one and a line, and their notebook on the screen."""
    practice.answer()
    practice.next()
    practice.answer(right=False)
    practice.open("own")
    practice.write(SECRET)
    practice.page.click("#yes")
    practice.open("progress")
    expect(practice.page.locator("#days-table")).to_have_count(1)
    return practice.page


def download(page: Page, selector: str) -> str:
    with page.expect_download() as waited:
        page.click(selector)
    return waited.value.path().read_text(encoding="utf-8")


def upload(page: Page, text: str, tmp_path: Path) -> None:
    file = tmp_path / "practice.json"
    file.write_text(text, encoding="utf-8")
    page.set_input_files("#import-file", file)


def test_answers_stay_and_come_out_as_files(practice: Practice) -> None:
    page = filled(practice)
    page.reload()
    practice.wait("asking")
    practice.open("progress")
    rows = list(csv.DictReader(download(page, "#export-csv").splitlines()))
    assert [row["right"] for row in rows] == ["1", "0"]
    everything = json.loads(download(page, "#export"))
    assert everything["name"] == "내 공책"
    assert len(everything["answers"]) == 2
    assert [line["text"] for line in everything["lines"]] == [SECRET]
    cells = page.locator("#days-table tbody td").all_text_contents()
    assert cells[:3] == ["2", "1", "50%"]


def test_deleting_asks_first_and_leaves_nothing(practice: Practice) -> None:
    page = filled(practice)
    page.click("#delete")
    expect(page.locator("#delete-text")).to_contain_text("답 2개와 줄 1개")
    page.keyboard.press("Enter")  # the keyboard is on the button that keeps
    expect(page.locator("#delete-dialog")).to_be_hidden()
    assert json.loads(download(page, "#export"))["lines"]
    page.click("#delete")
    page.click("#delete-yes")
    expect(page.locator("#book-said")).to_have_text("“내 공책” 공책을 지웠어요")
    expect(page.locator("#no-answers")).to_be_visible()
    empty = json.loads(download(page, "#export"))
    assert (empty["answers"], empty["lines"]) == ([], [])
    held = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert SECRET not in held


def test_notebooks_are_apart(practice: Practice) -> None:
    page = filled(practice)
    page.select_option("#book", label="새 공책…")
    page.fill("#book-name", "하나")
    page.keyboard.press("Enter")
    expect(page.locator("#book-said")).to_contain_text("“하나” 공책을 열었어요. 답 0개, 줄 0개.")
    expect(page.locator("#no-answers")).to_be_visible()
    assert page.evaluate(NAMES) == ["내 공책", "하나"]
    page.reload()
    practice.wait("asking")
    practice.open("progress")
    expect(page.locator("#book option:checked")).to_have_text("하나")
    page.click("#delete")
    page.click("#delete-yes")
    expect(page.locator("#book option:checked")).to_have_text("내 공책")
    assert page.evaluate(NAMES) == ["내 공책"]


def test_a_file_becomes_a_notebook_of_its_own(practice: Practice, tmp_path: Path) -> None:
    page = filled(practice)
    exported = download(page, "#export")
    upload(page, exported, tmp_path)
    expect(page.locator("#book-said")).to_contain_text(
        "“내 공책 2” 공책을 열었어요. 답 2개, 줄 1개."
    )
    again = json.loads(download(page, "#export"))
    assert {**again, "name": "내 공책"} == json.loads(exported)
    upload(page, exported.replace('"said"', '"sad"'), tmp_path)
    expect(page.locator("#book-said")).to_contain_text("answers[0].said")
    expect(page.locator("#book option:checked")).to_have_text("내 공책 2")


def test_another_window_that_deletes_is_noticed(practice: Practice) -> None:
    page = filled(practice)
    other = page.context.new_page()
    other.goto(page.url.split("#")[0])
    other.wait_for_selector("body[data-quiz=asking]")
    other.click("#tab-progress")
    other.click("#delete")
    other.click("#delete-yes")
    expect(other.locator("#book-said")).to_contain_text("지웠어요")
    expect(page.locator("#note")).to_have_text("다른 창에서 이 공책을 지웠어요.")
    expect(page.locator("#no-answers")).to_be_visible()


def test_what_a_window_left_unfinished_is_no_notebook(practice: Practice) -> None:
    page = filled(practice)
    page.evaluate(
        """async () => {
          const root = await navigator.storage.getDirectory();
          const folder = await root.getDirectoryHandle("emopic-practice");
          await folder.getFileHandle("unfinished", { create: true });
        }"""
    )
    page.reload()
    practice.wait("asking")
    assert page.evaluate(NAMES) == ["내 공책"]


def test_windows_that_begin_at_once_make_one_notebook(practice: Practice) -> None:
    page = filled(practice)
    page.evaluate(
        """async () => {
          const { Book, chosenBook } = await import("/practice-store.js");
          await new Book(chosenBook(), "").destroy();
          const { Books } = await import("/practice-books.js");
          const windows = [1, 2, 3].map(() => new Books({ changed: () => {}, warn: () => {} }));
          await Promise.all(windows.map((one) => one.begin()));
        }"""
    )
    assert page.evaluate(NAMES) == ["내 공책"]


def test_a_browser_that_keeps_nothing_still_practises(
    quick_server: ServerProcess, open_page: Open
) -> None:
    page = open_page("about:blank", reduced_motion="reduce")
    page.add_init_script(
        "StorageManager.prototype.getDirectory = () => Promise.reject(new DOMException())"
    )
    page.goto(f"{quick_server.url}/practice")
    page.wait_for_selector("body[data-quiz=asking]")
    expect(page.locator("#note")).to_contain_text("남길 수 없어요")
    page.keyboard.press("1")
    page.click("#tab-progress")
    expect(page.locator("#days svg").first).to_be_visible()
    expect(page.locator("#delete")).to_be_disabled()
    assert len(json.loads(download(page, "#export"))["answers"]) == 1


def test_a_deleted_notebook_is_gone_from_the_disk(
    quick_server: ServerProcess, chromium: Browser, tmp_path: Path
) -> None:
    """In a profile on the disk: nothing of the text is left once the browser has ended."""
    profile = tmp_path / "profile"
    session(chromium, profile, quick_server.url, write)
    assert found(profile, SECRET), "it was kept on the disk"
    session(chromium, profile, quick_server.url, delete)
    assert found(profile, SECRET) == []


def session(browser: Browser, profile: Path, url: str, then: Callable[[Page], None]) -> None:
    options: dict[str, Any] = {"args": ARGUMENTS, "locale": "ko-KR", "reduced_motion": "reduce"}
    context = browser.browser_type.launch_persistent_context(
        profile, executable_path=CHROMIUM, **options
    )
    page = context.pages[0]
    page.goto(f"{url}/practice")
    page.wait_for_selector("body[data-quiz=asking]")
    then(page)
    context.close()


def write(page: Page) -> None:
    page.click("#tab-own")
    page.fill("#line", SECRET)
    page.press("#line", "Enter")
    page.click("#yes")
    expect(page.locator("#lines li")).to_have_count(1)


def delete(page: Page) -> None:
    page.click("#tab-progress")
    page.click("#delete")
    page.click("#delete-yes")
    expect(page.locator("#book-said")).to_contain_text("지웠어요")


def found(profile: Path, text: str) -> list[str]:
    """The files below a folder that hold a text, as UTF-8 or in the two forms of UTF-16."""
    forms = [text.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be")]
    files = [path for path in profile.rglob("*") if path.is_file()]
    return [str(path) for path in files if any(form in path.read_bytes() for form in forms)]
