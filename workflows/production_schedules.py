"""Schedules of batches, made by production. Temporal is their only store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleDescription,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.common import Priority

from schema.contracts.batches import ScheduledBatch
from workflows import names, shown

_CATCH_UP = timedelta(hours=1)
"""For runs that an outage prevented. Temporal's default is a year, but one run does the work of all."""
_LONGEST = timedelta(days=7)
"""The timeout of one run, which delays those after it."""


@dataclass(frozen=True, slots=True)
class Described:
    """A schedule as Temporal has it. `asked` is None if its input cannot be read."""

    asked: ScheduledBatch | None
    description: ScheduleDescription


async def create(client: Client, schedule_id: str, asked: ScheduledBatch) -> None:
    """Creates a schedule. Does nothing if the same request has created it before.

    Raises:
        RPCError: Temporal does not answer, or cannot read the cron.
    """
    try:
        await client.create_schedule(schedule_id, _schedule(schedule_id, asked))
    except ScheduleAlreadyRunningError:
        return


async def describe(client: Client, schedule_id: str) -> Described | None:
    """Returns None if it is not a schedule of batches.

    Raises:
        RPCError: there is none of this id, or Temporal does not answer.
    """
    description = await client.get_schedule_handle(schedule_id).describe()
    action = description.schedule.action
    if not isinstance(action, ScheduleActionStartWorkflow) or action.workflow != names.SCHEDULED_WORKFLOW:
        return None
    return Described(await _asked(client, action), description)


async def ids(client: Client) -> Sequence[str]:
    """The ids of all schedules of batches. Temporal's list lags a moment behind."""
    found = await client.list_schedules()
    return [
        each.id
        async for each in found
        if each.schedule is not None
        and getattr(each.schedule.action, "workflow", None) == names.SCHEDULED_WORKFLOW
    ]


async def change(client: Client, schedule_id: str, asked: ScheduledBatch, *, when: bool) -> None:
    """Replaces a schedule; a paused one stays paused. Without `when` its times are kept, also those that somebody set
    in Temporal's UI."""

    def changed(input: ScheduleUpdateInput) -> ScheduleUpdate:
        before, schedule = input.description.schedule, _schedule(schedule_id, asked)
        schedule.state, schedule.policy = before.state, before.policy
        if not when:
            schedule.spec = before.spec
        return ScheduleUpdate(schedule)

    await client.get_schedule_handle(schedule_id).update(changed)


def crons(spec: ScheduleSpec) -> list[str]:
    """The times of the schedule as crons: with five fields, or with seven (seconds first, years last) if five cannot
    express it. Temporal stores calendars, however the times were given."""
    return [*spec.cron_expressions, *(_cron(calendar) for calendar in spec.calendars)]


def _cron(calendar: ScheduleCalendarSpec) -> str:
    minutes, hours = _field(calendar.minute, 0, 59), _field(calendar.hour, 0, 23)
    days, months = _field(calendar.day_of_month, 1, 31), _field(calendar.month, 1, 12)
    five = (minutes, hours, days, months, _field(calendar.day_of_week, 0, 6))
    seconds, years = _field(calendar.second, 0, 59), _field(calendar.year, 0, 0)
    return " ".join(five if (seconds, years) == ("0", "*") else (seconds, *five, years))


def _field(ranges: Sequence[ScheduleRange], first: int, last: int) -> str:
    """One field of a cron. No range means all, as for years."""
    return ",".join(_range(each, first, last) for each in ranges) or "*"


def _range(each: ScheduleRange, first: int, last: int) -> str:
    end = max(each.start, each.end)
    shown = f"{each.start}-{end}" if end > each.start else f"{each.start}"
    if (each.start, end) == (first, last):
        shown = "*"
    return f"{shown}/{each.step}" if each.step > 1 else shown


def _schedule(schedule_id: str, asked: ScheduledBatch) -> Schedule:
    every = (
        [ScheduleIntervalSpec(every=timedelta(minutes=asked.every_minutes))] if asked.every_minutes else []
    )
    return Schedule(
        action=ScheduleActionStartWorkflow(
            names.SCHEDULED_WORKFLOW,
            asked.model_copy(update={"schedule_id": schedule_id}),
            id=schedule_id,
            task_queue=names.Queue.BATCHES.value,
            run_timeout=_LONGEST,
            static_summary=shown.summary(asked.name or "A batch over a filter"),
            priority=Priority(priority_key=4, fairness_key=str(asked.org_id or schedule_id)),
        ),
        spec=ScheduleSpec(
            cron_expressions=[asked.cron] if asked.cron else [],
            intervals=every,
            time_zone_name=asked.time_zone,
        ),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=_CATCH_UP),
    )


async def _asked(client: Client, action: ScheduleActionStartWorkflow) -> ScheduledBatch | None:
    """The input of the schedule, which somebody may have typed."""
    try:
        (payload,) = await client.data_converter.decode(action.args, [ScheduledBatch])
    except Exception:
        return None
    return payload if isinstance(payload, ScheduledBatch) else None
