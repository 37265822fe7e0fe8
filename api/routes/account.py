"""Oneself: profile and password."""

from __future__ import annotations

from fastapi import APIRouter

from api.authn import Caller
from api.bodies.users import ForgottenBody, MeOut, OwnPasswordBody, OwnPatch, ResetBody
from api.context import AnyVisit, SharedPasswords
from api.errors import errors
from api.guards.base import Public
from api.idempotency import KeyedRoute, Once
from api.operations import accounts

router = APIRouter(prefix="/auth", tags=["Auth"], route_class=KeyedRoute)


@router.get("/me", responses=errors(401))
async def me(caller: Caller) -> MeOut:
    """Who is signed in."""
    return await accounts.me(caller)


@router.patch("/me", responses=errors(401))
async def change_me(body: OwnPatch, caller: Caller, once: Once) -> MeOut:
    """Name, interface language, time zone, and which mails are wanted; what is absent stays."""
    return await accounts.change_me(caller, body, once)


@router.post("/password", status_code=204, responses=errors(400, 401))
async def change_password(
    body: OwnPasswordBody, caller: Caller, passwords: SharedPasswords, once: Once
) -> None:
    """Another password for the old one. Ends all sign-ins, this one too."""
    await accounts.change_password(caller, passwords, body.old_password, body.new_password, once)


@router.post("/logout-everywhere", status_code=204, responses=errors(401))
async def logout_everywhere(caller: Caller, once: Once) -> None:
    """Ends all sign-ins, this one too."""
    await accounts.sign_out_everywhere(caller, once)


@router.post("/password/forgot", status_code=202, dependencies=[Public], responses=errors(401, 429))
async def forgot(body: ForgottenBody, visit: AnyVisit) -> None:
    """Mails a link that sets a new password, where there is such an account; answers alike where there is none."""
    await accounts.forgotten(visit, body.email)


@router.post("/password/reset", status_code=204, dependencies=[Public], responses=errors(400, 401, 429))
async def reset(body: ResetBody, visit: AnyVisit, passwords: SharedPasswords) -> None:
    """Sets a new password by a mailed link, once. Ends all sign-ins."""
    await accounts.reset(visit, passwords, body.token, body.password)
