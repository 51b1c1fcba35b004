"""Errands: what services beside the line's way are asked for, while lines go on.

Somebody else runs them; here they are counted, bounded and handed out. A client that asks for too
many at once is told so, and nothing waits for them: an errand that comes back to a session or a
character that is gone is forgotten.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from typing import Final, TypeAlias

from emopic_server.core.work import CharacterKey
from emopic_server.errors import Refusal

_RETRY_MS: Final = 2000


@dataclass(frozen=True, slots=True)
class FaceErrand:
    """Get a face from a web address, or take a `picture`; the answer is a `FoundFace`.

    With `cut`, its background is removed; not that of a web page, which the engine cuts.
    """

    session: str
    character: CharacterKey
    generation: int
    url: str | None
    picture: bytes | None = None
    cut: bool = False


@dataclass(frozen=True, slots=True)
class ReadErrand:
    """Read the writing in a picture; the answer is a `Writing`. `id` is the client's."""

    session: str
    id: str
    picture: bytes


@dataclass(frozen=True, slots=True)
class FoundFace:
    """A picture. With `page`, it shows a web page, on which the largest face is meant."""

    data: bytes
    page: bool


@dataclass(frozen=True, slots=True)
class Writing:
    """What a picture says; `confidence` in [0, 1]."""

    text: str
    confidence: float


Errand: TypeAlias = FaceErrand | ReadErrand


class Errands:
    """At most `most` at once, `per_session` of one session; over that, `busy`."""

    def __init__(self, most: int = 8, per_session: int = 2) -> None:
        self._most = most
        self._per_session = per_session
        self._waiting: deque[Errand] = deque()
        self._open: Counter[str] = Counter()

    def put(self, errand: Errand) -> None:
        """Take an errand on. Raises `Refusal` (`busy`)."""
        if self._open[errand.session] >= self._per_session:
            limit = self._per_session
            raise Refusal("busy", f"at most {limit} pictures at a time", retry_ms=_RETRY_MS)
        if self._open.total() >= self._most:
            raise Refusal("busy", "too many pictures are being worked on", retry_ms=_RETRY_MS)
        self._open[errand.session] += 1
        self._waiting.append(errand)

    def take(self) -> Errand | None:
        """The next errand to run; its `done` is owed."""
        return self._waiting.popleft() if self._waiting else None

    def done(self, errand: Errand) -> None:
        """An errand has come back, whatever came of it."""
        self._open[errand.session] -= 1
        if self._open[errand.session] <= 0:
            del self._open[errand.session]
