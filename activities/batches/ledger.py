"""Writes the outcomes of a piece as they come."""

from __future__ import annotations

import asyncio
from uuid import UUID

from schema.db import Database
from schema.enums import Outcome
from schema.queries import batch_items

OutcomeOf = tuple[Outcome, str | None]
"""The outcome of one job, and the reason."""


class Ledger:
    """Collects the outcomes of a piece: those that arrive while a statement runs are written together by the next."""

    def __init__(self, database: Database, batch_id: UUID) -> None:
        self._database = database
        self._batch_id = batch_id
        self._new: dict[UUID, OutcomeOf] = {}
        self._writing = asyncio.Lock()

    async def put(self, job_id: UUID, found: OutcomeOf) -> None:
        """Returns once the outcome is in the database, or is being written by another task, whose failure is the
        piece's."""
        self._new[job_id] = found
        async with self._writing:
            given, self._new = self._new, {}
            if given:
                async with self._database.begin() as session:
                    await batch_items.settle(session, self._batch_id, given)
