"""face-canvas.js: full frames, patches, and what stays on the canvas."""

from __future__ import annotations

import json

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page
from tests.browser.watching import screenshot

FACE = """
  const {FaceCanvas} = await import("/emopic.js");
  const canvas = new OffscreenCanvas(1, 1);
  const face = new FaceCanvas(canvas);
  const [red, green, blue] = [[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255]];
  const clear = [0, 0, 0, 0];
  let n = 0;
  const frame = (colour, rect) => {
    const [w, h] = rect ? rect.slice(2) : [4, 4];
    const data = new Uint8Array(w * h * 4).map((_, i) => colour[i % 4]);
    return {format: "raw", width: 4, height: 4, data, rect, n: n++, character: "a"};
  };
  const painted = [];
  face.addEventListener("paint", ({detail}) => painted.push(detail.n));
  const show = async (...frames) => {
    const last = frames.at(-1).n;
    frames.forEach((one) => face.draw(one));
    await until(() => painted.at(-1) === last);
  };
  const at = (x, y) => [...canvas.getContext("2d").getImageData(x, y, 1, 1).data];
"""


def face(page: Page, script: str) -> object:
    return page.evaluate(f"async () => {{ {FACE} {script} }}")


def test_a_patch_is_never_drawn_before_a_full_frame(page: Page) -> None:
    assert face(
        page,
        """face.draw(frame(green, [0, 0, 2, 2]));
        await show(frame(red));
        return [at(0, 0), at(3, 3), face.skipped, painted];""",
    ) == [[255, 0, 0, 255], [255, 0, 0, 255], 1, [1]]


def test_a_patch_replaces_its_rectangle_also_where_it_is_clear(page: Page) -> None:
    assert face(
        page,
        """await show(frame(red));
        await show(frame(clear, [1, 1, 2, 2]));
        return [at(0, 0), at(1, 1), canvas.width];""",
    ) == [[255, 0, 0, 255], [0, 0, 0, 0], 4]


def test_a_patch_lies_over_the_full_frame_not_over_an_older_patch(page: Page) -> None:
    assert face(
        page,
        """await show(frame(red));
        await show(frame(green, [0, 0, 2, 2]));
        await show(frame(blue, [2, 2, 2, 2]));
        return [at(0, 0), at(3, 3)];""",
    ) == [[255, 0, 0, 255], [0, 0, 255, 255]]


def test_the_latest_wins_and_the_full_frame_under_a_patch_is_kept(page: Page) -> None:
    assert face(
        page,
        """const corner = [0, 0, 2, 2];
        await show(frame(green), frame(red), frame(blue, corner), frame(green, corner));
        return [at(0, 0), at(3, 3), painted];""",
    ) == [[0, 255, 0, 255], [255, 0, 0, 255], [0, 3]]


def test_a_patch_is_kept_while_the_first_full_frame_is_being_decoded(page: Page) -> None:
    """It may be the last frame for a long time: a face that holds still sends no more."""
    assert face(
        page,
        """face.draw(frame(red));
        await show(frame(green, [0, 0, 2, 2]));
        return [at(0, 0), at(3, 3), face.skipped];""",
    ) == [[0, 255, 0, 255], [255, 0, 0, 255], 0]


def test_a_broken_picture_leaves_what_is_shown(page: Page) -> None:
    assert face(
        page,
        """await show(frame(red));
        const failed = new Promise((resolve) => face.addEventListener("error", resolve));
        face.draw({...frame(green), format: "png", data: new Uint8Array([1, 2, 3])});
        await failed;
        const kept = at(0, 0);
        await show(frame(blue));
        return [kept, at(0, 0)];""",
    ) == [[255, 0, 0, 255], [0, 0, 255, 255]]


def test_a_reset_drops_what_is_still_being_decoded(page: Page) -> None:
    assert face(
        page,
        """await show(frame(red));
        face.draw(frame(green));
        face.reset();
        await show(frame(blue));
        return [painted.length, at(0, 0)];""",
    ) == [2, [0, 0, 255, 255]]


def test_a_known_patch_is_drawn_at_once(page: Page) -> None:
    assert face(
        page,
        """await show(frame(red));
        const patch = frame(green, [0, 0, 2, 2]);
        await show(patch);
        await show(frame(blue, [0, 0, 2, 2]));
        const before = painted.length;
        face.draw({...patch, n: 9});
        return [painted.slice(before), at(0, 0), at(3, 3)];""",
    ) == [[9], [0, 255, 0, 255], [255, 0, 0, 255]]


