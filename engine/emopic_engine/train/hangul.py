"""Hangul as it is typed: syllables as letters, and the slips of a two-set keyboard."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final, NamedTuple

INITIALS: Final = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS: Final = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS: Final = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")

_FIRST: Final = 0xAC00
_LAST: Final = 0xD7A3
# The two-set layout: consonants under the left hand, vowels under the right.
_ROWS: Final = ("ㅂㅈㄷㄱㅅ", "ㅁㄴㅇㄹㅎ", "ㅋㅌㅊㅍ", "ㅛㅕㅑㅐㅔ", "ㅗㅓㅏㅣ", "ㅠㅜㅡ")
# Vowels that sound alike today and are mixed up in writing.
_ALIKE: Final = {"ㅐ": "ㅔ", "ㅔ": "ㅐ", "ㅒ": "ㅖ", "ㅖ": "ㅒ", "ㅙ": "ㅚ", "ㅚ": "ㅙ", "ㅞ": "ㅙ"}


class Syllable(NamedTuple):
    """A syllable's letters; `final` is "" where it has none."""

    initial: str
    vowel: str
    final: str

    def __str__(self) -> str:
        place = INITIALS.index(self.initial) * len(VOWELS) + VOWELS.index(self.vowel)
        return chr(_FIRST + place * len(FINALS) + FINALS.index(self.final))


def is_syllable(character: str) -> bool:
    """Whether this is a composed Hangul syllable."""
    return _FIRST <= ord(character) <= _LAST


def letters(syllable: str) -> Syllable:
    """Take a composed syllable apart."""
    place, final = divmod(ord(syllable) - _FIRST, len(FINALS))
    initial, vowel = divmod(place, len(VOWELS))
    return Syllable(INITIALS[initial], VOWELS[vowel], FINALS[final])


def neighbours(letter: str) -> str:
    """The letters on the keys left and right of a letter's key; "" for one without its own key."""
    for row in _ROWS:
        place = row.find(letter)
        if letter and place >= 0:
            return row[max(0, place - 1) : place] + row[place + 1 : place + 2]
    return ""


def slip(text: str, chance: random.Random) -> str:
    """The text with one typing mistake in a random syllable; unchanged where none is possible.

    The neighbouring key, a vowel that sounds alike, or a final consonant left out.
    """
    places = [place for place, character in enumerate(text) if is_syllable(character)]
    if not places:
        return text
    place = chance.choice(places)
    wrong = chance.choice(_SLIPS)(letters(text[place]), chance)
    return text[:place] + str(wrong) + text[place + 1 :]


def _near(letter: str, chance: random.Random) -> str:
    near = neighbours(letter)
    return chance.choice(near) if near else letter


def _wrong_initial(syllable: Syllable, chance: random.Random) -> Syllable:
    return syllable._replace(initial=_near(syllable.initial, chance))


def _wrong_vowel(syllable: Syllable, chance: random.Random) -> Syllable:
    return syllable._replace(vowel=_near(syllable.vowel, chance))


def _alike(syllable: Syllable, chance: random.Random) -> Syllable:
    alike = _ALIKE.get(syllable.vowel)
    return _wrong_vowel(syllable, chance) if alike is None else syllable._replace(vowel=alike)


def _no_final(syllable: Syllable, chance: random.Random) -> Syllable:
    return syllable._replace(final="") if syllable.final else _alike(syllable, chance)


_SLIPS: Final[tuple[Callable[[Syllable, random.Random], Syllable], ...]] = (
    _wrong_initial,
    _wrong_vowel,
    _alike,
    _no_final,
)
