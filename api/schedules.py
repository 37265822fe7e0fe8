"""How a caller sees a schedule, and how Temporal's errors about schedules map to ours."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from temporalio.service import RPCError, RPCStatusCode

from api.context import Context
from schema.errors import Invalid, NotFound, Unavailable
from schema.permissions import Permission, Principal
from workflows.production_schedules import Described, describe

T = TypeVar("T")
_NOT_FOUND = "Schedule not found"


async def answered(asked: Awaitable[T]) -> T:
    """
    Raises:
        NotFound: there is no such schedule.
        Invalid: Temporal cannot read when it runs.
        Unavailable: Temporal does not answer now.
    """
    try:
        return await asked
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise NotFound(_NOT_FOUND) from error
        if error.status is RPCStatusCode.INVALID_ARGUMENT:
            raise Invalid(f"When it runs cannot be read: {error.message[:200]}.") from error
        raise Unavailable("The workflow service does not answer now.", retry_after_s=5) from error


def sees(who: Principal, found: Described) -> bool:
    """Whether the caller sees the schedule. One that was made in Temporal's UI acts as staff, and only admins see
    it."""
    asked = found.asked
    if who.is_admin:
        return True
    if asked is None or asked.owner_id is None:
        return False
    return asked.owner_id == who.user_id or (
        asked.org_id is not None and who.may(Permission.RUN_BATCHES, asked.org_id)
    )


async def seen_schedule(ctx: Context, schedule_id: str) -> Described:
    await ctx.session.commit()
    found = await answered(describe(ctx.temporal, schedule_id))
    if found is None or not sees(ctx.principal, found):
        raise NotFound(_NOT_FOUND)
    return found
