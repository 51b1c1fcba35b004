"""The tables of the history. `migrations/` brings a database to this form; the two are compared
in a test.

    streams(id, owner, character, speaker)        who said something to whom; owner is a group
    labels(id, names)                             a model's emotions, in the order of its scores
    events(id, stream, at, labels, top, intensity, scores, text)

`at` is in milliseconds since 1970, UTC. The index `events_story` holds all that the questions about
times and speakers need, so they never read the events themselves.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS

metadata = MetaData()
# SQLite numbers rows by itself only if their key is an INTEGER.
_ID: Final = BigInteger().with_variant(Integer, "sqlite")

STREAMS: Final = Table(
    "streams",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("character", String(64), nullable=False),
    Column("speaker", String(128), nullable=False),
    UniqueConstraint("owner", "character", "speaker", name="streams_key"),
)
LABELS: Final = Table(
    "labels",
    metadata,
    Column("id", SmallInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("names", Text, nullable=False, unique=True),
)
EVENTS: Final = Table(
    "events",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("stream", Integer, ForeignKey("streams.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("labels", SmallInteger, ForeignKey("labels.id"), nullable=False),
    Column("top", String(64), nullable=False),
    Column("intensity", Float, nullable=False),
    Column("scores", Text, nullable=False),
    Column("text", Text),
    Index("events_story", "stream", "at", "top", "intensity"),
    Index("events_at", "at"),
)
