"""Batches in tests: a row of its own, and pieces as small as a test likes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from temporalio.client import Client, WorkflowHandle

from schema.contracts.batches import BatchAsked, BatchFilter, BatchInput, BatchState, BatchWork
from schema.db import Database
from schema.enums import BatchAction, BatchStatus
from schema.queries import batch_items, batches
from schema.tables import Batch, BatchItem
from tests.workflows.platform import Platform, eventually
from workflows import names
from workflows.batches import start_batch, workflow_id


@dataclass
class Case:
    """Starts batches as staff do, and looks at them."""

    client: Client
    database: Database

    async def make(
        self,
        work: BatchWork,
        job_ids: Sequence[UUID] = (),
        *,
        filter: BatchFilter | None = None,
        owner_id: UUID | None = None,
    ) -> Batch:
        asked = BatchAsked(work=work, filter=filter)
        batch = Batch(
            id=uuid4(),
            owner_id=owner_id,
            action=work.action,
            asked=asked.model_dump(mode="json"),
            total=None if filter else len(job_ids),
        )
        async with self.database.begin() as session:
            await batches.insert_named(session, batch, job_ids)
        return batch

    async def start(self, batch: Batch, **sizes: Any) -> WorkflowHandle[Any, Any]:
        start = BatchInput(batch_id=batch.id, action=batch.action, total=batch.total, **sizes)
        assert await start_batch(self.client, start)
        return self.handle(batch)

    def handle(self, batch: Batch) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(
            workflow_id(BatchAction(batch.action), batch.id), result_type=BatchState
        )

    async def row(self, batch: Batch) -> Batch:
        async with self.database.begin() as session:
            found = await batches.load(session, batch.id)
            assert found is not None
            return found

    async def items(self, batch: Batch) -> Sequence[BatchItem]:
        async with self.database.begin() as session:
            found, _ = await batch_items.listed(session, batch.id, outcome=None, offset=0, limit=20_000)
            return found

    async def settled(self, batch: Batch) -> int:
        return sum(each.outcome is not None for each in await self.items(batch))

    async def state(self, batch: Batch) -> BatchState:
        return await self.handle(batch).query(names.STATE, result_type=BatchState)

    async def until(self, batch: Batch, settled: int) -> None:
        async def are_settled() -> bool:
            return await self.settled(batch) >= settled

        await eventually(are_settled)

    async def ended(self, batch: Batch, status: BatchStatus = BatchStatus.COMPLETED) -> BatchState:
        state: BatchState = await self.handle(batch).result()
        row = await self.row(batch)
        assert (state.status, row.status, row.finished_at is not None) == (status, status, True)
        return state


def nobodys(count: int) -> list[UUID]:
    return [uuid4() for _ in range(count)]


def of(platform: Platform) -> Case:
    return Case(platform.client, platform.database)
