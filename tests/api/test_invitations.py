"""Invitations: who may ask whom, links that work once, and accounts that they neither reveal nor alter."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from httpx import AsyncClient, Response
from sqlmodel import col

from api.parts import Parts
from schema import links
from schema.db import Database
from schema.enums import MailKind, Role
from schema.links import Purpose
from schema.tables import Invitation, Mail, User, now
from tests.api.people import PASSWORD, Person, Tenant, make_user, sign_in

NEW = "harbour umbrella sixteen"
MAY = {
    Role.CLIENT: set[Role](),
    Role.LINGUIST: set[Role](),
    Role.REVIEWER: set[Role](),
    Role.PROJECT_MANAGER: {Role.CLIENT, Role.LINGUIST, Role.REVIEWER},
    Role.PRODUCTION: {Role.CLIENT, Role.LINGUIST, Role.REVIEWER, Role.PROJECT_MANAGER},
    Role.ADMIN: set(Role) - {Role.ADMIN},
}


def ok(response: Response, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    return response.json() if response.content else None


def body(tenant: Tenant, role: Role = Role.LINGUIST, email: str | None = None) -> dict[str, Any]:
    teams = [str(tenant.team.id)] if role in (Role.CLIENT, Role.LINGUIST, Role.REVIEWER) else []
    return {"email": email or f"{uuid4().hex}@studio.example", "role": role, "team_ids": teams}


def path(tenant: Tenant) -> str:
    return f"/organizations/{tenant.org.id}/invitations"


async def invite(tenant: Tenant, who: Role = Role.ADMIN, **more: Any) -> dict[str, Any]:
    return dict(ok(await tenant[who].post(path(tenant), body(tenant, **more)), 201))


async def link(database: Database, parts: Parts, invitation_id: str) -> str:
    """What the newest mail carries."""
    async with database.begin() as session:
        found = await session.scalars(sa.select(Mail).where(col(Mail.kind) == MailKind.INVITATION))
        counters = [mail.about["counter"] for mail in found if mail.about["invitation_id"] == invitation_id]
    secret = parts.settings.jwt_secret.get_secret_value()
    return links.token(secret, Purpose.INVITATION, UUID(invitation_id), max(counters))


async def accept(http: AsyncClient, token: str, password: str = NEW, name: str = "Ayşe") -> Response:
    return await http.post(
        "/api/v1/invitations/accept", json={"token": token, "name": name, "password": password}
    )


async def preview(http: AsyncClient, token: str) -> Response:
    return await http.post("/api/v1/invitations/preview", json={"token": token})


async def log_in(http: AsyncClient, email: str, password: str) -> int:
    answer = await http.post("/api/v1/auth/login", json={"email": email, "password": password})
    http.cookies.clear()
    return answer.status_code


async def test_somebody_new_is_invited_accepts_and_works(
    tenant: Tenant, http: AsyncClient, database: Database, parts: Parts
) -> None:
    made = await invite(tenant, Role.PROJECT_MANAGER)
    assert made["state"] == "open" and "token" not in str(made)
    token = await link(database, parts, made["id"])
    shown = ok(await preview(http, token))
    assert shown["organization"] == tenant.org.name and shown["role"] == "linguist"
    assert shown["invited_by"] == tenant[Role.PROJECT_MANAGER].user.name
    assert (await accept(http, token)).status_code == 204
    assert http.cookies.get("refresh_token") is None
    answer = await http.post("/api/v1/auth/login", json={"email": made["email"], "password": NEW})
    http.cookies.clear()
    person = Person(
        User(email=made["email"], name="", role=Role.LINGUIST), http, answer.json()["access_token"]
    )
    assert [each["id"] for each in ok(await person.get("/clients"))["items"]] == [str(tenant.client.id)]
    assert ok(await person.get("/organizations/me/memberships"))[0]["roles"] == ["linguist"]
    assert (await accept(http, token)).status_code == 400
    assert (await preview(http, token)).status_code == 400


async def test_an_account_that_exists_is_neither_signed_in_nor_altered(
    tenant: Tenant, http: AsyncClient, database: Database, parts: Parts
) -> None:
    user = await make_user(database, Role.LINGUIST)
    made = await invite(tenant, role=Role.REVIEWER, email=user.email.upper())
    answer = await accept(http, await link(database, parts, made["id"]))
    assert (answer.status_code, answer.content, answer.headers.get("set-cookie")) == (204, b"", None)
    assert [await log_in(http, user.email, word) for word in (NEW, PASSWORD)] == [401, 200]
    person = await sign_in(http, user)
    (mine,) = ok(await person.get("/organizations/me/memberships"))
    assert mine["roles"] == ["linguist", "reviewer"]
    async with database.begin() as session:
        kept = await session.get(User, user.id)
    assert kept is not None and (kept.name, kept.role) == (user.name, Role.LINGUIST)


async def test_of_two_who_accept_one_invitation_one_does(
    tenant: Tenant, http: AsyncClient, database: Database, parts: Parts
) -> None:
    made = await invite(tenant)
    token = await link(database, parts, made["id"])
    answers = await asyncio.gather(*(accept(http, token, f"{NEW} {mark}") for mark in "abcd"))
    assert sorted(each.status_code for each in answers) == [204, 400, 400, 400]
    opened = [await log_in(http, made["email"], f"{NEW} {mark}") for mark in "abcd"]
    assert sorted(opened) == [200, 401, 401, 401]


async def test_sent_again_the_link_before_is_worthless(
    tenant: Tenant, http: AsyncClient, database: Database, parts: Parts
) -> None:
    made = await invite(tenant)
    first = await link(database, parts, made["id"])
    ok(await tenant[Role.ADMIN].post(f"{path(tenant)}/{made['id']}/resend"))
    second = await link(database, parts, made["id"])
    assert first != second
    assert [(await preview(http, token)).status_code for token in (first, second)] == [400, 200]
    ok(await tenant[Role.ADMIN].delete(f"{path(tenant)}/{made['id']}"), 204)
    assert (await accept(http, second)).status_code == 400
    assert (await tenant[Role.ADMIN].post(f"{path(tenant)}/{made['id']}/resend")).status_code == 409


async def test_nobody_is_buried_in_invitations(tenant: Tenant, parts: Parts) -> None:
    manager, most = tenant[Role.PROJECT_MANAGER], parts.settings.login_attempts
    made = await invite(tenant, Role.PROJECT_MANAGER)
    resend = f"{path(tenant)}/{made['id']}/resend"
    answers = [await manager.post(resend) for _ in range(most)]
    assert [each.status_code for each in answers] == [200] * (most - 1) + [429]
    assert answers[-1].headers["retry-after"]
    ok(await manager.delete(f"{path(tenant)}/{made['id']}"), 204)
    again = await manager.post(path(tenant), body(tenant, email=made["email"]))
    assert again.status_code == 429, again.text
    ok(await manager.post(path(tenant), body(tenant)), 201)


async def test_an_expired_one_is_worthless_and_can_be_made_anew(
    tenant: Tenant, http: AsyncClient, database: Database, parts: Parts
) -> None:
    made = await invite(tenant)
    again = body(tenant, email=made["email"])
    assert ok(await tenant[Role.ADMIN].post(path(tenant), again), 409)["id"] == made["id"]
    async with database.begin() as session:
        await session.execute(
            sa.update(Invitation)
            .where(col(Invitation.id) == UUID(made["id"]))
            .values(expires_at=now() - timedelta(seconds=1))
        )
    assert (await accept(http, await link(database, parts, made["id"]))).status_code == 400
    assert ok(await tenant[Role.ADMIN].post(path(tenant), again), 201)["id"] != made["id"]
    states = {each["id"]: each["state"] for each in ok(await tenant[Role.ADMIN].get(path(tenant)))["items"]}
    assert states[made["id"]] == "revoked"


@pytest.mark.parametrize("who", Role)
@pytest.mark.parametrize("role", Role)
async def test_into_which_role_one_may_invite(tenant: Tenant, who: Role, role: Role) -> None:
    answer = await tenant[who].post(path(tenant), body(tenant, role))
    assert answer.status_code == (201 if role in MAY[who] else 403), answer.text


async def test_a_manager_invites_to_their_clients_teams_alone(tenant: Tenant, stranger: Tenant) -> None:
    manager, admin = tenant[Role.PROJECT_MANAGER], tenant[Role.ADMIN]
    other = ok(await admin.post("/clients", {"org_id": str(tenant.org.id), "name": uuid4().hex}), 201)
    team = ok(await admin.post(f"/clients/{other['id']}/teams", {"name": "T"}), 201)
    for teams, status in (([], 403), ([team["id"]], 403), ([str(stranger.team.id)], 400)):
        asked = {**body(tenant), "team_ids": teams}
        assert (await manager.post(path(tenant), asked)).status_code == status, teams
    assert (
        await admin.post(path(tenant), {**body(tenant, Role.PRODUCTION), "team_ids": [team["id"]]})
    ).status_code == 400


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
async def test_another_organisation_sees_none(tenant: Tenant, stranger: Tenant, role: Role) -> None:
    made = await invite(tenant)
    for method, more in (
        ("GET", ""),
        ("POST", ""),
        ("DELETE", f"/{made['id']}"),
        ("POST", f"/{made['id']}/resend"),
    ):
        asked = {"json": body(tenant)} if method == "POST" and not more else {}
        assert (await stranger[role].ask(method, path(tenant) + more, **asked)).status_code == 404
    elsewhere = f"/organizations/{stranger.org.id}/invitations/{made['id']}"
    if MAY[role]:
        assert (await stranger[role].delete(elsewhere)).status_code == 404


async def test_a_team_that_is_gone_by_then_is_left_out(
    tenant: Tenant, http: AsyncClient, database: Database, parts: Parts
) -> None:
    admin = tenant[Role.ADMIN]
    team = ok(await admin.post(f"/clients/{tenant.client.id}/teams", {"name": uuid4().hex}), 201)
    asked = {**body(tenant), "team_ids": [team["id"], str(tenant.team.id)]}
    made = ok(await admin.post(path(tenant), asked), 201)
    ok(await admin.delete(f"/clients/{tenant.client.id}/teams/{team['id']}"), 204)
    assert (await accept(http, await link(database, parts, made["id"]))).status_code == 204


@pytest.mark.parametrize(("email", "status"), [("nobody", 400), ("a b@c.d", 400), ("@c.d", 400), ("a@", 422)])
async def test_what_is_no_address_is_refused(tenant: Tenant, email: str, status: int) -> None:
    answer = await tenant[Role.ADMIN].post(path(tenant), {**body(tenant), "email": email})
    assert answer.status_code == status, answer.text


async def test_a_weak_password_leaves_the_link_as_it_was(
    tenant: Tenant, http: AsyncClient, database: Database, parts: Parts
) -> None:
    made = await invite(tenant)
    token = await link(database, parts, made["id"])
    assert (await accept(http, token, "password1234")).status_code == 400
    assert (await accept(http, token)).status_code == 204
