"""The whole way with the bundled models: a line typed in a real browser moves a real face."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect
from tests.browser.serving import REAL, ServerProcess, free_port
from tests.browser.watching import glance, live, pixels, score, wait_for_change, wait_for_top

from emopic_engine.engine import MODELS
from emopic_engine.face.sprite_files import pack_named

pytestmark = pytest.mark.models
CORNER = """alpha => document.querySelector("#face").getContext("2d")
    .getImageData(2, 2, 1, 1).data[3] === alpha"""
GREENER = """wanted => {
    const [red, green] = document.querySelector("#face").getContext("2d")
        .getImageData(64, 64, 1, 1).data;
    return green > red === wanted;
}"""
EXAMPLES = ["joy", "anger", "anxiety", "neutral", "sadness", "surprise"]


@pytest.fixture(scope="module")
def real_server() -> Iterator[ServerProcess]:
    with ServerProcess(free_port(), command=REAL) as process:
        yield process


@pytest.fixture
def studio(real_server: ServerProcess, open_page: Callable[..., Page]) -> Page:
    page = open_page(real_server.url, viewport={"width": 1280, "height": 860})
    live(page)
    return page


def test_a_line_moves_the_real_face(studio: Page) -> None:
    assert studio.text_content("#backend") == "OpenVINO"
    calm = glance(studio)
    studio.fill("#line", "헐 대박 이게 진짜라고?? 깜짝 놀랐어!")
    studio.press("#line", "Enter")
    wait_for_top(studio, "surprise")
    assert score(studio, "surprise") > 0.5
    wait_for_change(studio, calm, share=0.004)


def test_every_example_line_is_felt_as_meant(studio: Page) -> None:
    for index, emotion in enumerate(EXAMPLES):
        studio.locator(".example").nth(index).click()
        expect(studio.locator("#history li")).to_have_count(index + 1)
        chip = studio.locator("#history li").first.locator(".chip")
        expect(chip).to_have_attribute("data-emotion", emotion)


def test_the_overlay_shows_a_real_face_on_nothing(
    real_server: ServerProcess, open_page: Callable[..., Page]
) -> None:
    studio = open_page(real_server.url)
    live(studio)
    face = studio.get_attribute(".face-choice", "data-face")
    page = open_page(f"{real_server.url}/overlay?character={face}&size=256")
    page.wait_for_selector("canvas.shown")
    alpha = pixels(page)[..., 3]
    assert alpha.shape == (256, 256)
    assert alpha[0, 0] == 0, "around the head there is nothing"
    assert alpha[128, 128] == 255, "the face itself is solid"


def flat(red: int, green: int, blue: int) -> bytes:
    done, data = cv2.imencode(".png", np.full((128, 128, 3), (blue, green, red), np.uint8))
    assert done
    return bytes(data)


def test_a_zip_of_drawn_pictures_becomes_the_face(studio: Page) -> None:
    drawn = pack_named({"neutral.png": flat(40, 160, 60), "joy.png": flat(200, 40, 40)})
    studio.set_input_files(
        "#picture", {"name": "mine.zip", "mimeType": "application/zip", "buffer": drawn}
    )
    expect(studio.locator("[data-face=own]")).to_have_attribute("aria-checked", "true")
    studio.wait_for_function(GREENER, arg=True)
    studio.fill("#line", "오늘 정말 행복하고 너무 좋아!")
    studio.press("#line", "Enter")
    wait_for_top(studio, "joy")
    studio.wait_for_function(GREENER, arg=False)


def test_a_zip_without_pictures_is_refused_in_words(studio: Page) -> None:
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("notes.txt", "no picture")
    data = other.getvalue()
    studio.set_input_files(
        "#picture", {"name": "other.zip", "mimeType": "application/zip", "buffer": data}
    )
    expect(studio.locator(".toast.error")).to_contain_text("joy.png")


def before_a_wall() -> bytes:
    """A built-in person before a green wall, as PNG without alpha."""
    person = cv2.imread(str(MODELS / "characters" / "junho.png"), cv2.IMREAD_UNCHANGED)
    assert person is not None
    share = person[..., 3:] / 255
    wall = np.array([60.0, 170.0, 70.0])
    done, data = cv2.imencode(
        ".png", (person[..., :3] * share + wall * (1 - share)).astype(np.uint8)
    )
    assert done
    return bytes(data)


def test_a_switch_removes_the_background_of_a_picture(studio: Page) -> None:
    wall = {"name": "wall.png", "mimeType": "image/png", "buffer": before_a_wall()}
    studio.set_input_files("#picture", wall)
    studio.wait_for_function(CORNER, arg=255)
    assert (pixels(studio)[..., 3] == 255).all()
    studio.locator("#settings").evaluate("settings => settings.open = true")
    studio.check("#cutout")
    studio.wait_for_function(CORNER, arg=0)
    alpha = pixels(studio)[..., 3]
    assert alpha[alpha.shape[0] // 2, alpha.shape[1] // 2] == 255, "the face itself stays"
    assert 0.2 < (alpha == 0).mean() < 0.7
