"""Organisations, clients, teams and projects: made, named, joined and left, by those who may."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from httpx import AsyncClient, Response

from schema.db import Database
from schema.enums import Role
from tests.api.people import Person, Tenant, make_tenant, make_user, sign_in

OUTSIDERS = [role for role in Role if role is not Role.ADMIN]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def tenant(database: Database, http: AsyncClient) -> Tenant:
    """Its own: who has two projects has to name one for every job."""
    return await make_tenant(database, http)


def ok(response: Response, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    return response.json() if response.content else None


async def somebody(database: Database, http: AsyncClient, role: Role, *orgs: UUID) -> Person:
    user = await make_user(database, role, *orgs)
    return await sign_in(http, user)


async def test_an_organisation_from_nothing(tenant: Tenant, database: Database, http: AsyncClient) -> None:
    admin, name = tenant[Role.ADMIN], f"Studio {uuid4().hex[:6]}"
    org = ok(await admin.post("/organizations", {"name": f"  {name} "}), 201)
    assert org["name"] == name
    manager, linguist = [
        await somebody(database, http, role) for role in (Role.PROJECT_MANAGER, Role.LINGUIST)
    ]
    for person in (manager, linguist):
        added = ok(
            await admin.post(f"/organizations/{org['id']}/members", {"email": person.user.email.upper()}), 201
        )
        assert added["user"]["id"] == str(person.id) and added["role"] is None
    client = ok(await admin.post("/clients", {"org_id": org["id"], "name": "Films", "style": "Plain."}), 201)
    ok(await admin.post(f"/clients/{client['id']}/pm", {"user_id": str(manager.id)}), 201)
    team = ok(await admin.post(f"/clients/{client['id']}/teams", {"name": "Spanish"}), 201)
    project = ok(await admin.post(f"/clients/{client['id']}/projects", {"name": "First season"}), 201)
    path = f"/clients/{client['id']}/teams/{team['id']}"
    joined = ok(await manager.post(f"{path}/members", {"user_id": str(linguist.id)}), 201)
    assert [each["id"] for each in joined["members"]] == [str(linguist.id)]

    assert [each["id"] for each in ok(await manager.get("/clients"))["items"]] == [client["id"]]
    assert ok(await linguist.get(f"/clients/{client['id']}"))["style"] == "Plain."
    assert [each["id"] for each in ok(await linguist.get("/clients/all-projects"))["items"]] == [
        project["id"]
    ]
    (mine,) = ok(await linguist.get("/organizations/me/memberships"))
    assert mine["organization"]["id"] == org["id"] and mine["roles"] == ["linguist"]
    people = ok(await manager.get(f"/organizations/{org['id']}/members"))
    assert people["total"] == 2
    only = ok(await linguist.get(f"/organizations/{org['id']}/members"))
    assert [each["user"]["id"] for each in only["items"]] == [str(linguist.id)]

    ended = ok(await admin.delete(f"/organizations/{org['id']}/members/{linguist.id}"))
    assert ended == {"teams": ["Spanish"], "clients": [], "languages": 0}
    assert (await linguist.get(f"/clients/{client['id']}")).status_code == 404
    assert ok(await linguist.get("/clients"))["items"] == []
    ended = ok(await admin.delete(f"/organizations/{org['id']}/members/{manager.id}"))
    assert ended == {"teams": [], "clients": ["Films"], "languages": 0}
    assert ok(await manager.get("/organizations"))["items"] == []


CREATES = {
    "organization": ("/organizations", {}),
    "client": ("/clients", {"org_id": "{org}"}),
    "team": ("/clients/{client}/teams", {}),
    "project": ("/clients/{client}/projects", {}),
}


def _filled(tenant: Tenant, value: str) -> str:
    return value.replace("{org}", str(tenant.org.id)).replace("{client}", str(tenant.client.id))


def _create(tenant: Tenant, noun: str, name: str) -> tuple[str, dict[str, str]]:
    path, body = CREATES[noun]
    return _filled(tenant, path), {
        **{key: _filled(tenant, value) for key, value in body.items()},
        "name": name,
    }


@pytest.mark.parametrize("noun", CREATES)
async def test_a_name_is_one_things_whatever_its_case(tenant: Tenant, noun: str) -> None:
    admin, mark = tenant[Role.ADMIN], uuid4().hex[:6]
    made = ok(await admin.post(*_create(tenant, noun, f"Straße Café {mark}")), 201)
    for same in (f"strasse café {mark}", f" STRASSE CAFE\u0301 {mark} "):
        refused = ok(await admin.post(*_create(tenant, noun, same)), 409)
        assert refused["id"] == made["id"] and f"“Straße Café {mark}”" in refused["detail"]
    other = ok(await admin.post(*_create(tenant, noun, f"Other {mark}")), 201)
    path = _create(tenant, noun, "")[0]
    assert (await admin.patch(f"{path}/{other['id']}", {"name": f"STRASSE café {mark}"})).status_code == 409
    renamed = ok(await admin.patch(f"{path}/{made['id']}", {"name": f"STRASSE CAFÉ {mark}"}))
    assert renamed["name"] == f"STRASSE CAFÉ {mark}"


@pytest.mark.parametrize("noun", CREATES)
async def test_of_many_who_take_a_name_at_once_one_gets_it(tenant: Tenant, noun: str) -> None:
    admin, name = tenant[Role.ADMIN], f"Race {uuid4().hex[:6]}"
    answers = await asyncio.gather(*(admin.post(*_create(tenant, noun, name)) for _ in range(6)))
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409, 409, 409]


@pytest.mark.parametrize("noun", CREATES)
async def test_the_same_request_sent_again_makes_one(tenant: Tenant, noun: str) -> None:
    admin, key = tenant[Role.ADMIN], uuid4().hex
    path, body = _create(tenant, noun, f"Once {key[:6]}")
    first, again = [ok(await admin.post(path, body, key=key), 201) for _ in range(2)]
    assert first == again


@pytest.mark.parametrize("name", ["", "  ", "a\u0000b", "a\nb", "\u200b", "x" * 201, 5, None])
async def test_what_is_no_name_is_refused(tenant: Tenant, name: Any) -> None:
    assert (await tenant[Role.ADMIN].post("/organizations", {"name": name})).status_code == 422


@pytest.mark.parametrize("role", OUTSIDERS)
async def test_only_admins_make_and_change(tenant: Tenant, stranger: Tenant, role: Role) -> None:
    for noun in CREATES:
        path, body = _create(tenant, noun, uuid4().hex)
        assert (await tenant[role].post(path, body)).status_code == 403, noun
        hidden = 403 if noun in ("organization", "client") else 404
        assert (await stranger[role].post(path, body)).status_code == hidden, noun
    paths = (f"/organizations/{tenant.org.id}", f"/clients/{tenant.client.id}")
    for path in paths:
        assert (await tenant[role].patch(path, {"name": "x"})).status_code == 403
        assert (await stranger[role].patch(path, {"name": "x"})).status_code == 404
        assert (await tenant[role].get(path)).status_code == 200
        assert (await stranger[role].get(path)).status_code == 404


@pytest.mark.parametrize("role", OUTSIDERS)
async def test_lists_show_what_the_caller_sees(tenant: Tenant, stranger: Tenant, role: Role) -> None:
    for path, mine, theirs in (
        ("/organizations", tenant.org.id, stranger.org.id),
        ("/clients", tenant.client.id, stranger.client.id),
        ("/clients/all-projects", tenant.project.id, stranger.project.id),
    ):
        seen = [each["id"] for each in ok(await tenant[role].get(path, params={"size": 100}))["items"]]
        assert str(mine) in seen and str(theirs) not in seen
    for list_of in ("teams", "projects", "pm"):
        assert (await stranger[role].get(f"/clients/{tenant.client.id}/{list_of}")).status_code == 404


async def test_a_client_sees_the_smaller_shape(tenant: Tenant) -> None:
    client = tenant[Role.CLIENT]
    assert ok(await client.get(f"/clients/{tenant.client.id}"))["style"] is None
    assert ok(await client.get(f"/clients/{tenant.client.id}/pm"))["items"] == []
    (team,) = [
        each
        for each in ok(await client.get(f"/clients/{tenant.client.id}/teams", params={"size": 100}))["items"]
        if each["id"] == str(tenant.team.id)
    ]
    assert [each["id"] for each in team["members"]] == [str(client.id)]


async def test_a_list_is_searched_by_beginnings_of_words(tenant: Tenant) -> None:
    admin, mark = tenant[Role.ADMIN], uuid4().hex[:8]
    for name in (f"Blue {mark} Harbour", f"Green {mark} House", f"100% {mark}"):
        ok(await admin.post(*_create(tenant, "client", name)), 201)

    async def found(q: str, **more: str) -> list[str]:
        answer = ok(await admin.get("/clients", params={"q": q, **more}))
        return [each["name"].replace(mark, "*") for each in answer["items"]]

    assert await found(f"{mark} h") == ["Blue * Harbour", "Green * House"]
    assert await found(f"HARB {mark}") == ["Blue * Harbour"]
    assert await found(f"arbour {mark}") == []
    assert await found(f"100% {mark}") == ["100% *"]
    assert await found(f"{mark} h", sort="-name") == ["Green * House", "Blue * Harbour"]


async def test_what_others_need_is_not_deleted(database: Database, http: AsyncClient) -> None:
    tenant = await make_tenant(database, http)
    admin = tenant[Role.ADMIN]
    await tenant.job(database)
    refused = ok(await admin.delete(f"/clients/{tenant.client.id}"), 409)
    assert refused["holds"] == {"jobs": 1}
    assert ok(await admin.delete(f"/clients/{tenant.client.id}/projects/{tenant.project.id}"), 409)["holds"]
    assert ok(await admin.delete(f"/clients/{tenant.client.id}/teams/{tenant.team.id}"), 409)["holds"]


async def test_a_name_that_was_deleted_is_free(tenant: Tenant) -> None:
    admin = tenant[Role.ADMIN]
    for noun in ("client", "project", "team"):
        path, body = _create(tenant, noun, f"Gone {uuid4().hex[:6]}")
        first = ok(await admin.post(path, body), 201)
        ok(await admin.delete(f"{path}/{first['id']}"), 204)
        assert (await admin.delete(f"{path}/{first['id']}")).status_code == 404
        ok(await admin.post(path, body), 201)


async def test_roles_that_a_membership_may_carry(
    tenant: Tenant, database: Database, http: AsyncClient
) -> None:
    admin, person = tenant[Role.ADMIN], await somebody(database, http, Role.LINGUIST)
    path = f"/organizations/{tenant.org.id}/members"
    who = {"user_id": str(person.id)}
    assert (await admin.post(path, {**who, "role": "admin"})).status_code == 400
    ok(await admin.post(path, {**who, "role": "reviewer"}), 201)
    assert (await admin.post(path, who)).status_code == 409
    assert (await admin.patch(f"{path}/{person.id}", {"role": "admin"})).status_code == 400
    assert ok(await admin.patch(f"{path}/{person.id}", {"role": "production"}))["role"] == "production"
    assert ok(await person.get("/clients"))["total"] >= 1
    ok(await admin.patch(f"{path}/{person.id}", {"role": None}))
    assert ok(await person.get("/clients"))["total"] == 0
    assert (await admin.post(path, {"email": "nobody@nowhere.example"})).status_code == 400
    assert (await admin.post(path, {})).status_code == 422
    assert (await admin.patch(f"{path}/{uuid4()}", {"role": None})).status_code == 404


async def test_two_who_add_the_same_member(tenant: Tenant, database: Database, http: AsyncClient) -> None:
    person = await somebody(database, http, Role.LINGUIST)
    path, body = f"/organizations/{tenant.org.id}/members", {"user_id": str(person.id)}
    answers = await asyncio.gather(*(tenant[Role.ADMIN].post(path, body) for _ in range(5)))
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409, 409]


async def test_a_manager_leads_the_clients_that_they_manage(
    tenant: Tenant, database: Database, http: AsyncClient
) -> None:
    admin, manager = tenant[Role.ADMIN], tenant[Role.PROJECT_MANAGER]
    other = ok(await admin.post("/clients", {"org_id": str(tenant.org.id), "name": uuid4().hex}), 201)
    team = ok(await admin.post(f"/clients/{other['id']}/teams", {"name": "T"}), 201)
    linguist = await somebody(database, http, Role.LINGUIST, tenant.org.id)
    path, who = f"/clients/{other['id']}/teams/{team['id']}/members", {"user_id": str(linguist.id)}
    assert (await manager.post(path, who)).status_code == 404
    assert (await admin.post(f"/clients/{other['id']}/pm", who)).status_code == 400
    ok(await admin.post(f"/clients/{other['id']}/pm", {"user_id": str(manager.id)}), 201)
    ok(await manager.post(path, who), 201)
    assert (await manager.post(path, who)).status_code == 409
    outsider = await somebody(database, http, Role.LINGUIST)
    refused = [
        await manager.post(path, who)
        for who in (
            {"user_id": str(outsider.id)},
            {"email": outsider.user.email},
            {"user_id": str(uuid4())},
            {"email": "nobody@nowhere.example"},
        )
    ]
    assert {(answer.status_code, answer.json()["detail"]) for answer in refused} == {
        (400, "Nobody in the client's organisation has this account. Add them to it first.")
    }, "who has an account elsewhere is told to nobody"
    assert (await manager.post(path, {"user_id": str(manager.id)})).status_code == 400
    ok(await manager.delete(f"{path}/{linguist.id}"), 204)
    assert (await manager.delete(f"{path}/{linguist.id}")).status_code == 404
    ok(await admin.delete(f"/clients/{other['id']}/pm/{manager.id}"), 204)
    assert (await manager.get(f"/clients/{other['id']}")).status_code == 404


async def test_who_is_in_a_team_sees_its_client_and_leads_nobody(
    tenant: Tenant, database: Database, http: AsyncClient
) -> None:
    """A project manager who works in a team of a client that they do not manage."""
    admin = tenant[Role.ADMIN]
    person = await somebody(database, http, Role.PROJECT_MANAGER)
    ok(
        await admin.post(
            f"/organizations/{tenant.org.id}/members", {"user_id": str(person.id), "role": "linguist"}
        ),
        201,
    )
    path = f"/clients/{tenant.client.id}/teams/{tenant.team.id}/members"
    ok(await admin.post(path, {"user_id": str(person.id)}), 201)
    assert (await person.get(f"/clients/{tenant.client.id}")).status_code == 200
    assert (await person.post(path, {"user_id": str(person.id)})).status_code == 403


async def test_nobody_is_seen_by_another_organisation(database: Database, http: AsyncClient) -> None:
    one, two = await make_tenant(database, http), await make_tenant(database, http)
    for role in OUTSIDERS:
        assert (await one[role].get(f"/organizations/{two.org.id}/members")).status_code == 404
