"""A batch whose worker is killed in the middle: a process of its own, with `kill -9`."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import col
from temporalio.client import Client

from activities.storage import GoogleStorage
from schema.contracts.batches import BatchWork
from schema.db import Database
from schema.enums import BatchAction, JobStatus, Outcome
from schema.tables import JobEvent
from tests.fakes.workers import Workers
from tests.namespaces import own_namespace
from tests.workflows.batch_kit import Case
from tests.workflows.platform import Platform
from workflows.names import Queue

_JOBS = 24


async def test_each_job_is_decided_once_though_the_worker_is_killed(
    temporal_client: Client,
    database: Database,
    object_store: GoogleStorage,
    postgres_url: str,
    storage_endpoint: str,
    tmp_path: Path,
) -> None:
    client = await own_namespace(temporal_client)
    env = os.environ | {
        "ENVIRONMENT": "test",
        "DATABASE_URL": postgres_url,
        "TEMPORAL_ADDRESS": client.service_client.config.target_host,
        "TEMPORAL_NAMESPACE": client.namespace,
        "STORAGE_ENDPOINT": storage_endpoint,
        "STORAGE_BUCKET": object_store.bucket,
        "JWT_SECRET": "test-secret-that-is-long-enough-for-hs256",
        "WORK_DIR": str(tmp_path),
        **dict.fromkeys(
            (f"{step}_PROVIDER" for step in ("TRANSCRIBE", "DESCRIBE", "TRANSLATE", "VOICE")), "local"
        ),
    }

    def worker() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", "workers", Queue.BATCHES.value], env=env)

    async with Workers(client, database, object_store, without=[Queue.BATCHES]) as workers:
        platform = Platform(client, database, object_store, workers)
        made = [await platform.to_source_qc() for _ in range(_JOBS)]
        case = Case(client, database)
        batch = await case.make(BatchWork(action=BatchAction.APPROVE), made)
        running = worker()
        try:
            await case.start(batch, piece=12, in_flight=1)
            await case.until(batch, 3)
            running.send_signal(signal.SIGKILL)
            await asyncio.to_thread(running.wait)
            settled = await case.settled(batch)
            assert 3 <= settled < _JOBS
            running = worker()
            state = await asyncio.wait_for(case.ended(batch), 200)
        finally:
            running.kill()
            running.wait()
        assert state.counts == {Outcome.DONE: _JOBS}
        for job_id in made:
            await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    async with database.begin() as session:
        found = await session.scalars(
            sa.select(col(JobEvent.job_id)).where(
                col(JobEvent.job_id).in_(made), col(JobEvent.type) == "approve_source"
            )
        )
        assert Counter(found) == dict.fromkeys(made, 1)
