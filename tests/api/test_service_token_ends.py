"""How service tokens end, are replaced and are used: from the next request on."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from fastapi import FastAPI
from sqlmodel import col

from schema.db import Database
from schema.enums import Role
from schema.queries import service_tokens
from schema.tables import Departure, JobLanguage, ServiceToken, now
from tests.api.people import Tenant, make_tenant, make_user, sign_in
from tests.api.test_service_tokens import IN_TEAMS, make, of, program, put, refused
from tests.statements import counted


@pytest_asyncio.fixture(loop_scope="session")
async def tenant(database: Database, http: httpx.AsyncClient) -> Tenant:
    """Of its own, for its tokens are counted."""
    return await make_tenant(database, http)


async def test_each_end_has_a_sentence(tenant: Tenant, database: Database) -> None:
    admin, made = tenant[Role.ADMIN], await make(tenant)
    it = program(tenant, made)
    for token in ("avs_", "avs_x", "avs_" + "A" * 43, "avs_" + "A" * 5000):
        await refused(await program(tenant, made, token).get("/jobs"), 401, "none such")
    await _expire(database, made)
    await refused(await it.get("/jobs"), 401, "has expired")
    await refused(await admin.patch(of(tenant, made), {"rotate": True}), 400, "expires_at")
    in_a_day = {"expires_at": (now() + timedelta(days=1)).isoformat()}
    assert (await admin.patch(of(tenant, made), in_a_day)).status_code == 200
    assert (await it.get("/jobs")).status_code == 200, "it goes on"
    for moment in (now() - timedelta(seconds=1), now() + timedelta(days=366)):
        body = {"expires_at": moment.isoformat()}
        await refused(await admin.patch(of(tenant, made), body), 400, "365 days")
        await refused(await admin.post(of(tenant), {"name": "x", "role": "client", **body}), 400, "365 days")
    assert (await admin.delete(of(tenant, made))).status_code == 204
    await refused(await it.get("/jobs"), 401, "was deleted")
    await refused(await it.post("/jobs/upload/init", {"filename": "x" * 10_000}), 401, "was deleted")
    assert (await admin.get(of(tenant))).json()["total"] == 0
    assert (await admin.get(f"/clients/{tenant.client.id}/teams")).status_code == 200


async def _expire(database: Database, made: dict[str, Any]) -> None:
    async with database.begin() as session:
        await session.execute(
            sa.update(ServiceToken)
            .where(col(ServiceToken.id) == UUID(made["id"]))
            .values(expires_at=now() - timedelta(seconds=1))
        )


async def test_what_it_did_keeps_its_name(tenant: Tenant, database: Database) -> None:
    admin, made = tenant[Role.ADMIN], await make(tenant, Role.PRODUCTION, name="Night shift")
    job = await tenant.job(database)
    team = await make(tenant)
    await put(tenant, team, Role.CLIENT)
    assert (await program(tenant, made).patch(f"/jobs/{job.id}", {"title": "Ours"})).status_code == 200
    for each in (made, team):
        assert (await admin.delete(of(tenant, each))).status_code == 204
    log = (await admin.get(f"/admin/audit-logs/user/{made['user_id']}")).json()["items"]
    assert [(each["action"], each["actor"]) for each in log] == [("job.change", "Night shift")]
    members = f"/clients/{tenant.client.id}/teams/{tenant.team.id}/members"
    assert (await admin.get(members)).json()["total"] == len(IN_TEAMS), "it has left"


@pytest.mark.parametrize("how", ["deleted", "another role"])
async def test_work_that_it_may_not_do_any_more_goes_back(
    how: str, tenant: Tenant, database: Database
) -> None:
    admin, made, job = tenant[Role.ADMIN], await make(tenant, Role.LINGUIST), await tenant.job(database)
    user_id = UUID(made["user_id"])
    async with database.begin() as session:
        session.add(JobLanguage(job_id=job.id, language="es", linguist_id=user_id))
    if how == "deleted":
        same = [admin.delete(of(tenant, made)) for _ in range(2)]
        assert sorted(each.status_code for each in await asyncio.gather(*same)) == [204, 404]
    else:
        assert (await admin.patch(of(tenant, made), {"role": "client"})).status_code == 200
    async with database.begin() as session:
        noted = sa.select(col(Departure.org_id)).where(col(Departure.user_id) == user_id)
        assert await session.scalar(noted) == tenant.org.id, "the sweep tells the workflows"


async def test_it_is_replaced_while_it_is_used(tenant: Tenant) -> None:
    made = await make(tenant, Role.PRODUCTION)
    it, done, came = program(tenant, made), asyncio.Event(), Counter[int]()

    async def use() -> None:
        while not done.is_set():
            came[(await it.get("/jobs")).status_code] += 1

    using = [asyncio.create_task(use()) for _ in range(3)]
    while not came[200]:
        await asyncio.sleep(0.01)
    rotated = (await tenant[Role.ADMIN].patch(of(tenant, made), {"rotate": True})).json()
    await refused(await it.get("/jobs"), 401, "another has taken its place")
    assert (await program(tenant, made, rotated["token"]).get("/jobs")).status_code == 200
    done.set()
    await asyncio.gather(*using)
    assert set(came) <= {200, 401}
    both = await asyncio.gather(
        *(tenant[Role.ADMIN].patch(of(tenant, made), {"rotate": True}) for _ in range(2))
    )
    worked = [(await program(tenant, made, each.json()["token"]).get("/jobs")).status_code for each in both]
    assert sorted(worked) == [200, 401], "the last one alone"


async def test_another_role_counts_from_the_next_request_on(tenant: Tenant, database: Database) -> None:
    made, job = await make(tenant, Role.PRODUCTION), await tenant.job(database)
    it = program(tenant, made)
    assert (await it.get(f"/jobs/{job.id}")).status_code == 200
    changed = await tenant[Role.ADMIN].patch(of(tenant, made), {"role": "linguist"})
    assert (changed.status_code, changed.json()["role"]) == (200, "linguist")
    assert (await it.get(f"/jobs/{job.id}")).status_code == 404
    assert (await it.get(of(tenant))).status_code == 403
    await put(tenant, made, Role.LINGUIST)
    assert (await it.get(f"/jobs/{job.id}")).status_code == 200


async def test_it_invites_nobody(tenant: Tenant) -> None:
    """Whoever a leaked token invited would outlive it."""
    it, path = (
        program(tenant, await make(tenant, Role.PRODUCTION)),
        f"/organizations/{tenant.org.id}/invitations",
    )
    asked = {"email": "lee@studio.example", "role": "linguist", "team_ids": [str(tenant.team.id)]}
    await refused(await it.post(path, asked), 403, "People invite people")
    sent = (await tenant[Role.PRODUCTION].post(path, asked)).json()
    await refused(await it.post(f"{path}/{sent['id']}/resend"), 403, "People invite people")
    assert (await it.get(path)).status_code == 200


async def test_it_goes_on_without_who_made_it(
    tenant: Tenant, database: Database, http: httpx.AsyncClient
) -> None:
    user = await make_user(database, Role.PRODUCTION, tenant.org.id)
    maker = await sign_in(http, user)
    made = (await maker.post(of(tenant), {"name": "Import", "role": "client"})).json()
    assert (await tenant[Role.ADMIN].delete(f"/admin/users/{user.id}")).status_code == 204
    assert (await program(tenant, made).get("/jobs")).status_code == 200
    (listed,) = (await tenant[Role.ADMIN].get(of(tenant))).json()["items"]
    assert listed["created_by"] == {"id": str(user.id), "name": user.name}


async def test_its_use_is_noted_and_never_stands_in_the_way(
    tenant: Tenant, database: Database, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await make(tenant)
    it = program(tenant, made)

    async def used() -> datetime | None:
        await app.state.uses.settled()
        async with database.begin() as session:
            return (await session.get_one(ServiceToken, UUID(made["id"]))).last_used_at

    async def away(*_: Any) -> None:
        raise OSError("the database went away")

    with monkeypatch.context() as patched:
        patched.setattr(service_tokens, "note_use", away)
        assert (await it.get("/jobs")).status_code == 200
        assert await used() is None
    with counted(database) as sent:
        answers = await asyncio.gather(*(it.get("/jobs") for _ in range(5)))
        first = await used()
    assert {each.status_code for each in answers} == {200} and first is not None
    assert sum(each.startswith("UPDATE service_tokens") for each in sent) == 1
    assert (await it.get("/jobs")).status_code == 200
    assert await used() == first, "to the minute"
    async with database.begin() as session:
        await session.execute(
            sa.update(ServiceToken)
            .where(col(ServiceToken.id) == UUID(made["id"]))
            .values(last_used_at=first - timedelta(minutes=2))
        )
    assert (await it.get("/jobs")).status_code == 200
    later = await used()
    assert later is not None and later >= first
