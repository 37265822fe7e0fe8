"""A change whose answer was lost, and that is sent again: what somebody else has changed since is not taken back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from operator import itemgetter
from typing import Any, NamedTuple

import httpx
import pytest
import sqlalchemy as sa
from sqlmodel import col

from schema.db import Database
from schema.enums import Role
from schema.tables import IdempotencyKey
from tests.api.flow import key
from tests.api.people import Person, Tenant, make_tenant, make_user
from tests.api.test_comments import in_qc
from tests.api.test_schedules import body as schedule


class Case(NamedTuple):
    """Who changes what, the two changes, and what is read of an answer."""

    who: Role
    path: str
    first: Any
    then: Any
    read: Callable[[Any], Any]


Make = Callable[[Tenant, Database], Awaitable[Case]]
NAMES = ({"name": "First"}, {"name": "Second"}, itemgetter("name"))


async def _comment(tenant: Tenant, database: Database) -> Case:
    _, language = await in_qc(tenant, database)
    path = f"{language}/comments"
    made = (await tenant[Role.REVIEWER].post(path, {"text": "Too formal.", "cue_id": "c1"})).json()
    resolved = ({"resolved": True}, {"resolved": False}, lambda found: found["resolved_at"] is None)
    return Case(Role.REVIEWER, f"{path}/{made['id']}", *resolved)


async def _oneself(tenant: Tenant, database: Database) -> Case:
    return Case(Role.REVIEWER, "/auth/me", *NAMES)


async def _client(tenant: Tenant, database: Database) -> Case:
    return Case(Role.ADMIN, f"/clients/{tenant.client.id}", *NAMES)


async def _organization(tenant: Tenant, database: Database) -> Case:
    mark = tenant.org.name
    changes = ({"name": f"First {mark}"}, {"name": f"Second {mark}"})
    return Case(Role.ADMIN, f"/organizations/{tenant.org.id}", *changes, itemgetter("name"))


async def _team(tenant: Tenant, database: Database) -> Case:
    return Case(Role.ADMIN, f"/clients/{tenant.client.id}/teams/{tenant.team.id}", *NAMES)


async def _member(tenant: Tenant, database: Database) -> Case:
    other = await make_user(database, Role.LINGUIST, tenant.org.id)
    path = f"/organizations/{tenant.org.id}/members/{other.id}"
    return Case(Role.ADMIN, path, {"role": "reviewer"}, {"role": "client"}, itemgetter("role"))


async def _user(tenant: Tenant, database: Database) -> Case:
    other = await make_user(database, Role.LINGUIST, tenant.org.id)
    return Case(Role.ADMIN, f"/admin/users/{other.id}", *NAMES)


async def _job(tenant: Tenant, database: Database) -> Case:
    job = await tenant.job(database)
    titles = ({"title": "First"}, {"title": "Second"}, itemgetter("title"))
    return Case(Role.PRODUCTION, f"/jobs/{job.id}", *titles)


async def _schedule(tenant: Tenant, database: Database) -> Case:
    made = (await tenant[Role.PRODUCTION].post("/production/schedules", schedule())).json()
    return Case(Role.PRODUCTION, f"/production/schedules/{made['id']}", *NAMES)


@pytest.mark.parametrize(
    "make", [_comment, _oneself, _client, _organization, _team, _member, _user, _job, _schedule]
)
async def test_a_change(make: Make, database: Database, http: httpx.AsyncClient) -> None:
    tenant = await make_tenant(database, http)
    case = await make(tenant, database)
    who, same = tenant[case.who], key()
    await _sent(who, case.path, case.first, same)
    meant = case.read(await _sent(who, case.path, case.then))
    await _lose_answers(database)
    assert case.read(await _sent(who, case.path, case.first, same)) == meant


@pytest.mark.parametrize(("first", "then", "paused"), [("pause", "resume", False), ("resume", "pause", True)])
async def test_a_schedule_that_is_paused_or_goes_on(
    first: str, then: str, paused: bool, database: Database, http: httpx.AsyncClient
) -> None:
    tenant = await make_tenant(database, http)
    who, same = tenant[Role.PRODUCTION], key()
    path = f"/production/schedules/{(await who.post('/production/schedules', schedule())).json()['id']}"
    assert (await who.post(f"{path}/{first}", key=same)).is_success
    assert (await who.post(f"{path}/{then}")).is_success
    await _lose_answers(database)
    assert (await who.post(f"{path}/{first}", key=same)).json()["paused"] is paused


async def test_a_mark_of_a_cue(database: Database, http: httpx.AsyncClient) -> None:
    tenant = await make_tenant(database, http)
    _, language = await in_qc(tenant, database)
    who, path, same = tenant[Role.REVIEWER], f"{language}/mark-cue-reviewed", key()
    cue = {"kind": "captions", "cue_id": "c1"}
    assert (await who.post(path, {**cue, "reviewed": True}, same)).json()["cues_reviewed"] == 1
    assert (await who.post(path, {**cue, "reviewed": False})).json()["cues_reviewed"] == 0
    await _lose_answers(database)
    assert (await who.post(path, {**cue, "reviewed": True}, same)).json()["cues_reviewed"] == 0


async def _sent(who: Person, path: str, change: Any, key: str | None = None) -> Any:
    answer = await who.patch(path, change, key)
    assert answer.is_success, answer.text
    assert "idempotency-replayed" not in answer.headers
    return answer.json()


async def _lose_answers(database: Database) -> None:
    """As if the API had died after the change, before it answered."""
    async with database.begin() as session:
        lost = sa.update(IdempotencyKey).where(col(IdempotencyKey.status).is_not(None))
        await session.execute(lost.values(status=None, response=None))
