"""Alembic migrations of the history; `database.Database` runs them when it opens."""
