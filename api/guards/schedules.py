"""Guards of schedules: for the owner, for those who may do the same across the organisation, and for admins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path

from api.guards.base import GUARDS, Rule
from api.guards.batches import Producer
from api.idempotency import Once
from api.schedules import seen_schedule
from schema.errors import Forbidden
from schema.permissions import Permission
from workflows.production_schedules import Described

ScheduleId = Annotated[str, Path(max_length=200, pattern=r"^[\w.\-]+$", description="The schedule's.")]


@dataclass(frozen=True, slots=True)
class SeenSchedule:
    """A schedule that the caller is authorised to touch."""

    id: str
    now: Described


async def _visible(schedule_id: ScheduleId, ctx: Producer) -> SeenSchedule:
    return SeenSchedule(schedule_id, await seen_schedule(ctx, schedule_id))


async def _own(schedule_id: ScheduleId, ctx: Producer) -> SeenSchedule:
    """A schedule acts in its owner's name, so nobody else changes what it does, except admins, who see everything
    anyway."""
    found = await seen_schedule(ctx, schedule_id)
    who = ctx.principal
    if not (who.is_admin or (found.asked is not None and found.asked.owner_id == who.user_id)):
        raise Forbidden(
            "It runs in somebody else's name: ask its owner or an admin, or make one of your own."
        )
    return SeenSchedule(schedule_id, found)


async def _deletable(schedule_id: ScheduleId, ctx: Producer, once: Once) -> SeenSchedule | None:
    """None if the same request has deleted it before."""
    if await ctx.done(once, "schedule.delete", schedule_id):
        return None
    return await _visible(schedule_id, ctx)


GUARDS[_visible] = Rule(Permission.RUN_BATCHES)
GUARDS[_own] = Rule(Permission.RUN_BATCHES)
GUARDS[_deletable] = Rule(Permission.RUN_BATCHES)
VisibleSchedule = Annotated[SeenSchedule, Depends(_visible)]
OwnSchedule = Annotated[SeenSchedule, Depends(_own)]
DeletableSchedule = Annotated[SeenSchedule | None, Depends(_deletable)]
