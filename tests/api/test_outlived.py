"""What somebody has made outlives what they may do: it does no more for them than they may themselves, as they are now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio

from api.parts import Parts
from schema.contracts.batches import (
    BatchAsked,
    BatchWork,
    Packed,
)
from schema.db import Database
from schema.enums import BatchAction, BatchStatus, JobStatus, Outcome, Role
from schema.tables import Batch, BatchItem, TeamMember, now
from tests.api.people import Person, Tenant, make_tenant, make_user, sign_in
from tests.api.test_invitations import accept, body, invite, link, ok, path, preview


@pytest_asyncio.fixture(loop_scope="session")
async def tenant(database: Database, http: httpx.AsyncClient) -> Tenant:
    """Of its own, for its people change."""
    return await make_tenant(database, http)


async def _demoted(tenant: Tenant) -> httpx.Response:
    manager = tenant[Role.PROJECT_MANAGER]
    return await tenant[Role.ADMIN].patch(f"/admin/users/{manager.id}", {"role": "reviewer"})


async def _disabled(tenant: Tenant) -> httpx.Response:
    manager = tenant[Role.PROJECT_MANAGER]
    return await tenant[Role.ADMIN].patch(f"/admin/users/{manager.id}", {"disabled": True})


async def _no_member(tenant: Tenant) -> httpx.Response:
    manager = tenant[Role.PROJECT_MANAGER]
    return await tenant[Role.ADMIN].delete(f"/organizations/{tenant.org.id}/members/{manager.id}")


async def _no_manager(tenant: Tenant) -> httpx.Response:
    manager = tenant[Role.PROJECT_MANAGER]
    return await tenant[Role.ADMIN].delete(f"/clients/{tenant.client.id}/pm/{manager.id}")


@pytest.mark.parametrize("ended", [_demoted, _disabled, _no_member, _no_manager])
async def test_an_invitation_is_worth_what_its_sender_may_give(
    ended: Callable[[Tenant], Awaitable[httpx.Response]],
    tenant: Tenant,
    http: httpx.AsyncClient,
    database: Database,
    parts: Parts,
) -> None:
    made = await invite(tenant, Role.PROJECT_MANAGER)
    token = await link(database, parts, made["id"])
    ok(await preview(http, token))
    assert (await ended(tenant)).status_code in (200, 204)
    for answer in (await preview(http, token), await accept(http, token)):
        assert answer.status_code == 400, answer.text
    ok(await tenant[Role.PRODUCTION].post(f"{path(tenant)}/{made['id']}/resend"))
    again = await link(database, parts, made["id"])
    assert ok(await preview(http, again))["invited_by"] == tenant[Role.PRODUCTION].user.name
    ok(await accept(http, again), 204)


@pytest.mark.parametrize("role", [Role.PRODUCTION, Role.PROJECT_MANAGER])
async def test_nobody_is_given_more_than_the_sender_may_give_by_the_role_that_they_have(
    role: Role, tenant: Tenant, stranger: Tenant, http: httpx.AsyncClient, database: Database, parts: Parts
) -> None:
    """Their own role counts wherever they belong."""
    other, job = stranger[role], await tenant.job(database)
    made = await invite(tenant, Role.PROJECT_MANAGER, role=Role.CLIENT, email=other.user.email)
    refused = await accept(http, await link(database, parts, made["id"]))
    assert refused.status_code == 409 and "administrator" in refused.json()["detail"], refused.text
    assert (await other.get(f"/jobs/{job.id}")).status_code == 404
    mine = ok(await other.get("/organizations/me/memberships"))
    assert str(tenant.org.id) not in str(mine)
    ok(await tenant[Role.ADMIN].post(f"{path(tenant)}/{made['id']}/resend"))
    if role is Role.PROJECT_MANAGER:  # an admin may invite into it
        ok(await accept(http, await link(database, parts, made["id"])), 204)
        await tenant[Role.ADMIN].delete(f"/organizations/{tenant.org.id}/members/{other.id}")


async def test_who_belongs_already_accepts_whatever_their_role(
    tenant: Tenant, http: httpx.AsyncClient, database: Database, parts: Parts
) -> None:
    asked = body(tenant, Role.REVIEWER, tenant[Role.PRODUCTION].user.email)
    made = ok(await tenant[Role.PROJECT_MANAGER].post(path(tenant), asked), 201)
    ok(await accept(http, await link(database, parts, made["id"])), 204)


async def _packed(database: Database, owner: Person, org_id: UUID, job_id: UUID, **more: Any) -> str:
    made = Packed(
        object_name=f"{uuid4()}.zip", filename="jobs.zip", size_bytes=9, files=1, packed_at=now(), **more
    )
    asked = BatchAsked(work=BatchWork(action=BatchAction.DOWNLOAD))
    batch = Batch(
        owner_id=owner.id,
        org_id=org_id,
        action=BatchAction.DOWNLOAD,
        asked=asked.model_dump(mode="json"),
        total=1,
        status=BatchStatus.COMPLETED,
        started_at=now(),
        finished_at=now(),
        result=made.model_dump(mode="json"),
        expires_at=now() + timedelta(days=1),
    )
    async with database.begin() as session:
        session.add(batch)
        await session.flush()
        session.add(BatchItem(batch_id=batch.id, job_id=job_id, position=1, outcome=Outcome.DONE))
    return f"/batches/{batch.id}"


async def test_what_was_packed_for_staff_is_not_for_whoever_is_a_client_by_now(
    tenant: Tenant, database: Database, http: httpx.AsyncClient
) -> None:
    owner = await sign_in(http, await make_user(database, Role.PRODUCTION, tenant.org.id))
    async with database.begin() as session:
        session.add(TeamMember(team_id=tenant.team.id, user_id=owner.id))
    job = await tenant.job(database, status=JobStatus.COMPLETED)
    whole = await _packed(database, owner, tenant.org.id, job.id, internal_of=(tenant.org.id,))
    delivered = await _packed(database, owner, tenant.org.id, job.id)
    for each in (whole, delivered):
        assert ok(await owner.get(each))["download"] is not None
    ok(await tenant[Role.ADMIN].patch(f"/admin/users/{owner.id}", {"role": "client"}))
    assert (await owner.get(f"/jobs/{job.id}")).status_code == 200, "their team reaches it"
    assert ok(await owner.get(whole))["download"] is None
    assert ok(await owner.get(delivered))["download"] is not None
