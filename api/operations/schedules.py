"""Schedules of batches. Temporal is their only store."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

from temporalio.client import ScheduleHandle

from api.asked import Asked
from api.bodies.schedules import RunOut, ScheduleBody, ScheduleOut, SchedulePatch, WhenBody
from api.context import Context
from api.guards.schedules import SeenSchedule
from api.operations.batches import check_filter, check_work
from api.pagination import Page, Slice
from api.schedules import answered, seen_schedule, sees
from schema.contracts.batches import BatchFilter, ScheduledBatch
from schema.errors import Invalid, NotFound
from schema.permissions import Permission, Principal
from schema.queries import users
from workflows import production_schedules as schedules
from workflows.production_schedules import Described

_AT_ONCE = 8
_MOST = 1_000


async def create(ctx: Context, body: ScheduleBody, once: Asked) -> ScheduleOut:
    """Raises:
    Invalid: it is incomplete, or its times are invalid.
    """
    schedule_id = f"schedule-{once.uuid('schedule')}"
    asked = ScheduledBatch(
        work=body.work(),
        filter=body.filter,
        max_jobs=body.max_jobs,
        owner_id=ctx.principal.user_id,
        org_id=_place(ctx.principal, body.filter),
        name=body.name,
        **_when(body.when),
    )
    check_work(asked.work)
    check_filter(asked.filter)
    _check_when(asked)
    await ctx.session.commit()
    await answered(schedules.create(ctx.temporal, schedule_id, asked))
    await ctx.record(once, "schedule.create", "schedule", schedule_id, after=_told(asked))
    await ctx.session.commit()
    return shown(schedule_id, await seen_schedule(ctx, schedule_id))


async def listing(ctx: Context, paging: Slice) -> Page[ScheduleOut]:
    """The schedules that the caller sees, by name. Temporal's list lags a moment behind."""
    await ctx.session.commit()
    slots = asyncio.Semaphore(_AT_ONCE)

    async def look(schedule_id: str) -> tuple[str, Described] | None:
        async with slots:
            try:
                found = await answered(schedules.describe(ctx.temporal, schedule_id))
            except NotFound:  # deleted just now
                return None
        return (schedule_id, found) if found is not None and sees(ctx.principal, found) else None

    ids = list(await answered(schedules.ids(ctx.temporal)))[:_MOST]
    found = [each for each in await asyncio.gather(*(look(each) for each in ids)) if each is not None]
    items = sorted((shown(*each) for each in found), key=lambda each: (each.name.casefold(), each.id))
    return paging.of(items[paging.offset : paging.offset + paging.size], len(items))


async def change(ctx: Context, found: SeenSchedule, patch: SchedulePatch, once: Asked) -> ScheduleOut:
    """Changes a schedule. Absent fields stay unchanged; it keeps running in its owner's name."""
    before = found.now.asked
    if before is None:
        raise Invalid("Its input cannot be read: mend it in Temporal's UI, or delete it.")
    asked = before.model_copy(
        update={
            "name": patch.name or before.name,
            "work": patch.work.work() if patch.work else before.work,
            "filter": patch.filter or before.filter,
            "max_jobs": patch.max_jobs or before.max_jobs,
            "org_id": await _moved(ctx, before, patch.filter),
            **(_when(_zoned(patch.when, found.now)) if patch.when else {}),
        }
    )
    if patch.when is not None:
        _check_when(asked)
    check_work(asked.work)
    check_filter(asked.filter)
    if not await ctx.done(once, "schedule.change", found.id):
        await ctx.session.commit()
        await answered(schedules.change(ctx.temporal, found.id, asked, when=patch.when is not None))
    told = {"before": _told(before), "after": _told(asked)}
    return await _done(ctx, found.id, "change", once, **told)


async def _moved(ctx: Context, before: ScheduledBatch, wanted: BatchFilter | None) -> UUID | None:
    """The organisation of the schedule after a change of its filter. People of the previous organisation no longer see
    it."""
    if wanted is None:
        return before.org_id
    if before.owner_id is None:
        return _place(Principal.staff(), wanted)
    owner = await users.principal(ctx.session, before.owner_id)
    return _place(owner, wanted) if owner else wanted.org_id


