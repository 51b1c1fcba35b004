"""Tesseract's table, and the real Tesseract where it is installed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from benchmarks.ocr.compare import edit_distance, read, unspaced, wrong
from benchmarks.ocr.render import FONTS, samples

from emopic_server.errors import ConfigError, Refusal
from emopic_server.intake.ocr import Reading, Tesseract, read_table

HEAD = (
    "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"
)
MISSING = shutil.which("tesseract") is None or not FONTS.is_dir()
REAL = pytest.mark.skipif(
    MISSING, reason="apt-get install tesseract-ocr tesseract-ocr-kor fonts-nanum"
)


def table(*words: tuple[str, float], gap: int = 20, line: int = 0) -> str:
    """Words 30 pixels wide, `gap` apart; with `line`, each on a line of its own."""
    rows = [
        f"5\t1\t1\t1\t{1 + number * line}\t1\t{number * (30 + gap)}\t0\t30\t48\t{sure}\t{word}"
        for number, (word, sure) in enumerate(words)
    ]
    return "\n".join([HEAD, "1\t1\t0\t0\t0\t0\t0\t0\t99\t99\t-1\t", *rows, ""])


def test_words_and_their_confidence() -> None:
    reading = read_table(table(("안녕", 90.0), (" ", 95.0), ("하세요", 40.0)))
    assert reading == Reading("안녕 하세요", 0.6)


def test_quotes_are_only_letters_and_jamo_are_composed() -> None:
    assert read_table(table(('"좋', 50), ("\u1112\u1161\u11ab", 50))).text == '"좋 한'


def test_where_there_is_hardly_a_gap_there_is_no_space() -> None:
    words = ("안", 90.0), ("녕", 90.0)
    assert read_table(table(*words, gap=13)).text == "안녕"
    assert read_table(table(*words, gap=14)).text == "안 녕"
    assert read_table(table(*words, gap=0, line=1)).text == "안 녕", "but between lines there is"


def test_an_empty_table() -> None:
    assert read_table(table()) == Reading("", 0.0)
    assert read_table("") == Reading("", 0.0)


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [
        ("", "", 0),
        ("가나다", "가나다", 0),
        ("가나다", "가다", 1),
        ("", "가나", 2),
        ("가나", "나가", 2),
    ],
)
def test_the_edit_distance(a: str, b: str, distance: int) -> None:
    assert edit_distance(a, b) == edit_distance(b, a) == distance


def test_without_tesseract_the_error_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="apt-get install tesseract-ocr"):
        Tesseract()


@REAL
async def test_photographed_print_and_handwriting_are_read() -> None:
    bad = count = 0
    reader = Tesseract()
    for sample in samples({"NanumGothic": 3, "NanumPen": 3}):
        truth = unspaced(sample.text)
        bad += wrong(unspaced(await read(reader, sample)), truth)
        count += len(truth)
    assert count > 40
    assert bad / count < 0.2


@REAL
async def test_a_folder_with_nothing_but_a_model(tmp_path: Path) -> None:
    installed = sorted(Path("/usr/share/tesseract-ocr").glob("*/tessdata/kor.traineddata"))
    (tmp_path / "kor.traineddata").symlink_to(installed[-1])
    (sample,) = samples({"NanumGothic": 1})
    reading = await Tesseract(models=tmp_path).read(sample.picture)
    assert reading == await Tesseract().read(sample.picture)


@REAL
async def test_a_missing_language_is_said() -> None:
    (sample,) = samples({"NanumGothic": 1})
    with pytest.raises(Refusal, match="apt-get install") as caught:
        await Tesseract(language="tlh").read(sample.picture)
    assert caught.value.code == "unavailable"


@REAL
async def test_reading_that_takes_too_long_is_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "tesseract"
    program.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (sample,) = samples({"NanumGothic": 1})
    with pytest.raises(Refusal, match="too long"):
        await Tesseract(seconds=0.5).read(sample.picture)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
