"""Schedules of batches."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.bodies.schedules import ScheduleBody, ScheduleOut, SchedulePatch
from api.errors import errors
from api.guards.batches import Producer
from api.guards.schedules import DeletableSchedule, OwnSchedule, VisibleSchedule
from api.headers import located
from api.idempotency import KeyedRoute, Once
from api.operations import schedules
from api.pagination import Page, Paging

router = APIRouter(prefix="/production/schedules", tags=["Production"], route_class=KeyedRoute)


@router.get("", responses=errors(401, 403, 503))
async def list_schedules(caller: Producer, paging: Paging) -> Page[ScheduleOut]:
    """Lists the caller's own schedules and those of their organisations, by name."""
    return await schedules.listing(caller, paging)


@router.post("", status_code=201, responses=errors(400, 503))
async def create_schedule(
    caller: Producer, body: ScheduleBody, once: Once, response: Response
) -> ScheduleOut:
    """Creates a recurring batch over a filter. A run that would overlap the previous one is skipped."""
    made = await schedules.create(caller, body, once)
    located(caller.parts.settings, response, f"/production/schedules/{made.id}")
    return made


@router.get("/{schedule_id}", responses=errors(503))
async def get_schedule(found: VisibleSchedule, caller: Producer) -> ScheduleOut:
    """Returns one schedule, as Temporal has it."""
    return schedules.shown(found.id, found.now)


@router.patch("/{schedule_id}", responses=errors(400, 503))
async def change_schedule(
    found: OwnSchedule, caller: Producer, body: SchedulePatch, once: Once
) -> ScheduleOut:
    """Changes a schedule. Absent fields stay unchanged."""
    return await schedules.change(caller, found, body, once)


@router.delete("/{schedule_id}", status_code=204, responses=errors(503))
async def delete_schedule(found: DeletableSchedule, caller: Producer, once: Once) -> None:
    """Deletes a schedule. A batch in progress continues."""
    if found is not None:
        await schedules.delete(caller, found, once)


@router.post("/{schedule_id}/pause", responses=errors(503))
async def pause_schedule(found: VisibleSchedule, caller: Producer, once: Once) -> ScheduleOut:
    """Pauses a schedule until `resume`."""
    return await schedules.pause(caller, found, once)


@router.post("/{schedule_id}/resume", responses=errors(503))
async def resume_schedule(found: VisibleSchedule, caller: Producer, once: Once) -> ScheduleOut:
    """Resumes a schedule."""
    return await schedules.resume(caller, found, once)


@router.post("/{schedule_id}/trigger", responses=errors(503))
async def trigger_schedule(found: VisibleSchedule, caller: Producer, once: Once) -> ScheduleOut:
    """Runs a schedule now, even if it is paused, but not while a run is in progress."""
    return await schedules.trigger(caller, found, once)
