"""Workers for every queue in this process: real workflows and records, and steps that take no time.

One set serves a whole session: two that poll the same queues would take each other's work.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest_asyncio
from temporalio.client import Client
from temporalio.worker import Worker

from activities.errors import ClassifyErrors
from activities.maintenance import MaintenanceActivities
from activities.records import RecordActivities
from activities.storage import GoogleStorage
from schema.db import Database
from tests.factories import settings_for
from tests.fakes.steps import FakeSteps
from workflows import names
from workflows.job import JobWorkflow
from workflows.language import LanguageWorkflow
from workflows.maintenance import MaintenanceWorkflow
from workflows.start import start_job

_THROTTLE = timedelta(milliseconds=200)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def database(postgres_url: str) -> AsyncIterator[Database]:
    connected = Database.connect(settings_for(postgres_url))
    yield connected
    await connected.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def fake_steps(
    temporal_client: Client, database: Database, object_store: GoogleStorage
) -> AsyncIterator[FakeSteps]:
    """The steps that the session's workers run. Begin each test with `begin_test`."""
    steps = FakeSteps(database, object_store)
    async with AsyncExitStack() as stack:
        for queue in names.Queue:
            await stack.enter_async_context(_worker(queue, temporal_client, database, object_store, steps))
        yield steps


def _worker(
    queue: names.Queue, client: Client, database: Database, store: GoogleStorage, steps: FakeSteps
) -> Worker:
    records = RecordActivities(database, store, "netflix")
    sweeps = MaintenanceActivities(database, client, start_job)
    recording: list[Any] = [
        records.project_job,
        records.project_language,
        records.pin_texts,
        records.unlock_texts,
        records.ensure_source_text,
        records.publish_texts,
        records.verify_assets,
        sweeps.start_orphans,
        sweeps.repair_rows,
        sweeps.expire_records,
    ]
    activities = {names.Queue.JOBS: [], names.Queue.RECORDS: recording}
    return Worker(
        client,
        task_queue=queue.value,
        workflows=[JobWorkflow, LanguageWorkflow, MaintenanceWorkflow] if queue is names.Queue.JOBS else [],
        activities=activities.get(queue, steps.activities()),
        interceptors=[ClassifyErrors()],
        max_heartbeat_throttle_interval=_THROTTLE,
        default_heartbeat_throttle_interval=_THROTTLE,
    )
