"""The diary's pictures as files: what is drawn, and the colours of the pages."""

from __future__ import annotations

import io
import re
import sys
import time
from datetime import UTC
from pathlib import Path

import pytest
from PIL import Image
from tests.browser.diary import story, write
from tests.unit.server.history.events import BEGIN, HOUR, event
from typer.testing import CliRunner

from emopic_engine.console import UsageError
from emopic_server.cli import app
from emopic_server.history.database import Database, Scope
from emopic_server.history.plot import OTHERS, TONES
from emopic_server.history.story import gather
from emopic_server.io.http import WEB

DAY = 24 * HOUR


def run(*options: str) -> tuple[int, str, BaseException | None]:
    ran = CliRunner().invoke(app, ["history", "plot", *options])
    return ran.exit_code, ran.stdout, ran.exception


@pytest.fixture
def history(tmp_path: Path) -> str:
    where = str(tmp_path / "history.db")
    write(where, story(round(time.time() * 1000)))
    return where


def test_the_colours_are_those_of_the_pages() -> None:
    text = (WEB / "palette.js").read_text(encoding="utf-8")
    known, others = text.split("const OTHERS")
    assert dict(re.findall(r'(\w+): "(#\w{6})"', known)) == dict(TONES)
    assert tuple(re.findall(r'"(#\w{6})"', others.split(";")[0])) == OTHERS


def test_the_pictures_show_the_emotions_colours(history: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    folder = tmp_path / "pictures"
    code, said, _ = run("--url", history, "--out", str(folder), "--zone", "Asia/Seoul")
    assert code == 0
    assert {Path(line).name for line in said.split()} == {
        "time.png",
        "mix.png",
        "calendar.png",
        "speakers.png",
    }
    for name in ("time", "mix", "speakers"):
        with Image.open(io.BytesIO((folder / f"{name}.png").read_bytes())) as picture:
            colours = dict(_colours(picture))
        for emotion in ("joy", "anger", "neutral", "surprise"):
            assert colours.get(TONES[emotion], 0) > 200, (name, emotion)


def _colours(picture: Image.Image) -> list[tuple[str, int]]:
    found = picture.convert("RGB").getcolors(picture.width * picture.height) or []
    return [("#" + bytes(colour).hex(), count) for count, colour in found]  # type: ignore[arg-type]


def test_a_story_counts_what_the_history_has(tmp_path: Path) -> None:
    database = Database(str(tmp_path / "h.db"))
    database.prepare()
    database.write([event(0), event(HOUR, top="anger"), event(DAY, top="anger", speaker="me")])
    told = gather(database, Scope(since=BEGIN, until=BEGIN + 3 * DAY), "week", UTC)
    database.close()
    assert told.totals == {"joy": 1, "anger": 2}
    assert [stretch.lines for stretch in told.stretches] == [{"joy": 1, "anger": 2}]
    assert list(told.leaders.values()) == ["joy", "anger"]
    assert [(one.speaker, one.total) for one in told.speakers] == [("chat", 2), ("me", 1)]


@pytest.mark.parametrize(
    "options",
    [
        ("--by", "year"),
        ("--lang", "fr"),
        ("--since", "2026-02-02", "--until", "2026-02-01"),
        ("--speaker", "nobody"),
        ("--zone", "Nowhere/Else"),
    ],
)
def test_what_cannot_be_drawn_is_said(
    history: str, tmp_path: Path, options: tuple[str, ...]
) -> None:
    _, _, error = run("--url", history, "--out", str(tmp_path / "p"), *options)
    assert isinstance(error, UsageError)
    assert not (tmp_path / "p").exists()


def test_without_matplotlib_it_says_how_to_get_it(
    history: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "emopic_server.history.plot")
    _, _, error = run("--url", history, "--out", str(tmp_path / "p"))
    assert isinstance(error, UsageError)
    assert "emopic-server[plot]" in str(error)
