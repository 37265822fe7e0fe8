"""Guards of briefs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path

from api.authn import Caller
from api.context import Context
from api.guards.base import GUARDS, Rule
from api.guards.clients import leads
from schema.errors import NotFound
from schema.permissions import Permission, forbidden
from schema.queries import briefs
from schema.tables import Brief

BriefId = Annotated[UUID, Path(description="The brief's.")]


async def may(ctx: Context, permission: Permission, brief: Brief) -> bool:
    """A project manager decides about the briefs of the clients that they manage."""
    if permission is Permission.APPROVE_BRIEF:
        return await leads(ctx, permission, brief.org_id, brief.client_id)
    return ctx.principal.may(permission, brief.org_id)


def _guard(permission: Permission) -> Callable[..., Awaitable[Brief]]:
    async def guard(brief_id: BriefId, ctx: Caller) -> Brief:
        brief = await briefs.visible(ctx.session, ctx.principal, brief_id)
        if brief is None:
            raise NotFound("Brief not found")
        if not await may(ctx, permission, brief):
            raise forbidden(permission)
        return brief

    GUARDS[guard] = Rule(permission)
    return guard


async def _writer(ctx: Caller) -> Context:
    """The body names the client; the operation checks it."""
    if not ctx.principal.may_somewhere(Permission.WRITE_BRIEF):
        raise forbidden(Permission.WRITE_BRIEF)
    return ctx


GUARDS[_writer] = Rule(Permission.WRITE_BRIEF)

BriefWriter = Annotated[Context, Depends(_writer)]
VisibleBrief = Annotated[Brief, Depends(_guard(Permission.READ))]
WritableBrief = Annotated[Brief, Depends(_guard(Permission.WRITE_BRIEF))]
DecidableBrief = Annotated[Brief, Depends(_guard(Permission.APPROVE_BRIEF))]
