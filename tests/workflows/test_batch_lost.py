"""Batches whose workflow is gone: their row says so, or they go on."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import col
from temporalio.client import WorkflowExecutionStatus

from schema.contracts.batches import BatchInput, BatchWork
from schema.enums import BatchAction, BatchStatus, Outcome
from schema.queries import batches
from schema.tables import Batch, now
from tests.workflows.batch_kit import nobodys, of
from tests.workflows.platform import Platform, eventually, is_unknown
from workflows import names

RETRY = BatchWork(action=BatchAction.RETRY)


async def aged(platform: Platform, batch: Batch, **values: object) -> None:
    """As if it had been started some time ago."""
    async with platform.database.begin() as session:
        await session.execute(
            sa.update(Batch)
            .where(col(Batch.id) == batch.id)
            .values(started_at=now() - timedelta(minutes=2), **values)
        )


async def swept_until_over(platform: Platform, batch: Batch) -> Batch:
    """Of those of other tests a sweep looks at some first."""
    case = of(platform)

    async def is_over() -> bool:
        await platform.start_orphans()
        return (await case.row(batch)).finished_at is not None

    await eventually(is_over)
    return await case.row(batch)


async def test_one_that_staff_have_terminated_is_over(platform: Platform) -> None:
    case = of(platform)
    batch = await case.make(RETRY, nobodys(3))
    handle = await case.start(batch, paused=True)
    await aged(platform, batch, status=BatchStatus.PAUSED)
    await platform.start_orphans()
    assert (await case.row(batch)).finished_at is None, "it runs"
    await handle.terminate()
    assert (await swept_until_over(platform, batch)).status is BatchStatus.CANCELLED
    assert [each.outcome for each in await case.items(batch)] == [Outcome.SKIPPED] * 3


async def test_those_that_cannot_be_started_stand_in_the_way_of_none(platform: Platform) -> None:
    case = of(platform)
    made = [await case.make(RETRY, nobodys(1)) for _ in range(2)]
    ids, found = {batch.id for batch in made}, set[UUID]()
    async with platform.database.begin() as session:
        early = sa.update(Batch).where(col(Batch.id).in_(ids)).values(created_at=now() - timedelta(days=1))
        await session.execute(early)
        for _ in range(500):
            found |= {batch.id for batch in await batches.never_started(session, limit=1)}
            if ids <= found:
                break
        await session.execute(sa.delete(Batch).where(col(Batch.id).in_(ids)))
    assert ids <= found, "each has its turn"


async def test_one_whose_time_was_over_has_failed(platform: Platform) -> None:
    case = of(platform)
    batch = await case.make(RETRY, nobodys(2))
    await platform.client.start_workflow(
        names.BATCH_WORKFLOW,
        BatchInput(batch_id=batch.id, action=batch.action),
        id=names.batch_workflow_id(batch.id),
        task_queue="nobody",
        run_timeout=timedelta(seconds=1),
    )
    await aged(platform, batch, status=BatchStatus.RUNNING)
    assert (await swept_until_over(platform, batch)).status is BatchStatus.FAILED
    assert [each.outcome for each in await case.items(batch)] == [Outcome.FAILED] * 2


@pytest.mark.parametrize("action", [BatchAction.RETRY, BatchAction.DOWNLOAD])
async def test_one_that_temporal_has_lost_goes_on(platform: Platform, action: BatchAction) -> None:
    case = of(platform)
    batch = await case.make(BatchWork(action=action), nobodys(3))
    await aged(platform, batch, status=BatchStatus.RUNNING)
    assert (await swept_until_over(platform, batch)).status is BatchStatus.COMPLETED
    assert [each.outcome for each in await case.items(batch)] == [Outcome.NOT_FOUND] * 3


async def test_one_that_was_paused_goes_on_paused(platform: Platform) -> None:
    case = of(platform)
    batch = await case.make(RETRY, nobodys(3))
    await aged(platform, batch, status=BatchStatus.PAUSED)
    handle = case.handle(batch)

    async def runs() -> bool:
        await platform.start_orphans()
        return not await is_unknown(handle)

    await eventually(runs)
    assert (await case.state(batch)).status is BatchStatus.PAUSED
    assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
    await handle.signal(names.RESUME)
    await case.ended(batch)
