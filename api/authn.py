"""Who asks: a bearer token, and the user behind it as the database has them now."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from api.context import Context, Session, get_address, get_parts
from api.tokens import Claims, read_access, read_bearer
from schema.errors import Unauthenticated
from schema.permissions import Principal
from schema.queries import users

_bearer = HTTPBearer(auto_error=False, description="The access token that /auth/login answered.")


async def current_principal(session: AsyncSession, claims: Claims) -> Principal:
    """The user and their sign-in as they are now.

    Raises:
        Unauthenticated: disabled, deleted, signed out, or signed in before what ended all their sign-ins (a new
            password).
    """
    found = await users.signed_in(session, claims.user_id, claims.family)
    if found is None or found.epoch != claims.epoch:
        raise Unauthenticated("This sign-in has ended. Sign in again.")
    return found


async def signed_in(
    connection: HTTPConnection,
    session: Session,
    _: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Context:
    """Everybody with a valid token. What they see is narrowed by each query.

    At every request: so it calls what would cost more as a dependency than it does.
    """
    parts = await get_parts(connection)
    claims = read_access(parts.settings, read_bearer(connection))
    principal = await current_principal(session, claims)
    return Context(parts, session, await get_address(connection), principal, claims)


Caller = Annotated[Context, Depends(signed_in)]
