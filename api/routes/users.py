"""Users, for admins."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.authn import Caller
from api.bodies.users import AccountOut, PasswordBody, UserCreate, UserPatch
from api.context import SharedPasswords
from api.errors import errors
from api.guards.organizations import Administrator
from api.guards.users import DeletableUser, KnownUser, ManageableUser
from api.headers import located
from api.idempotency import KeyedRoute, Once
from api.operations import users
from api.pagination import Page, SearchText, Walking
from schema.enums import Role
from schema.queries.accounts import UserFilter

router = APIRouter(prefix="/admin/users", tags=["Admin"], route_class=KeyedRoute)
_ERRORS = errors(400, 401, 403, 404, 409)
Sort = Literal["email", "-email", "name", "-name", "created_at", "-created_at"]


@router.get("", responses=errors(400, 401, 403))
async def list_users(
    caller: Administrator,
    paging: Walking,
    q: SearchText = None,
    role: Annotated[Role | None, Query(description="Those who hold it themselves.")] = None,
    org_id: Annotated[UUID | None, Query(description="Members of this organisation.")] = None,
    disabled: Annotated[
        bool | None, Query(description="Those who may not sign in, or those who may.")
    ] = None,
    sort: Annotated[Sort, Query(description="`-` turns it round.")] = "email",
) -> Page[AccountOut]:
    """Lists all accounts."""
    return await users.listing(caller, paging, UserFilter(q, role, org_id, disabled), sort)


@router.post("", status_code=201, responses=errors(400, 401, 403, 409))
async def create_user(
    caller: Administrator, body: UserCreate, passwords: SharedPasswords, once: Once, response: Response
) -> AccountOut:
    """Creates a user with a password, or mails a link that sets one."""
    made = await users.create(caller, passwords, body, once)
    located(caller.parts.settings, response, f"/admin/users/{made.id}")
    return AccountOut.of(made)


@router.get("/{user_id}", responses=errors(401, 403, 404))
async def get_user(user: ManageableUser) -> AccountOut:
    """Returns one user."""
    return AccountOut.of(user)


@router.patch("/{user_id}", responses=_ERRORS)
async def change_user(user: ManageableUser, body: UserPatch, caller: Caller, once: Once) -> AccountOut:
    """Changes name, address, role, or whether the user is disabled. Absent fields stay unchanged."""
    return AccountOut.of(await users.change(caller, user, body, once))


@router.delete("/{user_id}", status_code=204, responses=_ERRORS)
async def delete_user(user: DeletableUser, caller: Caller, once: Once) -> None:
    """Deletes a user, which ends their sessions at once. Their work and their name in the history are kept."""
    await users.delete(caller, user, once)


@router.post("/{user_id}/purge", status_code=204, responses=_ERRORS)
async def purge_user(user: KnownUser, caller: Caller, once: Once) -> None:
    """Permanently replaces the name and address of a deleted user. Their work is kept."""
    await users.purge(caller, user, once)


@router.post("/{user_id}/reset-password", status_code=202, responses=_ERRORS)
async def send_reset(user: ManageableUser, caller: Caller, once: Once) -> None:
    """Mails a user a link that sets a new password."""
    await users.send_reset(caller, user, once)


@router.post("/{user_id}/password/reset", status_code=204, responses=_ERRORS)
async def set_password(
    user: ManageableUser, body: PasswordBody, caller: Caller, passwords: SharedPasswords, once: Once
) -> None:
    """Sets a new password, which ends all of the user's sessions."""
    await users.set_password(caller, passwords, user, body.password, once)
