"""Syllables taken apart and put together; typing slips stay within one syllable."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emopic_engine.train.hangul import Syllable, is_syllable, letters, neighbours, slip


@given(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3))
def test_apart_and_together_is_the_same_syllable(syllable: str) -> None:
    assert str(letters(syllable)) == syllable


@pytest.mark.parametrize(
    ("syllable", "expected"),
    [("가", ("ㄱ", "ㅏ", "")), ("뷁", ("ㅂ", "ㅞ", "ㄺ")), ("힣", ("ㅎ", "ㅣ", "ㅎ"))],
)
def test_letters(syllable: str, expected: tuple[str, str, str]) -> None:
    assert letters(syllable) == expected
    assert str(Syllable(*expected)) == syllable


@pytest.mark.parametrize(
    ("letter", "near"), [("ㄴ", "ㅁㅇ"), ("ㅂ", "ㅈ"), ("ㅡ", "ㅜ"), ("ㅘ", ""), ("", "")]
)
def test_neighbouring_keys(letter: str, near: str) -> None:
    assert neighbours(letter) == near


@given(st.text(), st.integers())
def test_a_slip_changes_at_most_one_syllable(text: str, seed: int) -> None:
    changed = slip(text, random.Random(seed))
    assert len(changed) == len(text)
    different = [(a, b) for a, b in zip(text, changed, strict=True) if a != b]
    assert len(different) <= 1
    assert all(is_syllable(a) and is_syllable(b) for a, b in different)


def test_slips_happen() -> None:
    chance = random.Random(0)
    seen = {slip("그래서 어제 갔는데", chance) for _ in range(300)}
    assert "그레서 어제 갔는데" in seen  # sounds alike
    assert "그래서 어제 가는데" in seen  # final consonant left out
    assert "그래서 어제 갔는네" not in seen  # ㄷ and ㄴ are not neighbours
    assert len(seen) > 15
