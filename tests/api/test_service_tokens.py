"""Service tokens: what a program may do with one, what it may not, and who makes them."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from fastapi import FastAPI
from sqlmodel import col

from schema.db import Database
from schema.enums import MailKind, Role
from schema.queries import mails
from schema.queries.users import why_not_assigned
from schema.tables import AuditEntry, IdempotencyKey, ServiceToken, User, now
from tests.api.flow import init, key, new_job
from tests.api.people import PASSWORD, Person, Tenant, make_tenant
from tests.fakes.steps import FakeSteps
from tests.statements import counted

IN_TEAMS = (Role.CLIENT, Role.LINGUIST, Role.REVIEWER)
CREATE = (Role.CLIENT, Role.PRODUCTION, Role.PROJECT_MANAGER)


@pytest_asyncio.fixture(loop_scope="session")
async def tenant(database: Database, http: httpx.AsyncClient) -> Tenant:
    """Of its own, for its tokens are counted."""
    return await make_tenant(database, http)


def of(tenant: Tenant, made: dict[str, Any] | None = None) -> str:
    path = f"/organizations/{tenant.org.id}/service-tokens"
    return f"{path}/{made['id']}" if made else path


async def make(
    tenant: Tenant, role: Role = Role.CLIENT, by: Role = Role.ADMIN, **more: Any
) -> dict[str, Any]:
    body = {"name": f"Token {uuid4().hex[:8]}", "role": role, **more}
    answer = await tenant[by].post(of(tenant), body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def program(tenant: Tenant, made: dict[str, Any], token: str | None = None) -> Person:
    """Who comes with the token."""
    user = User(id=UUID(made["user_id"]), email="", name=made["name"], role=made["role"])
    return Person(user, tenant[Role.ADMIN].http, token or made["token"])


async def put(tenant: Tenant, made: dict[str, Any], role: Role) -> None:
    """Where those of its role reach the client."""
    client, who = f"/clients/{tenant.client.id}", {"user_id": made["user_id"]}
    if role in IN_TEAMS:
        team = f"{client}/teams/{tenant.team.id}/members"
        assert (await tenant[Role.PRODUCTION].post(team, who)).status_code == 201
    elif role is Role.PROJECT_MANAGER:
        assert (await tenant[Role.ADMIN].post(f"{client}/pm", who)).status_code == 201


async def refused(answer: httpx.Response, status: int, *words: str) -> None:
    assert answer.status_code == status, answer.text
    detail = answer.json()["detail"]
    assert all(word in detail for word in words), detail


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
async def test_each_role_works_within_its_organisation(
    role: Role, tenant: Tenant, stranger: Tenant, database: Database, steps: FakeSteps
) -> None:
    steps.begin_test()
    job, elsewhere = await tenant.job(database), await stranger.job(database)
    made = await make(tenant, role, **{"by": Role.PRODUCTION} if role is not Role.PRODUCTION else {})
    it = program(tenant, made)
    seen = (await it.get("/jobs")).json()["items"]
    assert [each["id"] for each in seen] == ([str(job.id)] if role is Role.PRODUCTION else []), (
        "in no team yet"
    )
    await put(tenant, made, role)
    assert [each["id"] for each in (await it.get("/jobs")).json()["items"]] == [str(job.id)]
    assert (await it.get(f"/jobs/{job.id}")).status_code == 200
    assert (await it.get(f"/jobs/{elsewhere.id}")).status_code == 404
    assert (await it.get(f"/organizations/{stranger.org.id}")).status_code == 404
    (only,) = (await it.get("/organizations/me/memberships")).json()
    assert (only["organization"]["id"], only["roles"]) == (str(tenant.org.id), [role])
    me = (await it.get("/auth/me")).json()
    assert (me["id"], me["name"], me["role"]) == (made["user_id"], made["name"], role)
    assert (await it.get("/admin/users")).status_code == 403
    if role in CREATE:
        created = await new_job(it, steps)
        same = key()
        patched = [await it.patch(f"/jobs/{created}", {"title": "Ours"}, same) for _ in range(2)]
        assert [each.status_code for each in patched] == [200, 200]
        history = (await tenant[Role.PRODUCTION].get(f"/jobs/{created}/history")).json()
        assert made["name"] in {each["actor"] for each in history["items"]}
    else:
        assert (await init(it)).status_code == 403
    async with database.begin() as session:
        for as_reviewer in (False, True):
            ours, theirs = [
                await why_not_assigned(session, user_id, tenant.org.id, as_reviewer=as_reviewer)
                for user_id in (it.id, tenant[role].id)
            ]
            assert ours == theirs


async def test_it_is_in_no_list_of_people_and_nobody_signs_in_as_it(
    tenant: Tenant, stranger: Tenant, database: Database, http: httpx.AsyncClient
) -> None:
    made = await make(tenant, Role.PRODUCTION, name="Zebra import")
    admin, user = tenant[Role.ADMIN], f"/admin/users/{made['user_id']}"
    me = (await program(tenant, made).get("/auth/me")).json()
    assert me["email"].endswith("@service.invalid"), "no mail goes there"
    assert (await admin.get("/admin/users?q=Zebra")).json()["total"] == 0
    for method, path, body in (
        ("GET", user, None),
        ("PATCH", user, {"role": "admin"}),
        ("DELETE", user, None),
        ("POST", f"{user}/reset-password", None),
        ("POST", f"{user}/password/reset", {"password": PASSWORD * 2}),
    ):
        assert (await admin.ask(method, path, json=body)).status_code == 404, path
    members = f"/organizations/{tenant.org.id}/members"
    assert (await admin.get(f"{members}?q=Zebra")).json()["total"] == 0
    assert (await admin.get(members)).json()["total"] == len(Role)
    assert (await admin.patch(f"{members}/{made['user_id']}", {"role": "reviewer"})).status_code == 404
    assert (await admin.delete(f"{members}/{made['user_id']}")).status_code == 404
    for who in ({"user_id": made["user_id"]}, {"email": me["email"]}):
        elsewhere = await admin.post(f"/organizations/{stranger.org.id}/members", who)
        assert elsewhere.status_code == 400, "it belongs to one organisation"
    login = {"email": me["email"], "password": PASSWORD}
    assert (await http.post("/api/v1/auth/login", json=login)).status_code == 401
    assert (await http.post("/api/v1/auth/password/forgot", json={"email": me["email"]})).status_code == 202
    job = await tenant.job(database)
    people = [UUID(made["user_id"]), tenant[Role.CLIENT].id]
    async with database.begin() as session:
        told = await mails.tell(session, uuid4().hex, MailKind.JOB_COMPLETED, people, job_id=job.id)
        assert [each.user_id for each in told] == people[1:]
        await session.rollback()
    log = (await admin.get(f"/admin/audit-logs/user/{made['user_id']}")).json()
    assert log["total"] == 0, "nothing yet; and who it is may be asked"


async def test_what_is_a_persons_own_is_not_for_it(tenant: Tenant) -> None:
    made, other = await make(tenant, Role.PRODUCTION), await make(tenant)
    it = program(tenant, made)
    for method, path, body in (
        ("POST", "/auth/logout", None),
        ("POST", "/auth/logout-everywhere", None),
        ("POST", "/auth/password", {"old_password": "", "new_password": PASSWORD}),
        ("POST", "/auth/microsoft/link", {"id_token": "x.y.z"}),
        ("PATCH", "/auth/me", {"language": "de"}),
    ):
        await refused(await it.ask(method, path, json=body), 403, "service token")
    for method, path, body in (
        ("POST", of(tenant), {"name": "Another", "role": "client"}),
        ("PATCH", of(tenant, other), {"role": "production"}),
        ("PATCH", of(tenant, made), {"rotate": True}),
        ("DELETE", of(tenant, other), None),
    ):
        await refused(await it.ask(method, path, json=body), 403, "sign in as one of them")
    assert (await it.get(of(tenant))).json()["total"] == 2, "it reads what there is"
    assert (await it.get("/auth/me")).status_code == 200


async def test_it_is_told_once_and_kept_as_a_hash(
    tenant: Tenant, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    admin, same, body = tenant[Role.ADMIN], key(), {"name": " Import ", "role": "client"}
    made = (await admin.post(of(tenant), body, same)).json()
    assert made["token"].startswith("avs_") and len(made["token"]) == 47
    assert made["name"] == "Import" and made["last_used_at"] is None
    assert made["created_by"] == {"id": str(admin.id), "name": admin.user.name}
    assert datetime.fromisoformat(made["expires_at"]) - now() > timedelta(days=364)
    again = await admin.post(of(tenant), body, same)
    assert (again.status_code, again.json()["id"]) == (409, made["id"])
    renaming, rotating = key(), key()
    renamed = [await admin.patch(of(tenant, made), {"name": "Export"}, renaming) for _ in range(2)]
    assert [each.status_code for each in renamed] == [200, 200], "there is no secret in it"
    assert renamed[0].json() == renamed[1].json() and renamed[0].json()["token"] is None
    rotated = [await admin.patch(of(tenant, made), {"rotate": True}, rotating) for _ in range(2)]
    assert [each.status_code for each in rotated] == [200, 409]
    assert rotated[1].json()["id"] == made["id"]
    token = rotated[0].json()["token"]
    assert token != made["token"]
    async with database.begin() as session:  # as if its answer had not been kept
        await session.execute(
            sa.update(IdempotencyKey)
            .where(col(IdempotencyKey.created_at) > now() - timedelta(minutes=1))
            .values(status=None, response=None)
        )
    assert (await admin.patch(of(tenant, made), {"rotate": True}, rotating)).json()["token"] == token
    assert (await program(tenant, made, token).get("/jobs")).status_code == 200
    ended = [await admin.delete(of(tenant, made), same) for _ in range(2)]
    assert [each.status_code for each in ended] == [204, 204]
    assert (await admin.delete(of(tenant, made))).status_code == 404
    assert (await admin.patch(of(tenant, made), {"rotate": True})).status_code == 404
    secrets = (made["token"], token)
    async with database.begin() as session:
        row = await session.get_one(ServiceToken, UUID(made["id"]))
        assert row.token_hash not in secrets
        entries = (
            await session.scalars(
                sa.select(AuditEntry)
                .where(col(AuditEntry.thing_id) == made["id"])
                .order_by(col(AuditEntry.created_at))
            )
        ).all()
    assert [each.action for each in entries] == [
        f"service_token.{what}" for what in ("create", "change", "change", "delete")
    ]
    assert all(each.security and each.actor_id == admin.id for each in entries)
    written = (
        f"{[(each.before, each.after) for each in entries]} {again.text} {rotated[1].text} {caplog.text}"
    )
    assert not any(secret in written for secret in secrets)


async def test_two_make_one_name(tenant: Tenant, stranger: Tenant) -> None:
    admin = tenant[Role.ADMIN]
    answers = await asyncio.gather(
        *(
            admin.post(of(tenant), {"name": name, "role": "client"})
            for name in ("Import", "IMPORT", " import ")
        )
    )
    assert sorted(each.status_code for each in answers) == [201, 409, 409]
    (first,) = (each.json() for each in answers if each.status_code == 201)
    assert {each.json()["id"] for each in answers} == {first["id"]}, "it names the other"
    other = await make(tenant)
    assert (await admin.patch(of(tenant, other), {"name": "IMPORT"})).status_code == 409
    assert (await admin.patch(of(tenant, first), {"name": "IMPORT"})).status_code == 200
    await make(stranger, name="Import")
    assert (await admin.delete(of(tenant, first))).status_code == 204
    await make(tenant, name="Import")
    same = key()
    twins = await asyncio.gather(
        *(admin.post(of(tenant), {"name": "Twins", "role": "client"}, same) for _ in range(3))
    )
    assert {each.status_code for each in twins} <= {201, 409}
    assert len({each.json()["id"] for each in twins}) == 1
    assert (await admin.get(f"{of(tenant)}?q=twins")).json()["total"] == 1


async def test_who_makes_which(tenant: Tenant) -> None:
    may = {
        Role.PRODUCTION: set(IN_TEAMS) | {Role.PROJECT_MANAGER},
        Role.ADMIN: set(Role) - {Role.ADMIN},
    }
    for by in Role:
        for role in Role:
            answer = await tenant[by].post(of(tenant), {"name": f"{by} {role}", "role": role})
            assert answer.status_code == (201 if role in may.get(by, set()) else 403), (by, role)
    made = await make(tenant, Role.PRODUCTION)
    for answer in (
        await tenant[Role.PRODUCTION].patch(of(tenant, made), {"rotate": True}),
        await tenant[Role.PRODUCTION].delete(of(tenant, made)),
        await tenant[Role.PRODUCTION].patch(of(tenant, await make(tenant)), {"role": "production"}),
    ):
        await refused(answer, 403, "one of these roles: client, linguist, project manager, reviewer")
    unknown = await tenant[Role.ADMIN].post(of(tenant), {"name": "x", "role": "client", "org": "y"})
    assert unknown.status_code == 422


async def test_an_organisation_has_so_many_and_no_more(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.operations.service_tokens.MOST", 2)
    answers = await asyncio.gather(
        *(tenant[Role.ADMIN].post(of(tenant), {"name": f"No. {n}", "role": "client"}) for n in range(4))
    )
    assert sorted(each.status_code for each in answers) == [201, 201, 409, 409]


async def test_they_are_listed_found_and_sorted(tenant: Tenant, stranger: Tenant, database: Database) -> None:
    admin = tenant[Role.ADMIN]
    await make(stranger, name="Elsewhere")
    sent: list[int] = []
    for names in (["Bravo import"], ["alpha export", "Charlie import"]):
        for name in names:
            await make(tenant, name=name)
        with counted(database) as statements:
            page = (await tenant[Role.PRODUCTION].get(of(tenant))).json()
        sent.append(len(statements))
    assert sent[0] == sent[1]
    assert [each["name"] for each in page["items"]] == ["alpha export", "Bravo import", "Charlie import"]
    assert all("token" not in each for each in page["items"])
    for query, expected in (
        ("sort=-name&size=2", ["Charlie import", "Bravo import"]),
        ("sort=created_at&page=2&size=2", ["Charlie import"]),
        ("q=imp", ["Bravo import", "Charlie import"]),
        ("q=else", []),
    ):
        found = (await admin.get(f"{of(tenant)}?{query}")).json()
        assert [each["name"] for each in found["items"]] == expected, query


async def test_a_service_is_asked_for_in_one_statement(
    tenant: Tenant, database: Database, app: FastAPI
) -> None:
    it, person = program(tenant, await make(tenant, Role.PRODUCTION)), tenant[Role.PRODUCTION]
    await it.get("/jobs")
    await app.state.uses.settled()
    sent = []
    for who in (it, person):
        with counted(database) as statements:
            assert (await who.get("/organizations")).status_code == 200
        sent.append(len(statements))
    assert sent[0] == sent[1]
