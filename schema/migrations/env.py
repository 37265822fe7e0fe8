"""Runs the migrations over asyncpg, one at a time however many processes start."""

from __future__ import annotations

import asyncio
from typing import Literal

import sqlalchemy as sa
from alembic import context
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from sqlmodel.sql.sqltypes import AutoString

from schema.db import tell_unreachable
from schema.load_settings import database_url
from schema.tables import metadata

_LOCK = 7_248_193  # any number, the same for every migrator


def _url() -> str:
    return str(context.config.attributes.get("database_url") or database_url())


def _rendered(kind: str, item: object, _: object) -> str | Literal[False]:
    """SQLModel's strings as what they are, so that a new migration needs no import of it."""
    return f"sa.String(length={item.length})" if isinstance(item, AutoString) else False


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        compare_server_default=True,
        render_item=_rendered,
    )
    with context.begin_transaction():
        connection.execute(sa.text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        context.run_migrations()


async def _run() -> None:
    engine = create_async_engine(_url(), poolclass=NullPool, hide_parameters=True)
    tell_unreachable(engine)
    async with engine.connect() as connection:
        await connection.run_sync(_migrate)
        await connection.commit()
    await engine.dispose()


asyncio.run(_run())
