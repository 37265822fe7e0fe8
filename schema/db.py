"""The database: one engine per process, short sessions, and row locks where two people may collide."""

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
"""SQLSTATE: Postgres cannot store U+0000, neither in text nor in JSON."""
_AWAY = ("08", "28", "3D", "53", "57P")
"""SQLSTATE classes of an unavailable database: connection exceptions, invalid password or missing database (perhaps not
yet created), insufficient resources, and operator intervention."""
_ROLLED_BACK = "40"
"""SQLSTATE class: a deadlock or serialisation failure, of which one transaction was rolled back."""
_CROSSED = "Somebody else was changing the same things, so nothing was changed. Try again in a moment."
_RESTED_S = 1.0
"""How long a connection may idle in the pool before it is tested on checkout. SQLAlchemy's own `pool_pre_ping` tests
every time, which costs three round trips before every short transaction."""


class LockingSession(Session):
    """A session in which locked rows are read afresh, even if they were read before, so that changes made while waiting
    for the lock are seen."""


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
            hide_parameters=True,  # errors are logged, and must not contain what people send or their credentials
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
        """A session in one transaction, which is committed at the end and rolled back by an error.

        Raises:
            Unavailable: the database does not answer.
            Invalid: a text contains a character that cannot be stored.
        """
        with _told():
            async with self.sessions.begin() as session:
                yield session

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A session that its owner commits: for a request, which releases its connection (`commit`) before it waits for
        a workflow. Uncommitted changes are rolled back.

        Raises:
            Unavailable: the database does not answer.
            Invalid: a text contains a character that cannot be stored.
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
    """Whether the database itself failed: it ended the connection, or is stopping or starting."""
    return error.connection_invalidated or _state(error).startswith(_AWAY)


def _state(error: DBAPIError) -> str:
    """The five-character SQLSTATE of an error."""
    return str(getattr(error.orig, "sqlstate", None))


def tell_unreachable(engine: AsyncEngine) -> None:
    """Turns everything that prevents a connection (unknown host, no route, bad certificate) into `Unavailable`, since
    asyncpg passes on the system's errors."""

    def connect(
        dialect: Dialect, _: ConnectionPoolEntry, arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> DBAPIConnection:
        try:
            return dialect.connect(*arguments, **named)
        except OSError as error:
            raise Unavailable(_NO_ANSWER) from error

    event.listen(engine.sync_engine, "do_connect", connect)


def _ping_what_rested(engine: AsyncEngine) -> None:
    """Tests connections that have idled, so that a restart of the database is noticed in the pool and not by a
    request."""
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
    """Maps the database's errors to ours."""
    try:
        yield
    except _UNREACHABLE as error:
        if isinstance(error, InterfaceError) and isinstance(error.orig and error.orig.__cause__, DataError):
            raise  # a value that asyncpg cannot send: not transient
        raise Unavailable(_NO_ANSWER) from error
    except DBAPIError as error:
        if is_away(error):
            raise Unavailable(_NO_ANSWER) from error
        if _state(error).startswith(_ROLLED_BACK):
            raise Unavailable(_CROSSED) from error
        if _state(error) in _NO_SUCH_CHARACTER:
            raise Invalid("A text holds the character U+0000, which cannot be kept: take it out.") from error
        raise
