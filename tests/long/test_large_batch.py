"""A batch of 10,000 jobs: its histories stay short, and its worker holds no more at the end than at the beginning.

BATCH_ITEMS makes it smaller. The jobs are rows of work that has ended: each is asked of Temporal and of the database, and
refuses. Before that a smaller batch, of BATCH_TAKEN jobs, is of rows in final review without workflows, as after Temporal
has lost its state: each is begun from its row, and rejected, which takes longer.
"""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import col
from temporalio.client import Client

from activities.storage import GoogleStorage
from schema.contracts.batches import MOST_JOBS, BatchWork
from schema.contracts.job import JobState
from schema.db import Database
from schema.enums import BatchAction, JobAction, JobStatus, Outcome
from schema.queries.arrays import among
from schema.tables import Batch, BatchItem, Job, JobEvent
from tests.factories import make_job
from tests.fakes.workers import Workers
from tests.long.memory import held_mb
from tests.namespaces import own_namespace
from tests.workflows.batch_kit import Case
from tests.workflows.killable import Killable, environment
from tests.workflows.platform import PLAIN
from workflows.batches import workflow_id
from workflows.names import Queue

pytestmark = [pytest.mark.long, pytest.mark.timeout(7200)]
_ITEMS = int(os.environ.get("BATCH_ITEMS", MOST_JOBS))
_TAKEN = min(_ITEMS, int(os.environ.get("BATCH_TAKEN", 2_000)))
_MOST_EVENTS = 10_000
_MOST_MB = 48
_PATIENCE_S = 6000


@pytest.mark.parametrize(
    ("status", "outcome", "items"),
    [(JobStatus.PENDING_FINAL_REVIEW, Outcome.DONE, _TAKEN), (JobStatus.COMPLETED, Outcome.REFUSED, _ITEMS)],
    ids=["taken", "refused"],
)
async def test_a_batch_of_ten_thousand(
    temporal_client: Client,
    database: Database,
    object_store: GoogleStorage,
    postgres_url: str,
    storage_endpoint: str,
    tmp_path: Path,
    status: JobStatus,
    outcome: Outcome,
    items: int,
) -> None:
    client = await own_namespace(temporal_client)
    env = environment(client, postgres_url, storage_endpoint, object_store.bucket, tmp_path)
    case = Case(client, database)
    work = BatchWork(action=BatchAction.REJECT_FINAL, reason="The wrong cut.")
    made = await _jobs(database, status, items)
    batch = await case.make(work, made)
    async with Workers(client, database, object_store, without=[Queue.BATCHES]):
        with Killable(env, "workers", Queue.BATCHES.value) as worker:
            began = time.perf_counter()
            handle = await case.start(batch)
            running = asyncio.create_task(handle.result())
            held = {"the first tenth": 0.0, "the rest": 0.0}
            while not running.done():
                part = "the first tenth" if await _settled(database, batch) < items / 10 else "the rest"
                held[part] = max(held[part], held_mb(worker.pid))
                await asyncio.wait([running], timeout=1, return_when=asyncio.FIRST_EXCEPTION)
            state = await asyncio.wait_for(case.ended(batch), _PATIENCE_S)
            took = time.perf_counter() - began
    runs = await _events(client, batch)
    print(f"\n{items} jobs in {took:.0f} s; events of each run: {runs}; MB at most: {held}")
    assert state.counts == {outcome: items}
    assert await _rejected(database, made) == (items if outcome is Outcome.DONE else 0)
    assert max(runs) < _MOST_EVENTS
    assert held["the rest"] - held["the first tenth"] < _MOST_MB


async def _jobs(database: Database, status: JobStatus, count: int) -> list[UUID]:
    """Rows of jobs of one project, without workflows."""
    state = JobState(status=status, outputs=PLAIN).model_dump(mode="json")
    made = await make_job(database, PLAIN, status=status, state=state)
    ids = [uuid4() for _ in range(count)]
    columns = Job.metadata.tables["jobs"].columns
    one = made.model_dump(exclude={"id", *(each.name for each in columns if each.computed is not None)})
    async with database.begin() as session:
        for first in range(0, count, 1000):
            await session.execute(sa.insert(Job), [{**one, "id": each} for each in ids[first : first + 1000]])
    return ids


async def _rejected(database: Database, made: list[UUID]) -> int:
    """How many of the jobs tell of it, each once."""
    told = (col(JobEvent.type) == JobAction.REJECT_FINAL.value, among(col(JobEvent.job_id), made))
    async with database.begin() as session:
        events = await session.scalar(sa.select(sa.func.count()).where(*told)) or 0
        jobs = await session.scalar(sa.select(sa.func.count(sa.distinct(col(JobEvent.job_id)))).where(*told))
    assert events == jobs
    return events


async def _settled(database: Database, batch: Batch) -> int:
    counted = sa.select(sa.func.count()).where(
        col(BatchItem.batch_id) == batch.id, col(BatchItem.outcome).is_not(None)
    )
    async with database.begin() as session:
        return await session.scalar(counted) or 0


async def _events(client: Client, batch: Batch) -> list[int]:
    """How long the history of each of its runs is."""
    name = workflow_id(BatchAction(batch.action), batch.id)
    async with asyncio.timeout(120):
        while True:
            runs = [each async for each in client.list_workflows(f"WorkflowId = '{name}'")]
            if runs and all(each.close_time is not None for each in runs):
                return [each.history_length for each in runs]
            await asyncio.sleep(0.5)
