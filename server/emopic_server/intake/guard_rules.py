"""The guard's own list: `guard_ko.txt` compiled, and looked up in one reading of a line.

A rule is tried only where its first letter stands, so a line of chat costs a dictionary look-up a
letter, and hardly ever a regular expression.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from emopic_server.intake.guard_text import Span

LIST: Final = Path(__file__).with_name("guard_ko.txt")
WALL: Final = "\x00"  # stands where something harmless was; no rule reaches across it

_SHORT: Final = {
    "~": rf"[^가-힣ㄱ-ㅊㅌㅍ\s{WALL}]{{0,3}}",
    "_": rf"[^가-힣ㄱ-ㅊㅌㅍ{WALL}]{{0,3}}",
    "-": rf"(?:[^\w{WALL}]|[\d_]){{0,3}}",
}
_START: Final = "(?<![가-힣])"
_END: Final = "(?![가-힣])"
_FIRST: Final = re.compile(
    r"(?P<before>\^|\(\?<[!=].*?\))?(?:\[(?P<many>[^\]^]+)\]|(?P<one>[^\W_]))"
)
_GAP: Final = re.compile(r"[^가-힣ㄱ-ㅊㅌㅍ]")
# What may follow a word whose syllables are held apart: 시.발놈 is one, 다시.발표 is none.
_TAIL: Final = re.compile("[놈년새끼넘아야것같련들이은는가도만를라롬럼진]")


class RuleError(ValueError):
    """The list has a line that is no rule. Names the line."""


class Rules:
    """The words, what is harmless, and what is pardoned. Immutable and safe to share."""

    def __init__(
        self,
        words: Mapping[str, re.Pattern[str]],
        harmless: re.Pattern[str],
        pardoned: re.Pattern[str],
    ) -> None:
        self._words = words
        self._harmless = harmless
        self._pardoned = pardoned

    def find(self, text: str) -> list[Span]:
        """Where a reading's text is profane, from left to right, without overlaps."""
        if next(self._matches(text), None) is None:
            return []
        return list(self._matches(_without(self._harmless, text)))

    def questionable(self, text: str) -> str:
        """`text` for a second opinion: a wall in place of every sign harmless or pardoned."""
        return _without(self._pardoned, _without(self._harmless, text))

    def _matches(self, text: str) -> Iterator[Span]:
        words, end = self._words, 0
        for at, sign in enumerate(text):
            pattern = words.get(sign)
            if pattern is None or at < end:
                continue
            match = pattern.match(text, at)
            if match is not None and _whole(text, match):
                end = match.end()
                yield at, end


def _without(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda match: WALL * len(match[0]), text)


def _whole(text: str, match: re.Match[str]) -> bool:
    """Whether a word that is held apart by gaps is one, and not the ends of two others."""
    if not _GAP.search(match[0]) or match[0].isascii():
        return True
    before = text[match.start() - 1 : match.start()]
    after = text[match.end() : match.end() + 1]
    inside = "가" <= before <= "힣" or "가" <= after <= "힣"
    return not inside or (not "가" <= before <= "힣" and bool(_TAIL.match(after)))


@cache
def own_rules() -> Rules:
    """The rules of the list that ships with the server."""
    return read_rules(LIST.read_text(encoding="utf-8").splitlines())


def read_rules(lines: Iterable[str]) -> Rules:
    """Rules from the lines of a list (`guard_ko.txt` says how). Raises `RuleError`."""
    sections: dict[str, list[str]] = {"[harmless]": [], "[words]": [], "[pardoned]": []}
    section = None
    for line in lines:
        if line in sections:
            section = sections[line]
        elif line and not line.startswith("#"):
            if section is None:
                raise RuleError(f"{line!r} stands before every section: {', '.join(sections)}")
            section.append(line)
    words, harmless, pardoned = (
        sections[f"[{name}]"] for name in ("words", "harmless", "pardoned")
    )
    return Rules(_index(words), _any(harmless), _any(pardoned))


def _any(patterns: Iterable[str]) -> re.Pattern[str]:
    return _compiled("|".join(f"(?:{pattern})" for pattern in patterns) or "(?!)")


def _index(rules: Iterable[str]) -> dict[str, re.Pattern[str]]:
    """All rules that may begin with a letter, as one pattern, by that letter."""
    by_letter: dict[str, list[str]] = defaultdict(list)
    for rule in rules:
        for choice in _choices(rule):
            first = _FIRST.match(choice)
            if first is None:
                raise RuleError(f"{choice!r} does not begin with a letter or a class of letters")
            for letter in first["many"] or first["one"]:
                by_letter[letter].append(_long(choice))
    return {letter: _compiled("|".join(choices)) for letter, choices in by_letter.items()}


def _choices(rule: str) -> Iterator[str]:
    """The alternatives of a rule: split at every | that stands in no parentheses."""
    depth, begin = 0, 0
    for at, sign in enumerate(rule):
        depth += (sign == "(") - (sign == ")")
        if sign == "|" and depth == 0:
            yield rule[begin:at]
            begin = at + 1
    yield rule[begin:]


def _long(rule: str) -> str:
    """A rule with its abbreviations written out."""
    body = _START + rule[1:] if rule.startswith("^") else rule
    body = body[:-1] + _END if body.endswith("$") else body
    inside = False
    signs = []
    for sign in body:
        inside = (inside or sign == "[") and sign != "]"
        signs.append(sign if inside else _SHORT.get(sign, sign))
    return "".join(signs)


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise RuleError(f"{pattern!r}: {error}") from error
