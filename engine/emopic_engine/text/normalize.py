"""A chat line before tokenising: one form for what looks the same.

The policy, in order:

1. NFC, so that decomposed Hangul (as some systems type it) becomes syllables.
2. Control and format characters go, line breaks and tabs become spaces. The zero-width joiner
   stays: it holds emoji together. Characters that draw nothing (Hangul fillers, the Braille blank)
   become spaces, and lone surrogates go.
3. Runs of spaces become one; none at the ends.
4. A character, or a pair of them, repeated more than four times is kept four times: a long
   `ㅋㅋㅋㅋㅋㅋㅋ` says no more than half of it. Digits stay: 1000000 is a number.

Case, punctuation and emoji stay; they carry feeling.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MAX_REPEATS: Final = 4

_ZERO_WIDTH_JOINER: Final = "\u200d"
# Letters by category, yet they draw nothing: Hangul fillers (choseong, jungseong, compatibility,
# halfwidth) and the Braille blank.
_BLANKS: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_REPEATS: Final = re.compile(rf"([^\d\s]{{1,2}}?)\1{{{MAX_REPEATS},}}")


def normalize(line: str) -> str:
    """The line in normal form, "" when nothing visible is in it. Twice is the same as once."""
    visible = "".join(map(_visible, unicodedata.normalize("NFC", line)))
    spaced = " ".join(visible.split())
    # Dropping a character may bring two halves of a syllable together, hence NFC once more.
    shortened = _REPEATS.sub(lambda run: run[1] * MAX_REPEATS, unicodedata.normalize("NFC", spaced))
    return shortened if shortened.strip(_ZERO_WIDTH_JOINER + " ") else ""


def _visible(character: str) -> str:
    if character in _BLANKS or character.isspace():
        return " "
    if character == _ZERO_WIDTH_JOINER:
        return character
    return "" if unicodedata.category(character) in ("Cc", "Cf", "Cs") else character
