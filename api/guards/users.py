"""Guards of users: for admins, and for people themselves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path

from api.authn import Caller
from api.context import Context
from api.dependencies import ANSWERS
from api.guards.base import GUARDS, Rule
from schema.errors import Forbidden, NotFound
from schema.permissions import Permission, forbidden
from schema.queries import accounts
from schema.tables import User

UserId = Annotated[UUID, Path(description="The user's.")]


def _guard(*, with_deleted: bool = False, services: bool = False) -> Callable[..., Awaitable[User]]:
    async def guard(user_id: UserId, ctx: Caller) -> User:
        if not ctx.principal.is_admin:
            raise forbidden(Permission.ADMINISTER)
        user = await accounts.one(ctx.session, user_id, with_deleted=with_deleted)
        if user is None or (user.is_service and not services):
            raise NotFound("User not found")
        return user

    GUARDS[guard] = Rule(Permission.ADMINISTER)
    return guard


ManageableUser = Annotated[User, Depends(_guard())]
DeletableUser = Annotated[User, Depends(_guard(with_deleted=True))]
"""Includes deleted ones, because the same request sent again gets the same answer."""
KnownUser = Annotated[User, Depends(_guard(with_deleted=True, services=True))]
"""Everyone in the audit log: people who have or had an account, and the users of service tokens."""


async def _oneself(ctx: Caller) -> Context:
    if ctx.principal.is_service:
        raise Forbidden(
            "This is for people: a service token has no sign-in, no password and no profile of its own."
        )
    return ctx


GUARDS[_oneself] = Rule(Permission.READ)
ANSWERS[_oneself] = frozenset({403})
Oneself = Annotated[Context, Depends(_oneself)]
"""The caller, if they are a person, for changes to their own account."""
