"""A cancellation in Temporal that arrives together with the end of what is waited for: it is heeded, and said, all the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio import activity
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError, WorkflowHandle
from temporalio.worker import Worker

from schema.contracts.batches import (
    BatchInput,
    BatchRef,
    Chosen,
    DecideItems,
    ItemsDecided,
    RecordBatch,
)
from schema.contracts.glossaries import EmbedFailed, EmbedInput, EmbedResult, GlossaryInput
from schema.enums import BatchAction
from tests.namespaces import own_namespace
from tests.workflows.platform import eventually
from workers.registry import SANDBOX
from workflows import names
from workflows.batch import BatchWorkflow
from workflows.glossary import GlossaryWorkflow
from workflows.inbound import GuardMessages

_STICKY = timedelta(seconds=1)


class Done:
    """What was asked for."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.said: list[object] = []

    @activity.defn(name=names.Activity.CHOOSE_JOBS)
    async def choose(self, inputs: BatchRef) -> Chosen:
        return Chosen(total=3)

    @activity.defn(name=names.Activity.DECIDE_ITEMS)
    async def decide(self, inputs: DecideItems) -> ItemsDecided:
        self.calls["more"] += 1
        return ItemsDecided(counts={}, reasons={})

    @activity.defn(name=names.Activity.RECORD_BATCH)
    async def record(self, inputs: RecordBatch) -> None:
        self.said.append(inputs.status.value)

    @activity.defn(name=names.Activity.EMBED_TERMS)
    async def embed(self, inputs: EmbedInput) -> EmbedResult:
        self.calls["more"] += bool(inputs.after)
        return EmbedResult(after=inputs.after + 1, embedded=1, terms=9, finished=inputs.after > 5)

    @activity.defn(name=names.Activity.END_EMBEDDING)
    async def end(self, inputs: EmbedFailed) -> None:
        self.said.append(inputs.reason)


@pytest_asyncio.fixture(loop_scope="session")
async def client(temporal_client: Client) -> Client:
    return await own_namespace(temporal_client)


async def begin_batch(client: Client) -> WorkflowHandle[Any, Any]:
    batch_id = uuid4()
    return await client.start_workflow(
        BatchWorkflow.run,
        BatchInput(batch_id=batch_id, action=BatchAction.RETRY),
        id=names.batch_workflow_id(batch_id),
        task_queue=names.Queue.BATCHES.value,
    )


async def begin_glossary(client: Client) -> WorkflowHandle[Any, Any]:
    version_id = uuid4()
    return await client.start_workflow(
        GlossaryWorkflow.run,
        GlossaryInput(version_id=version_id, revision=0),
        id=names.glossary_workflow_id(version_id),
        task_queue=names.Queue.JOBS.value,
    )


@pytest.mark.parametrize(
    ("begin", "queue", "works_on", "said"),
    [
        (begin_batch, names.Queue.BATCHES, names.Queue.BATCHES, "cancelled"),
        (begin_glossary, names.Queue.JOBS, names.Queue.EMBED, "cancelled in Temporal"),
    ],
)
async def test_it_ends_and_does_nothing_more(
    client: Client, begin: Callable[[Client], Any], queue: names.Queue, works_on: names.Queue, said: str
) -> None:
    done = Done()
    kinds: dict[names.Queue, list[Any]] = {
        names.Queue.BATCHES: [done.choose, done.decide, done.record],
        names.Queue.EMBED: [done.embed, done.end],
    }

    def deciding() -> Worker:
        return Worker(
            client,
            task_queue=queue.value,
            workflows=[BatchWorkflow, GlossaryWorkflow],
            workflow_runner=SANDBOX,
            interceptors=[GuardMessages()],
            sticky_queue_schedule_to_start_timeout=_STICKY,
            build_id="tests",
        )

    def acting() -> Worker:
        return Worker(client, task_queue=works_on.value, activities=kinds[works_on], build_id="tests")

    async def has(handle: WorkflowHandle[Any, Any], event: str) -> bool:
        history = await handle.fetch_history()
        return any(each.HasField(f"{event}_event_attributes") for each in history.events)  # type: ignore[arg-type]

    async with deciding():
        handle = await begin(client)
        await eventually(lambda: has(handle, "activity_task_scheduled"))
    async with acting():
        await eventually(lambda: has(handle, "activity_task_completed"))
    await handle.cancel()
    async with deciding(), acting():
        with pytest.raises(WorkflowFailureError):
            await handle.result()
    assert (await handle.describe()).status is WorkflowExecutionStatus.CANCELED
    assert done.calls["more"] == 0
    assert all(said in str(each) for each in done.said) and done.said
