"""A line as the guard reads it: folded, composed, and every sign traced to where it came from.

People hide words with full-width or circled letters, invisible characters, split jamo (ㅅㅣㅂㅏㄹ),
look-alikes (人ㅣ발, ㅅ1발) and a keyboard left in English (tlqkf). A `Reading` undoes one such
habit, so that the rules need only know the words. There is more than one reading of a line,
because undoing a habit may also destroy: `ㅅㅂ!` is no `ㅅ비`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Final

Span = tuple[int, int]
"""Begin and end of a stretch of text, in code points."""

_INITIALS: Final = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS: Final = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS: Final = "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_CLUSTERS: Final = {"ㅄ": "ㅂㅅ", "ㄳ": "ㄱㅅ", "ㄵ": "ㄴㅈ", "ㄶ": "ㄴㅎ"}
_DOUBLE_VOWELS: Final = {
    "ㅗㅏ": "ㅘ",
    "ㅗㅐ": "ㅙ",
    "ㅗㅣ": "ㅚ",
    "ㅜㅓ": "ㅝ",
    "ㅜㅔ": "ㅞ",
    "ㅜㅣ": "ㅟ",
    "ㅡㅣ": "ㅢ",
}
# What is drawn like a letter, whatever stands around it.
_LOOKS: Final = {
    **dict.fromkeys("人∧Λ⋀ᐱ", "ㅅ"),
    **dict.fromkeys("卜⺊", "ㅏ"),
    **dict.fromkeys("丨ǀ￨│┃", "ㅣ"),
    **dict.fromkeys("凸🖕", "ㅗ"),
    **dict(zip("аеосхурікнтм", "aeocxypikhtm", strict=True)),
    **dict(zip("αεοκντυχ", "aeokvtux", strict=True)),
}
# What is read as a vowel only right after a lone consonant.
_VOWEL_LOOKS: Final = {**dict.fromkeys("1!|li¡", "ㅣ"), "r": "ㅏ", "f": "ㅏ", "h": "ㅐ"}
# The two-set keyboard: what each Latin key types.
_KEYS: Final = dict(
    zip(
        "qwertyuiopasdfghjklzxcvbnm",
        "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡ",
        strict=True,
    )
)
# Vowels that stand alone as tears (ㅠㅜ) or a face (ㅡ) call for no composing.
_SPLIT: Final = re.compile("[ㄱ-ㅎ가-힣][ㅏ-ㅛㅝ-ㅟㅢㅣ]")
_HIDDEN: Final = re.compile(r"(?<=[ㄱ-ㅎ])[1!|li¡rfh]|\^\^?")
_LATIN: Final = re.compile(r"(?<![a-z])[a-z]{4,}(?![a-z])")


class Reading:
    """`text` for the rules, and for each of its signs the stretch of the line it stands for.

    Most lines are clean and nobody asks where a sign came from, so the first reading of a line
    finds out only when it is asked.
    """

    __slots__ = ("_line", "_origin", "text")

    def __init__(self, text: str, origin: tuple[Span, ...] | None, line: str = "") -> None:
        self.text = text
        self._origin = origin
        self._line = line

    @property
    def origin(self) -> tuple[Span, ...]:
        """The stretch of the line behind each sign of `text`."""
        if self._origin is None:
            signs = enumerate(self._line)
            self._origin = tuple((at, at + 1) for at, sign in signs for _ in _FOLDS[sign])
        return self._origin

    def source(self, begin: int, end: int) -> Span:
        """The stretch of the line that `text[begin:end]` (not empty) was read from."""
        return self.origin[begin][0], self.origin[end - 1][1]


def readings(line: str) -> Iterator[Reading]:
    """How `line` (in NFC) may be read: as it stands first, then with habits undone."""
    plain = _folded(line)
    yield plain
    if _SPLIT.search(plain.text):
        yield _composed(plain)
    if _HIDDEN.search(plain.text):
        yield _composed(_rewritten(plain, _HIDDEN, _look))
    if _LATIN.search(plain.text):
        yield _composed(_rewritten(plain, _LATIN, _typed))


class _Folds(dict[str, str]):
    """What a sign of a line becomes: nothing, itself, or several signs. Filled as signs come."""

    def __missing__(self, sign: str) -> str:
        folded = self[sign] = _fold(sign)
        return folded


def _fold(sign: str) -> str:
    if sign in _LOOKS:
        return _LOOKS[sign]
    if sign in _CLUSTERS:
        return _CLUSTERS[sign]
    if "ㄱ" <= sign <= "ㅣ" or "가" <= sign <= "힣":
        return sign
    if sign.isspace():
        return " "
    if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Mn", "Sk") and sign != "^":
        return ""
    if sign in "\u115f\u1160\u3164\uffa0\u2800":  # drawn as nothing
        return ""
    plain = unicodedata.normalize("NFKD", sign).lower()
    plain = "".join(_jamo(part) for part in plain if not unicodedata.combining(part))
    return unicodedata.normalize("NFC", plain) if plain.strip() else ""


def _jamo(sign: str) -> str:
    """A conjoining jamo as the letter it is; everything else as it is."""
    if "\u1100" <= sign <= "\u1112":
        return _INITIALS[ord(sign) - 0x1100]
    if "\u1161" <= sign <= "\u1175":
        return _VOWELS[ord(sign) - 0x1161]
    if "\u11a8" <= sign <= "\u11c2":
        return _FINALS[ord(sign) - 0x11A8]
    return sign


_FOLDS: Final = _Folds()


def _folded(line: str) -> Reading:
    if len(_FOLDS) > 50_000:  # a hostile client may send every sign there is
        _FOLDS.clear()
    return Reading("".join(map(_FOLDS.__getitem__, line)), None, line)


def _composed(reading: Reading) -> Reading:
    """Lone jamo put together to syllables, as a keyboard would."""
    signs: list[str] = []
    origin: list[Span] = []
    ours = False  # whether the last sign was put together here
    for sign, span in zip(reading.text, reading.origin, strict=True):
        joined = _joined(signs[-1], sign, ours) if signs else None
        stolen = _stolen(signs[-1], sign) if signs and joined is None else None
        if joined is not None:
            signs[-1], origin[-1] = joined, (origin[-1][0], span[1])
        elif stolen is not None:  # the final was none: it begins this syllable
            signs[-1:] = stolen
            origin.append((origin[-1][1] - 1, span[1]))
        else:
            signs.append(sign)
            origin.append(span)
        ours = joined is not None or stolen is not None
    return Reading("".join(signs), tuple(origin))


def _joined(before: str, sign: str, ours: bool) -> str | None:
    """`before` and `sign` as one sign, if a keyboard would make one of them.

    Only a syllable that was split takes a lone consonant as its final: `아ㅅㅂ` stays so.
    """
    if sign in _VOWELS:
        if before in _INITIALS:
            return _syllable(_INITIALS.index(before), _VOWELS.index(sign), 0)
        initial, vowel, final = _parts(before)
        double = _DOUBLE_VOWELS.get(_VOWELS[vowel] + sign) if initial >= 0 == final else None
        return None if double is None else _syllable(initial, _VOWELS.index(double), 0)
    if ours and sign in _FINALS and sign not in "ㅋㅎ":  # laughter ends no syllable
        initial, vowel, final = _parts(before)
        if initial >= 0 == final:
            return _syllable(initial, vowel, _FINALS.index(sign) + 1)
    return None


def _stolen(before: str, sign: str) -> tuple[str, str] | None:
    """`before` without its final, and the syllable that final and the vowel `sign` make."""
    initial, vowel, final = _parts(before)
    if sign not in _VOWELS or final <= 0 or _FINALS[final - 1] not in _INITIALS:
        return None
    head = _INITIALS.index(_FINALS[final - 1])
    return _syllable(initial, vowel, 0), _syllable(head, _VOWELS.index(sign), 0)


def _parts(syllable: str) -> tuple[int, int, int]:
    """Indices of initial, vowel and final (0: none) of a syllable; (-1, -1, -1) for others."""
    place = ord(syllable) - 0xAC00
    if not 0 <= place < 11_172:
        return -1, -1, -1
    return place // 588, place // 28 % 21, place % 28


def _syllable(initial: int, vowel: int, final: int) -> str:
    return chr(0xAC00 + initial * 588 + vowel * 28 + final)


def _rewritten(reading: Reading, pattern: re.Pattern[str], change: Callable[[str], str]) -> Reading:
    """Every match replaced by as many signs, or by one for all of it."""
    text: list[str] = []
    origin: list[Span] = []
    at = 0
    for match in pattern.finditer(reading.text):
        text.append(reading.text[at : match.start()])
        origin += reading.origin[at : match.start()]
        new = change(match[0])
        text.append(new)
        whole = reading.source(*match.span())
        origin += reading.origin[slice(*match.span())] if len(new) == len(match[0]) else [whole]
        at = match.end()
    text.append(reading.text[at:])
    return Reading("".join(text), (*origin, *reading.origin[at:]))


def _look(hidden: str) -> str:
    return {"^": "ㅅ", "^^": "ㅆ"}.get(hidden) or _VOWEL_LOOKS[hidden]


def _typed(word: str) -> str:
    return "".join(_KEYS[key] for key in word)
