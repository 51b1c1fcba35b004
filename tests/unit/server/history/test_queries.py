"""What the diary asks, in SQLite and in PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from tests.unit.server.history.events import BEGIN, HOUR, event

from emopic_server.errors import TooSlow
from emopic_server.history import queries
from emopic_server.history.bench import made_up
from emopic_server.history.database import Database, Scope

KOREA = 9 * HOUR


def when(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%m-%d %H:%M}"


def mixed(
    database: Database, bucket: str, offset: int = 0, scope: Scope | None = None
) -> list[tuple[str, str, int, float]]:
    found = queries.rows(database, queries.mix(scope or Scope(), bucket, offset))
    return [(when(row.at), row.top, row.lines, round(row.intensity, 3)) for row in found]


def test_emotions_over_time_by_local_hours_days_and_weeks(database: Database) -> None:
    database.write(
        [
            event(0, intensity=0.5),  # Thursday, 9:00 in Korea
            event(HOUR - 1, intensity=1.0),
            event(HOUR, top="anger"),
            event(15 * HOUR),  # Friday, 0:00 in Korea
            event(4 * 24 * HOUR),  # Monday
        ]
    )
    assert mixed(database, "hour")[:2] == [
        ("01-01 00:00", "joy", 2, 0.75),
        ("01-01 01:00", "anger", 1, 0.75),
    ]
    assert mixed(database, "day")[:2] == [
        ("01-01 00:00", "anger", 1, 0.75),
        ("01-01 00:00", "joy", 3, 0.75),
    ]
    assert [row[:3] for row in mixed(database, "day", KOREA)] == [
        ("12-31 15:00", "anger", 1),
        ("12-31 15:00", "joy", 2),
        ("01-01 15:00", "joy", 1),
        ("01-04 15:00", "joy", 1),
    ]
    assert [row[:3] for row in mixed(database, "week")] == [
        ("12-29 00:00", "anger", 1),
        ("12-29 00:00", "joy", 3),
        ("01-05 00:00", "joy", 1),
    ]
    assert mixed(database, "day", scope=Scope(since=BEGIN + 24 * HOUR, speaker="me")) == []


def test_shares_by_character_and_speaker_across_groups(database: Database) -> None:
    database.write(
        [
            event(0, intensity=1.0),
            event(1, intensity=0.5, owner="group:2"),
            event(2, speaker="me", top="anger"),
        ]
    )
    found = [tuple(row) for row in queries.rows(database, queries.shares(Scope()))]
    assert found == [("minji", "chat", "joy", 2, 0.75), ("minji", "me", "anger", 1, 0.75)]


def test_the_newest_lines_come_first(database: Database) -> None:
    database.write([event(at, speaker="ab"[at % 2]) for at in range(20)])
    found = queries.rows(database, queries.newest(Scope(speaker="a"), 3))
    assert [row.at - BEGIN for row in found] == [18, 16, 14]


@pytest.mark.parametrize(
    "question",
    [
        queries.mix(Scope(owner="group:1"), "day"),
        queries.mix(Scope(owner="group:1", character="minji", speaker="chat"), "hour"),
        queries.shares(Scope(owner="group:1")),
        queries.newest(Scope(owner="group:1"), 10),
    ],
)
def test_questions_are_answered_from_the_index(database: Database, question: object) -> None:
    """In SQLite, which says so; PostgreSQL decides by how much there is."""
    plan = queries.plan(database, question)  # type: ignore[arg-type]
    if database.engine.dialect.name == "sqlite":
        assert any("COVERING INDEX events_story" in line for line in plan), plan
        assert not any(line.startswith("SCAN events") for line in plan), plan
    assert plan


def test_counts_and_names(database: Database) -> None:
    assert queries.emotions(database) == []
    database.write([event(0), event(1, labels=("joy", "calm"), speaker="me")])
    assert queries.count(database, Scope()) == 2
    assert queries.count(database, Scope(speaker="me")) == 1
    assert queries.emotions(database) == ["joy", "anger", "calm"]


def test_made_up_events_can_be_written(database: Database) -> None:
    database.write(made_up(300))
    assert queries.count(database, Scope()) == 300


def test_the_strongest_lines_come_first_and_no_neutral_ones(database: Database) -> None:
    tops = ("joy", "neutral", "anger")
    strength = (0.5, 0.99, 0.8, 0.8)
    database.write(
        [event(at, top=tops[at % 3], intensity=value) for at, value in enumerate(strength)]
    )
    found = queries.chosen(database, queries.strongest(Scope(), 2))
    assert [(one.at - BEGIN, one.intensity) for one in found] == [(3, 0.8), (2, 0.8)]


def test_runs_of_lines_with_one_emotion(database: Database) -> None:
    """Another speaker between two lines does not end a run."""
    story = ["joy", "joy", "anger", "joy", "joy", "joy", "anger"]
    database.write([event(10 * at, top=top) for at, top in enumerate(story)])
    database.write([event(35, top="anger", speaker="me"), event(45, top="anger", speaker="me")])
    found = [queries.Run(*row) for row in queries.rows(database, queries.runs(Scope()))]
    assert found == [
        queries.Run("joy", 3, BEGIN + 30, BEGIN + 50, "minji", "chat"),
        queries.Run("anger", 2, BEGIN + 35, BEGIN + 45, "minji", "me"),
    ]
    later = queries.rows(database, queries.runs(Scope(since=BEGIN + 50)))
    assert [(row.top, row.lines) for row in later] == [("joy", 1), ("anger", 1)]


_ENDLESS: Any = text("SELECT sum((a.at + b.at + c.at) % 7) FROM events a, events b, events c")


def test_a_question_that_takes_too_long_is_given_up(database: Database) -> None:
    database.write(made_up(3000))
    for _ in range(2):
        with pytest.raises(TooSlow, match="was not read within"):
            queries.rows(database, _ENDLESS, 0.2)
    assert queries.count(database, Scope(), 10.0) == 3000, "the connection is fit for more"
