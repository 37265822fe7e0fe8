"""Two people do at once what only one of them can: one wins, the other is told in a sentence."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import uuid4

import pytest
import pytest_asyncio
import sqlalchemy as sa
from httpx import AsyncClient, Response
from sqlmodel import SQLModel, col

from api.parts import Parts
from schema.db import Database
from schema.enums import Event, JobStatus, Role
from schema.tables import AuditEntry, Invitation, JobEvent, Membership, Team, TeamMember, User
from schema.tables.people import Client
from tests.api.interleaving import in_every_order, meet, watched
from tests.api.people import Tenant, make_tenant, make_user
from tests.api.test_invitations import link
from tests.api.test_users import NEW


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def tenant(database: Database, http: AsyncClient) -> Tenant:
    return await make_tenant(database, http)


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def _orders(database: Database) -> AsyncIterator[None]:
    async with watched(database):
        yield


def one_wins(answers: list[Response], won: int, lost: tuple[int, ...] = (409,)) -> Response:
    """The loser's answer."""
    winners = [answer for answer in answers if answer.status_code == won]
    losers = [answer for answer in answers if answer.status_code in lost]
    assert (len(winners), len(losers)) == (1, 1), [(each.status_code, each.text) for each in answers]
    said = losers[0].json()["detail"]
    assert said.endswith(".") and len(said.split()) > 3, said
    return losers[0]


async def count(database: Database, noun: type[SQLModel], *conditions: sa.ColumnElement[bool]) -> int:
    async with database.begin() as session:
        found = await session.scalar(sa.select(sa.func.count()).select_from(noun).where(*conditions))
    return found or 0


async def test_two_accept_one_invitation(
    tenant: Tenant, http: AsyncClient, database: Database, parts: Parts
) -> None:
    async def accepted(order: list[int]) -> None:
        email = f"{uuid4().hex}@studio.example"
        body = {"email": email, "role": "linguist", "team_ids": [str(tenant.team.id)]}
        made = await tenant[Role.ADMIN].post(f"/organizations/{tenant.org.id}/invitations", body)
        token = await link(database, parts, made.json()["id"])

        async def accept() -> Response:
            said = {"token": token, "name": "Ayşe", "password": NEW}
            return await http.post("/api/v1/invitations/accept", json=said)

        one_wins(await meet(order, accept, accept), 204, (400,))
        async with database.begin() as session:
            user = (await session.scalars(sa.select(User).where(col(User.email) == email))).one()
        assert await count(database, Membership, col(Membership.user_id) == user.id) == 1
        assert await count(database, TeamMember, col(TeamMember.user_id) == user.id) == 1
        assert await count(database, Invitation, col(Invitation.accepted_by) == user.id) == 1

    await in_every_order(accepted, examples=6)


async def test_two_invite_one_address(tenant: Tenant, database: Database) -> None:
    async def invited(order: list[int]) -> None:
        email = f"{uuid4().hex}@studio.example"

        async def invite() -> Response:
            path = f"/organizations/{tenant.org.id}/invitations"
            return await tenant[Role.PRODUCTION].post(path, {"email": email, "role": "linguist"})

        one_wins(await meet(order, invite, invite), 201)
        assert await count(database, Invitation, col(Invitation.email) == email) == 1

    await in_every_order(invited)


async def test_two_add_the_same_member(tenant: Tenant, database: Database) -> None:
    async def added(order: list[int]) -> None:
        user = await make_user(database, Role.LINGUIST)

        async def add() -> Response:
            path = f"/organizations/{tenant.org.id}/members"
            return await tenant[Role.ADMIN].post(path, {"user_id": str(user.id)})

        one_wins(await meet(order, add, add), 201)
        assert await count(database, Membership, col(Membership.user_id) == user.id) == 1

    await in_every_order(added)


def _places(tenant: Tenant) -> dict[str, tuple[str, dict[str, str]]]:
    return {
        "organization": ("/organizations", {}),
        "client": ("/clients", {"org_id": str(tenant.org.id)}),
        "team": (f"/clients/{tenant.client.id}/teams", {}),
        "project": (f"/clients/{tenant.client.id}/projects", {}),
        "user": ("/admin/users", {"role": "linguist", "password": NEW}),
    }


@pytest.mark.parametrize("noun", ["organization", "client", "team", "project", "user"])
async def test_two_create_the_same_name(tenant: Tenant, noun: str) -> None:
    path, more = _places(tenant)[noun]

    async def created(order: list[int]) -> None:
        mark = uuid4().hex[:12]
        unique = {"email": f"{mark}@studio.example"} if noun == "user" else {}

        def create(name: str) -> Callable[[], Awaitable[Response]]:
            return lambda: tenant[Role.ADMIN].post(path, {"name": name, **unique, **more})

        answers = await meet(order, create(f"Straße {mark}"), create(f"STRASSE {mark} "))
        one_wins(answers, 201)

    await in_every_order(created, examples=4 if noun == "user" else 8)


async def test_two_rename_to_the_same_name(tenant: Tenant) -> None:
    async def renamed(order: list[int]) -> None:
        mark = uuid4().hex[:12]
        path = f"/clients/{tenant.client.id}/teams"
        ids = [
            (await tenant[Role.ADMIN].post(path, {"name": f"{mark} {number}"})).json()["id"]
            for number in (1, 2)
        ]

        def rename(team_id: str) -> Callable[[], Awaitable[Response]]:
            return lambda: tenant[Role.ADMIN].patch(f"{path}/{team_id}", {"name": mark})

        one_wins(await meet(order, rename(ids[0]), rename(ids[1])), 200)

    await in_every_order(renamed)


async def _new_client(tenant: Tenant, database: Database) -> Client:
    client = Client(org_id=tenant.org.id, name=uuid4().hex)
    async with database.begin() as session:
        session.add(client)
    return client


