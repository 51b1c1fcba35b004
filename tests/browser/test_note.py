"""A picture of writing in the studio: read, put into the field, and a line only when it is sent."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable

import pytest
from benchmarks.ocr.render import FONTS, samples
from playwright.sync_api import Page, expect
from tests.browser.serving import ServerProcess
from tests.browser.watching import live

Open = Callable[..., Page]
PATIENCE_MS = 30_000

pytestmark = pytest.mark.skipif(
    shutil.which("tesseract") is None or not FONTS.is_dir(),
    reason="apt-get install tesseract-ocr tesseract-ocr-kor fonts-nanum-extra",
)


@pytest.fixture
def studio(server: ServerProcess, open_page: Open) -> Page:
    page = open_page(server.url, viewport={"width": 1280, "height": 860})
    live(page)
    return page


def note() -> bytes:
    return samples({"NanumGothic": 1})[0].picture


def wait_for_text(page: Page) -> str:
    expect(page.locator("#line")).not_to_have_value("", timeout=PATIENCE_MS)
    return page.input_value("#line")


def test_a_chosen_picture_is_read_and_sent_by_enter_only(studio: Page) -> None:
    studio.set_input_files(
        "#note", {"name": "note.jpg", "mimeType": "image/jpeg", "buffer": note()}
    )
    text = wait_for_text(studio)
    assert any("가" <= letter <= "힣" for letter in text)
    expect(studio.locator(".toast")).to_be_visible()
    expect(studio.locator("#history .chip")).to_have_count(0)
    assert studio.evaluate("document.activeElement.id") == "line"
    studio.press("#line", "Enter")
    expect(studio.locator("#history .chip")).to_have_count(1)


def test_a_picture_may_be_dropped_on_the_composer(studio: Page) -> None:
    studio.evaluate(
        """(encoded) => {
          const bytes = Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0));
          const carried = new DataTransfer();
          carried.items.add(new File([bytes], "note.jpg", {type: "image/jpeg"}));
          for (const type of ["dragenter", "dragover", "drop"]) {
            document.getElementById("composer").dispatchEvent(
              new DragEvent(type, {dataTransfer: carried, bubbles: true, cancelable: true}));
          }
        }""",
        base64.b64encode(note()).decode(),
    )
    assert wait_for_text(studio)
    expect(studio.locator("#composer")).not_to_have_class("composer dropping")


def test_an_empty_picture_is_refused_in_words(studio: Page) -> None:
    white = base64.b64decode(
        studio.evaluate("""async () => {
          const canvas = new OffscreenCanvas(300, 200);
          const pen = canvas.getContext("2d");
          pen.fillStyle = "white";
          pen.fillRect(0, 0, 300, 200);
          const data = await (await canvas.convertToBlob()).arrayBuffer();
          return btoa(String.fromCharCode(...new Uint8Array(data)));
        }""")
    )
    studio.set_input_files("#note", {"name": "white.png", "mimeType": "image/png", "buffer": white})
    expect(studio.locator(".toast")).to_contain_text("글자를", timeout=PATIENCE_MS)
    assert studio.input_value("#line") == ""
