"""The database: one engine a process, short sessions, and row locks where two people may meet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from asyncpg.exceptions import CannotConnectNowError, PostgresConnectionError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from schema.errors import Unavailable
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
            pool_pre_ping=True,
            pool_timeout=10,
            connect_args={
                "timeout": 10,
                "command_timeout": 60,
                "server_settings": {"application_name": "accessible-video"},
            },
        )
        return cls(engine, async_sessionmaker(engine, expire_on_commit=False))

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """A session in one transaction: committed at the end, rolled back by an error.

        Raises:
            Unavailable: the database does not answer.
        """
        try:
            async with self.sessions.begin() as session:
                yield session
        except _UNREACHABLE as error:
            raise Unavailable(_NO_ANSWER) from error
        except DBAPIError as error:
            if error.connection_invalidated:
                raise Unavailable(_NO_ANSWER) from error
            raise

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A session whose owner commits: for a request, which gives its connection back (`commit`) before it waits
        for a workflow. What is not committed is rolled back.

        Raises:
            Unavailable: the database does not answer.
        """
        try:
            async with self.sessions() as session:
                yield session
        except _UNREACHABLE as error:
            raise Unavailable(_NO_ANSWER) from error
        except DBAPIError as error:
            if error.connection_invalidated:
                raise Unavailable(_NO_ANSWER) from error
            raise

    async def healthy(self) -> bool:
        try:
            async with self.begin() as session:
                await session.execute(sa.text("select 1"))
        except Unavailable:
            return False
        return True

    async def close(self) -> None:
        await self.engine.dispose()
