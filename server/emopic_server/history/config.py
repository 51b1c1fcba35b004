"""The `[history]` table of the server's configuration."""

from __future__ import annotations

from dataclasses import dataclass

from emopic_server.errors import ConfigError

MODES = ("scores", "text")


@dataclass(frozen=True)
class HistoryConfig:
    """Where the history is kept: None, and it is off. Raises `ConfigError`.

    `url` is a file (SQLite) or a database URL (PostgreSQL). `keep` is the most that is kept of a
    line: `scores`, or `text` too. Events older than `days` are deleted; 0 keeps them for ever.
    """

    url: str | None = None
    keep: str = "scores"
    days: int = 365

    def __post_init__(self) -> None:
        if self.keep not in MODES:
            raise ConfigError("history.keep", self.keep, f"one of {', '.join(MODES)}")
        if self.days < 0:
            raise ConfigError("history.days", self.days, "a number of days, 0 for ever")
