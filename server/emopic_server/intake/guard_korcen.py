"""A second opinion: the package `korcen`, asked about what our own rules find clean.

korcen takes all spaces out before it looks, so it also finds words that nobody has written (백 개
넘음). Its finding counts only where it stands within one word of the line, harmless words aside.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from typing import Any, Final

from emopic_server.errors import ConfigError
from emopic_server.intake.guard_rules import WALL, Rules
from emopic_server.intake.guard_text import Span

# Its other levels mind rude words, politics and single signs: not what the guard is for.
LEVELS: Final = ("general", "sexual", "belittle", "race", "parent")


class Korcen:
    """An `Opinion`. Raises `ConfigError` when the package is missing."""

    def __init__(self) -> None:
        module = _load()
        self._report: Callable[[str, str], str | None] = module.check_and_report_profanity_pattern
        self._fold: Callable[[str, str], str] = module.preprocess_text
        self._levels: tuple[tuple[str, Any, Any], ...] = tuple(
            (
                level,
                re.compile(module.get_final_filter_regex_str(level)),
                module.get_profanity_regex(level),
            )
            for level in LEVELS
        )

    def find(self, line: str, rules: Rules) -> Sequence[Span]:
        """The words of `line` that korcen minds, whole: it does not say where in a word."""
        minded = [level for level, *patterns in self._levels if self._minds(line, level, *patterns)]
        if not minded:
            return ()
        words = list(_words(rules.questionable(line)))
        text = " ".join(line[begin:end] for begin, end in words)
        return [span for level in minded for span in self._profane(line, text, words, level)]

    def _minds(self, line: str, level: str, noise: Any, words: Any) -> bool:
        """A quick look, before harmless words are taken out: most lines end here."""
        return words.search(noise.sub("", self._fold(line, level))) is not None

    def _profane(self, line: str, text: str, words: list[Span], level: str) -> list[Span]:
        found = self._report(text, level)
        if not found or found.isascii():
            return []
        return [(a, b) for a, b in words if found in self._fold(line[a:b], level)]


def _words(text: str) -> Iterator[Span]:
    """Where the words of a line are: between spaces and walls."""
    begin = None
    for at, sign in enumerate(text + " "):
        if sign.isspace() or sign == WALL:
            if begin is not None:
                yield begin, at
            begin = None
        elif begin is None:
            begin = at


def _load() -> Any:
    """The module, without what importing it does beside: it prints, wraps stdout, and takes lists
    from the working directory."""
    silence = io.StringIO()
    with redirect_stdout(silence), redirect_stderr(silence):
        try:
            module = import_module("korcen").korcen
        except ImportError as error:
            expected = "the package korcen: pip install 'emopic-server[korcen]'"
            raise ConfigError("guard_second_opinion", "korcen", expected) from error
    module.CUSTOM_INCLUDE_REGEXES = []
    module.CUSTOM_EXCLUDE_REGEXES = []
    return module
