"""Streams, labels and events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "streams",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("character", sa.String(64), nullable=False),
        sa.Column("speaker", sa.String(128), nullable=False),
        sa.UniqueConstraint("owner", "character", "speaker", name="streams_key"),
    )
    op.create_table(
        "labels",
        sa.Column("id", sa.SmallInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("names", sa.Text, nullable=False, unique=True),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("stream", sa.Integer, sa.ForeignKey("streams.id"), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("labels", sa.SmallInteger, sa.ForeignKey("labels.id"), nullable=False),
        sa.Column("top", sa.String(64), nullable=False),
        sa.Column("intensity", sa.Float, nullable=False),
        sa.Column("scores", sa.Text, nullable=False),
        sa.Column("text", sa.Text),
    )
    op.create_index("events_story", "events", ["stream", "at", "top", "intensity"])
    op.create_index("events_at", "events", ["at"])


def downgrade() -> None:
    """Drop the tables, and with them all history."""
    for table in ("events", "labels", "streams"):
        op.drop_table(table)
