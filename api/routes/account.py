"""The caller's own account: profile and password."""

from __future__ import annotations

from fastapi import APIRouter, BackgroundTasks, Depends, Response

from api.authn import Caller
from api.bodies.auth import TokenOut
from api.bodies.users import ForgottenBody, MeOut, MicrosoftBody, OwnPasswordBody, OwnPatch, ResetBody
from api.context import AnyVisit, SharedPasswords
from api.errors import errors
from api.guards.base import Public
from api.guards.users import Oneself
from api.idempotency import KeyedRoute, Once
from api.operations import accounts, microsoft
from api.origins import own_origin
from api.routes.auth import with_cookie

router = APIRouter(prefix="/auth", tags=["Auth"], route_class=KeyedRoute)


@router.post("/microsoft", dependencies=[Public, Depends(own_origin)], responses=errors(401, 403, 429))
async def sign_in_with_microsoft(body: MicrosoftBody, response: Response, visit: AnyVisit) -> TokenOut:
    """Signs in with an ID token of Microsoft Entra ID, whose account must be linked to one here."""
    return with_cookie(visit.parts, response, await microsoft.sign_in(visit, body))


@router.post("/microsoft/link", status_code=204, responses=errors(401, 409))
async def link_microsoft(body: MicrosoftBody, caller: Oneself, once: Once) -> None:
    """Links a Microsoft account to the caller's account, for signing in."""
    await microsoft.link(caller, body, once)


@router.get("/me", responses=errors(401))
async def get_me(caller: Caller) -> MeOut:
    """Returns the caller's account."""
    return await accounts.me(caller)


@router.patch("/me", responses=errors(401))
async def change_me(body: OwnPatch, caller: Oneself, once: Once) -> MeOut:
    """Changes name, interface language, time zone, and which mails are sent. Absent fields stay unchanged."""
    return await accounts.change_me(caller, body, once)


@router.post("/password", status_code=204, responses=errors(400, 429))
async def change_password(
    body: OwnPasswordBody, caller: Oneself, passwords: SharedPasswords, once: Once
) -> None:
    """Changes the caller's password. Ends all sessions, including this one; the same request sent again gets 401."""
    await accounts.change_password(caller, passwords, body.old_password, body.new_password, once)


@router.post("/logout-everywhere", status_code=204, responses=errors(401))
async def logout_everywhere(caller: Oneself, once: Once) -> None:
    """Ends all sessions, including this one; the same request sent again gets 401."""
    await accounts.sign_out_everywhere(caller, once)


@router.post("/password/forgot", status_code=202, dependencies=[Public], responses=errors(429))
async def forgot_password(body: ForgottenBody, visit: AnyVisit, later: BackgroundTasks) -> None:
    """Mails a link that sets a new password, if there is such an account. The response is the same if there is none."""
    await accounts.forgotten(visit, body.email, later)


@router.post("/password/reset", status_code=204, dependencies=[Public], responses=errors(400, 429))
async def reset_password(body: ResetBody, visit: AnyVisit, passwords: SharedPasswords) -> None:
    """Sets a new password with a mailed link, once. Ends all sessions."""
    await accounts.reset(visit, passwords, body.token, body.password)
