"""What a part of a history tells, gathered for pictures: over time, mix, days and speakers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from emopic_engine.emotions import Emotions
from emopic_server.history import queries
from emopic_server.history.database import Database, Scope
from emopic_server.history.schema import DAY_MS
from emopic_server.history.streaks import leaders
from emopic_server.history.zones import Stretch, mixed, offset_at


@dataclass(frozen=True)
class Speaker:
    """Lines by emotion of one speaker to one character."""

    character: str
    speaker: str
    lines: dict[str, int]

    @property
    def total(self) -> int:
        """All lines."""
        return sum(self.lines.values())


@dataclass(frozen=True)
class Story:
    """`begin` and `end` are local times like `Stretch.wall`; `leaders` are by day since 1970."""

    emotions: Emotions
    by: str
    begin: int
    end: int
    stretches: list[Stretch]
    leaders: dict[int, str]
    speakers: list[Speaker]

    @property
    def totals(self) -> dict[str, int]:
        """Lines by emotion."""
        names = self.emotions.names
        return {name: sum(one.lines.get(name, 0) for one in self.stretches) for name in names}


def gather(database: Database, scope: Scope, by: str, zone: tzinfo) -> Story:
    """Read a story; `scope` must have both ends. Raises `HistoryError`."""
    assert scope.since is not None
    assert scope.until is not None
    names = queries.emotions(database) or ["neutral"]
    days = mixed(database, scope, "day", zone)
    by_day = {day.wall // DAY_MS: day.lines for day in days}
    return Story(
        emotions=Emotions.from_labels(names),
        by=by,
        begin=scope.since + offset_at(scope.since, zone),
        end=scope.until + offset_at(scope.until, zone),
        stretches=days if by == "day" else mixed(database, scope, by, zone),
        leaders=leaders(by_day, names),
        speakers=_speakers(database, scope),
    )


def _speakers(database: Database, scope: Scope) -> list[Speaker]:
    """The most talkative first."""
    found: dict[tuple[str, str], Speaker] = {}
    for row in (queries.Share(*row) for row in queries.rows(database, queries.shares(scope))):
        empty = Speaker(row.character, row.speaker, {})
        found.setdefault((row.character, row.speaker), empty).lines[row.top] = int(row.lines)
    return sorted(found.values(), key=lambda one: -one.total)
