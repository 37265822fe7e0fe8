"""Who sees what: lists, single jobs, events, in every role, within and across organisations."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa
from sqlmodel import col

from schema.db import Database
from schema.enums import JobStatus, Role
from schema.queries import events, pages, users
from schema.queries.audience import Place, audience_of
from schema.tables import Client, Glossary, Job, JobLanguage, Membership, Project, Team, TeamMember
from tests.api.flow import init
from tests.api.people import Person, Tenant, make_tenant, make_user, sign_in


async def _sees(person: Person, job: Job, database: Database) -> bool:
    one = await person.get(f"/jobs/{job.id}")
    listed = (await person.get(f"/jobs?project_id={job.project_id}&size=100")).json()
    assert one.status_code in (200, 404)
    in_list = str(job.id) in {item["id"] for item in listed["items"]}
    assert in_list is (one.status_code == 200), "a list and a single job agree"
    assert len(listed["items"]) == min(listed["total"], 100)
    place = Place(job.id, job.org_id, job.client_id)
    async with database.begin() as session:
        audience = await audience_of(session, [person.id], [place])
    assert audience.sees(person.id, place) is in_list, "and so does a socket"
    return in_list


@pytest.fixture
async def other_clients_job(tenant: Tenant, database: Database) -> AsyncIterator[Job]:
    """In the same organisation, of a client that nobody manages or reaches by a team."""
    client = Client(org_id=tenant.org.id, name=f"Other {uuid4().hex[:8]}")
    project = Project(client_id=client.id, name="Only")
    async with database.begin() as session:
        session.add(client)
        await session.flush()
        session.add(project)
    job = await tenant.job(database)
    async with database.begin() as session:
        await session.execute(
            sa.update(Job).where(col(Job.id) == job.id).values(client_id=client.id, project_id=project.id)
        )
    job.client_id, job.project_id = client.id, project.id
    yield job
    async with database.begin() as session:  # the tenant's production has one project again
        await session.execute(
            sa.update(Project).where(col(Project.id) == project.id).values(deleted_at=sa.func.now())
        )


async def test_everybody_of_the_client_sees_its_jobs_and_no_stranger_does(
    tenant: Tenant, stranger: Tenant, database: Database
) -> None:
    job = await tenant.job(database)
    for role in Role:
        assert await _sees(tenant[role], job, database), role
        assert await _sees(stranger[role], job, database) is (role is Role.ADMIN), role


async def test_within_an_organisation_only_production_sees_every_client(
    tenant: Tenant, other_clients_job: Job, database: Database
) -> None:
    for role in Role:
        expected = role in (Role.PRODUCTION, Role.ADMIN)
        assert await _sees(tenant[role], other_clients_job, database) is expected, role


async def test_a_job_is_made_where_it_would_be_seen_and_nowhere_else(
    tenant: Tenant, other_clients_job: Job, database: Database
) -> None:
    """A project manager reaches the clients that they manage; a team reaches its clients for the others."""
    elsewhere = {"project_id": str(other_clients_job.project_id)}
    team = Team(client_id=other_clients_job.client_id, name="Beside")
    people = (tenant[Role.PROJECT_MANAGER], tenant[Role.CLIENT])
    async with database.begin() as session:
        session.add(team)
        await session.flush()
        session.add_all([TeamMember(team_id=team.id, user_id=person.id) for person in people])
    try:
        for person, seen in zip(people, (False, True), strict=True):
            assert await _sees(person, other_clients_job, database) is seen
            assert (await init(person, **elsewhere)).status_code == (201 if seen else 400)
    finally:
        async with database.begin() as session:
            await session.execute(sa.delete(Team).where(col(Team.id) == team.id))


async def test_what_is_assigned_is_seen_while_one_belongs_to_the_organisation(
    tenant: Tenant, other_clients_job: Job, database: Database, http: httpx.AsyncClient
) -> None:
    linguist = await sign_in(http, await make_user(database, Role.LINGUIST, tenant.org.id))
    assert not await _sees(linguist, other_clients_job, database)
    async with database.begin() as session:
        session.add(JobLanguage(job_id=other_clients_job.id, language="es", linguist_id=linguist.id))
    assert await _sees(linguist, other_clients_job, database)
    async with database.begin() as session:
        await session.execute(sa.delete(Membership).where(col(Membership.user_id) == linguist.id))
    assert not await _sees(linguist, other_clients_job, database)


async def test_what_was_assigned_is_not_seen_by_whoever_is_a_client_by_now(
    tenant: Tenant, other_clients_job: Job, database: Database, http: httpx.AsyncClient
) -> None:
    """Work that is done keeps their name; its client's competitor is not to see it."""
    linguist = await sign_in(http, await make_user(database, Role.LINGUIST, tenant.org.id))
    async with database.begin() as session:
        session.add(JobLanguage(job_id=other_clients_job.id, language="es", linguist_id=linguist.id))
        session.add(TeamMember(team_id=tenant.team.id, user_id=linguist.id))
    glossary = Glossary(client_id=other_clients_job.client_id, name="Words", source_language="en")
    async with database.begin() as session:
        session.add(glossary)
    assert await _sees(linguist, other_clients_job, database)
    assert (await linguist.get(f"/glossaries/{glossary.id}")).status_code == 200
    changed = await tenant[Role.ADMIN].patch(f"/admin/users/{linguist.id}", {"role": "client"})
    assert changed.status_code == 200, changed.text
    assert not await _sees(linguist, other_clients_job, database)
    assert (await linguist.get(f"/glossaries/{glossary.id}")).status_code == 404
    assert await _sees(linguist, await tenant.job(database), database), "what their team reaches"


