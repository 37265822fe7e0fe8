"""Somebody of whom nothing but their work is kept."""

from __future__ import annotations

from uuid import UUID

import httpx
import sqlalchemy as sa

from api.parts import Parts
from schema import links
from schema.db import Database
from schema.enums import Role
from schema.links import Purpose
from schema.queries.people_gone import NAME
from schema.tables import metadata
from tests.api.flow import key, new_job, until
from tests.api.people import PASSWORD, make_tenant, make_user
from tests.fakes.steps import FakeSteps


async def test_the_work_stays_and_the_person_is_gone(
    database: Database, http: httpx.AsyncClient, steps: FakeSteps
) -> None:
    steps.begin_test()
    tenant = await make_tenant(database, http)
    admin, reviewer = tenant[Role.ADMIN], tenant[Role.REVIEWER]
    job_id = await new_job(tenant[Role.CLIENT], steps)
    await until(admin, job_id, "pending_qc")
    text = f"/jobs/{job_id}/vtt?lang=en&kind=captions"
    shown = (await reviewer.get(text)).json()
    edit = {"content": shown["content"].replace("Good", "A good"), "base_version": shown["version"]}
    assert (await reviewer.patch(text, edit)).status_code == 200
    assert (await reviewer.post(f"/jobs/{job_id}/actions/approve_source")).status_code == 200
    await http.post("/api/v1/auth/login", json={"email": reviewer.user.email, "password": "wrong"})
    await admin.patch(f"/admin/users/{reviewer.id}", {"name": "Rita Reviewer"})
    path = f"/admin/users/{reviewer.id}/purge"
    early = await admin.post(path)
    assert (early.status_code, "delete it first" in early.json()["detail"]) == (409, True)
    assert (await tenant[Role.PRODUCTION].post(path)).status_code == 403
    assert (await admin.delete(f"/admin/users/{reviewer.id}")).status_code == 204
    same = key()
    assert (await admin.post(path, key=same)).status_code == 204
    assert (await admin.post(path, key=same)).status_code == 204
    assert (await admin.post(path)).status_code == 204, "again does no harm"

    entries = (await admin.get(f"/jobs/{job_id}/history?size=100")).json()["items"]
    mine = [each for each in entries if each["actor_id"] == str(reviewer.id)]
    assert {each["actor"] for each in mine} == {NAME}
    assert {"edit", "job.approve_source"} <= {each["action"] for each in mine}
    versions = (await admin.get(f"/jobs/{job_id}/vtt/versions?lang=en&kind=captions")).json()["items"]
    assert (versions[0]["version"], versions[0]["author"]) == (2, NAME)
    log = (await admin.get(f"/admin/audit-logs/user/{reviewer.id}?size=100")).json()["items"]
    assert {"user.delete", "user.purge", "auth.login", "auth.login_failed"} <= {
        each["action"] for each in log
    }
    assert {each["address"] for each in log if each["actor_id"] == str(reviewer.id)} == {None}
    secrets = (reviewer.user.email, reviewer.user.name, "Rita Reviewer")
    left = set()
    async with database.begin() as session:
        for table in metadata.sorted_tables:
            for row in await session.scalars(sa.text(f'select t::text from "{table.name}" as t')):
                left |= {(table.name, secret) for secret in secrets if secret in row}
    assert left == set()
    refused = await http.post("/api/v1/auth/login", json={"email": reviewer.user.email, "password": PASSWORD})
    assert refused.status_code == 401


async def test_whoever_has_the_address_again_keeps_it(
    database: Database, http: httpx.AsyncClient, parts: Parts
) -> None:
    tenant = await make_tenant(database, http)
    admin, place = tenant[Role.ADMIN], f"/organizations/{tenant.org.id}/invitations"
    gone = await make_user(database, Role.LINGUIST, tenant.org.id)
    await http.post("/api/v1/auth/login", json={"email": gone.email, "password": "wrong"})
    elsewhere = await make_tenant(database, http)
    before = (
        await admin.post(
            f"/organizations/{elsewhere.org.id}/invitations", {"email": gone.email, "role": "linguist"}
        )
    ).json()
    assert (await admin.delete(f"/admin/users/{gone.id}")).status_code == 204
    since = (await admin.post(place, {"email": gone.email, "role": "linguist"})).json()
    assert (await admin.post(f"/admin/users/{gone.id}/purge")).status_code == 204

    (shown,) = [each for each in (await admin.get(place)).json()["items"] if each["id"] == since["id"]]
    assert (shown["email"], shown["state"]) == (gone.email, "open")
    (old,) = (await admin.get(f"/organizations/{elsewhere.org.id}/invitations")).json()["items"]
    assert (old["id"], old["state"], gone.email in old["email"]) == (before["id"], "revoked", False)
    secret = parts.settings.jwt_secret.get_secret_value()
    for made, status in ((before, 400), (since, 204)):
        link = links.token(secret, Purpose.INVITATION, UUID(made["id"]), 1)
        said = {"token": link, "name": "Back again", "password": "harbour umbrella sixteen"}
        assert (await http.post("/api/v1/invitations/accept", json=said)).status_code == status
    back = {"email": gone.email, "password": "harbour umbrella sixteen"}
    assert (await http.post("/api/v1/auth/login", json=back)).status_code == 200
    assert (await admin.post(f"/admin/users/{gone.id}/purge")).status_code == 204, "again does no harm"
    assert (await http.post("/api/v1/auth/login", json=back)).status_code == 200
    log = (await admin.get(f"/admin/audit-logs?thing_id={gone.email}")).json()["items"]
    assert log == [], "what failed before was the other's"
