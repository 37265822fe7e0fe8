"""Limits how many jobs of a batch run at once, if Temporal's queues are not fair: otherwise all of them would be queued
ahead of everybody else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from schema.codes import Code
from schema.contracts.batches import PIECES_AT_ONCE
from schema.enums import BatchStatus
from schema.queries import batch_items
from schema.tables import Batch


@dataclass(frozen=True, slots=True)
class Window:
    """`most` is the approximate number; None means no limit. Whether there is room is checked every `every`."""

    most: int | None = None
    every: timedelta = timedelta(seconds=5)

    async def room(self, session: AsyncSession, batch: Batch) -> int | None:
        """How many jobs a piece may decide about now; None means all of its own."""
        if self.most is None:
            return None
        if batch.status in (BatchStatus.PAUSED, BatchStatus.CANCELLED):
            return 0
        left = self.most - await batch_items.at_work(session, batch.id)
        return max(0, -(-left // PIECES_AT_ONCE))  # each piece takes its share

    def closed(self, batch: Batch, waiting: int) -> ApplicationError:
        """The error with which the server retries the piece shortly, without an event in the history."""
        paused = batch.status is BatchStatus.PAUSED
        until = "the batch goes on" if paused else "others of the batch were worked on (BATCH_JOBS_AT_WORK)"
        return ApplicationError(
            f"{waiting} jobs wait until {until}.",
            type=Code.UNAVAILABLE.value,
            next_retry_delay=self.every,
            category=ApplicationErrorCategory.BENIGN,
        )
