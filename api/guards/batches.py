"""Guards of bulk actions and batches."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path

from api.authn import Caller
from api.context import Context
from api.guards.base import GUARDS, Rule
from schema.errors import NotFound
from schema.permissions import Permission, forbidden
from schema.queries import batches
from schema.tables import Batch

BatchId = Annotated[UUID, Path(description="The batch's.")]


def _somewhere(permission: Permission) -> Callable[..., Awaitable[Context]]:
    """The body names the jobs; each is checked separately."""

    async def guard(ctx: Caller) -> Context:
        if not ctx.principal.may_somewhere(permission):
            raise forbidden(permission)
        return ctx

    GUARDS[guard] = Rule(permission)
    return guard


async def _remover(ctx: Caller) -> Context:
    """Whoever creates jobs may delete their own."""
    who = ctx.principal
    if not (who.may_somewhere(Permission.CHANGE_JOB) or who.may_somewhere(Permission.CREATE_JOB)):
        raise forbidden(Permission.CHANGE_JOB, "whoever made the job")
    return ctx


GUARDS[_remover] = Rule(Permission.CHANGE_JOB, "creator")


async def _batch(batch_id: BatchId, ctx: Caller) -> Batch:
    """The caller's own batches, and those of organisations in which they see everything."""
    found = await batches.visible(ctx.session, ctx.principal, batch_id)
    if found is None:
        raise NotFound("Batch not found")
    return found


GUARDS[_batch] = Rule(Permission.READ)

VisibleBatch = Annotated[Batch, Depends(_batch)]
Producer = Annotated[Context, Depends(_somewhere(Permission.RUN_BATCHES))]
SourceReviewer = Annotated[Context, Depends(_somewhere(Permission.REVIEW_SOURCE))]
FinalReviewer = Annotated[Context, Depends(_somewhere(Permission.FINAL_REVIEW))]
Remover = Annotated[Context, Depends(_remover)]
