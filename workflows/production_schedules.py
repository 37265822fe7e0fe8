"""Schedules of batches, which production makes: Temporal is their only store."""

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
"""Of runs that an outage prevented; a year is Temporal's default, and one run does the work of all."""
_LONGEST = timedelta(days=7)
"""Of one run, which holds up those after it."""


@dataclass(frozen=True, slots=True)
class Described:
    """A schedule as Temporal has it; `asked` is None where its input cannot be read."""

    asked: ScheduledBatch | None
    description: ScheduleDescription


async def create(client: Client, schedule_id: str, asked: ScheduledBatch) -> None:
    """Nothing happens where the same request has made it before.

    Raises:
        RPCError: Temporal does not answer, or cannot read the cron.
    """
    try:
        await client.create_schedule(schedule_id, _schedule(schedule_id, asked))
    except ScheduleAlreadyRunningError:
        return


async def describe(client: Client, schedule_id: str) -> Described | None:
    """None where it is no schedule of batches.

    Raises:
        RPCError: there is none of this id, or Temporal does not answer.
    """
    description = await client.get_schedule_handle(schedule_id).describe()
    action = description.schedule.action
    if not isinstance(action, ScheduleActionStartWorkflow) or action.workflow != names.SCHEDULED_WORKFLOW:
        return None
    return Described(await _asked(client, action), description)


async def ids(client: Client) -> Sequence[str]:
    """Of the schedules of batches. Temporal's list is a moment behind."""
    found = await client.list_schedules()
    return [
        each.id
        async for each in found
        if each.schedule is not None
        and getattr(each.schedule.action, "workflow", None) == names.SCHEDULED_WORKFLOW
    ]


async def change(client: Client, schedule_id: str, asked: ScheduledBatch, *, when: bool) -> None:
    """In the place of what it was; paused where it was. Without `when` it runs when it did, as somebody may have said in
    Temporal's UI."""

    def changed(input: ScheduleUpdateInput) -> ScheduleUpdate:
        before, schedule = input.description.schedule, _schedule(schedule_id, asked)
        schedule.state, schedule.policy = before.state, before.policy
        if not when:
            schedule.spec = before.spec
        return ScheduleUpdate(schedule)

    await client.get_schedule_handle(schedule_id).update(changed)


def crons(spec: ScheduleSpec) -> list[str]:
    """When it runs, as crons: of five fields, or of seven (seconds first, years last) where five cannot say it. Temporal
    keeps calendars, whoever said them and however."""
    return [*spec.cron_expressions, *(_cron(calendar) for calendar in spec.calendars)]


def _cron(calendar: ScheduleCalendarSpec) -> str:
    minutes, hours = _field(calendar.minute, 0, 59), _field(calendar.hour, 0, 23)
    days, months = _field(calendar.day_of_month, 1, 31), _field(calendar.month, 1, 12)
    five = (minutes, hours, days, months, _field(calendar.day_of_week, 0, 6))
    seconds, years = _field(calendar.second, 0, 59), _field(calendar.year, 0, 0)
    return " ".join(five if (seconds, years) == ("0", "*") else (seconds, *five, years))


def _field(ranges: Sequence[ScheduleRange], first: int, last: int) -> str:
    """All where there is no range, as of years."""
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
    """The input, which somebody may have typed."""
    try:
        (payload,) = await client.data_converter.decode(action.args, [ScheduledBatch])
    except Exception:
        return None
    return payload if isinstance(payload, ScheduledBatch) else None
