"""What a job costs beside its steps: the whole pipeline with steps that take no time, against a bare workflow."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from statistics import median
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy.engine import make_url
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker

from activities.storage import GoogleStorage
from schema.contracts.outputs import RequestedOutputs
from schema.db import Database
from schema.enums import JobAction, JobStatus
from schema.queries.events import CHANNEL
from tests.benchmarks.bare_workflow import BareSteps, BareWorkflow
from tests.benchmarks.conftest import Compare
from tests.fakes.workers import Workers
from tests.workflows.platform import Platform

pytestmark = pytest.mark.bench
_ROUNDS = 5
_QUEUE, _POOL = "bare", "bare-pool"
_RIVALS = {
    "its own pool": ("bare_step", _POOL),
    "a transaction each": ("bare_record", _POOL),
    "eager": ("bare_step", _QUEUE),
}
"""What a bare workflow's activities are called, and where they run."""
_OUTPUTS = RequestedOutputs(audio_description_mp3=True, accessible_video_mp4=True)


async def count_activities(handle: WorkflowHandle) -> int:
    return sum(
        [
            event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
            async for event in handle.fetch_history_events()
        ]
    )


class Row:
    """A job's row, looked at when the database tells that something happened: what polls takes the time that it is
    to measure."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._happened = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def watched(cls, postgres_url: str) -> AsyncIterator[Row]:
        dsn = make_url(postgres_url).set(drivername="postgresql").render_as_string(hide_password=False)
        connection = await asyncpg.connect(dsn)
        row = cls(connection)
        await connection.add_listener(CHANNEL, lambda *_: row._happened.set())
        try:
            yield row
        finally:
            await connection.close()

    async def until(self, job_id: UUID, status: JobStatus) -> None:
        async with asyncio.timeout(60):
            while True:
                self._happened.clear()
                if await self._connection.fetchval("select status from jobs where id = $1", job_id) == status:
                    return
                await self._happened.wait()


async def run_pipeline(platform: Platform, row: Row) -> tuple[float, int]:
    """Seconds from start to completed, and how many activities that took in the job and its language."""
    began = time.perf_counter()
    job_id = await platform.start(_OUTPUTS)
    await row.until(job_id, JobStatus.PENDING_QC)
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    await row.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    await platform.decide(job_id, JobAction.COMPLETE)
    spent = time.perf_counter() - began
    handles = (platform.job(job_id), platform.language(job_id, "en"))
    return spent, sum([await count_activities(handle) for handle in handles])


async def run_bare(client: Client, activities: int, name: str, queue: str) -> float:
    began = time.perf_counter()
    handle = await client.start_workflow(
        BareWorkflow.run, args=[name, activities, queue], id=f"bare-{uuid4()}", task_queue=_QUEUE
    )
    await handle.result()
    return time.perf_counter() - began


async def test_the_pipeline_against_a_bare_workflow(
    temporal_client: Client,
    postgres_url: str,
    database: Database,
    object_store: GoogleStorage,
    fake_workers: Workers,
    ratio: Compare,
) -> None:
    fake_workers.steps.begin_test()
    platform = Platform(temporal_client, database, object_store, fake_workers)
    ours: list[float] = []
    rivals: dict[str, list[float]] = {rival: [] for rival in _RIVALS}
    steps = BareSteps(database).activities()
    async with (
        Row.watched(postgres_url) as row,
        Worker(temporal_client, task_queue=_QUEUE, workflows=[BareWorkflow], activities=steps),
        Worker(temporal_client, task_queue=_POOL, activities=steps),
    ):
        for _ in range(_ROUNDS):
            spent, activities = await run_pipeline(platform, row)
            ours.append(spent)
            for rival, (name, queue) in _RIVALS.items():
                rivals[rival].append(await run_bare(temporal_client, activities, name, queue))
    spent, bare = median(ours), {rival: median(times) for rival, times in rivals.items()}
    ratio(
        f"pipeline, {activities} activities, to bare ones on a pool", spent, bare["its own pool"], at_most=1.3
    )
    ratio("the same, to bare ones with a transaction each", spent, bare["a transaction each"])
    ratio("the same, to bare ones in the workflow's worker", spent, bare["eager"])
