"""Alembic's entry: migrates the connection that `database` hands over."""

from __future__ import annotations

from alembic import context

from emopic_server.history.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table="history_version",
)
with context.begin_transaction():
    context.run_migrations()
