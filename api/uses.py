"""Records when service tokens were last used, without delaying or failing requests."""

from __future__ import annotations

import asyncio
import logging
from uuid import UUID

from schema.db import Database
from schema.queries import service_tokens

logger = logging.getLogger(__name__)


class Uses:
    """Writes each token's use at most once a minute, and one write at a time per token."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writing: dict[UUID, asyncio.Task[None]] = {}

    def note(self, token: service_tokens.Presented) -> None:
        if token.is_noted or token.id in self._writing:
            return
        task = asyncio.create_task(self._write(token.id), name="service-token-use")
        self._writing[token.id] = task
        task.add_done_callback(lambda _: self._writing.pop(token.id, None))

    async def settled(self) -> None:
        """Waits until everything noted is written."""
        await asyncio.gather(*self._writing.values())

    async def _write(self, token_id: UUID) -> None:
        try:
            async with self._database.begin() as session:
                await service_tokens.note_use(session, token_id)
        except Exception as error:  # whatever it is, the token works all the same
            logger.warning("the use of service token %s was not written (%r)", token_id, error)
