"""Wakes webhook workflows after the transaction that caused an event has committed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from uuid import UUID

from temporalio.client import Client

from schema.db import Database
from schema.queries import webhooks

WakeWebhook = Callable[[Client, UUID, UUID, str], Awaitable[None]]
"""Starts the workflow of a webhook (its id, its organisation's, its name), or wakes the running one."""
_LIMIT_S = 3.0
"""Less time than the projection has, however many there are."""
logger = logging.getLogger(__name__)


async def wake_those_of(database: Database, wake: WakeWebhook, client: Client, org_id: UUID) -> None:
    """Wakes them. On any error the sweep does it later: a job's events never wait for webhooks."""
    try:
        async with asyncio.timeout(_LIMIT_S):
            async with database.begin() as session:
                found = await webhooks.enabled(session, org_id)
            await asyncio.gather(*(wake(client, each.id, each.org_id, each.name) for each in found))
    except Exception as error:
        logger.warning("the webhooks of organisation %s wait for the sweep: %r", org_id, error)
