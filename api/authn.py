"""Authentication: a bearer token, and its user as the database has them now.

People use an access token, which names the user. Services use a service token, which is looked up.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from api.context import Context, Session, get_address, get_parts
from api.tokens import Claims, is_service, read_access, read_bearer, service_hash
from api.uses import Uses
from schema.errors import Unauthenticated
from schema.permissions import Principal
from schema.queries import service_tokens, users
from schema.tables import now

_bearer = HTTPBearer(
    auto_error=False, description="The access token that /auth/login answered, or a service token (`avs_…`)."
)
_UNKNOWN = "The service token is not valid: there is none such, or another has taken its place."
_ENDED = "The service token was deleted. Ask those who run the organisation for another."
_EXPIRED = "The service token has expired. Ask those who run the organisation to renew it."


async def current_principal(session: AsyncSession, claims: Claims) -> Principal:
    """The user and their session as they are now.

    Raises:
        Unauthenticated: disabled, deleted, signed out, or signed in before what ended all their sign-ins (a new
            password).
    """
    found = (
        await users.principal(session, claims.user_id)
        if claims.family is None
        else await users.signed_in(session, claims.user_id, claims.family)
    )
    if found is None or found.epoch != claims.epoch:
        raise Unauthenticated("This sign-in has ended. Sign in again.")
    return found


async def service(session: AsyncSession, token: str) -> service_tokens.Presented:
    """The service that a valid token belongs to.

    Raises:
        Unauthenticated: there is none such, it was deleted, or it has expired.
    """
    token_hash = service_hash(token)
    found = await service_tokens.presented(session, token_hash) if token_hash else None
    if found is None:
        raise Unauthenticated(_UNKNOWN)
    if found.has_ended:
        raise Unauthenticated(_ENDED)
    if found.expires_at <= now():
        raise Unauthenticated(_EXPIRED)
    return found


async def read_claims(connection: HTTPConnection, token: str) -> Claims:
    """The claims of a token, without a request's database session: for sockets, and before a body is read.

    Raises:
        Unauthenticated: it does not sign anybody in.
    """
    parts = await get_parts(connection)
    if not is_service(token):
        return read_access(parts.settings, token)
    async with parts.database.begin() as session:
        found = await service(session, token)
    return _noted(connection, found)


def _noted(connection: HTTPConnection, found: service_tokens.Presented) -> Claims:
    uses = connection.app.state.uses
    assert isinstance(uses, Uses)
    uses.note(found)
    who = found.principal
    return Claims(who.user_id, who.epoch, None, int(found.expires_at.timestamp()))


async def signed_in(
    connection: HTTPConnection,
    session: Session,
    _: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Context:
    """Requires a valid token. Each query narrows what the caller sees. This runs for every request, so it calls
    functions that would be slower as dependencies.

    At every request: so it calls what would cost more as a dependency than it does.
    """
    parts, token = await get_parts(connection), read_bearer(connection)
    if is_service(token):
        found = await service(session, token)
        principal, claims = found.principal, _noted(connection, found)
    else:
        claims = read_access(parts.settings, token)
        principal = await current_principal(session, claims)
    return Context(parts, session, await get_address(connection), principal, claims)


Caller = Annotated[Context, Depends(signed_in)]
