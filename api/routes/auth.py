"""Signing in and out."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Cookie, Depends, Request, Response

from api.authn import Caller
from api.bodies.auth import LoginBody, TokenOut
from api.context import Address, Session, SharedParts
from api.dependencies import ANSWERS
from api.errors import errors
from api.guards.base import Public
from api.intake import Route
from api.operations import auth
from api.parts import Parts
from api.passwords import Passwords
from schema.errors import Forbidden

router = APIRouter(prefix="/auth", tags=["Auth"], route_class=Route)
COOKIE = "refresh_token"


async def own_origin(request: Request, parts: SharedParts) -> None:
    """A browser says where a page came from; another site's page may neither sign in here nor spend our cookie."""
    origin = request.headers.get("origin")
    if origin is None or origin in parts.settings.allowed_origins:
        return
    if urlsplit(origin).netloc != request.headers.get("host"):
        raise Forbidden("This origin is not one of ALLOWED_ORIGINS.")


ANSWERS[own_origin] = frozenset({403})


async def get_passwords(request: Request) -> Passwords:
    passwords = request.app.state.passwords
    assert isinstance(passwords, Passwords)
    return passwords


def _with_cookie(parts: Parts, response: Response, signed_in: auth.SignIn) -> TokenOut:
    settings = parts.settings
    response.set_cookie(
        COOKIE,
        signed_in.refresh_token,
        max_age=settings.refresh_token_s,
        path=f"{settings.root_path}/api/v1/auth",
        secure=settings.cookie_secure,
        httponly=True,
        samesite=settings.cookie_samesite,
    )
    response.headers["Cache-Control"] = "no-store"
    return signed_in.answer


@router.post("/login", dependencies=[Public, Depends(own_origin)], responses=errors(401, 429))
async def login(
    body: LoginBody,
    response: Response,
    parts: SharedParts,
    session: Session,
    address: Address,
    passwords: Annotated[Passwords, Depends(get_passwords)],
) -> TokenOut:
    """E-mail and password; answers an access token and sets the refresh cookie."""
    signed_in = await auth.login(parts, session, passwords, body.email, body.password, address)
    return _with_cookie(parts, response, signed_in)


@router.post("/refresh", dependencies=[Public, Depends(own_origin)], responses=errors(401, 429))
async def refresh(
    response: Response,
    parts: SharedParts,
    session: Session,
    address: Address,
    refresh_token: Annotated[str | None, Cookie()] = None,
) -> TokenOut:
    """The refresh cookie for a new access token; the cookie is replaced."""
    return _with_cookie(parts, response, await auth.refresh(parts, session, refresh_token, address))


@router.post("/logout", status_code=204)
async def logout(caller: Caller) -> Response:
    """Ends this sign-in, in every tab."""
    await auth.logout(caller.session, caller.principal.user_id, caller.claims.family, caller.address)
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path=f"{caller.parts.settings.root_path}/api/v1/auth")
    return response
