"""The pool of database connections, when the database ends them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import sqlalchemy as sa

from schema import db
from schema.db import Database
from schema.errors import Unavailable
from tests.factories import settings_for


@pytest_asyncio.fixture(loop_scope="session")
async def connected(postgres_url: str) -> AsyncIterator[Database]:
    own = Database.connect(settings_for(postgres_url))
    yield own
    await own.close()


async def backend(database: Database) -> int:
    """The server's process behind the connection that a session gets."""
    async with database.begin() as session:
        return int(await session.scalar(sa.text("select pg_backend_pid()")) or 0)


async def end_from_outside(postgres_url: str, pid: int) -> None:
    other = Database.connect(settings_for(postgres_url))
    try:
        async with other.begin() as session:
            assert await session.scalar(sa.text("select pg_terminate_backend(:pid)"), {"pid": pid})
    finally:
        await other.close()


async def test_a_connection_is_used_again(connected: Database) -> None:
    assert await backend(connected) == await backend(connected)


async def test_one_that_ended_while_it_rested_fails_nobody(
    connected: Database, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await backend(connected)
    await end_from_outside(postgres_url, first)
    monkeypatch.setattr(db, "_RESTED_S", 0.0)
    assert await backend(connected) not in (0, first)


async def test_one_that_ended_just_now_is_told_once_and_replaced(
    connected: Database, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await backend(connected)
    await end_from_outside(postgres_url, first)
    monkeypatch.setattr(db, "_RESTED_S", 60.0)
    with pytest.raises(Unavailable, match="Try again"):
        await backend(connected)
    assert await backend(connected) not in (0, first)
