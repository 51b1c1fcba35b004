"""What happens to profane lines: nothing, a mask over what others read, or a refusal.

A masked line is classified as it was written, for a swear word says much about a feeling; only
its text, as watchers and the history get it, is masked. A refused line moves no face.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from emopic_client.wire import GuardMode

_STRICTNESS: Final[tuple[GuardMode, ...]] = ("off", "mask", "refuse")


class Censor(Protocol):
    """Knows profanity. Fast and without I/O: it stands in a line's way."""

    def find(self, line: str) -> Sequence[tuple[int, int]]:
        """Where a line is profane; nothing when it is clean."""
        ...

    def mask(self, line: str) -> str:
        """The line with its profane places masked."""
        ...


@dataclass(frozen=True)
class Guarding:
    """The censor, and the least that every session is guarded with."""

    censor: Censor
    least: GuardMode = "off"

    def mode(self, wanted: GuardMode | None) -> GuardMode:
        """The mode of a session that asks for `wanted`: a client may be stricter, not laxer."""
        return max(self.least, wanted or "off", key=_STRICTNESS.index)
