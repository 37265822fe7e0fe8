"""Tenants with a person of every role, and requests as they would make them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from argon2 import PasswordHasher
from httpx import AsyncClient, Response

from schema.contracts.outputs import RequestedOutputs
from schema.db import Database
from schema.enums import Role
from schema.tables import (
    Client,
    ClientManager,
    Job,
    Membership,
    Organization,
    Project,
    Team,
    TeamMember,
    User,
)
from tests.factories import insert_job

PASSWORD = "correct horse battery staple"
HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Some microseconds a password, where Argon2id is to take a tenth of a second: the tests sign in hundreds of people."""
_HASH = HASHER.hash(PASSWORD)


@dataclass
class Person:
    """Somebody who is signed in, and asks."""

    user: User
    http: AsyncClient
    token: str

    @property
    def id(self) -> UUID:
        return self.user.id

    async def ask(self, method: str, path: str, key: str | None = None, **more: Any) -> Response:
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        if key is not None:
            headers["Idempotency-Key"] = key
        return await self.http.request(method, f"/api/v1{path}", headers=headers, **more)

    async def get(self, path: str, **more: Any) -> Response:
        return await self.ask("GET", path, **more)

    async def post(self, path: str, json: Any = None, key: str | None = None, **more: Any) -> Response:
        return await self.ask("POST", path, key, json=json, **more)

    async def patch(self, path: str, json: Any = None, key: str | None = None, **more: Any) -> Response:
        return await self.ask("PATCH", path, key, json=json, **more)

    async def delete(self, path: str, key: str | None = None) -> Response:
        return await self.ask("DELETE", path, key)


@dataclass
class Tenant:
    """An organisation with one client, one project, and a team; `people` by role."""

    org: Organization
    client: Client
    project: Project
    team: Team
    people: dict[Role, Person] = field(default_factory=dict)

    def __getitem__(self, role: Role) -> Person:
        return self.people[role]

    async def job(self, database: Database, **changes: Any) -> Job:
        """A job's row, whose workflow was not started."""
        whose = {
            "org_id": self.org.id,
            "client_id": self.client.id,
            "project_id": self.project.id,
            "creator_id": self[Role.CLIENT].id,
        }
        outputs = changes.pop("outputs", RequestedOutputs())
        return await insert_job(database, outputs, **{**whose, **changes})


async def make_user(database: Database, role: Role, *orgs: UUID) -> User:
    """A user with `PASSWORD`, who belongs to `orgs`."""
    mark = uuid4().hex[:10]
    user = User(
        email=f"{role.value}.{mark}@example.org",
        name=f"{role.value.title()} {mark}",
        role=role,
        password_hash=_HASH,
    )
    async with database.begin() as session:
        session.add(user)
        await session.flush()
        session.add_all([Membership(org_id=org, user_id=user.id) for org in orgs])
    return user


async def sign_in(http: AsyncClient, user: User) -> Person:
    answer = await http.post("/api/v1/auth/login", json={"email": user.email, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    http.cookies.clear()
    return Person(user, http, answer.json()["access_token"])


async def make_tenant(database: Database, http: AsyncClient) -> Tenant:
    """A tenant of its own, everybody signed in."""
    mark = uuid4().hex[:8]
    org = Organization(name=f"Org {mark}")
    client = Client(org_id=org.id, name=f"Client {mark}")
    project = Project(client_id=client.id, name=f"Project {mark}")
    team = Team(client_id=client.id, name=f"Team {mark}")
    async with database.begin() as session:
        for row in (org, client, project, team):
            session.add(row)
            await session.flush()
    tenant = Tenant(org, client, project, team)
    for role in Role:
        user = await make_user(database, role, org.id)
        async with database.begin() as session:
            if role is Role.PROJECT_MANAGER:
                session.add(ClientManager(client_id=client.id, user_id=user.id))
            if role in (Role.CLIENT, Role.LINGUIST, Role.REVIEWER):
                session.add(TeamMember(team_id=team.id, user_id=user.id))
        tenant.people[role] = await sign_in(http, user)
    return tenant
