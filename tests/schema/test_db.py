"""The pool of database connections, when the database ends them."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlmodel import col

from schema import db
from schema.db import Database
from schema.enums import Role
from schema.errors import Unavailable, in_full
from schema.tables import User
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


@pytest.mark.parametrize(
    "state, words",
    [
        ("57P03", "the database system is starting up"),
        ("53300", "sorry, too many clients already"),
        ("28P01", 'password authentication failed for user "someone"'),
        ("3D000", 'database "any" does not exist'),
    ],
)
async def test_a_database_that_lets_nobody_in_now_is_not_there_yet(state: str, words: str) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """No TLS, and a FATAL error in answer to the start-up packet."""
        await reader.readexactly(8)
        writer.write(b"N")
        length = int.from_bytes(await reader.readexactly(4))
        await reader.readexactly(length - 4)
        fields = f"SFATAL\0VFATAL\0C{state}\0M{words}\0\0".encode()
        writer.write(b"E" + (len(fields) + 4).to_bytes(4) + fields)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1")
    port = server.sockets[0].getsockname()[1]
    starting = Database.connect(settings_for(f"postgresql+asyncpg://someone:secret@127.0.0.1:{port}/any"))
    try:
        with pytest.raises(Unavailable, match="Try again") as told:
            await backend(starting)
        assert words in str(told.value.__cause__)
    finally:
        await starting.close()
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize(
    "why",
    [
        socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"),
        OSError("Multiple exceptions: of two addresses, neither answers"),
        OSError(errno.EHOSTUNREACH, "No route to host"),
        ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"),
    ],
    ids=lambda error: str(error)[:40],
)
async def test_whatever_keeps_a_connection_from_being_made_passes(
    why: OSError, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise why

    monkeypatch.setattr("asyncpg.connect", fail)
    away = Database.connect(settings_for("postgresql+asyncpg://someone:secret@database/any"))
    try:
        assert not await away.healthy()
        with pytest.raises(Unavailable, match="Try again") as told:
            await backend(away)
        assert str(why) in in_full(told.value) and str(why) not in told.value.message
    finally:
        await away.close()


async def test_of_two_that_wait_for_each_other_one_is_told_to_try_again(connected: Database) -> None:
    users = [User(email=f"crossed.{n}@example.org", name="Before", role=Role.LINGUIST) for n in range(2)]
    async with connected.begin() as session:
        session.add_all(users)
    ids, both = [user.id for user in users], asyncio.Barrier(2)

    async def rename(first: UUID, second: UUID, name: str) -> None:
        async with connected.begin() as session:
            await session.execute(sa.update(User).where(col(User.id) == first).values(name=name))
            await both.wait()
            await session.execute(sa.update(User).where(col(User.id) == second).values(name=name))

    ended = await asyncio.gather(rename(*ids, "One"), rename(*reversed(ids), "Other"), return_exceptions=True)
    (told,) = [each for each in ended if each is not None]
    assert isinstance(told, Unavailable) and "nothing was changed" in told.message
    async with connected.begin() as session:
        names = set(await session.scalars(sa.select(col(User.name)).where(col(User.id).in_(ids))))
    assert names == {"One" if ended[0] is None else "Other"}


async def test_a_row_that_is_locked_is_read_as_it_is_then(connected: Database) -> None:
    """Also where this session had read it before another changed it."""
    user = User(email="before@example.org", name="Before", role=Role.LINGUIST)
    async with connected.begin() as session:
        session.add(user)
    of = sa.select(User).where(col(User.id) == user.id)
    async with connected.session() as session:
        before = (await session.scalars(of)).one()
        async with connected.begin() as other:
            await other.execute(sa.update(User).where(col(User.id) == user.id).values(name="Another"))
        assert (await session.scalars(of)).one().name == before.name != "Another"
        assert (await session.scalars(of.with_for_update())).one().name == "Another"
        await session.commit()
        async with connected.begin() as other:
            await other.execute(sa.update(User).where(col(User.id) == user.id).values(name="Again"))
        again = await session.get(User, user.id, with_for_update=True)
        assert again is before and again.name == "Again"
