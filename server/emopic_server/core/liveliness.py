"""What a face does beside its emotions: it blinks, and its mouth moves while it speaks.

Both are functions of time and of a seed, known beforehand: nothing is drawn by chance while they
run, so the same seed, line and time give the same face again. Their levels are quarters, 0 … 4,
which keeps the number of different pictures small. Each goes up and down again by one level at a
time, unless it is sampled more seldom than it steps: a blink is meant to be quick.
"""

from __future__ import annotations

import math
import random
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, TypeAlias

QUARTERS: Final = 4
_Steps: TypeAlias = tuple[tuple[float, ...], tuple[int, ...]]
"""Times in seconds, growing, and the level from each of them on."""

# ── blinking ─────────────────────────────────────────────────────────────────────────────────────

# Time is cut into cells with one blink in the first half of each: two in succession are 2 to 6 s
# apart, and where they are can be told for any moment without going through those before it.
_CELL_S: Final = 4.0
_SPREAD_S: Final = 2.0
_SHORTEST_S, _LONGEST_S = 0.15, 0.2
_DOUBLE: Final = 0.15  # share of blinks that come twice
_BETWEEN_S: Final = 0.12
# Lids fall faster than they rise.
_LIDS: Final = ((0.0, 1), (0.1, 2), (0.2, 3), (0.3, 4), (0.6, 3), (0.74, 2), (0.87, 1), (1.0, 0))
QUICKEST_STEP_S: Final = _SHORTEST_S * 0.1
"""No level of a blink is shorter than this."""


class Blinks:
    """Natural blinks, for ever; `seed` says when they come."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def at(self, now: float) -> int:
        """How far the lids are closed, in quarters."""
        times, levels = _blinks(self._seed, math.floor(now / _CELL_S))
        before = bisect_right(times, now)
        return levels[before - 1] if before else 0

    def next_change(self, now: float) -> float:
        """When that changes next."""
        cell = math.floor(now / _CELL_S)
        for times, _ in (_blinks(self._seed, cell), _blinks(self._seed, cell + 1)):
            if now < times[-1]:
                return times[bisect_right(times, now)]
        raise AssertionError("the next cell has a blink")


@lru_cache(maxsize=256)
def _blinks(seed: int, cell: int) -> _Steps:
    """What the lids do in one cell."""
    chance = random.Random(f"{seed} {cell}")
    start = cell * _CELL_S + chance.random() * _SPREAD_S
    times, levels = [], []
    for _ in range(2 if chance.random() < _DOUBLE else 1):
        seconds = chance.uniform(_SHORTEST_S, _LONGEST_S)
        times += [start + part * seconds for part, _ in _LIDS]
        levels += [level for _, level in _LIDS]
        start += seconds + _BETWEEN_S
    return tuple(times), tuple(levels)


# ── speaking ─────────────────────────────────────────────────────────────────────────────────────

_SYLLABLE_S: Final = 0.17  # near six a second, as Korean and English are read out
_CODA_S: Final = 0.03  # a closing consonant takes time too
_OPEN: Final = 0.85  # share of a syllable in which the mouth is not closed
_PARTS: Final = 8  # in which that time is cut
_BREATH_S: Final = 0.02  # before a line begins
_COMMA_S, _STOP_S = 0.15, 0.3
_COMMAS, _STOPS = ",;:、，", ".!?…~。！？\n"
# How wide each of Hangul's 21 medial vowels opens the mouth, in their order in Unicode.
_MEDIALS: Final = (
    *(1.0, 0.8, 1.0, 0.8, 0.75, 0.65, 0.75, 0.6, 0.5, 0.9, 0.75),
    *(0.55, 0.5, 0.35, 0.7, 0.6, 0.4, 0.35, 0.3, 0.35, 0.35),
)
_LATIN: Final = {"a": 1.0, "e": 0.65, "i": 0.4, "o": 0.75, "u": 0.45, "y": 0.4}
_OTHER: Final = 0.6
_LAUGH: Final = 0.5


class Speech:
    """The mouth's movement while lines are said. A new line cuts off the one before it."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._times: list[float] = []
        self._levels: list[int] = []

    def say(self, text: str, now: float) -> None:
        """Begin to say a line: now, or when the mouth has closed on the present syllable."""
        kept = bisect_right(self._times, now)
        while kept and self._levels[kept - 1]:
            kept += 1
        start = max(now, self._times[kept - 1] if kept else now) + _BREATH_S
        past = max(0, bisect_right(self._times, now) - 1)
        times, levels = _speech(text, self._seed, start)
        self._times = self._times[past:kept] + times
        self._levels = self._levels[past:kept] + levels

    def at(self, now: float) -> int:
        """How far the mouth is open, in quarters."""
        before = bisect_right(self._times, now)
        return self._levels[before - 1] if before else 0

    def next_change(self, now: float) -> float | None:
        """When that changes next; None once all is said."""
        after = bisect_right(self._times, now)
        return self._times[after] if after < len(self._times) else None


def _speech(text: str, seed: int, start: float) -> tuple[list[float], list[int]]:
    chance = random.Random(f"{seed} {zlib.crc32(text.encode(errors='replace'))}")
    times: list[float] = []
    levels: list[int] = []
    for opening, seconds in syllables(text):
        seconds *= chance.uniform(0.85, 1.2)
        peak = min(1.0, opening * chance.uniform(0.8, 1.1))
        for part in range(_PARTS + 1):
            height = peak * math.sin(math.pi * (part + 0.5) / _PARTS) if part < _PARTS else 0.0
            level = round(height * QUARTERS)
            if level != (levels[-1] if levels else 0):
                times.append(start + seconds * _OPEN * part / _PARTS)
                levels.append(level)
        start += seconds
    return times, levels


def syllables(text: str) -> Iterator[tuple[float, float]]:
    """The syllables and pauses of a line: how wide the mouth opens (0: a pause), and seconds.

    Hangul opens it by its vowels, Latin letters by groups of vowels; other letters and digits
    count as a syllable each. Signs that nobody says give nothing.
    """
    pause, vowel = 0.0, False
    for letter in text.lower():
        if letter in _COMMAS or letter in _STOPS:
            pause = max(pause, _STOP_S if letter in _STOPS else _COMMA_S)
            vowel = False
            continue
        spoken = _spoken(letter, after_vowel=vowel)
        vowel = letter in _LATIN
        if spoken is None:
            continue
        if pause:
            yield 0.0, pause
            pause = 0.0
        yield spoken


def _spoken(letter: str, *, after_vowel: bool) -> tuple[float, float] | None:
    code = ord(letter)
    if 0xAC00 <= code <= 0xD7A3:
        place = code - 0xAC00
        return _MEDIALS[place // 28 % 21], _SYLLABLE_S + (_CODA_S if place % 28 else 0.0)
    if 0x3131 <= code <= 0x318E:  # letters that stand alone: ㅋㅋㅋ, ㅠㅠ
        return _LAUGH, _SYLLABLE_S
    if letter in _LATIN:
        return None if after_vowel else (_LATIN[letter], _SYLLABLE_S)
    if letter.isascii() and not letter.isdigit():
        return None  # consonants sound with their vowels
    return (_OTHER, _SYLLABLE_S) if letter.isalnum() else None
