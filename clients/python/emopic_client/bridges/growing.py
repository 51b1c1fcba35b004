"""Text that is still being generated, cut into lines that a face can follow. Pure.

A language model gives its answer in pieces. The sentence that grows becomes a partial line, a
finished sentence a finished line, so that the face moves while the model still writes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

# A sentence ends with its marks, and quotes or brackets behind them, before white space; or with
# the end of a line. A mark alone may be a decimal point or an ellipsis that goes on.
_END: Final = re.compile(r"[.!?…。！？~♥♡]+[\"'”’)\]」』]*(?=\s)|\n")


@dataclass(frozen=True, slots=True)
class Said:
    """What to say now: `number` counts the lines, and stays while a line grows."""

    number: int
    text: str
    final: bool


class Growing:
    """Feed pieces, get lines. A line has at most `most` characters; a longer one is cut at a
    space where it has one."""

    def __init__(self, most: int = 300) -> None:
        self._most = most
        self._rest = ""
        self._number = 0
        self._shown = ""

    def feed(self, piece: str) -> list[Said]:
        """Lines that `piece` finished, then the one that it began or continued."""
        self._rest += piece
        said = []
        while (end := self._end()) is not None:
            said += self._finish(self._rest[:end])
            self._rest = self._rest[end:]
        growing = self._rest.strip()
        if growing and growing != self._shown:
            self._shown = growing
            said.append(Said(self._number, growing, False))
        return said

    def finish(self) -> list[Said]:
        """The last line, if one is open. The text may begin anew after that."""
        rest, self._rest = self._rest, ""
        return self._finish(rest)

    def _end(self) -> int | None:
        found = _END.search(self._rest)
        if found is not None and found.end() <= self._most:
            return found.end()
        if len(self._rest) <= self._most:
            return None
        space = self._rest.rfind(" ", 1, self._most)
        return self._most if space < 0 else space

    def _finish(self, text: str) -> list[Said]:
        text = text.strip()
        if not text:
            return []
        said = Said(self._number, text, True)
        self._number += 1
        self._shown = ""
        return [said]
