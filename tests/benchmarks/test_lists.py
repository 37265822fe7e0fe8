"""Lists of 20 at 1,000,000 jobs, 100,000 users and 10,000 clients against 1,000 jobs, 1,000 users and 2,000 clients: in
each role, order and filter."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from statistics import median
from uuid import UUID, uuid4

import httpx
import pytest

from api.main import create_app
from api.parts import Parts
from api.tokens import issue_access
from deploy.local.postgres import Postgres
from schema.db import Database
from schema.enums import Role
from schema.tables import RefreshToken, User, now
from tests.api.conftest import parts  # noqa: F401 - a fixture
from tests.benchmarks.catalogue import HUGE, become, fill, thing
from tests.benchmarks.conftest import Compare
from tests.factories import settings_for

pytestmark = pytest.mark.bench
AIM = 1.5
_FEW, _MANY = 1_000, int(os.environ.get("JOBS", "1000000"))
_ROUNDS = int(os.environ.get("ROUNDS", "15"))
_ORDERS = (
    *("-created_at", "created_at", "-updated_at", "title", "status"),
    *("due_at", "-due_at", "-priority", "priority", "reference"),
)
_RARE = hashlib.md5(b"5").hexdigest()
_NARROWED = (
    "status=failed",
    "status=pending_qc&status=language_qc",
    f"client_id={thing(2, HUGE)}",
    f"client_id={thing(2, 201)}",
    f"project_id={thing(3, HUGE)}",
    f"org_id={thing(1, 1)}",
    f"client_id={thing(2, HUGE)}&status=completed&sort=title",
    "page=400",
    f"q={_RARE}",
    "q=film",
    "q=film&sort=-priority",
    f"q=film+{_RARE[:9]}",
    "q=nothing",
    "label=rare",
    "label=l7",
    "label=every&sort=due_at",
    "language=es",
    "language=fr",
    "reference=R-5",
    "priority=rush",
    "overdue=true&sort=due_at",
    "needs_me=true",
    "assigned_to_me=true",
    f"created_from={(now() - timedelta(hours=1)).strftime('%Y-%m-%dT%H:%M:%SZ')}",
    f"completed_from={(now() - timedelta(hours=1)).strftime('%Y-%m-%dT%H:%M:%SZ')}&sort=title",
)

_PROJECTS = ("sort=name", "sort=-created_at", "q=project", "q=77", "q=nothing")
_CLIENTS = ("sort=name", "sort=-created_at", "q=client", "q=77", "q=nothing")
_USERS = (
    *(
        "sort=email",
        "sort=-email",
        "sort=name",
        "sort=-created_at",
        "q=user",
        "q=user&sort=name",
        "q=user7",
        "q=nothing",
    ),
    *("role=linguist", "role=admin", "disabled=true", "disabled=false", f"org_id={thing(1, 1)}"),
)
_ORG, _CLIENT = f"organizations/{thing(1, 1)}", f"clients/{thing(2, HUGE)}"
_SHORT = (
    *("organizations", "organizations?q=org", "briefs", "glossaries", "language-qc/me/language-qc-queue"),
    *(
        f"{_ORG}/members",
        f"{_ORG}/members?q=user",
        f"{_CLIENT}/teams",
        f"{_CLIENT}/projects",
        f"{_CLIENT}/pm",
    ),
    f"{_CLIENT}/teams/{thing(4, HUGE)}/members",
)
"""Which everybody may ask for."""
_LEAD = (Role.PROJECT_MANAGER, Role.PRODUCTION, Role.ADMIN)
_OF_ROLES = {
    f"{_ORG}/invitations": _LEAD,
    **dict.fromkeys(("batches", "production/failures", "jobs?deleted=true"), (Role.PRODUCTION, Role.ADMIN)),
    **dict.fromkeys(("admin/audit-logs", *(f"admin/users?{query}" for query in _USERS)), (Role.ADMIN,)),
}


@dataclass(frozen=True, slots=True)
class _Place:
    database: Database
    client: httpx.AsyncClient

    async def seconds(self, path: str, token: str) -> float:
        began = time.perf_counter()
        answer = await self.client.get(path, headers={"Authorization": f"Bearer {token}"})
        took = time.perf_counter() - began
        assert answer.status_code == 200, answer.text
        return took


@asynccontextmanager
async def _place(
    parts: Parts,  # noqa: F811
    postgres: Postgres,
    template: str,
    jobs: int,
    **people: int,
) -> AsyncIterator[_Place]:
    name = f"catalogue_{uuid4().hex[:8]}"
    await postgres.create_database(name, template=template)
    url = postgres.dsn(name)
    database = Database.connect(settings_for(url))
    try:
        await fill(url, jobs, **people)
        settings = parts.settings.model_copy(update={"database_url": url})
        app = create_app(replace(parts, settings=settings, database=database))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
            yield _Place(database, client)
    finally:
        await database.close()
        await postgres.drop_database(name)


async def _signed_in(database: Database, user_id: UUID, family: UUID) -> None:
    async with database.begin() as session:
        session.add(
            RefreshToken(
                user_id=user_id,
                family=family,
                token_hash=uuid4().hex,
                expires_at=now() + timedelta(days=1),
            )
        )


async def test_lists(parts: Parts, postgres: Postgres, template_database: str, ratio: Compare) -> None:  # noqa: F811
    async with (
        _place(parts, postgres, template_database, _FEW) as few,
        _place(parts, postgres, template_database, _MANY, users=100_000, clients=10_000) as many,
    ):
        for role in Role:
            for place in (few, many):
                user_id = await become(place.database, role)
            user = User(id=user_id, email="", name="", role=role, epoch=0)
            sign_in = uuid4()
            for place in (few, many):
                await _signed_in(place.database, user.id, sign_in)
            token = issue_access(parts.settings, user, sign_in)
            listed = [f"jobs?{query}" for query in (*(f"sort={order}" for order in _ORDERS), *_NARROWED)]
            listed += [f"clients?{query}" for query in _CLIENTS]
            listed += [f"clients/all-projects?{query}" for query in _PROJECTS]
            listed += [*_SHORT, *(path for path, roles in _OF_ROLES.items() if role in roles)]
            for asked in listed:
                path = f"/api/v1/{asked}"
                took = [
                    (await few.seconds(path, token), await many.seconds(path, token)) for _ in range(_ROUNDS)
                ]
                ratio(
                    f"{role.value}: GET /{asked}"[:90],
                    1000 * median(many for _, many in took),
                    1000 * median(few for few, _ in took),
                    "ms",
                    at_most=AIM,
                )