async def delete(ctx: Context, found: SeenSchedule, once: Asked) -> None:
    """Deletes a schedule. Runs in progress continue."""
    await ctx.session.commit()
    await answered(_handle(ctx, found).delete())
    before = _told(found.now.asked) if found.now.asked else {"id": found.id}
    await ctx.record(once, "schedule.delete", "schedule", found.id, before=before)
    await ctx.session.commit()


async def pause(ctx: Context, found: SeenSchedule, once: Asked) -> ScheduleOut:
    if not await ctx.done(once, "schedule.pause", found.id):
        await ctx.session.commit()
        await answered(_handle(ctx, found).pause(note=f"Paused by {ctx.principal.name}."))
    return await _done(ctx, found.id, "pause", once, before=_paused(found), after={"paused": True})


async def resume(ctx: Context, found: SeenSchedule, once: Asked) -> ScheduleOut:
    if not await ctx.done(once, "schedule.resume", found.id):
        await ctx.session.commit()
        await answered(_handle(ctx, found).unpause(note=f"Resumed by {ctx.principal.name}."))
    return await _done(ctx, found.id, "resume", once, before=_paused(found), after={"paused": False})


async def trigger(ctx: Context, found: SeenSchedule, once: Asked) -> ScheduleOut:
    """Runs the schedule now, even if it is paused, but not while a run is in progress."""
    if not await ctx.done(once, "schedule.trigger", found.id):
        await ctx.session.commit()
        await answered(_handle(ctx, found).trigger())
    return await _done(ctx, found.id, "trigger", once, after={"triggered": True})


async def _done(ctx: Context, schedule_id: str, what: str, once: Asked, **told: Any) -> ScheduleOut:
    await ctx.record(once, f"schedule.{what}", "schedule", schedule_id, **told)
    await ctx.session.commit()
    return shown(schedule_id, await seen_schedule(ctx, schedule_id))


def _handle(ctx: Context, found: SeenSchedule) -> ScheduleHandle:
    return ctx.temporal.get_schedule_handle(found.id)


def _check_when(asked: ScheduledBatch) -> None:
    if (asked.cron is None) == (asked.every_minutes is None):
        raise Invalid("Say when it runs by cron, or by every_minutes: one of both.")
    if asked.cron is not None and len(asked.cron.split()) != 5:
        raise Invalid("A cron has five fields: minute, hour, day of the month, month, day of the week.")


def _zoned(when: WhenBody, now: Described) -> WhenBody:
    """The time zone of the request, or else the one that the schedule has."""
    if "time_zone" in when.model_fields_set:
        return when
    return when.model_copy(update={"time_zone": _zone(now)})


def _zone(found: Described) -> str:
    return found.description.schedule.spec.time_zone_name or "UTC"


def _when(when: WhenBody) -> dict[str, Any]:
    return {"cron": when.cron, "every_minutes": when.every_minutes, "time_zone": when.time_zone}


def _place(who: Principal, wanted: BatchFilter) -> UUID | None:
    """The organisation that the schedule belongs to, if there is one: of what `who`, its owner, may act on."""
    mine = [org for org in who.memberships if who.may(Permission.RUN_BATCHES, org)]
    if not who.is_admin and len(mine) == 1:
        return mine[0]
    return wanted.org_id if wanted.org_id in mine or who.is_admin else None


def _told(asked: ScheduledBatch) -> dict[str, Any]:
    return asked.model_dump(mode="json", exclude_defaults=True)


def _paused(found: SeenSchedule) -> dict[str, bool]:
    return {"paused": found.now.description.schedule.state.paused}


def shown(schedule_id: str, found: Described) -> ScheduleOut:
    asked, schedule, info = found.asked, found.description.schedule, found.description.info
    return ScheduleOut(
        id=schedule_id,
        name=(asked and asked.name) or schedule_id,
        owner_id=asked.owner_id if asked else None,
        work=asked.work if asked else None,
        filter=asked.filter if asked else None,
        max_jobs=asked.max_jobs if asked else None,
        cron=schedules.crons(schedule.spec),
        every_minutes=[int(each.every.total_seconds() // 60) for each in schedule.spec.intervals],
        time_zone=_zone(found),
        paused=schedule.state.paused,
        note=schedule.state.note or None,
        running=bool(info.running_actions),
        next_runs=list(info.next_action_times[:5]),
        recent_runs=[
            RunOut(scheduled_at=each.scheduled_at, started_at=each.started_at)
            for each in info.recent_actions[-10:]
        ],
    )
