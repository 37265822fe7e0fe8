"""The rows of batches: opened by a schedule, filled with jobs, and updated from their workflows."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from temporalio import activity

from schema.contracts.batches import (
    BatchAsked,
    BatchRef,
    Chosen,
    OpenBatch,
    Opened,
    RecordBatch,
    ScheduledBatch,
)
from schema.contracts.providers import ProviderCatalog
from schema.db import Database
from schema.enums import BatchStatus
from schema.errors import Invalid
from schema.permissions import OF_BATCH, Permission, Principal
from schema.queries import batch_items, batches
from schema.tables import Batch

_NOT_ANY_MORE = (
    "Whoever made this schedule may not do this any more: delete it, and have somebody make it who may."
)
_NOT_ITS_OWNER = "Whoever asked for this batch may not do this any more: somebody who may can ask again."


class BatchActivities:
    """`catalog` knows the current drafting models, for filters by model."""

    def __init__(self, database: Database, catalog: Callable[[], ProviderCatalog]) -> None:
        self._database = database
        self._catalog = catalog

    @activity.defn(name="open_batch")
    async def open_batch(self, inputs: OpenBatch) -> Opened:
        """Of a run of a schedule: the row, once.

        Raises:
            Invalid: somebody typed it in Temporal's UI, and it says too little or too much; or its owner may not do this
                any more, and then its row has failed.
        """
        asked = inputs.asked
        if fault := asked.work.fault():
            raise Invalid(fault)
        batch = Batch(
            id=inputs.batch_id,
            owner_id=asked.owner_id,
            action=asked.work.action,
            asked=BatchAsked(work=asked.work, filter=asked.filter, max_jobs=asked.max_jobs).model_dump(
                mode="json"
            ),
            schedule_id=asked.schedule_id,
        )
        async with self._database.begin() as session:
            who = await batches.owner(session, batch)
            batch.org_id = _place(who, asked)
            await batches.insert_named(session, batch, ())
            await batches.mark_started(session, batch.id)
            may = _may(who, batch)
            if not may:
                await batches.record(session, batch.id, BatchStatus.FAILED, ended=True)
        if not may:
            raise Invalid(_NOT_ANY_MORE)
        return Opened(org_id=batch.org_id)

    @activity.defn(name="choose_jobs")
    async def choose_jobs(self, inputs: BatchRef) -> Chosen:
        """
        Raises:
            Invalid: the batch is gone; or it is over a filter whose owner may not do this any more, and then its row has
                failed.
        """
        async with self._database.begin() as session:
            batch = await batches.load(session, inputs.batch_id, lock=True)
            if batch is None:
                raise Invalid("There is no such batch any more.")
            await batches.mark_started(session, batch.id)
            over_filter = BatchAsked.kept(batch.asked).filter is not None and batch.total is None
            may = not over_filter or _may(await batches.owner(session, batch), batch)
            if may:
                total = await batch_items.choose(session, batch, lambda: self._catalog().engines)
            else:
                await batches.record(session, batch.id, BatchStatus.FAILED, ended=True)
        if not may:
            raise Invalid(_NOT_ITS_OWNER)
        return Chosen(total=total)

    @activity.defn(name="record_batch")
    async def record_batch(self, inputs: RecordBatch) -> None:
        async with self._database.begin() as session:
            if inputs.ended:
                await batch_items.settle_rest(
                    session, inputs.batch_id, cancelled=inputs.status is BatchStatus.CANCELLED
                )
            await batches.record(session, inputs.batch_id, inputs.status, ended=inputs.ended)


def _may(owner: Principal | None, batch: Batch) -> bool:
    return owner is not None and owner.may_somewhere(OF_BATCH[batch.action])


def _place(owner: Principal | None, asked: ScheduledBatch) -> UUID | None:
    """The organisation of the batch: its schedule's, or its filter's if its owner runs batches there. People of other
    organisations see nothing of this."""
    wanted = asked.filter.org_id
    if asked.org_id is not None or wanted is None:
        return asked.org_id
    return wanted if owner is not None and owner.may(Permission.RUN_BATCHES, wanted) else None
