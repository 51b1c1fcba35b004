"""face-canvas.js: full frames, patches, and what stays on the canvas."""

from __future__ import annotations

from playwright.sync_api import Page

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
