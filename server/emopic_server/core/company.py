"""Who has talked lately, how much of the engine each of them has used, and who takes too much.

A session is heavy when it has used more than `TIMES` what the lightest quarter of the others have.
What was used longer ago counts less. Of a large company, those who talked last stand for all.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from emopic_server.core.placement import Faded

COMPANY_S: Final = 10.0  # who has been silent for so long is not there
TIMES: Final = 4.0
_LINES: Final = 2.0  # so many lines make nobody heavy
_SAMPLE: Final = 256
_AGAIN_S: Final = 0.001  # for each of them; what counts as much is not reckoned more often


@dataclass(slots=True)
class _Talker:
    last: float
    used: Faded = field(default_factory=Faded)


class Company:
    """See the module. Times in seconds; they must not go backwards."""

    def __init__(self) -> None:
        self._talkers: OrderedDict[str, _Talker] = OrderedDict()
        self._parted: set[str] = set()
        self._line_s = 0.0
        self._much = math.inf
        self._reckoned = -math.inf

    def __len__(self) -> int:
        """How many sessions have talked lately and are still connected."""
        return len(self._talkers) - len(self._parted)

    def heard(self, session: str, now: float) -> None:
        """A session has sent a line."""
        talker = self._talkers.setdefault(session, _Talker(now))
        talker.last = now
        self._talkers.move_to_end(session)
        self._parted.discard(session)
        while next(iter(self._talkers.values())).last < now - COMPANY_S:
            silent, _ = self._talkers.popitem(last=False)
            self._parted.discard(silent)

    def part(self, session: str) -> None:
        """A session has lost its connection; what it has used is kept in case it comes back."""
        if session in self._talkers:
            self._parted.add(session)

    def used(self, sessions: Iterable[str], seconds: float, now: float) -> None:
        """A batch has taken so long: a line of each of these sessions, named as often as it had."""
        named = list(sessions)
        self._line_s = seconds / len(named)
        for session in named:
            talker = self._talkers.get(session)
            if talker is not None:
                talker.used.add(self._line_s, now)

    def heavy(self, sessions: Iterable[str], now: float) -> frozenset[str]:
        """Those of the sessions that have used too much."""
        much = self._reckon(now)
        found = {session: self._talkers.get(session) for session in sessions}
        return frozenset(
            session
            for session, talker in found.items()
            if talker is not None and talker.used.value(now) > much
        )

    def _reckon(self, now: float) -> float:
        """From where on it is too much."""
        if now >= self._reckoned + _AGAIN_S * min(len(self._talkers), _SAMPLE):
            self._reckoned = now
            there = (s for s in reversed(self._talkers) if s not in self._parted)
            latest = (self._talkers[session] for session in islice(there, _SAMPLE))
            shares = sorted(talker.used.value(now) for talker in latest)
            least = shares[(len(shares) - 1) // 4] if shares else 0.0
            self._much = TIMES * least + _LINES * self._line_s
        return self._much
