"""The schedules of the sweeps. Every process that may do so creates them, and restores those that somebody changed.

Staff may pause a schedule in the Temporal UI, and it stays paused. Any other change is undone within a minute.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleDescription,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError

from schema.contracts.sweeps import SweepInput
from schema.enums import Sweep
from workflows import names, options

_EVERY = timedelta(minutes=1)
_CATCH_UP = timedelta(minutes=1)
"""For runs that an outage prevented: one sweep does the work of all."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Planned:
    sweep: Sweep
    every: timedelta
    summary: str

    @property
    def id(self) -> str:
        return f"sweep-{self.sweep.value.replace('_', '-')}"


_PLANNED = (
    _Planned(
        Sweep.START_ORPHANS,
        timedelta(seconds=15),
        "Starts jobs and languages that a crash left without a workflow",
    ),
    _Planned(Sweep.REPAIR_ROWS, timedelta(seconds=15), "Repairs rows after a reset or a terminate"),
    _Planned(
        Sweep.UNASSIGN_GONE,
        timedelta(seconds=15),
        "Takes work off people who may not do it any more",
    ),
    _Planned(
        Sweep.COMPLETE_BY_POLICY,
        timedelta(minutes=1),
        "Completes what needs nobody in final review, by the policy of its client",
    ),
    _Planned(Sweep.EXPIRE_RECORDS, timedelta(hours=1), "Deletes records that have expired"),
    _Planned(
        Sweep.SEND_DIGESTS, timedelta(minutes=15), "Mails people what waits for them, is due or has failed"
    ),
    _Planned(
        Sweep.PURGE_JOBS, timedelta(hours=1), "Purges jobs that were deleted long ago, with their objects"
    ),
)
SCHEDULES = {planned.sweep: planned.id for planned in _PLANNED}


async def ensure(client: Client) -> None:
    """Ensures that every schedule exists and is as it should be. Safe to run in several processes at once.

    Raises:
        RPCError: Temporal does not answer.
    """
    for planned in _PLANNED:
        schedule = _schedule(planned)
        try:
            await client.create_schedule(planned.id, schedule, trigger_immediately=True)
        except ScheduleAlreadyRunningError:
            handle = client.get_schedule_handle(planned.id)
            if not await _is_as(client, await handle.describe(), schedule):
                _log.warning("the schedule %s was changed, and is set back", planned.id)
                await handle.update(lambda input, schedule=schedule: _mended(input, schedule))  # type: ignore[misc]


async def keep_ensured(client: Client, every: timedelta = _EVERY) -> None:
    """Runs until cancelled. Schedules come back within `every` after somebody deleted them, or Temporal lost its
    state."""
    while True:
        try:
            await ensure(client)
        except (RPCError, RuntimeError) as error:  # RuntimeError: a lazy client that finds no server
            _log.warning("the schedules of the sweeps could not be looked at: %s", error)
        await asyncio.sleep(every.total_seconds())


def _schedule(planned: _Planned) -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(
            names.SWEEP_WORKFLOW,
            SweepInput(sweep=planned.sweep),
            id=planned.id,
            task_queue=names.Queue.SWEEPS.value,
            run_timeout=options.SWEEP_RUN,
            static_summary=planned.summary,
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=planned.every)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=_CATCH_UP),
    )


def _mended(input: ScheduleUpdateInput, wanted: Schedule) -> ScheduleUpdate:
    """The schedule as it should be, paused if it was paused."""
    wanted.state = input.description.schedule.state
    return ScheduleUpdate(wanted)


async def _is_as(client: Client, described: ScheduleDescription, wanted: Schedule) -> bool:
    is_as = _essence(described.schedule) == _essence(wanted)
    return is_as and await _has_input(client, described.schedule, wanted)


async def _has_input(client: Client, schedule: Schedule, wanted: Schedule) -> bool:
    """Whether the schedule has the wanted input, encoded as it would be now. Input under an earlier key is encoded
    again, so that the key can be retired."""
    described, asked = schedule.action, wanted.action
    assert isinstance(described, ScheduleActionStartWorkflow)
    assert isinstance(asked, ScheduleActionStartWorkflow)
    encoded = await client.data_converter.encode(asked.args)
    if [dict(each.metadata) for each in described.args] != [dict(each.metadata) for each in encoded]:
        return False
    try:
        return list(await client.data_converter.decode(described.args, [SweepInput])) == list(asked.args)
    except Exception:  # somebody has typed it
        return False


def _essence(schedule: Schedule) -> tuple[object, ...]:
    """The parts that somebody could change by mistake."""
    action = schedule.action
    assert isinstance(action, ScheduleActionStartWorkflow)
    spec = schedule.spec
    return (
        (action.workflow, action.id, action.task_queue, action.run_timeout),
        [(each.every, each.offset or timedelta()) for each in spec.intervals],
        (len(spec.calendars), spec.cron_expressions, spec.start_at, spec.end_at),
        (schedule.policy.overlap, schedule.policy.catchup_window, schedule.policy.pause_on_failure),
    )
