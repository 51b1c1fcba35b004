"""The profanity guard: where a line is profane, and the line with those places masked.

Our own list and rules come first (`guard_rules`); `korcen` may be asked for a second opinion
(`guard_korcen`). Pure and fast: no I/O after loading, some tens of microseconds a line, so it may
stand in a line's way. What counts as profane and what does not is in `docs/guard.md`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final, Protocol

from emopic_server.intake.guard_rules import Rules, own_rules
from emopic_server.intake.guard_text import Span, readings

MASK: Final = "*"


class Opinion(Protocol):
    """A further judge of lines in which our own rules have found nothing."""

    def find(self, line: str, rules: Rules) -> Sequence[Span]:
        """Where `line` (in NFC) is profane. `rules` know what is harmless."""
        ...


class Guard:
    """Judges lines. Safe to share between threads."""

    def __init__(self, rules: Rules | None = None, second: Opinion | None = None) -> None:
        self._rules = own_rules() if rules is None else rules
        self._second = second

    def find(self, line: str) -> tuple[Span, ...]:
        """Where the NFC form of `line` is profane, from left to right; () when it is clean."""
        line = unicodedata.normalize("NFC", line)
        found: set[Span] = set()
        for reading in readings(line):
            found.update(reading.source(*span) for span in self._rules.find(reading.text))
        if not found and self._second is not None:
            found.update(self._second.find(line, self._rules))
        return _merged(found)

    def mask(self, line: str) -> str:
        """`line` with every profane sign but spaces replaced by `*`; a clean line as it came."""
        spans = self.find(line)
        if not spans:
            return line
        signs = list(unicodedata.normalize("NFC", line))
        for begin, end in spans:
            signs[begin:end] = [" " if sign == " " else MASK for sign in signs[begin:end]]
        return "".join(signs)


def load_guard(second_opinion: str = "none") -> Guard:
    """A guard with the list of ours, and `korcen` or `none` beside it. Raises `ConfigError`."""
    if second_opinion == "none":
        return Guard()
    from emopic_server.intake.guard_korcen import Korcen  # an optional package

    return Guard(second=Korcen())


def _merged(spans: set[Span]) -> tuple[Span, ...]:
    """Spans in order, overlapping ones as one."""
    merged: list[Span] = []
    for begin, end in sorted(spans):
        if merged and begin < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return tuple(merged)
