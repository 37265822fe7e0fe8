"""Who may touch a user: admins alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
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


def _guard(*, with_deleted: bool = False) -> Callable[..., Awaitable[User]]:
    async def guard(user_id: UserId, ctx: Caller) -> User:
        if not ctx.principal.is_admin:
            raise forbidden(Permission.ADMINISTER)
        user = await accounts.one(ctx.session, user_id, with_deleted=with_deleted)
        if user is None:
            raise NotFound("User not found")
        return user

    GUARDS[guard] = Rule(Permission.ADMINISTER)
    return guard


ManageableUser = Annotated[User, Depends(_guard())]
DeletableUser = Annotated[User, Depends(_guard(with_deleted=True))]
"""Also one who is deleted already: the same request sent again gets the same answer."""
KnownUser = DeletableUser
"""Whoever has, or had, an account."""
