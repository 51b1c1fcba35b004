"""Local time over a stretch of time: where clocks are put forward and back, the stretch is cut.

The database groups by a fixed offset (`queries.mix`); the parts are put together again by what the
clock on the wall showed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo

from emopic_server.history import queries
from emopic_server.history.database import Database, Scope
from emopic_server.history.schema import DAY_MS


@dataclass
class Stretch:
    """Lines and mean intensity by emotion from `wall` on: local time, ms since 1970 as if UTC."""

    wall: int
    lines: dict[str, int]
    intensity: dict[str, float]

    def add(self, row: queries.Mix) -> None:
        """Take in another part of it."""
        before = self.lines.get(row.top, 0)
        whole = before + row.lines
        total = self.intensity.get(row.top, 0.0) * before + row.intensity * row.lines
        self.lines[row.top], self.intensity[row.top] = whole, total / whole


def mixed(
    database: Database, scope: Scope, bucket: str, zone: tzinfo, seconds: float | None = None
) -> list[Stretch]:
    """Emotions by local hour, day or week, the oldest first; `scope` must have both ends.

    Raises `HistoryError`.
    """
    assert scope.since is not None
    assert scope.until is not None
    found: dict[int, Stretch] = {}
    for begin, end, offset in parts(scope.since, scope.until, zone):
        statement = queries.mix(replace(scope, since=begin, until=end), bucket, offset)
        for row in _mixes(queries.rows(database, statement, seconds)):
            wall = row.at + offset
            found.setdefault(wall, Stretch(wall, {}, {})).add(row)
    return [found[wall] for wall in sorted(found)]


def parts(since: int, until: int, zone: tzinfo) -> Iterator[tuple[int, int, int]]:
    """(begin, end, offset in ms) of the parts of a time in which local time is even."""
    begin = since
    while begin < until:
        offset = offset_at(begin, zone)
        end = _change(begin, until, zone)
        yield begin, end, offset
        begin = end


def offset_at(at: int, zone: tzinfo) -> int:
    """What local time is ahead of UTC at a moment, in ms."""
    moment = datetime.fromtimestamp(at / 1000, UTC).astimezone(zone)
    return round((moment.utcoffset() or timedelta()).total_seconds() * 1000)


def _change(begin: int, until: int, zone: tzinfo) -> int:
    """When the offset changes after `begin`; `until` if it does not before."""
    offset, low = offset_at(begin, zone), begin
    while offset_at(high := min(low + DAY_MS, until), zone) == offset:
        if high == until:
            return until
        low = high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset_at(middle, zone) == offset else (low, middle)
    return high


def _mixes(rows: Iterable[tuple[int, str, int, float]]) -> Iterator[queries.Mix]:
    return (queries.Mix(*row) for row in rows)
