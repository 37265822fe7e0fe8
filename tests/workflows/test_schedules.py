"""The schedules of the sweeps: there, whoever deletes them, and as they should be, but for a pause."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio
from temporalio.client import Client, ScheduleIntervalSpec, ScheduleOverlapPolicy, ScheduleUpdate
from temporalio.service import RPCError
from temporalio.worker import Worker

from activities.storage import GoogleStorage
from schema.contracts.sweeps import Swept
from schema.db import Database
from schema.enums import Sweep
from tests.namespaces import own_namespace
from tests.workflows.platform import eventually
from workers.groups import sweeping
from workers.registry import POOLS, SANDBOX
from workflows import names
from workflows.schedules import SCHEDULES, ensure, keep_ensured

MINUTE = timedelta(minutes=1)


@pytest_asyncio.fixture(loop_scope="session")
async def client(temporal_client: Client) -> Client:
    """In a namespace of its own: schedules have the same ids everywhere."""
    return await own_namespace(temporal_client)


async def listed(client: Client) -> set[str]:
    return {each.id async for each in await client.list_schedules()}


async def test_they_are_made_once_whoever_makes_them(client: Client) -> None:
    await asyncio.gather(*(ensure(client) for _ in range(5)))
    for id in SCHEDULES.values():
        schedule = (await client.get_schedule_handle(id).describe()).schedule
        assert schedule.policy.overlap is ScheduleOverlapPolicy.SKIP
        assert schedule.policy.catchup_window == MINUTE
    assert set(SCHEDULES) == set(Sweep)
    await eventually(lambda: all_listed(client))


async def all_listed(client: Client) -> bool:
    return await listed(client) == set(SCHEDULES.values())


async def test_what_was_changed_is_mended_and_a_pause_stays(client: Client) -> None:
    await ensure(client)
    handle = client.get_schedule_handle(SCHEDULES[Sweep.REPAIR_ROWS])
    before = (await handle.describe()).schedule.spec.intervals
    await handle.pause(note="the database is being moved")

    def slower(input: object) -> ScheduleUpdate:
        schedule = input.description.schedule  # type: ignore[attr-defined]
        schedule.spec.intervals = [ScheduleIntervalSpec(every=timedelta(days=9))]
        return ScheduleUpdate(schedule)

    await handle.update(slower)
    await ensure(client)
    schedule = (await handle.describe()).schedule
    assert [each.every for each in schedule.spec.intervals] == [each.every for each in before]
    assert schedule.state.paused
    assert schedule.state.note == "the database is being moved"


async def test_a_deleted_one_comes_back_by_itself(client: Client) -> None:
    """As all do of a Temporal that has lost its state."""
    keeping = asyncio.create_task(keep_ensured(client, timedelta(seconds=0.2)))
    try:
        await eventually(lambda: all_listed(client))
        handle = client.get_schedule_handle(SCHEDULES[Sweep.EXPIRE_RECORDS])
        await handle.delete()

        async def is_back() -> bool:
            try:
                return not (await handle.describe()).schedule.state.paused
            except RPCError:
                return False

        await eventually(is_back)
    finally:
        keeping.cancel()


@pytest_asyncio.fixture(loop_scope="session")
async def sweeper(client: Client, database: Database, object_store: GoogleStorage) -> AsyncIterator[None]:
    async with Worker(
        client,
        task_queue=names.Queue.SWEEPS.value,
        workflows=POOLS[names.Queue.SWEEPS].workflows,
        workflow_runner=SANDBOX,
        activities=sweeping(database, client, object_store),
        build_id="tests",
    ):
        yield


async def test_each_runs_and_goes_on_where_it_ended(client: Client, sweeper: None) -> None:
    await ensure(client)
    handle = client.get_schedule_handle(SCHEDULES[Sweep.REPAIR_ROWS])

    async def results(count: int) -> list[Swept]:
        query = f"WorkflowId STARTS_WITH '{handle.id}' AND ExecutionStatus = 'Completed'"
        found: list[Swept] = []

        async def enough() -> bool:
            nonlocal found
            ended = [each async for each in client.list_workflows(query)]
            ended.sort(key=lambda each: each.start_time)
            found = [
                await client.get_workflow_handle(each.id, run_id=each.run_id, result_type=Swept).result()
                for each in ended
            ]
            return len(found) >= count

        await eventually(enough)
        return found

    first = (await results(1))[0]
    await handle.trigger()
    second = (await results(2))[1]
    assert first.cursor.since is not None and second.cursor.since is not None
    assert first.cursor.since < second.cursor.since
    assert (first.failed, second.failed) == (0, 0)
