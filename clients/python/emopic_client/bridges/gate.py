"""Which chat lines reach a face: speakers, language, words, rate. Pure.

A chat of a thousand people writes more than one face can follow. Lines that do not pass are
dropped, and counted by reason.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final, Literal, TypeAlias

Language: TypeAlias = Literal["any", "ko", "en"]

_SCRIPTS: Final = {"ko": "HANGUL", "en": "LATIN"}
_SHARE: Final = 0.5  # of a line's letters that have to be of the wanted script
_COMMAND: Final = "!"


@dataclass(frozen=True, slots=True)
class ChatLine:
    """One line of a chat."""

    text: str
    speaker: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """What passes. Names are compared without case.

    `only` empty means everybody but `ignore`. `language` wants half of the letters in its script;
    lines without letters (`ㅋㅋ` has letters, `😂` has none) pass. Lines in which one of the
    regular expressions `words` is found do not. `per_minute` lines at most, in bursts of up to
    `burst`.
    """

    only: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    language: Language = "any"
    commands: bool = False
    words: tuple[str, ...] = ()
    per_minute: float = 60.0
    burst: int = 5


@dataclass
class Gate:
    """Lets lines pass by `Rules`. `dropped` counts the others by reason."""

    rules: Rules
    dropped: Counter[str] = field(default_factory=Counter)
    _tokens: float = field(init=False)
    _at: float | None = None

    def __post_init__(self) -> None:
        self._tokens = float(self.rules.burst)

    def admit(self, line: ChatLine, now: float) -> ChatLine | None:
        """The line as it may be said, or None. `now` in seconds only grows."""
        text = " ".join(line.text.split())
        reason = self._objection(replace(line, text=text))
        if reason is None and not self._spend(now):
            reason = "rate"
        if reason is not None:
            self.dropped[reason] += 1
            return None
        return replace(line, text=text)

    def _objection(self, line: ChatLine) -> str | None:
        rules, speaker = self.rules, line.speaker.casefold()
        if not line.text:
            return "empty"
        if speaker in rules.ignore or (rules.only and speaker not in rules.only):
            return "speaker"
        if line.text.startswith(_COMMAND) and not rules.commands:
            return "command"
        if not in_language(line.text, rules.language):
            return "language"
        if _pattern(rules.words).search(line.text):
            return "words"
        return None

    def _spend(self, now: float) -> bool:
        since = 0.0 if self._at is None else now - self._at
        self._at = now
        earned = since * self.rules.per_minute / 60.0
        self._tokens = min(float(self.rules.burst), self._tokens + earned)
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


def in_language(text: str, language: Language) -> bool:
    """Whether at least half of the letters are of the language's script."""
    if language == "any":
        return True
    names = [unicodedata.name(c, "") for c in text if c.isalpha()]
    wanted = sum(name.startswith(_SCRIPTS[language]) for name in names)
    return not names or wanted >= _SHARE * len(names)


def names(words: Iterable[str]) -> frozenset[str]:
    """Speakers as `Rules` wants them."""
    return frozenset(word.strip().casefold() for word in words if word.strip())


def read_words(text: str) -> tuple[str, ...]:
    """One regular expression a line; `#` begins a comment. Raises `ValueError` for a bad one."""
    words = [line.split("#")[0].strip() for line in text.splitlines()]
    for word in words:
        try:
            re.compile(word)
        except re.error as error:
            raise ValueError(f"not a regular expression: {word!r}: {error}") from error
    return tuple(word for word in words if word)


@lru_cache(maxsize=8)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """All words in one; a pattern that never matches where there are none."""
    return re.compile("|".join(f"(?:{word})" for word in words) or r"(?!)", re.IGNORECASE)
