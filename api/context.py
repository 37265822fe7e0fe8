"""A request's context: the caller, and a database session that is released before any wait.

A connection is held from the first statement until `session.commit()` or `session.rollback()`. Everything else that is
waited for is reached through the request (`store`, `temporal`, `thread`), which refuses while a connection is held. So
an operation that forgets to commit first fails on its first call, not under load.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Annotated, Any, ParamSpec, TypeVar

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection
from temporalio.client import Client

from api.asked import Asked
from api.parts import Parts
from api.passwords import Passwords
from api.proxies import parsed
from api.tokens import Claims
from schema.enums import Event
from schema.object_store import ObjectStore
from schema.permissions import Principal
from schema.queries import audit, events
from schema.tables import AuditEntry, Job

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Visit:
    """A request, with or without a signed-in caller."""

    parts: Parts
    session: AsyncSession
    address: str | None
    """The IP address, or None if it is unknown."""

    @property
    def store(self) -> ObjectStore:
        """The bucket. Refuses while a connection is held."""
        self.released()
        return self.parts.store

    @property
    def temporal(self) -> Client:
        """The workflows. Refuses while a connection is held."""
        self.released()
        return self.parts.temporal

    async def thread(self, function: Callable[P, T], *args: P.args, **more: P.kwargs) -> T:
        """Runs `function` off the event loop and returns its result. Refuses while a connection is held."""
        self.released()
        return await asyncio.to_thread(function, *args, **more)

    def released(self) -> None:
        """
        Raises:
            RuntimeError: the session holds a connection, which a wait would keep from others.
        """
        if self.session.in_transaction():
            raise RuntimeError("Commit first: this would be waited for with a database connection in hand.")


@dataclass(frozen=True, slots=True)
class Tell:
    """An event of a job, for everyone who watches it."""

    type: Event
    data: dict[str, Any]
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Context(Visit):
    """A signed-in caller's request."""

    principal: Principal
    claims: Claims

    async def record(
        self,
        once: Asked,
        action: str,
        thing: str,
        thing_id: object,
        *,
        before: Any = None,
        after: Any = None,
        job: Job | None = None,
        tell: Tell | None = None,
        security: bool = False,
    ) -> None:
        """Writes the audit row of a change and, if given, the event of its job: in the transaction of the change, and
        once per request, however often it is sent. Call it last before the commit. Decisions are recorded with the
        workflow's snapshot instead (`schema.queries.projection`). That covers decisions from Temporal's UI, and
        decisions whose response was lost."""
        new = await audit.record(
            self.session,
            actor_id=self.principal.user_id,
            request_id=once.id,
            action=action,
            thing=thing,
            thing_id=thing_id,
            address=self.address,
            before=before,
            after=after,
            security=security,
        )
        if new and tell is not None and job is not None:
            await events.record(
                self.session,
                job_id=job.id,
                org_id=job.org_id,
                type=tell.type,
                data=tell.data,
                language=tell.language,
                actor_id=self.principal.user_id,
            )

    async def done(self, once: Asked, action: str, thing_id: object) -> AuditEntry | None:
        """What the same request did before, if it was sent before and its response was not stored. Of two identical
        requests at once, the second waits here until the first has committed, so that the work is done once."""
        await audit.in_turn(self.session, once.id)
        return await audit.earlier(self.session, once.id, action, thing_id)


async def get_parts(connection: HTTPConnection) -> Parts:
    parts = connection.app.state.parts
    assert isinstance(parts, Parts)
    return parts


SharedParts = Annotated[Parts, Depends(get_parts)]


async def get_session(connection: HTTPConnection) -> AsyncIterator[AsyncSession]:
    parts = await get_parts(connection)
    async with parts.database.session() as session:
        yield session


Session = Annotated[AsyncSession, Depends(get_session, scope="function")]


async def get_address(connection: HTTPConnection) -> str | None:
    """The caller's address (`api.proxies`); None if it is unknown."""
    address = parsed(connection.client.host) if connection.client else None
    return str(address) if address else None


Address = Annotated[str | None, Depends(get_address)]


async def get_visit(parts: SharedParts, session: Session, address: Address) -> Visit:
    return Visit(parts, session, address)


AnyVisit = Annotated[Visit, Depends(get_visit)]
"""For routes that need no authentication."""


async def get_passwords(connection: HTTPConnection) -> Passwords:
    passwords = connection.app.state.passwords
    assert isinstance(passwords, Passwords)
    return passwords


SharedPasswords = Annotated[Passwords, Depends(get_passwords)]