async def test_a_membership_may_carry_another_role_that_counts_there_alone(
    tenant: Tenant, stranger: Tenant, database: Database, http: httpx.AsyncClient
) -> None:
    here, there = await tenant.job(database), await stranger.job(database)
    person = await sign_in(http, await make_user(database, Role.CLIENT, tenant.org.id, stranger.org.id))
    assert not await _sees(person, here, database)
    async with database.begin() as session:
        await session.execute(
            sa.update(Membership)
            .where(col(Membership.user_id) == person.id, col(Membership.org_id) == tenant.org.id)
            .values(role=Role.PRODUCTION)
        )
        session.add(TeamMember(team_id=stranger.team.id, user_id=person.id))
    assert await _sees(person, here, database)
    assert await _sees(person, there, database), "as a client, through a team"
    reason = {"reason": "Not here."}
    assert (await person.post(f"/jobs/{there.id}/actions/blocked_on_source", reason)).status_code == 403
    allowed = await person.post(f"/jobs/{here.id}/retry")
    assert allowed.status_code == 409, "may, but the job has not failed"


async def test_an_admin_of_one_organisation_is_no_admin_elsewhere(
    tenant: Tenant, stranger: Tenant, database: Database, http: httpx.AsyncClient
) -> None:
    person = await sign_in(http, await make_user(database, Role.CLIENT, tenant.org.id))
    async with database.begin() as session:
        await session.execute(
            sa.update(Membership).where(col(Membership.user_id) == person.id).values(role=Role.ADMIN)
        )
    assert await _sees(person, await tenant.job(database), database)
    assert not await _sees(person, await stranger.job(database), database)


async def test_nothing_about_an_invisible_job_answers_anything_but_404(
    tenant: Tenant, stranger: Tenant, database: Database
) -> None:
    job = await tenant.job(database)
    person = stranger[Role.PRODUCTION]
    text = f"/jobs/{job.id}/vtt?lang=en&kind=captions"
    reason = {"reason": "No."}
    answers = [
        await person.get(f"/jobs/{job.id}/validate"),
        await person.get(f"/jobs/{job.id}/downloads"),
        await person.get(text),
        await person.patch(text, {"content": "WEBVTT\n", "base_version": 0}),
        await person.patch(f"/jobs/{job.id}", {"title": "Mine"}),
        await person.delete(f"/jobs/{job.id}"),
        await person.post(f"/jobs/{job.id}/clone"),
        await person.post(f"/jobs/{job.id}/cancel"),
        await person.post(f"/jobs/{job.id}/actions/reject", reason),
        await person.post(f"/jobs/{job.id}/actions/complete"),
        await person.get(f"/language-qc/jobs/{job.id}/language-qc"),
        await person.get(f"/language-qc/jobs/{job.id}/languages/en/comments"),
        await person.post(f"/language-qc/jobs/{job.id}/languages/en/comments", {"text": "Hello"}),
    ]
    assert {answer.status_code for answer in answers} == {404}
    unknown = await person.get(f"/jobs/{uuid4()}")
    assert answers[0].json() == unknown.json(), "a job that is not there reads alike"


