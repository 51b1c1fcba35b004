"""What of a line is kept for the history, and what waits to be written.

The core only decides and gathers; `io.history` writes beside the line's way. Who may not be asked
is not recorded: a session that says `off` is not, whoever owns the character it talks to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from emopic_client.wire import HistoryMode

_AMOUNT: Final[tuple[HistoryMode, ...]] = ("off", "scores", "text")


@dataclass(frozen=True)
class HistoryPolicy:
    """What the server keeps at most."""

    most: HistoryMode = "off"

    def mode(self, session: HistoryMode | None, character: HistoryMode | None) -> HistoryMode:
        """What is kept of a line: as much as one of the two asks for, unless the session says no.

        None is no opinion.
        """
        if session == "off":
            return "off"
        asked = max(session or "off", character or "off", key=_AMOUNT.index)
        return min(asked, self.most, key=_AMOUNT.index)


@dataclass(frozen=True, slots=True)
class Record:
    """How to keep one line: for which group, as said by whom, and with its text or without."""

    owner: str
    speaker: str
    text: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """What a line meant, when the engine had said so (in seconds on the core's clock)."""

    at: float
    owner: str
    character: str
    speaker: str
    scores: tuple[float, ...]
    top: str
    intensity: float
    text: str | None
