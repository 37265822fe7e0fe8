"""What somebody has made outlives what they may do: it does no more for them than they may themselves, as they are now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlmodel import col
from temporalio.testing import ActivityEnvironment

from activities.batches.choosing import BatchActivities
from api.parts import Parts
from schema.contracts.batches import (
    BatchAsked,
    BatchFilter,
    BatchRef,
    BatchWork,
    OpenBatch,
    Packed,
    ScheduledBatch,
)
from schema.db import Database
from schema.enums import BatchAction, BatchStatus, JobStatus, Outcome, Role
from schema.errors import Invalid
from schema.tables import Batch, BatchItem, Organization, ServiceToken, TeamMember, now
from tests.api.people import Person, Tenant, make_tenant, make_user, sign_in
from tests.api.test_invitations import accept, body, invite, link, ok, path, preview
from tests.api.test_service_tokens import make, program


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


@pytest.mark.parametrize("ended", ["removed", "deleted"])
async def test_who_was_sent_away_does_not_come_back_by_a_link_from_before(
    ended: str, tenant: Tenant, http: httpx.AsyncClient, database: Database, parts: Parts
) -> None:
    admin, linguist = tenant[Role.ADMIN], tenant[Role.LINGUIST]
    made = await invite(tenant, role=Role.REVIEWER, email=linguist.user.email)
    other = await invite(tenant)
    tokens = [await link(database, parts, each["id"]) for each in (made, other)]
    leaves = f"/organizations/{tenant.org.id}/members" if ended == "removed" else "/admin/users"
    assert (await admin.delete(f"{leaves}/{linguist.id}")).status_code in (200, 204)
    answers = [await accept(http, token) for token in tokens]
    assert [each.status_code for each in answers] == [400, 204]
    states = {each["id"]: each["state"] for each in ok(await admin.get(path(tenant)))["items"]}
    assert states[made["id"]] == "revoked"
    again = await invite(tenant, email=linguist.user.email)
    ok(await accept(http, await link(database, parts, again["id"])), 204)


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


def _retries(owner_id: UUID, **filter: Any) -> ScheduledBatch:
    wanted = BatchFilter(status=(JobStatus.FAILED,), **filter)
    return ScheduledBatch(work=BatchWork(action=BatchAction.RETRY), filter=wanted, owner_id=owner_id)


async def _run(database: Database, parts: Parts, asked: ScheduledBatch) -> tuple[UUID, int]:
    """A run of a schedule up to the choice of its jobs, as its workflow asks for it."""
    work, batch_id = BatchActivities(database, lambda: parts.providers), uuid4()
    environment = ActivityEnvironment()
    await environment.run(work.open_batch, OpenBatch(batch_id=batch_id, asked=asked))
    chosen = await environment.run(work.choose_jobs, BatchRef(batch_id=batch_id))
    return batch_id, chosen.total


async def test_a_run_is_put_before_no_organisation_in_which_its_owner_runs_nothing(
    tenant: Tenant, stranger: Tenant, database: Database, parts: Parts, http: httpx.AsyncClient
) -> None:
    """What its filter, name and reason say would else stand in a stranger's list."""
    other = Organization(name=f"Org {uuid4().hex[:8]}")
    async with database.begin() as session:
        session.add(other)
    owner = await sign_in(http, await make_user(database, Role.PRODUCTION, tenant.org.id, other.id))
    foreign, _ = await _run(database, parts, _retries(owner.id, org_id=stranger.org.id, label="Read this"))
    own, _ = await _run(database, parts, _retries(owner.id, org_id=tenant.org.id))
    seen = [
        (await each[Role.PRODUCTION].get(f"/batches/{batch_id}")).status_code
        for batch_id in (foreign, own)
        for each in (tenant, stranger)
    ]
    assert seen == [404, 404, 200, 404]
    assert str(foreign) not in (await stranger[Role.PRODUCTION].get("/batches?size=100")).text
    assert ok(await owner.get(f"/batches/{foreign}"))["org_id"] is None


async def test_a_schedule_of_a_service_ends_with_its_token(
    tenant: Tenant, database: Database, parts: Parts
) -> None:
    made = await make(tenant, Role.PRODUCTION)
    await tenant.job(database, status=JobStatus.FAILED)
    asked = _retries(UUID(made["user_id"]), org_id=tenant.org.id)
    assert (await _run(database, parts, asked))[1] == 1
    async with database.begin() as session:
        await session.execute(
            sa.update(ServiceToken)
            .where(col(ServiceToken.id) == UUID(made["id"]))
            .values(expires_at=now() - timedelta(seconds=1))
        )
    assert (await program(tenant, made).get("/jobs")).status_code == 401
    with pytest.raises(Invalid, match="may not do this any more"):
        await _run(database, parts, asked)
