"""The database: one engine a process, short sessions, and row locks where two people may meet."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from math import inf
from time import monotonic
from typing import Any

import sqlalchemy as sa
from asyncpg.exceptions import CannotConnectNowError, DataError, PostgresConnectionError
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect
from sqlalchemy.exc import DBAPIError, InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from schema.errors import Invalid, Unavailable
from schema.settings import Settings

_UNREACHABLE = (
    OperationalError,
    InterfaceError,
    PoolTimeout,
    PostgresConnectionError,
    CannotConnectNowError,
    ConnectionError,
    TimeoutError,
)
_NO_ANSWER = "The database does not answer now. Try again in a moment."
_NO_SUCH_CHARACTER = frozenset({"22021", "22P05"})
"""SQLSTATE: Postgres keeps no U+0000, neither in text nor in JSON."""
_AWAY = ("08", "28", "3D", "53", "57P")
"""SQLSTATE classes: connection exceptions, a password or a database that is not (or not yet) there, no room or connection
left, and what an operator's stop or a recovery answers."""
_ROLLED_BACK = "40"
"""SQLSTATE class: of transactions that waited for each other one was undone."""
_CROSSED = "Somebody else was changing the same things, so nothing was changed. Try again in a moment."
_RESTED_S = 1.0
"""After so long in the pool a connection is tried before it is handed out. SQLAlchemy's own `pool_pre_ping` tries each
time, which is three round trips before every short transaction."""


class LockingSession(Session):
    """Rows that it locks are read as they are then, also those that it had read before: what another has changed while
    it waited for the lock is seen."""


@event.listens_for(LockingSession, "do_orm_execute")
def _read_what_is_locked(state: ORMExecuteState) -> None:
    if getattr(state.statement, "_for_update_arg", None) is not None:
        state.update_execution_options(populate_existing=True)


@dataclass(frozen=True, slots=True)
class Database:
    """An engine and its sessions."""

    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]

    @classmethod
    def connect(cls, settings: Settings) -> Database:
        engine = create_async_engine(
            settings.database_url,
            pool_size=settings.database_pool_size,
            max_overflow=settings.database_pool_size,
            pool_timeout=10,
            hide_parameters=True,  # errors are logged, and what people send and sign in with is not for logs
            connect_args={
                "timeout": 10,
                "command_timeout": 60,
                "server_settings": {"application_name": "accessible-video"},
            },
        )
        tell_unreachable(engine)
        _ping_what_rested(engine)
        return cls(
            engine, async_sessionmaker(engine, sync_session_class=LockingSession, expire_on_commit=False)
        )

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """A session in one transaction: committed at the end, rolled back by an error.

        Raises:
            Unavailable: the database does not answer.
            Invalid: a text holds a character that it cannot keep.
        """
        with _told():
            async with self.sessions.begin() as session:
                yield session

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A session whose owner commits: for a request, which gives its connection back (`commit`) before it waits
        for a workflow. What is not committed is rolled back.

        Raises:
            Unavailable: the database does not answer.
            Invalid: a text holds a character that it cannot keep.
        """
        with _told():
            async with self.sessions() as session:
                yield session

    async def healthy(self) -> bool:
        try:
            async with self.begin() as session:
                await session.execute(sa.text("select 1"))
        except Unavailable:
            return False
        return True

    async def close(self) -> None:
        await self.engine.dispose()


def is_away(error: DBAPIError) -> bool:
    """Whether the database itself is what failed: it ended the connection, or is stopping or starting."""
    return error.connection_invalidated or _state(error).startswith(_AWAY)


def _state(error: DBAPIError) -> str:
    """Its SQLSTATE, of five characters."""
    return str(getattr(error.orig, "sqlstate", None))


def tell_unreachable(engine: AsyncEngine) -> None:
    """Whatever keeps a connection from being made (no such host, no way to it, its certificate) is `Unavailable`:
    asyncpg lets the system's own errors through."""

    def connect(
        dialect: Dialect, _: ConnectionPoolEntry, arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> DBAPIConnection:
        try:
            return dialect.connect(*arguments, **named)
        except OSError as error:
            raise Unavailable(_NO_ANSWER) from error

    event.listen(engine.sync_engine, "do_connect", connect)


def _ping_what_rested(engine: AsyncEngine) -> None:
    """A connection that a restart of the database has ended is found out in the pool, not by a request."""
    dialect = engine.dialect

    def rest(_: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        record.info["rested_since"] = monotonic()

    def ping(connection: DBAPIConnection, record: ConnectionPoolEntry, _: PoolProxiedConnection) -> None:
        if monotonic() - record.info.get("rested_since", inf) < _RESTED_S:
            return
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error

    event.listen(engine.sync_engine, "checkin", rest)
    event.listen(engine.sync_engine, "checkout", ping)


@contextmanager
def _told() -> Iterator[None]:
    """What the database says, in our words."""
    try:
        yield
    except _UNREACHABLE as error:
        if isinstance(error, InterfaceError) and isinstance(error.orig and error.orig.__cause__, DataError):
            raise  # a value that asyncpg cannot send: nothing that passes
        raise Unavailable(_NO_ANSWER) from error
    except DBAPIError as error:
        if is_away(error):
            raise Unavailable(_NO_ANSWER) from error
        if _state(error).startswith(_ROLLED_BACK):
            raise Unavailable(_CROSSED) from error
        if _state(error) in _NO_SUCH_CHARACTER:
            raise Invalid("A text holds the character U+0000, which cannot be kept: take it out.") from error
        raise
