"""Whether the parts answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

from temporalio.client import Client
from temporalio.service import RPCError

from api.bodies.health import Health
from api.parts import Parts

LIMIT_S = 4.0
"""The timeout after which a part counts as unavailable."""


async def look(parts: Parts) -> Health:
    """Checks all parts in parallel."""
    database, temporal, storage = await asyncio.gather(
        _soon(parts.database.healthy()), _soon(_temporal(parts.temporal)), _soon(parts.store.healthy())
    )
    return Health(
        ready=database and temporal and storage, database=database, temporal=temporal, storage=storage
    )


async def _soon(question: Awaitable[bool]) -> bool:
    try:
        return await asyncio.wait_for(question, LIMIT_S)
    except TimeoutError:
        return False


async def _temporal(client: Client) -> bool:
    try:
        return await client.service_client.check_health(timeout=timedelta(seconds=LIMIT_S))
    except (RPCError, RuntimeError):
        return False
