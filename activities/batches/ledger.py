"""What becomes of the jobs of a piece, written as it comes."""

from __future__ import annotations

import asyncio
from uuid import UUID

from schema.db import Database
from schema.enums import Outcome
from schema.queries import batch_items

OutcomeOf = tuple[Outcome, str | None]
"""Of one job, and why."""


class Ledger:
    """Outcomes of a piece: what comes while a statement is under way is written by the next, all in one."""

    def __init__(self, database: Database, batch_id: UUID) -> None:
        self._database = database
        self._batch_id = batch_id
        self._new: dict[UUID, OutcomeOf] = {}
        self._writing = asyncio.Lock()

    async def put(self, job_id: UUID, found: OutcomeOf) -> None:
        """Returns when it is in the database, or is being written by another whose failure is the piece's."""
        self._new[job_id] = found
        async with self._writing:
            given, self._new = self._new, {}
            if given:
                async with self._database.begin() as session:
                    await batch_items.settle(session, self._batch_id, given)
