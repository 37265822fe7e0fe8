"""Who may touch a user: admins alone."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path

from api.authn import Caller
from api.guards.base import GUARDS, Rule
from schema.errors import NotFound
from schema.permissions import Permission, forbidden
from schema.queries import accounts
from schema.tables import User

UserId = Annotated[UUID, Path(description="The user's.")]


async def _user(user_id: UserId, ctx: Caller) -> User:
    if not ctx.principal.is_admin:
        raise forbidden(Permission.ADMINISTER)
    user = await accounts.one(ctx.session, user_id)
    if user is None:
        raise NotFound("User not found")
    return user


GUARDS[_user] = Rule(Permission.ADMINISTER)
ManageableUser = Annotated[User, Depends(_user)]
