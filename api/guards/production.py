"""Guards for production, in their organisations, and admins."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from api.authn import Caller
from api.context import Context
from api.guards.base import GUARDS, Rule
from schema.permissions import Permission, forbidden


async def _staff(ctx: Caller) -> Context:
    """`schema.queries.visibility.staffed_by` narrows this to organisations."""
    if not ctx.principal.may_somewhere(Permission.STEER_JOB):
        raise forbidden(Permission.STEER_JOB)
    return ctx


GUARDS[_staff] = Rule(Permission.STEER_JOB)

Staff = Annotated[Context, Depends(_staff)]
