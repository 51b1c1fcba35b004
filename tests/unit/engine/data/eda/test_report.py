"""The whole page: what it shows, that it stands alone, and that data cannot break it."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image
from rich.console import Console

from emopic_engine.data.eda.charts import colours
from emopic_engine.data.eda.fonts import korean_font
from emopic_engine.data.eda.report import Settings, render_report, write_report
from emopic_engine.data.eda.words import telling_words, words
from emopic_engine.data.text.example import Example
from emopic_engine.data.text.mapping import load_mapping
from emopic_engine.data.text.reader import Account, Reading, read_examples
from emopic_engine.emotions import DEFAULT, Emotions
from emopic_engine.errors import DataError
from emopic_engine.text.tokenizer import Tokenizer

QUIET = Console(file=io.StringIO())
VOID = {"meta", "img", "br", "link", "input"}


class Page(HTMLParser):
    """Checks that tags close in order, and collects pictures, texts and foreign addresses."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.pictures: dict[str, bytes] = {}
        self.addresses: list[str] = []
        self.texts: list[str] = []
        self.feed(content)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        source = given.get("src") or given.get("href") or ""
        if source.startswith("data:"):
            name = given.get("alt") or ""
            self.pictures[name] = base64.b64decode(source.partition(",")[2])
        elif source:
            self.addresses.append(source)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(" ".join(data.split()))


@pytest.fixture
def settings(tmp_path: Path, spiece: bytes) -> Settings:
    path = tmp_path / "spiece.model"
    path.write_bytes(spiece)
    return Settings("모임", ("a.csv",), Tokenizer(path), korean_font(), max_tokens=20)


def test_speech_report(speech_csv: Path, settings: Settings, tmp_path: Path) -> None:
    reading = read_examples(load_mapping("aihub_speech"), [speech_csv])
    out = tmp_path / "deep" / "report.html"
    write_report(out, reading, settings, QUIET)
    page = Page(out.read_text(encoding="utf-8"))
    assert all(address.startswith("#") for address in page.addresses)
    expected = {"Lines by label", "Emotions by age", "Emotions by sex", "Token lengths by emotion"}
    assert expected <= page.pictures.keys()
    shown = " ".join(page.texts)
    assert "10 rows were read, 2 left out as “disgust”, 1 ties decided by strength" in shown
    assert "texts with conflicting labels" in shown
    assert "어머, 벌써 왔어?" in shown


def test_pictures_are_pictures(kote_tsv: Path, settings: Settings) -> None:
    reading = read_examples(load_mapping("kote"), [kote_tsv])
    repeated = Reading(reading.emotions, reading.examples * 3, reading.account)
    page = Page(render_report(repeated, settings, QUIET))
    assert "Mean soft targets" in page.pictures
    for name, content in page.pictures.items():
        if name.startswith("Words of"):
            picture = Image.open(io.BytesIO(content)).convert("L")
            assert picture.size == (760, 480)
            dark, light = picture.getextrema()
            assert dark < 200 < light
        else:
            assert content.startswith(b"<?xml")
            assert re.search(rb"<path|<use", content)


def test_bars_show_each_share_in_its_colour(settings: Settings) -> None:
    line = Example(text="음", source="x", label=1, target=(0.0, 0.5, 0.25, 0.0, 0.25, 0.0))
    page = render_report(Reading(DEFAULT, (line,), Account(rows=1)), settings, QUIET)
    anger, anxiety, sadness = (colours(DEFAULT.names)[label] for label in (1, 2, 4))
    bars = re.findall(r'<i style="width: ([\d.]+)%; background: (#\w+)">', page)
    assert bars == [("50.00", anger), ("25.00", anxiety), ("25.00", sadness)]
    assert 'title="분노 anger 50 %, 불안 anxiety 25 %, 슬픔 sadness 25 %"' in page


def test_the_same_data_give_the_same_page(kote_tsv: Path, settings: Settings) -> None:
    reading = read_examples(load_mapping("kote"), [kote_tsv])
    assert render_report(reading, settings, QUIET) == render_report(reading, settings, QUIET)


def test_texts_from_the_data_are_escaped(settings: Settings) -> None:
    evil = Example(text="<script>alert(1)</script>", source="x", label=0, target=(1.0, 0.0))
    emotions = Emotions.from_labels(("joy", "<b>anger</b>"))
    page = render_report(Reading(emotions, (evil,), Account(rows=1)), settings, QUIET)
    assert "<script>" not in page
    assert "<b>anger" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_44_emotions_fit(kote_tsv: Path, settings: Settings) -> None:
    reading = read_examples(load_mapping("kote44"), [kote_tsv])
    assert len(set(colours(reading.emotions.names))) == 44
    Page(render_report(reading, settings, QUIET))


def test_words_are_dictionary_forms_and_marks() -> None:
    (found,) = words(["시험이 너무 무서웠어 ㅠㅜㅜㅜ ㅋㅋㅋㅋ"])
    assert {"시험", "무섭다", "ㅠㅠ", "ㅋㅋ"} <= found
    assert not found & {"이", "었", "어", "ㅜㅜ"}


def test_telling_words_leave_out_what_all_say() -> None:
    def lines(label: int, *texts: str) -> list[Example]:
        target = tuple(float(k == label) for k in range(2))
        return [Example(text=t, source="t", label=label, target=target) for t in texts]

    given = [
        *lines(0, *["오늘 선물 받았다"] * 6, "오늘 선물 왔다"),
        *lines(1, *["오늘 시험 떨어졌다"] * 6, "오늘 시험 봤다"),
    ]
    joy, anger = telling_words(given, 2)
    assert next(iter(joy)) == "선물"
    assert "시험" in anger
    assert "오늘" not in {*joy, *anger}


def test_fonts_without_korean_are_refused(tmp_path: Path) -> None:
    import matplotlib as mpl

    latin = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    for font in (latin, tmp_path / "none.ttf"):
        with pytest.raises(DataError, match="is not a font with Korean letters"):
            korean_font(font)


def test_colours_are_the_same_in_every_set() -> None:
    mixed = ["pride", "joy", "boredom"]
    assert colours(mixed)[1] == colours(DEFAULT.names)[0]
    assert len(set(colours(mixed))) == 3