async def test_roles_see_but_may_not_do(tenant: Tenant, database: Database) -> None:
    job = await tenant.job(database, status=JobStatus.PENDING_QC)
    final = ("complete", "reject_final", "return_to_qc")
    steer = ("blocked_on_source", "promote_to_qc", "retry_tts")
    review = ("approve_source", "approve_english", "reject")
    bodies = {"retry_tts": {"language": "en"}, "complete": None, "promote_to_qc": None}
    may = {
        Role.REVIEWER: set(review),
        Role.PRODUCTION: {*review, *steer},
        Role.PROJECT_MANAGER: set(final),
        Role.CLIENT: set(),
        Role.LINGUIST: set(),
    }
    for role, allowed in may.items():
        for action in {*final, *steer, *review} - allowed:
            body = bodies.get(action, {"reason": "x"}) if action not in review[:2] else None
            answer = await tenant[role].post(f"/jobs/{job.id}/actions/{action}", body)
            assert answer.status_code == 403, (role, action, answer.text)
    for role in (Role.LINGUIST, Role.REVIEWER):
        assert (await tenant[role].post(f"/jobs/{job.id}/cancel")).status_code == 403
        assert (await tenant[role].delete(f"/jobs/{job.id}")).status_code == 403
        assert (await tenant[role].patch(f"/jobs/{job.id}", {"title": "x"})).status_code == 403
    renamed = await tenant[Role.CLIENT].patch(f"/jobs/{job.id}", {"title": "By its creator"})
    assert renamed.status_code == 200


async def test_lists_are_filtered_sorted_and_paged(database: Database, http: httpx.AsyncClient) -> None:
    tenant = await make_tenant(database, http)
    project = Project(client_id=tenant.client.id, name=f"Lists {uuid4().hex[:8]}")
    async with database.begin() as session:
        session.add(project)
    for number in range(5):
        status = JobStatus.FAILED if number % 2 else JobStatus.PENDING_QC
        await tenant.job(database, project_id=project.id, title=f"Film {number}", status=status)
    manager = tenant[Role.PROJECT_MANAGER]
    base = f"/jobs?project_id={project.id}"
    first = (await manager.get(f"{base}&sort=title&size=2")).json()
    assert [item["title"] for item in first["items"]] == ["Film 0", "Film 1"]
    assert {key: first[key] for key in ("total", "page", "size", "total_capped")} == {
        "total": 5, "page": 1, "size": 2, "total_capped": False,
    }  # fmt: skip
    last = (await manager.get(f"{base}&sort=title&size=2&page=3")).json()
    assert [item["title"] for item in last["items"]] == ["Film 4"]
    newest = (await manager.get(base)).json()
    assert [item["title"] for item in newest["items"]] == [f"Film {n}" for n in (4, 3, 2, 1, 0)]
    failed = (await manager.get(f"{base}&status=failed&sort=-title")).json()
    assert [item["title"] for item in failed["items"]] == ["Film 3", "Film 1"]
    both = (await manager.get(f"{base}&status=failed&status=pending_qc")).json()
    assert both["total"] == 5
    assert (await manager.get(f"{base}&client_id={uuid4()}")).json()["total"] == 0
    for wrong in ("status=lost", "sort=password", "size=101", "page=0", "org_id=1"):
        assert (await manager.get(f"{base}&{wrong}")).status_code == 422, wrong


async def test_events_are_of_visible_jobs_alone(database: Database, http: httpx.AsyncClient) -> None:
    tenant, stranger = await make_tenant(database, http), await make_tenant(database, http)
    async with database.begin() as session:
        before = await events.newest(session)
    ours, theirs = await tenant.job(database), await stranger.job(database)
    async with database.begin() as session:
        for job in (ours, theirs):
            await events.record(session, job_id=job.id, org_id=job.org_id, type="status")
    places = [Place(job.id, job.org_id, job.client_id) for job in (ours, theirs)]
    async with database.begin() as session:
        people = {role: tenant[role].id for role in Role}
        audience = await audience_of(session, people.values(), places)
        for role in Role:
            principal = await users.principal(session, tenant[role].id)
            assert principal is not None
            seen = {event.place.job_id for event in await events.after(session, principal, before)}
            assert ours.id in seen, role
            assert (theirs.id in seen) is (role is Role.ADMIN), role
            assert role is Role.ADMIN or seen == {ours.id}, role
            assert [audience.sees(people[role], place) for place in places] == [True, role is Role.ADMIN], (
                role
            )


async def test_totals_are_exact_up_to_a_limit(
    tenant: Tenant, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "COUNT_LIMIT", 2)
    for _ in range(3):
        await tenant.job(database)
    listed = (await tenant[Role.PRODUCTION].get("/jobs?size=1")).json()
    assert (listed["total"], listed["total_capped"]) == (2, True)
