"""The diary page over a history of three weeks and two speakers."""

from __future__ import annotations

import csv
import io
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import CHROMIUM, need_chromium
from tests.browser.diary import story, write
from tests.browser.serving import Serve, ServerProcess, free_port

from emopic_engine.console import UsageError
from emopic_server.history.answers import Answers
from emopic_server.history.database import Database, Event
from emopic_server.history.report import write_report

Open = Callable[..., Page]
ZONE = "zone=Asia/Seoul"
REFUSED = ("Failed to load resource",)  # the browser's own words for a 4xx
OWN, READ = "correct horse", "only looking"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[Event]]:
    where = str(tmp_path_factory.mktemp("diary") / "history.db")
    return where, write(where, story(round(time.time() * 1000)))


@pytest.fixture(scope="module")
def keeping(told: tuple[str, list[Event]]) -> Iterator[ServerProcess]:
    options = ("--history.url", told[0], "--history.keep", "text")
    with ServerProcess(free_port(), *options) as server:
        yield server


def diary(server: ServerProcess, open_page: Open, query: str = "", **more: object) -> Page:
    page = open_page(f"{server.url}/diary?{ZONE}&{query}", **more)
    page.wait_for_selector("body[data-state=ready]")
    return page


def test_the_pictures_and_their_tables_tell_what_the_history_has(
    keeping: ServerProcess, told: tuple[str, list[Event]], open_page: Open
) -> None:
    page = diary(keeping, open_page)
    events = told[1]
    tops = Counter(event.top for event in events)
    totals = page.locator(".bar").evaluate_all("all => all.map(one => +one.dataset.total)")
    assert len(totals) == 28
    assert sum(totals) == len(events)
    assert page.locator("#time-table tbody tr").count() == sum(total > 0 for total in totals)
    rows = page.locator("#mix-table tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    )
    assert [int(row[1]) for row in rows] == [
        tops[name] for name in ("joy", "anger", "anxiety", "neutral", "sadness", "surprise")
    ]
    assert page.locator("#calendar [data-date] .initial").count() == sum(t > 0 for t in totals)
    speakers = Counter(event.speaker for event in events)
    said = page.locator("#speakers p").all_inner_texts()
    assert [
        f"{count}줄" in text for text, (_, count) in zip(said, speakers.most_common(), strict=True)
    ] == [
        True,
        True,
    ]
    strongest = max(event.intensity for event in events if event.top != "neutral")
    expect(page.locator("#lines .chip").first).to_contain_text(f"{round(strongest * 100)}%")


def test_the_keyboard_steps_through_time_and_asks_for_its_lines(
    keeping: ServerProcess, open_page: Open
) -> None:
    page = diary(keeping, open_page)
    page.select_option("#order", "newest")  # the strongest ones leave out what is neutral
    bars = page.locator(".bars")
    bars.focus()
    page.keyboard.press("End")
    tip = page.locator("#time .tip")
    expect(tip).to_be_visible()
    page.keyboard.press("ArrowLeft")
    chosen = page.locator(".bar.chosen")
    count = int(chosen.get_attribute("data-total") or "0")
    expect(tip).to_contain_text(f"{count}줄")
    page.keyboard.press("Enter")
    expect(page.locator("#chosen")).to_be_visible()
    expect(page.locator("#lines li")).to_have_count(count)
    page.click("#all")
    expect(page.locator("#chosen")).to_be_hidden()
    expect(page.locator("#lines li")).to_have_count(40)


def test_by_week_by_hour_by_speaker_and_in_the_address(
    keeping: ServerProcess, told: tuple[str, list[Event]], open_page: Open
) -> None:
    page = diary(keeping, open_page, "by=week")
    assert page.locator(".bar").count() in (4, 5)
    page.select_option("#speaker", "twitch")
    expect(page.locator("#speakers p")).to_have_count(1)
    assert "speaker=twitch" in page.url
    page.reload()
    page.wait_for_selector("body[data-state=ready]")
    expect(page.locator("#speakers p")).to_have_count(1)
    totals = page.locator(".bar").evaluate_all("all => all.map(one => +one.dataset.total)")
    assert sum(totals) == sum(event.speaker == "twitch" for event in told[1])
    page.select_option("#period", "7")
    page.select_option("#by", "hour")
    expect(page.locator(".bar")).to_have_count(7 * 24)


def test_the_axis_stays_while_the_hours_scroll(keeping: ServerProcess, open_page: Open) -> None:
    page = diary(keeping, open_page, "period=7&by=hour", viewport={"width": 500, "height": 700})
    scroll = page.locator("#time .scroll")
    assert scroll.evaluate("node => node.scrollLeft > 100"), "the newest hours are shown"
    card, column = scroll.bounding_box(), page.locator("#time .axis-column").bounding_box()
    assert card is not None
    assert column is not None
    assert (round(column["x"]), round(column["y"])) == (round(card["x"]), round(card["y"]))
    inner = page.locator("#time .scroll .axis[text-anchor=end]").all_text_contents()
    assert page.locator("#time .axis-column .axis").all_text_contents() == inner
    page.locator(".bars").focus()
    page.keyboard.press("Home")
    bar = page.locator(".bar.chosen").bounding_box()
    assert bar is not None
    assert bar["x"] >= column["x"] + column["width"] - 1, "no bar is chosen behind the axis"


def test_two_periods_are_compared(keeping: ServerProcess, open_page: Open) -> None:
    page = diary(keeping, open_page, "period=7")
    expect(page.locator("#mix-table thead th")).to_have_count(6)
    assert page.locator(".mix-bar rect").count() == 12
    page.select_option("#compare", "none")
    expect(page.locator("#mix-table thead th")).to_have_count(4)


def test_exports_are_what_is_shown(keeping: ServerProcess, open_page: Open) -> None:
    page = diary(keeping, open_page, "period=7&speaker=twitch")
    shown = sum(page.locator(".bar").evaluate_all("all => all.map(one => +one.dataset.total)"))
    with page.expect_download() as waited:
        page.click("#csv")
    text = waited.value.path().read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == shown
    assert {row["speaker"] for row in rows} == {"twitch"}
    with page.expect_download() as waited:
        page.click("#json")
    assert len(json.loads(waited.value.path().read_bytes())) == shown


@pytest.mark.parametrize("width", [320, 700, 1280])
def test_nothing_is_wider_than_the_window(
    keeping: ServerProcess, open_page: Open, width: int
) -> None:
    window = {"width": width, "height": 700}
    page = diary(keeping, open_page, "period=7&by=hour", viewport=window)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width


def test_everything_has_a_name_and_english_is_english(
    keeping: ServerProcess, open_page: Open
) -> None:
    page = diary(keeping, open_page, locale="en-US")
    texts = page.locator("[data-t], #legend span, .axis, th, #facts li").all_text_contents()
    korean = [text for text in texts if any("가" <= letter <= "힣" for letter in text)]
    assert [text for text in korean if "민지의 게임" not in text] == []
    nameless = page.evaluate("""() => [...document.querySelectorAll(
        "button, select, input, [role=img]")]
      .filter(node => !(node.getAttribute("aria-label") || node.textContent.trim() ||
                        node.labels?.[0]?.textContent.trim()))
      .map(node => node.outerHTML)""")
    assert nameless == []
    keys = page.evaluate(
        "async () => { const {DIARY_TEXTS} = await import('/diary-texts.js');"
        " return [Object.keys(DIARY_TEXTS.ko), Object.keys(DIARY_TEXTS.en)]; }"
    )
    assert keys[0] == keys[1]
    page.click("[data-language=ko]")
    expect(page.locator("#time-title")).to_have_text("감정의 흐름")


def test_every_emotion_has_a_pattern_of_its_own(keeping: ServerProcess, open_page: Open) -> None:
    page = diary(keeping, open_page)
    strokes = page.locator("#tones pattern path").evaluate_all(
        "all => all.map(one => one.getAttribute('d'))"
    )
    assert len(strokes) == len(set(strokes)) == 6


def test_a_history_that_is_off_is_explained(server: ServerProcess, open_page: Open) -> None:
    page = open_page(f"{server.url}/diary", allow=REFUSED)
    expect(page.locator("#message[data-code=history_off]")).to_contain_text("[history]")
    expect(page.locator("#cards")).to_be_hidden()


def test_a_period_without_lines_is_explained(keeping: ServerProcess, open_page: Open) -> None:
    page = diary(keeping, open_page, "period=own&since=2020-01-01&last=2020-01-31")
    expect(page.locator("#message[data-code=empty]")).to_contain_text("history")
    page.select_option("#period", "28")
    expect(page.locator("#cards")).to_be_visible()
    expect(page.locator("#message")).to_be_hidden()


def test_a_token_is_asked_for_and_kept_out_of_the_address(
    told: tuple[str, list[Event]], serve: Serve, open_page: Open
) -> None:
    options = ("--token", OWN, "--read-only-token", READ, "--history.url", told[0])
    server = serve(*options)
    page = open_page(f"{server.url}/diary?{ZONE}", allow=REFUSED)
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    page.fill("#token", OWN)
    page.press("#token", "Enter")
    page.wait_for_selector("body[data-state=ready]")
    expect(page.locator("#message[data-code=empty]")).to_be_visible()  # another group's lines
    assert [url for url in addresses if "horse" in url] == []
    reader = open_page(f"{server.url}/diary?{ZONE}#token=only%20looking", allow=REFUSED)
    expect(reader.locator("#message[data-code=read_only]")).to_be_visible()


def test_the_report_is_a_pdf_of_several_pages(
    told: tuple[str, list[Event]], tmp_path: Path
) -> None:
    need_chromium()
    database = Database(told[0])
    file = tmp_path / "report.pdf"
    asked = {"zone": "Asia/Seoul", "lang": "ko", "period": "28"}
    write_report(Answers(database), None, asked, file, browser=CHROMIUM)
    data = file.read_bytes()
    assert data.startswith(b"%PDF")
    assert data.count(b"/Type /Page\n") + data.count(b"/Type /Page ") >= 2
    database.close()


def test_a_report_of_a_lost_history_says_why(tmp_path: Path) -> None:
    need_chromium()
    database = Database(str(tmp_path / "not there" / "history.db"))
    file = tmp_path / "report.pdf"
    with pytest.raises(UsageError, match="unable to open"):
        write_report(Answers(database), None, {"lang": "en"}, file, browser=CHROMIUM)
    assert not file.exists()
    database.close()
