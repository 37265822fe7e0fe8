"""What is deleted while somebody adds to it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import pytest_asyncio
from httpx import AsyncClient

from schema.db import Database
from schema.enums import JobStatus, Role
from schema.queries import clients, jobs, named
from schema.tables import Job, Project, now
from schema.tables.people import Client
from tests.api.flow import complete, uploaded
from tests.api.people import Tenant, make_tenant
from workflows import updates


@pytest_asyncio.fixture(loop_scope="session")
async def tenant(database: Database, http: AsyncClient) -> Tenant:
    return await make_tenant(database, http)


@pytest.mark.parametrize("noun", [Client, Project])
async def test_no_job_is_made_in_what_is_just_being_deleted(
    tenant: Tenant, database: Database, noun: Any
) -> None:
    creator, parent = tenant[Role.CLIENT], tenant.client if noun is Client else tenant.project
    upload = await uploaded(creator)
    async with database.begin() as session:
        (await named.locked(session, noun, parent.id)).deleted_at = now()
        await session.flush()
        making = asyncio.create_task(complete(creator, upload["gcs_uri"]))
        await asyncio.sleep(0.5)
        assert not making.done(), "it waits for what becomes of the deletion"
    answer = await making
    assert (answer.status_code, answer.json()["detail"]) == (400, "The project was deleted just now.")
    async with database.begin() as session:
        assert await clients.holds(session, project_id=tenant.project.id) == 0


@pytest.mark.parametrize("noun", ["client", "project"])
async def test_what_a_job_is_just_being_made_in_is_not_deleted(
    tenant: Tenant, database: Database, noun: str
) -> None:
    path = f"/clients/{tenant.client.id}"
    path += f"/projects/{tenant.project.id}" if noun == "project" else ""
    async with database.begin() as session:
        assert await clients.holds_open(session, tenant.project.id)
        deleting = asyncio.create_task(tenant[Role.ADMIN].delete(path))
        await asyncio.sleep(0.5)
        assert not deleting.done(), "it waits for the job"
        await tenant.job(database)
    assert (await deleting).status_code == 409


async def test_a_job_that_is_opened_while_it_is_deleted_stays(tenant: Tenant, database: Database) -> None:
    """Hidden, it would be worked on, and never purged."""
    job = await tenant.job(database, status=JobStatus.COMPLETED)
    async with database.begin() as session:
        held = await jobs.load(session, job.id, lock=True)
        assert held is not None
        deleting = asyncio.create_task(tenant[Role.PRODUCTION].delete(f"/jobs/{job.id}"))
        await asyncio.sleep(0.5)
        assert not deleting.done()
        held.status = JobStatus.PENDING_QC
    answer = await deleting
    assert (answer.status_code, answer.json()["state"]) == (409, "pending_qc")
    assert (await tenant[Role.PRODUCTION].get(f"/jobs/{job.id}")).status_code == 200


async def test_nothing_begins_again_with_a_job_that_is_deleted_meanwhile(
    tenant: Tenant, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await tenant.job(database, status=JobStatus.COMPLETED, state={"revision": 1})
    was = updates.open_run

    async def deleted_meanwhile(*args: Any) -> str | None:
        async with database.begin() as session:
            (await session.get_one(Job, job.id)).deleted_at = now()
        return await was(*args)

    monkeypatch.setattr(updates, "open_run", deleted_meanwhile)
    path = f"/admin/maintenance/reprocess-job/{job.id}"
    answer = await tenant[Role.ADMIN].post(path, {"from_step": "probe"})
    assert answer.status_code == 404, answer.text
