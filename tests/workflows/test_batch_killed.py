"""A batch whose worker is killed in the middle, and the API that asked for it: processes of their own, with `kill -9`."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from httpx import AsyncClient, TransportError
from sqlmodel import col
from temporalio.client import Client

from activities.storage import GoogleStorage
from deploy.local.ports import HOST, Ports
from schema.contracts.batches import BatchWork
from schema.db import Database
from schema.enums import BatchAction, JobStatus, Outcome, Role
from schema.tables import Batch, JobEvent, User
from tests.api.people import make_user, sign_in
from tests.fakes.workers import Workers
from tests.namespaces import own_namespace
from tests.workflows.batch_kit import Case
from tests.workflows.killable import Killable, environment
from tests.workflows.platform import Platform, eventually
from workflows.names import Queue
from workflows.production_schedules import describe

_JOBS, _SCHEDULED = 24, 24
_HASTY = "tests.workflows.hasty_workers"


async def test_each_job_is_decided_once_though_the_worker_is_killed(
    temporal_client: Client,
    database: Database,
    object_store: GoogleStorage,
    postgres_url: str,
    storage_endpoint: str,
    tmp_path: Path,
) -> None:
    client = await own_namespace(temporal_client)
    env = environment(client, postgres_url, storage_endpoint, object_store.bucket, tmp_path)
    async with Workers(client, database, object_store, without=[Queue.BATCHES]) as workers:
        platform = Platform(client, database, object_store, workers)
        made = await asyncio.gather(*(platform.to_source_qc() for _ in range(_JOBS)))
        case = Case(client, database)
        batch = await case.make(BatchWork(action=BatchAction.APPROVE), made)
        with Killable(env, _HASTY, Queue.BATCHES.value) as worker:
            await case.start(batch, piece=12, in_flight=1)
            await case.until(batch, 3)
            await worker.kill()
            settled = await case.settled(batch)
            assert 3 <= settled < _JOBS
            worker.begin()
            state = await asyncio.wait_for(case.ended(batch), 200)
        assert state.counts == {Outcome.DONE: _JOBS}
        for job_id in made:
            await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    assert await _told(database, made, "approve_source") == dict.fromkeys(made, 1)


async def test_a_schedule_runs_though_worker_and_api_are_killed(
    temporal_client: Client,
    database: Database,
    object_store: GoogleStorage,
    postgres_url: str,
    storage_endpoint: str,
    tmp_path: Path,
) -> None:
    """Made and triggered by a request to an API that is killed then, run by a worker that is killed in the middle."""
    client = await own_namespace(temporal_client)
    port = Ports.free().settle().api_port
    base = f"http://{HOST}:{port}"
    env = environment(client, postgres_url, storage_endpoint, object_store.bucket, tmp_path)
    with Killable(env, "deploy.serve", "--host", HOST, "--port", str(port)) as api:
        async with (
            Workers(client, database, object_store, without=[Queue.BATCHES]) as workers,
            AsyncClient(base_url=base, timeout=60) as http,
        ):
            platform, case = Platform(client, database, object_store, workers), Case(client, database)
            first = await platform.row(await platform.to_source_qc())
            place = {
                name: getattr(first, name) for name in ("org_id", "client_id", "project_id", "creator_id")
            }
            others = (platform.to_source_qc(**place) for _ in range(_SCHEDULED - 1))
            made = [first.id, *await asyncio.gather(*others)]
            owner = await make_user(database, Role.PRODUCTION, first.org_id)
            schedule_id = await _triggered(http, owner, first.client_id)
            await api.kill()
            with Killable(env, _HASTY, Queue.BATCHES.value) as worker:
                batch = await _opened(database, schedule_id)
                await case.until(batch, 1)
                await worker.kill()
                assert await case.settled(batch) < _SCHEDULED, "it was killed in the middle"
                worker.begin()
                state = await asyncio.wait_for(case.ended(batch), 200)
            assert state.counts == {Outcome.DONE: _SCHEDULED}
            for job_id in made:
                await platform.until(job_id, JobStatus.PENDING_QC)
    kept = await describe(client, schedule_id)
    assert kept is not None and kept.asked is not None
    assert (kept.asked.name, kept.description.schedule.spec.intervals[0].every.days) == ("Nightly", 6)
    assert await _told(database, made, "reprocess") == dict.fromkeys(made, 1)
    async with database.begin() as session:
        runs = await session.scalars(sa.select(Batch).where(col(Batch.schedule_id) == schedule_id))
        assert [each.id for each in runs] == [batch.id]


async def _triggered(http: AsyncClient, owner: User, client_id: UUID) -> str:
    """A schedule that production has made and run once."""
    await _answers(http)
    person = await sign_in(http, owner)
    asked = {
        "name": "Nightly",
        "when": {"every_minutes": 10_000},
        "action": "reprocess",
        "from_step": "transcribe",
        "filter": {"status": ["pending_qc"], "client_id": str(client_id)},
    }
    schedule = await person.post("/production/schedules", asked)
    assert schedule.status_code == 201, schedule.text
    schedule_id: str = schedule.json()["id"]
    triggered = await person.post(f"/production/schedules/{schedule_id}/trigger")
    assert triggered.is_success, triggered.text
    return schedule_id


async def _told(database: Database, jobs: list[UUID], event: str) -> Counter[UUID]:
    """How often it happened to each."""
    async with database.begin() as session:
        found = await session.scalars(
            sa.select(col(JobEvent.job_id)).where(col(JobEvent.job_id).in_(jobs), col(JobEvent.type) == event)
        )
        return Counter(found)


async def _answers(http: AsyncClient) -> None:
    async def alive() -> bool:
        try:
            return (
                await http.get(f"http://{http.base_url.host}:{http.base_url.port}/health/live")
            ).is_success
        except TransportError:
            return False

    await eventually(alive, 600)


async def _opened(database: Database, schedule_id: str) -> Batch:
    """The batch of the schedule's run."""
    found: list[Batch] = []

    async def is_there() -> bool:
        async with database.begin() as session:
            found.extend(await session.scalars(sa.select(Batch).where(col(Batch.schedule_id) == schedule_id)))
        return bool(found)

    await eventually(is_there, 200)
    return found[0]
