from __future__ import annotations

import pytest_asyncio
import sqlalchemy as sa
from temporalio.client import Client

from activities.storage import GoogleStorage
from schema.db import Database
from tests.fakes.workers import Workers
from tests.workflows.platform import Platform


@pytest_asyncio.fixture
async def platform(
    temporal_client: Client, database: Database, object_store: GoogleStorage, fake_workers: Workers
) -> Platform:
    """Jobs and webhooks of earlier tests are gone for the sweeps, which would look at hundreds of them again and again."""
    fake_workers.steps.begin_test()
    async with database.begin() as session:
        await session.execute(sa.text("update jobs set deleted_at = now() where deleted_at is null"))
        await session.execute(sa.text("update webhooks set disabled_at = now() where disabled_at is null"))
    return Platform(temporal_client, database, object_store, fake_workers)
