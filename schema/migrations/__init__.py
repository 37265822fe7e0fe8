"""Alembic migrations: `python -m schema.migrations upgrade|downgrade|current|revision`."""
