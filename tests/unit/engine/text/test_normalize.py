"""One form for what looks the same."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emopic_engine.text.normalize import MAX_REPEATS, normalize

CASES = {
    "untouched": ("오늘 기분 최고!", "오늘 기분 최고!"),
    "decomposed Hangul": (unicodedata.normalize("NFD", "한국어"), "한국어"),
    "spaces and line breaks": ("  하나\t둘\r\n셋\u3000넷 ", "하나 둘 셋 넷"),
    "control characters": ("안\x00녕\x1b[0m", "안녕[0m"),
    "zero-width space and BOM": ("\ufeff안\u200b녕", "안녕"),
    "lone surrogate": ("안\ud800녕", "안녕"),
    "long laughter": ("ㅋ" * 30, "ㅋㅋㅋㅋ"),
    "four are left alone": ("ㅠㅠㅠㅠ", "ㅠㅠㅠㅠ"),
    "repeated pair": ("ㅠㅜ" * 9 + " 끝", "ㅠㅜ" * 4 + " 끝"),
    "digits stay": ("1000000원 5555555", "1000000원 5555555"),
    "punctuation": ("뭐라고?????????", "뭐라고????"),
    "emoji with joiner": ("👩\u200d💻 하이", "👩\u200d💻 하이"),
    "emoji only": ("😀", "😀"),
    "case stays": ("GG 수고 ㅇㅇ", "GG 수고 ㅇㅇ"),
    "Hangul filler between": ("안\u3164녕", "안 녕"),
}
EMPTY = [
    "",
    "   ",
    "\t\n",
    "\x00\x07",
    "\u200b\ufeff",
    "\u3164\u3164",
    "\u2800",
    "\ud800",
    "\u200d",
]


@pytest.mark.parametrize(("line", "expected"), CASES.values(), ids=CASES)
def test_table(line: str, expected: str) -> None:
    assert normalize(line) == expected


@pytest.mark.parametrize("line", EMPTY, ids=ascii)
def test_nothing_visible_is_empty(line: str) -> None:
    assert normalize(line) == ""


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("ㅋㅠ 가ᄀ각\u0301\u200d1!"))))
def test_twice_is_once(line: str) -> None:
    assert normalize(normalize(line)) == normalize(line)


@given(st.text(st.sampled_from("ㅋㅎ!"), max_size=40))
def test_no_run_is_longer_than_the_limit(line: str) -> None:
    assert all(character * (MAX_REPEATS + 1) not in normalize(line) for character in "ㅋㅎ!")
