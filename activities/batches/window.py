"""How many jobs of a batch are at work at once, where Temporal's queues are not fair: they would stand before everybody
else's, all of them."""

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
    """`most` is about how many; None is no limit. What waits for room is looked at again after `every`."""

    most: int | None = None
    every: timedelta = timedelta(seconds=5)

    async def room(self, session: AsyncSession, batch: Batch) -> int | None:
        """How many jobs a piece may decide about now; None is all of its own."""
        if self.most is None:
            return None
        if batch.status in (BatchStatus.PAUSED, BatchStatus.CANCELLED):
            return 0
        left = self.most - await batch_items.at_work(session, batch.id)
        return max(0, -(-left // PIECES_AT_ONCE))  # each takes its part

    def closed(self, batch: Batch, waiting: int) -> ApplicationError:
        """What lets the server begin the piece again in a moment, without an event in the history."""
        paused = batch.status is BatchStatus.PAUSED
        until = "the batch goes on" if paused else "others of the batch were worked on (BATCH_JOBS_AT_WORK)"
        return ApplicationError(
            f"{waiting} jobs wait until {until}.",
            type=Code.UNAVAILABLE.value,
            next_retry_delay=self.every,
            category=ApplicationErrorCategory.BENIGN,
        )
