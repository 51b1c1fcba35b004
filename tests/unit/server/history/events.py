"""Events to fill a history with."""

from __future__ import annotations

from typing import Any

from emopic_server.history.database import Event

HOUR = 3_600_000
BEGIN = 1_767_225_600_000  # Thursday, 1 January 2026, midnight UTC
POSTGRES_HINT = "PostgreSQL is not installed: apt-get install postgresql"


def event(at: int = 0, **more: Any) -> Event:
    """An event `at` milliseconds into 2026."""
    values: dict[str, Any] = {
        "owner": "group:1",
        "character": "minji",
        "speaker": "chat",
        "labels": ("joy", "anger"),
        "scores": (0.75, 0.25),
        "top": "joy",
        "intensity": 0.75,
    }
    return Event(at=BEGIN + at, **(values | more))
