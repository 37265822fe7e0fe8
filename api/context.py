"""What a request has: the parts, a session, and who asks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from api.parts import Parts
from api.proxies import parsed
from api.tokens import Claims
from schema.permissions import Principal
from schema.queries import audit


@dataclass(frozen=True, slots=True)
class Context:
    """A signed-in caller's request. Operations commit `session`, and do so before they wait for a workflow: that
    gives the connection back."""

    parts: Parts
    session: AsyncSession
    principal: Principal
    claims: Claims
    address: str | None

    def audit(
        self,
        action: str,
        thing: str | None = None,
        thing_id: object = None,
        *,
        before: Any = None,
        after: Any = None,
        security: bool = False,
    ) -> None:
        """Adds to the audit log, in the session's transaction."""
        audit.record(
            self.session,
            actor_id=self.principal.user_id,
            action=action,
            thing=thing,
            thing_id=thing_id,
            address=self.address,
            before=before,
            after=after,
            security=security,
        )


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
    """The caller's address (`api.proxies`); None where it is none."""
    address = parsed(connection.client.host) if connection.client else None
    return str(address) if address else None


Address = Annotated[str | None, Depends(get_address)]