async def test_a_team_is_deleted_while_somebody_is_added(tenant: Tenant, database: Database) -> None:
    user = await make_user(database, Role.LINGUIST, tenant.org.id)

    async def met(order: list[int]) -> None:
        team = Team(client_id=tenant.client.id, name=uuid4().hex)
        async with database.begin() as session:
            session.add(team)
        path, admin = f"/clients/{tenant.client.id}/teams/{team.id}", tenant[Role.ADMIN]
        deleted, added = await meet(
            order,
            lambda: admin.delete(path),
            lambda: admin.post(f"{path}/members", {"user_id": str(user.id)}),
        )
        outcome = (deleted.status_code, added.status_code)
        assert outcome in ((204, 404), (204, 409), (409, 201)), (deleted.text, added.text)
        there = await count(database, TeamMember, col(TeamMember.team_id) == team.id)
        assert there == (1 if outcome == (409, 201) else 0)

    await in_every_order(met)


@pytest.mark.parametrize("noun", ["teams", "projects"])
async def test_a_client_is_deleted_while_something_is_made_in_it(
    tenant: Tenant, database: Database, noun: str
) -> None:
    async def met(order: list[int]) -> None:
        client = await _new_client(tenant, database)
        path, admin = f"/clients/{client.id}", tenant[Role.ADMIN]
        deleted, made = await meet(
            order, lambda: admin.delete(path), lambda: admin.post(f"{path}/{noun}", {"name": "Only"})
        )
        assert deleted.status_code in (204, 409), deleted.text
        assert made.status_code in (201, 404, 409), made.text
        if deleted.status_code == 204:
            assert (await admin.get(f"{path}/{noun}")).status_code == 404, "hidden with what is in it"
        else:
            assert made.status_code == 201

    await in_every_order(met)


async def test_a_member_is_removed_while_they_are_added_to_a_team(tenant: Tenant, database: Database) -> None:
    async def met(order: list[int]) -> None:
        user = await make_user(database, Role.LINGUIST, tenant.org.id)
        admin = tenant[Role.ADMIN]
        members = f"/clients/{tenant.client.id}/teams/{tenant.team.id}/members"
        removed, added = await meet(
            order,
            lambda: admin.delete(f"/organizations/{tenant.org.id}/members/{user.id}"),
            lambda: admin.post(members, {"user_id": str(user.id)}),
        )
        assert removed.status_code == 200, removed.text
        assert added.status_code in (201, 400, 409), added.text
        assert await count(database, TeamMember, col(TeamMember.user_id) == user.id) == 0

    await in_every_order(met)


async def test_an_invitation_is_revoked_while_it_is_accepted(
    tenant: Tenant, http: AsyncClient, database: Database, parts: Parts
) -> None:
    async def met(order: list[int]) -> None:
        email = f"{uuid4().hex}@studio.example"
        path, admin = f"/organizations/{tenant.org.id}/invitations", tenant[Role.ADMIN]
        made = (await admin.post(path, {"email": email, "role": "linguist"})).json()
        said = {"token": await link(database, parts, made["id"]), "name": "Ayşe", "password": NEW}
        revoked, accepted = await meet(
            order,
            lambda: admin.delete(f"{path}/{made['id']}"),
            lambda: http.post("/api/v1/invitations/accept", json=said),
        )
        outcome = (revoked.status_code, accepted.status_code)
        assert outcome in ((204, 400), (409, 204)), (revoked.text, accepted.text)
        belongs = await count(database, User, col(User.email) == email)
        assert belongs == (1 if outcome == (409, 204) else 0)

    await in_every_order(met, examples=6)


async def test_an_invitation_is_accepted_while_its_person_is_added(
    tenant: Tenant, http: AsyncClient, database: Database, parts: Parts
) -> None:
    async def met(order: list[int]) -> None:
        user, admin = await make_user(database, Role.LINGUIST, tenant.org.id), tenant[Role.ADMIN]
        body = {"email": user.email, "role": "reviewer", "team_ids": [str(tenant.team.id)]}
        made = (await admin.post(f"/organizations/{tenant.org.id}/invitations", body)).json()
        said = {"token": await link(database, parts, made["id"]), "name": "Ayşe", "password": NEW}
        members = f"/clients/{tenant.client.id}/teams/{tenant.team.id}/members"
        added, accepted = await meet(
            order,
            lambda: admin.post(members, {"user_id": str(user.id)}),
            lambda: http.post("/api/v1/invitations/accept", json=said),
        )
        assert (added.status_code in (201, 409), accepted.status_code) == (True, 204), added.text
        assert await count(database, TeamMember, col(TeamMember.user_id) == user.id) == 1
        assert (
            await count(
                database,
                Membership,
                col(Membership.role) == Role.REVIEWER,
                col(Membership.user_id) == user.id,
            )
            == 1
        )

    await in_every_order(met, examples=6)


async def test_two_delete_one_job(tenant: Tenant, database: Database) -> None:
    async def deleted(order: list[int]) -> None:
        job = await tenant.job(database, status=JobStatus.COMPLETED)
        answers = await meet(
            order,
            lambda: tenant[Role.PRODUCTION].delete(f"/jobs/{job.id}"),
            lambda: tenant[Role.CLIENT].delete(f"/jobs/{job.id}"),
        )
        assert sorted(each.status_code for each in answers) == [204, 404]
        told = (col(JobEvent.job_id) == job.id, col(JobEvent.type) == Event.DELETED)
        assert await count(database, JobEvent, *told) == 1, "it is told once"
        assert await count(database, AuditEntry, col(AuditEntry.thing_id) == str(job.id)) == 1

    await in_every_order(deleted)
