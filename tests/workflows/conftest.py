"""A job's workflows on a real server and database, with steps that take no time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pytest
import pytest_asyncio
from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDReusePolicy
from temporalio.worker import Worker

from activities.errors import ClassifyErrors
from activities.records import RecordActivities
from schema.contracts.job import Decided, JobDecision, JobInput, JobState
from schema.contracts.language import LanguageDecided, LanguageDecision, LanguageState
from schema.contracts.outputs import RequestedOutputs
from schema.contracts.people import Actor
from schema.db import Database
from schema.enums import JobAction, JobStatus, LanguageAction, Role
from schema.object_store import ObjectInfo, ObjectStore
from schema.queries import jobs, languages
from schema.tables import Job
from tests.factories import make_job, settings_for
from tests.fakes.steps import FakeSteps
from workflows import names
from workflows.job import JobWorkflow
from workflows.language import LanguageWorkflow


@dataclass
class Platform:
    """What a test of workflows needs: start, decide, and look at workflow and row."""

    client: Client
    database: Database
    store: ObjectStore
    steps: FakeSteps

    async def start(self, outputs: RequestedOutputs | None = None, **changes: Any) -> UUID:
        job = await make_job(self.database, outputs or RequestedOutputs(), **changes)
        await self.start_row(job)
        return job.id

    async def start_row(self, job: Job) -> None:
        self.steps.jobs.add(job.id)
        await self.client.start_workflow(
            names.JOB_WORKFLOW,
            JobInput(job=jobs.job_ref(job), state=jobs.job_state(job)),
            id=names.job_workflow_id(job.id),
            task_queue=names.Queue.JOBS.value,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        )

    def job(self, job_id: UUID) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(names.job_workflow_id(job_id))

    def language(self, job_id: UUID, code: str) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(names.language_workflow_id(job_id, code))

    async def decide(self, job_id: UUID, action: JobAction, **details: Any) -> Decided:
        decision = JobDecision(action=action, actor=REVIEWER, **details)
        return await self.job(job_id).execute_update(names.DECIDE, decision, result_type=Decided)

    async def decide_language(
        self, job_id: UUID, code: str, action: LanguageAction, **details: Any
    ) -> LanguageDecided:
        decision = LanguageDecision(**{"action": action, "actor": REVIEWER, **details})
        return await self.language(job_id, code).execute_update(
            names.DECIDE, decision, result_type=LanguageDecided
        )

    async def state(self, job_id: UUID) -> JobState:
        return await self.job(job_id).query(names.STATE, result_type=JobState)

    async def language_state(self, job_id: UUID, code: str) -> LanguageState:
        return await self.language(job_id, code).query(names.STATE, result_type=LanguageState)

    async def row(self, job_id: UUID) -> Job:
        async with self.database.begin() as session:
            job = await jobs.load(session, job_id)
            assert job is not None
            return job

    async def until(self, job_id: UUID, status: JobStatus, seconds: float = 20) -> Job:
        """Waits until the row says `status`; the workflow must agree."""
        try:
            async with asyncio.timeout(seconds):
                while (job := await self.row(job_id)).status is not status:
                    await asyncio.sleep(0.03)
        except TimeoutError:
            raise AssertionError(f"still {job.status}, not {status}: {await self.state(job_id)}") from None
        if status not in (JobStatus.COMPLETED, JobStatus.CANCELLED):
            assert (await self.state(job_id)).status is status
        return job

    async def until_language(
        self, job_id: UUID, code: str, check: Callable[[LanguageState], bool]
    ) -> LanguageState:
        async with asyncio.timeout(20):
            while True:
                async with self.database.begin() as session:
                    row = await languages.one(session, job_id, code)
                if row is not None and row.state is not None:
                    state = LanguageState.model_validate(row.state)
                    if check(state):
                        return state
                await asyncio.sleep(0.03)


REVIEWER = Actor(user_id=None, name="Rae Reviewer", role=Role.REVIEWER)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def database(postgres_url: str) -> AsyncIterator[Database]:
    connected = Database.connect(settings_for(postgres_url))
    yield connected
    await connected.close()


class NamesOnly:
    """An object store that keeps sizes: workflows move names, never bytes."""

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}

    async def write(self, name: str, data: bytes, content_type: str) -> ObjectInfo:
        self.sizes[name] = len(data)
        info = await self.stat(name)
        assert info is not None
        return info

    async def stat(self, name: str) -> ObjectInfo | None:
        if name not in self.sizes:
            return None
        return ObjectInfo(
            name=name,
            size=self.sizes[name],
            content_type="text/plain",
            crc32c="",
            md5=None,
            generation=1,
            updated=datetime.now(UTC),
        )


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def workers(temporal_client: Client, database: Database) -> AsyncIterator[Platform]:
    object_store = cast(ObjectStore, NamesOnly())
    steps = FakeSteps(database, object_store)
    records = RecordActivities(database, object_store, "netflix")
    async with AsyncExitStack() as stack:
        for queue in names.Queue:
            workflows = [JobWorkflow, LanguageWorkflow] if queue is names.Queue.JOBS else []
            activities: list[Any] = []
            if queue is names.Queue.RECORDS:
                activities = [
                    records.project_job,
                    records.project_language,
                    records.pin_texts,
                    records.unlock_texts,
                    records.ensure_source_text,
                    records.publish_texts,
                    records.verify_assets,
                ]
            elif queue is not names.Queue.JOBS:
                activities = steps.activities()
            await stack.enter_async_context(
                Worker(
                    temporal_client,
                    task_queue=queue.value,
                    workflows=workflows,
                    activities=activities,
                    interceptors=[ClassifyErrors()],
                )
            )
        yield Platform(temporal_client, database, object_store, steps)


@pytest.fixture
def platform(workers: Platform) -> Platform:
    workers.steps.begin_test()
    return workers
