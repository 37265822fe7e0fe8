"""The schedules of the sweeps: there, whoever deletes them, and as they should be, but for a pause."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest_asyncio
from temporalio.client import (
    Client,
    ScheduleActionStartWorkflow,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError
from temporalio.worker import Worker

from activities.storage import GoogleStorage
from schema.contracts.sweeps import SweepInput, Swept
from schema.db import Database
from schema.enums import Sweep
from tests.namespaces import own_namespace
from tests.workflows.platform import eventually
from workers.codec import EncryptingCodec
from workers.groups import sweeping
from workers.registry import POOLS, SANDBOX
from workflows import names
from workflows.converter import data_converter
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


async def test_what_was_typed_over_its_input_is_mended(client: Client) -> None:
    await ensure(client)
    handle = client.get_schedule_handle(SCHEDULES[Sweep.PURGE_JOBS])

    async def given() -> list[Any]:
        action = (await handle.describe()).schedule.action
        assert isinstance(action, ScheduleActionStartWorkflow)
        return await client.data_converter.decode(action.args)

    asked = await given()
    assert asked == [{"sweep": "purge_jobs"}]
    for typed in ([{"sweep": "repair_rows"}], [{"sweep": "any"}], [7], []):

        def other(input: ScheduleUpdateInput, typed: list[Any] = typed) -> ScheduleUpdate:
            action = input.description.schedule.action
            assert isinstance(action, ScheduleActionStartWorkflow)
            action.args = typed
            return ScheduleUpdate(input.description.schedule)

        await handle.update(other)
        assert await given() == typed
        await ensure(client)
        assert await given() == asked


async def test_an_input_under_an_older_key_is_encrypted_anew(temporal_client: Client) -> None:
    """So that the older key can be taken away."""
    keys = {"old": b"1" * 32, "new": b"2" * 32}
    namespace = (await own_namespace(temporal_client)).namespace

    def with_codec(current: str, *known: str) -> Client:
        config = temporal_client.config()
        codec = EncryptingCodec(current, {id: keys[id] for id in known})
        config["data_converter"] = replace(data_converter, payload_codec=codec)
        config["namespace"] = namespace
        return Client(**config)

    await ensure(with_codec("old", "old"))
    await ensure(with_codec("new", "old", "new"))
    client = with_codec("new", "new")
    for sweep, id in SCHEDULES.items():
        action = (await client.get_schedule_handle(id).describe()).schedule.action
        assert isinstance(action, ScheduleActionStartWorkflow)
        assert await client.data_converter.decode(action.args, [SweepInput]) == [SweepInput(sweep=sweep)]


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
