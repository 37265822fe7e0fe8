"""What staff decide about a batch, in its row: one turn after the other, and none that the row does not tell."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio import activity
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from schema.contracts.batches import BatchInput, BatchState, DecideItems, ItemsDecided, RecordBatch
from schema.enums import BatchAction, BatchStatus, Outcome
from tests.namespaces import own_namespace
from tests.workflows.platform import eventually
from workers.registry import SANDBOX
from workflows import names
from workflows.batch import BatchWorkflow
from workflows.inbound import GuardMessages

_SOON = timedelta(milliseconds=100)


class Rows:
    """What the row of a batch was told. `refuses` is how often it refuses; `open` is whether it answers."""

    def __init__(self) -> None:
        self.told: list[tuple[BatchStatus, bool]] = []
        self.asked = 0
        self.refuses = 0
        self.open = asyncio.Event()
        self.open.set()

    @activity.defn(name=names.Activity.RECORD_BATCH)
    async def record(self, inputs: RecordBatch) -> None:
        self.asked += 1
        await self.open.wait()
        if self.refuses:
            self.refuses -= 1
            raise ApplicationError("No.", type="invalid", non_retryable=True)
        self.told.append((inputs.status, inputs.ended))

    @activity.defn(name=names.Activity.DECIDE_ITEMS)
    async def decide(self, inputs: DecideItems) -> ItemsDecided:
        """Waits for room, until the row says that the batch is cancelled."""
        if (BatchStatus.CANCELLED, False) not in self.told:
            raise ApplicationError("No room.", type="unavailable", next_retry_delay=_SOON)
        return ItemsDecided(counts={Outcome.DONE: 0}, reasons={})


@pytest_asyncio.fixture(loop_scope="session")
async def client(temporal_client: Client) -> Client:
    return await own_namespace(temporal_client)


def working(client: Client, rows: Rows) -> Worker:
    return Worker(
        client,
        task_queue=names.Queue.BATCHES.value,
        workflows=[BatchWorkflow],
        workflow_runner=SANDBOX,
        activities=[rows.record, rows.decide],
        interceptors=[GuardMessages()],
        build_id="tests",
    )


async def begin(client: Client, *, paused: bool) -> WorkflowHandle[BatchWorkflow, BatchState]:
    batch_id = uuid4()
    return await client.start_workflow(
        BatchWorkflow.run,
        BatchInput(batch_id=batch_id, action=BatchAction.RETRY, total=3, paused=paused),
        id=names.batch_workflow_id(batch_id),
        task_queue=names.Queue.BATCHES.value,
    )


async def status(handle: WorkflowHandle[BatchWorkflow, BatchState]) -> BatchStatus:
    return (await handle.query(BatchWorkflow.state)).status


async def test_what_the_row_refuses_has_not_happened(client: Client) -> None:
    rows = Rows()
    async with working(client, rows):
        handle = await begin(client, paused=True)
        rows.refuses = 2
        for what in (names.RESUME, names.CANCEL):
            with pytest.raises(WorkflowUpdateFailedError):
                await handle.execute_update(what)
            assert await status(handle) is BatchStatus.PAUSED
        await handle.execute_update(names.CANCEL)
        assert (await handle.result()).status is BatchStatus.CANCELLED
    assert rows.told == [(BatchStatus.CANCELLED, False), (BatchStatus.CANCELLED, True)]


async def test_the_row_hears_of_one_turn_after_the_other(client: Client) -> None:
    """Two at once could arrive in the other order, and the row would say paused of a batch that runs."""
    rows = Rows()
    async with working(client, rows):
        handle = await begin(client, paused=True)
        rows.open.clear()
        turns = [asyncio.create_task(handle.execute_update(names.RESUME))]
        await eventually(lambda: rows.asked == 1)
        turns.append(asyncio.create_task(handle.execute_update(names.PAUSE)))
        await eventually(lambda: accepted(handle, 2))
        assert rows.asked == 1
        rows.open.set()
        await asyncio.gather(*turns)
        assert rows.told == [(BatchStatus.RUNNING, False), (BatchStatus.PAUSED, False)]
        assert await status(handle) is BatchStatus.PAUSED
        await handle.terminate()


async def test_a_paused_batch_that_is_cancelled_in_temporal_ends(client: Client) -> None:
    """Its piece waits for room, which a paused batch does not get."""
    rows = Rows()
    async with working(client, rows):
        handle = await begin(client, paused=False)
        await handle.execute_update(names.PAUSE)
        await handle.cancel()
        with pytest.raises(WorkflowFailureError):
            await handle.result()
        assert (await handle.query(BatchWorkflow.state)).counts[Outcome.SKIPPED] == 3
    assert Counter(rows.told) == Counter(
        [(BatchStatus.PAUSED, False), (BatchStatus.CANCELLED, False), (BatchStatus.CANCELLED, True)]
    )


async def accepted(handle: WorkflowHandle[BatchWorkflow, BatchState], count: int) -> bool:
    history = await handle.fetch_history()
    found = [each.HasField("workflow_execution_update_accepted_event_attributes") for each in history.events]
    return sum(found) == count
