"""What staff read of a scheduled run whose batch was ended, and of a download that was cancelled before it began."""

from __future__ import annotations

from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio import activity
from temporalio.client import Client, WorkflowFailureError
from temporalio.worker import Worker

from schema.contracts.batches import (
    BatchFilter,
    BatchInput,
    BatchRef,
    BatchWork,
    Chosen,
    OpenBatch,
    Opened,
    PackResult,
    RecordBatch,
    ScheduledBatch,
)
from schema.enums import BatchAction, BatchStatus, JobStatus
from tests.namespaces import own_namespace
from tests.workflows.platform import eventually, is_unknown
from tests.workflows.test_shown import details
from workers.registry import SANDBOX
from workflows import names
from workflows.batch import BatchWorkflow
from workflows.download import DownloadWorkflow
from workflows.inbound import GuardMessages
from workflows.scheduled import ScheduledBatchWorkflow


class Rows:
    """Of one batch."""

    def __init__(self) -> None:
        self.opened: list[OpenBatch] = []
        self.packed = 0
        self.told: list[BatchStatus] = []

    @activity.defn(name=names.Activity.OPEN_BATCH)
    async def open(self, inputs: OpenBatch) -> Opened:
        self.opened.append(inputs)
        return Opened(org_id=None)

    @activity.defn(name=names.Activity.CHOOSE_JOBS)
    async def choose(self, inputs: BatchRef) -> Chosen:
        activity.raise_complete_async()

    @activity.defn(name=names.Activity.PACK_DOWNLOAD)
    async def pack(self, inputs: BatchRef) -> PackResult:
        self.packed += 1
        return PackResult(files=0, size_bytes=0, counts={})

    @activity.defn(name=names.Activity.RECORD_BATCH)
    async def record(self, inputs: RecordBatch) -> None:
        self.told.append(inputs.status)


@pytest_asyncio.fixture(loop_scope="session")
async def client(temporal_client: Client) -> Client:
    return await own_namespace(temporal_client)


def working(client: Client, rows: Rows) -> Worker:
    return Worker(
        client,
        task_queue=names.Queue.BATCHES.value,
        workflows=[BatchWorkflow, DownloadWorkflow, ScheduledBatchWorkflow],
        workflow_runner=SANDBOX,
        activities=[rows.open, rows.choose, rows.record],
        interceptors=[GuardMessages()],
        build_id="tests",
    )


async def test_a_scheduled_run_whose_batch_was_terminated_says_so(client: Client) -> None:
    rows = Rows()
    async with working(client, rows):
        asked = ScheduledBatch(
            work=BatchWork(action=BatchAction.RETRY), filter=BatchFilter(status=(JobStatus.FAILED,))
        )
        handle = await client.start_workflow(
            ScheduledBatchWorkflow.run, asked, id=f"schedule-{uuid4()}", task_queue=names.Queue.BATCHES.value
        )
        await eventually(lambda: bool(rows.opened))
        batch = client.get_workflow_handle(names.batch_workflow_id(rows.opened[0].batch_id))

        async def runs() -> bool:
            return not await is_unknown(batch)

        await eventually(runs)
        await batch.terminate()
        with pytest.raises(WorkflowFailureError):
            await handle.result()
        assert "was ended before all of its jobs had their turn" in await details(handle)


async def test_a_download_that_was_cancelled_before_its_first_task_packs_nothing(client: Client) -> None:
    rows, batch_id = Rows(), uuid4()
    async with (
        working(client, rows),
        Worker(client, task_queue=names.Queue.DOWNLOADS.value, activities=[rows.pack], build_id="tests"),
    ):
        handle = await client.start_workflow(
            DownloadWorkflow.run,
            BatchInput(batch_id=batch_id, action=BatchAction.DOWNLOAD, total=1),
            id=names.download_workflow_id(batch_id),
            task_queue=names.Queue.BATCHES.value,
            start_signal=names.CANCEL,
        )
        assert (await handle.result()).status is BatchStatus.CANCELLED
    assert (rows.packed, rows.told) == (0, [BatchStatus.CANCELLED])