def test_a_known_patch_does_not_overtake_what_is_being_decoded(page: Page) -> None:
    assert face(
        page,
        """await show(frame(red));
        const patch = frame(green, [0, 0, 2, 2]);
        await show(patch);
        await show(frame(blue), {...patch, n: 9});
        return [painted, at(0, 0), at(3, 3)];""",
    ) == [[0, 1, 2, 9], [0, 255, 0, 255], [0, 0, 255, 255]]


ON_SCREEN = """() => {
  document.body.replaceChildren(Object.assign(document.createElement("canvas"), {id: "shown"}));
  const seen = document.querySelector("#shown");
  seen.style.cssText = "position: fixed; inset: 0; width: 40px; height: 40px; opacity: 1;" +
    "image-rendering: pixelated; transition: none";
}"""


def on_screen(page: Page, desynchronized: bool, script: str) -> NDArray[np.uint8]:
    """What the screen shows of the four by four pixels after `script`: uint8 [4, 4, 4], BGRA."""
    page.evaluate(ON_SCREEN)
    drawing = FACE.replace("new OffscreenCanvas(1, 1)", "document.querySelector('#shown')").replace(
        "FaceCanvas(canvas)",
        f"FaceCanvas(canvas, {{desynchronized: {json.dumps(desynchronized)}}})",
    )
    page.evaluate(f"async () => {{ {drawing} {script} }}")
    return screenshot(page)[5:40:10, 5:40:10]


@pytest.mark.parametrize("desynchronized", [False, True])
def test_the_last_of_a_burst_is_what_the_screen_shows(page: Page, desynchronized: bool) -> None:
    """Whatever goes past the page's compositor, a face at rest must be the newest."""
    seen = on_screen(
        page,
        desynchronized,
        """await show(frame(red));
        for (let i = 0; i < 40; i++) await show(frame([5 * i, 0, 255, 255], [1, 1, 2, 2]));
        await show(frame(clear, [1, 1, 2, 1]));
        await show(frame(green, [1, 2, 2, 2]));""",
    )
    assert seen[0, 0].tolist() == [0, 0, 255, 255], "the full frame's red, as BGRA"
    assert seen[1, 1].tolist() == [0, 0, 255, 255], "an earlier patch is gone"
    assert seen[2, 1].tolist() == [0, 255, 0, 255]


@pytest.mark.parametrize("desynchronized", [False, True])
def test_what_is_clear_is_clear_on_the_screen(page: Page, desynchronized: bool) -> None:
    alpha = on_screen(
        page, desynchronized, "await show(frame(red)); await show(frame(clear, [1, 1, 2, 2]));"
    )[..., 3]
    assert alpha.tolist() == [[255] * 4, [255, 0, 0, 255], [255, 0, 0, 255], [255] * 4]


CACHE = """
  const {PictureCache} = await import("/picture-cache.js");
  const decoded = [];
  const closed = [];
  const cache = new PictureCache(async ({name}) => {
    decoded.push(name);
    return {width: 2, height: 2, name, close: () => closed.push(name)};
  }, 48);  // three pictures of 16 bytes
  const one = (name, data = [name.charCodeAt(0)], rect = [0, 0, 2, 2]) =>
    ({name, format: "webp", data: new Uint8Array(data), rect});
  const get = async (...frames) => {
    for (const frame of frames) await cache.get(frame);
  };
"""


def cache(page: Page, script: str) -> object:
    return page.evaluate(f"async () => {{ {CACHE} {script} }}")


def test_the_same_bytes_are_decoded_once(page: Page) -> None:
    assert cache(
        page,
        """await get(one("a"), one("b"), one("a"), one("b"));
        return [decoded, closed];""",
    ) == [["a", "b"], []]


def test_what_was_used_longest_ago_goes_first(page: Page) -> None:
    assert cache(
        page,
        """await get(one("a"), one("b"), one("c"), one("a"), one("d"), one("b"));
        return [decoded, closed];""",
    ) == [["a", "b", "c", "d", "b"], ["b", "c"]]


def test_other_bytes_of_the_same_name_are_another_picture(page: Page) -> None:
    """The name looks at every seventh byte only: the others must not be taken on trust."""
    assert cache(
        page,
        """const bytes = (first) => [first, ...Array(13).fill(7)];
        await get(one("a", bytes(1)), one("b", bytes(2)), one("a", bytes(1)));
        return [decoded, closed];""",
    ) == [["a", "b", "a"], ["a", "b"]]


def test_a_cleared_cache_has_closed_everything(page: Page) -> None:
    assert cache(
        page,
        """await get(one("a"), one("b"));
        cache.clear();
        await get(one("a"));
        return [decoded, closed];""",
    ) == [["a", "b", "a"], ["a", "b"]]
