"""shelf.js, and kept pictures on their way from a real server to a page."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page
from tests.browser.serving import ServerProcess
from tests.browser.watching import Overheard, pixels

Open = Callable[..., Page]
SHELF = """
  const {Shelves} = await import("/shelf.js");
  const shelves = new Shelves();
  shelves.open("a");
  const get = (slot, text = "", character = "a") => {
    const frame = {character, slot, data: new TextEncoder().encode(text)};
    return shelves.fill(frame) ? new TextDecoder().decode(frame.data) : null;
  };
"""
TWINS = """async () => {
  const {EmopicClient} = await import("/emopic.js");
  const [plain, keeping] = [new EmopicClient(), new EmopicClient()];
  const seen = [new Map(), new Map()];
  for (const [i, client] of [plain, keeping].entries()) {
    client.addEventListener("frame", ({detail}) => seen[i].set(detail.n, detail));
    await client.connect();
  }
  const options = {transition_ms: 60, hold_ms: 60_000};
  const builtin = plain.hello.builtins[0].id;
  await plain.putCharacter("twin", {builtin, options, shared: true});
  plain.watch("twin", {frames: {size: 64, format: "png"}});
  keeping.watch("twin", {frames: {size: 64, format: "png", keep: 32}});
  await Promise.all([plain.ping(), keeping.ping()]);
  for (let i = 0; i < 14; i++) {
    const before = seen[1].size;
    plain.express("twin", {[i % 2 ? "joy" : "anger"]: 1});
    await until(() => seen[1].size > before + 1);
  }
  plain.close();
  keeping.close();
  const both = [...seen[0].keys()].filter((n) => seen[1].has(n));
  const same = (one, other) => String(one.data) === String(other.data);
  return {both: both.length, wrong: both.filter((n) => !same(seen[0].get(n), seen[1].get(n))),
    empty: [...seen[1].values()].filter((frame) => !frame.data.length).length,
    slots: [...seen[0].values()].filter((frame) => "slot" in frame).length};
}"""


def shelf(page: Page, script: str) -> object:
    return page.evaluate(f"async () => {{ {SHELF} {script} }}")


def test_a_frame_without_data_is_given_what_lies_in_its_slot(page: Page) -> None:
    assert shelf(
        page, """return [get(0, "joy"), get(1, "anger"), get(0), get(0, "rest"), get(0)];"""
    ) == ["joy", "anger", "joy", "rest", "rest"]


def test_a_frame_without_a_slot_is_as_it_is(page: Page) -> None:
    assert shelf(page, """return [get(undefined, "joy"), get(null, "joy")];""") == ["joy"] * 2


def test_what_is_not_there_is_passed_over(page: Page) -> None:
    assert shelf(
        page,
        """get(0, "joy");
        get(0, "haru", "b");  // not watched with `keep`: nothing is kept of it
        const before = [get(1), get(0, "", "b")];
        shelves.open("a");  // watched again: it may still be asked for
        before.push(get(0));
        shelves.clear();
        return [...before, get(0)];""",
    ) == [None, None, "joy", None]


def test_an_ended_watch_leaves_nothing(page: Page) -> None:
    assert shelf(
        page,
        """get(0, "joy");
        shelves.forget("a");
        const gone = get(0);
        shelves.open("a");
        return [gone, get(0)];""",
    ) == [None, None]


def test_kept_pictures_are_the_ones_that_others_are_sent(page: Page) -> None:
    overheard = Overheard(page)
    answer = page.evaluate(TWINS)
    assert answer["both"] > 20
    assert (answer["wrong"], answer["empty"], answer["slots"]) == ([], 0, 0)
    frames = [frame for frame in overheard.heard("frame") if "slot" in frame]
    bare = [frame for frame in frames if not frame["data"]]
    assert len(bare) > len(frames) / 2, "most were not sent"


def test_the_overlay_asks_to_keep_and_shows_the_same(
    server: ServerProcess, open_page: Open
) -> None:
    shown = []
    for keep in ("", "&keep=0"):
        page = open_page(f"{server.url}/overlay?character=haru&size=64&format=png{keep}")
        page.wait_for_selector("canvas.shown")
        shown.append(pixels(page))
    assert (shown[0] == shown[1]).all()
