"""Signing in and out."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Cookie, Depends, Response

from api.bodies.auth import LoginBody, TokenOut
from api.context import AnyVisit, SharedPasswords
from api.errors import errors
from api.guards.base import Public
from api.guards.users import Oneself
from api.intake import Route
from api.operations import auth
from api.origins import own_origin
from api.parts import Parts
from schema.settings import Settings

router = APIRouter(prefix="/auth", tags=["Auth"], route_class=Route)
COOKIE = "refresh_token"


def with_cookie(parts: Parts, response: Response, signed_in: auth.SignIn) -> TokenOut:
    """The response, with its refresh token as the cookie."""
    settings = parts.settings
    response.set_cookie(
        COOKIE, signed_in.refresh_token, max_age=settings.refresh_token_s, **_attributes(settings)
    )
    return signed_in.answer


def _attributes(settings: Settings) -> dict[str, Any]:
    """The attributes of the cookie, both when it is set and when it is deleted."""
    return {
        "path": f"{settings.root_path}/api/v1/auth",
        "secure": settings.cookie_secure,
        "httponly": True,
        "samesite": settings.cookie_samesite,
    }


@router.post("/login", dependencies=[Public, Depends(own_origin)], responses=errors(401, 429))
async def login(
    body: LoginBody,
    response: Response,
    visit: AnyVisit,
    passwords: SharedPasswords,
) -> TokenOut:
    """Signs in with e-mail address and password. Returns an access token and sets the refresh cookie."""
    signed_in = await auth.login(visit, passwords, body.email, body.password)
    return with_cookie(visit.parts, response, signed_in)


@router.post("/refresh", dependencies=[Public, Depends(own_origin)], responses=errors(401, 429))
async def refresh(
    response: Response,
    visit: AnyVisit,
    refresh_token: Annotated[str | None, Cookie(description="What the last sign-in or refresh set.")] = None,
) -> TokenOut:
    """Exchanges the refresh cookie for a new access token, and replaces the cookie."""
    return with_cookie(visit.parts, response, await auth.refresh(visit, refresh_token))


@router.post("/logout", status_code=204)
async def logout(caller: Oneself) -> Response:
    """Ends this session, in every tab."""
    await auth.logout(caller)
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, **_attributes(caller.parts.settings))
    return response
