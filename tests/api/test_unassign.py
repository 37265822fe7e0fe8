"""Work that is taken off people: by those who assign it, and by what they are not any more."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlmodel import col
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from activities.maintenance.departures import DepartureActivities
from schema.db import Database
from schema.enums import JobStatus, Role
from schema.tables import AuditEntry, Departure
from tests.api.flow import key, until, until_language
from tests.api.people import Person, Tenant, make_tenant
from tests.drafted import Drafted
from tests.fakes.steps import FakeSteps

BACK = {"reason": "The greeting is wrong."}


@pytest.fixture(autouse=True)
def _fresh(steps: FakeSteps) -> None:
    steps.begin_test()


@pytest_asyncio.fixture(loop_scope="session")
async def tenant(database: Database, http: httpx.AsyncClient) -> Tenant:
    return await make_tenant(database, http)


@pytest_asyncio.fixture(loop_scope="session")
async def sweep(database: Database, temporal_client: Client) -> Any:
    async def run() -> None:
        done = await ActivityEnvironment().run(DepartureActivities(database, temporal_client).unassign_gone)
        assert done.failed == 0, done.failures

    return run


async def _ok(person: Person, path: str, body: Any = None) -> dict[str, Any]:
    answer = await person.post(path, body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _at_work(tenant: Tenant, drafted: Drafted) -> tuple[UUID, str]:
    """A job whose Spanish its linguist works on."""
    job_id = await drafted.job(tenant, languages=("es",))
    await _ok(tenant[Role.REVIEWER], f"/jobs/{job_id}/actions/approve_source")
    await until_language(tenant[Role.ADMIN], job_id, "es", "unassigned")
    path = f"/language-qc/jobs/{job_id}/languages/es"
    manager = tenant[Role.PROJECT_MANAGER]
    await _ok(manager, f"{path}/assign", {"user_id": str(tenant[Role.LINGUIST].id)})
    await _ok(manager, f"{path}/assign-reviewer", {"user_id": str(tenant[Role.REVIEWER].id)})
    await _ok(tenant[Role.LINGUIST], f"{path}/start-work")
    return job_id, path


async def test_a_linguist_and_a_reviewer_are_taken_off(tenant: Tenant, drafted: Drafted) -> None:
    _, path = await _at_work(tenant, drafted)
    manager, linguist, reviewer = tenant[Role.PROJECT_MANAGER], tenant[Role.LINGUIST], tenant[Role.REVIEWER]
    assert (await linguist.post(f"{path}/unassign")).status_code == 403
    other = await manager.post(f"{path}/unassign", {"user_id": str(reviewer.id)})
    assert (other.status_code, other.json()["state"]) == (409, "in_progress")
    same = key()
    taken = await manager.post(f"{path}/unassign", {"user_id": str(linguist.id)}, same)
    assert taken.status_code == 200, taken.text
    assert (taken.json()["qc_state"], taken.json()["linguist"]) == ("unassigned", None)
    assert (await manager.post(f"{path}/unassign", {"user_id": str(linguist.id)}, same)).status_code == 200
    assert (await linguist.post(f"{path}/start-work")).status_code == 403
    assert (await manager.post(f"{path}/unassign")).status_code == 409, "nobody is assigned"
    await _ok(manager, f"{path}/assign", {"user_id": str(linguist.id)})
    for person, action in ((linguist, "start-work"), (linguist, "submit"), (reviewer, "open-review")):
        await _ok(person, f"{path}/{action}")
    back = await _ok(manager, f"{path}/unassign", {"role": "reviewer"})
    assert (back["qc_state"], back["reviewer"]) == ("submitted", None)
    assert back["linguist"]["id"] == str(linguist.id)
    assert (await reviewer.post(f"{path}/open-review")).status_code == 403
    kept = await _ok(manager, f"{path}/unassign")
    assert kept["qc_state"] == "submitted", "what was submitted can be reviewed without them"
    await _ok(manager, f"{path}/assign-reviewer", {"user_id": str(reviewer.id)})
    await _ok(reviewer, f"{path}/open-review")
    await _ok(reviewer, f"{path}/approve", {"override_reason": "It is as it should be."})
    opened = await _ok(manager, f"{path}/reopen")
    assert opened["qc_state"] == "unassigned", "whoever worked on it has left it: it waits for somebody else"
    assert (await _ok(manager, f"{path}/assign", {"user_id": str(linguist.id)}))["qc_state"] == "assigned"


async def test_who_is_removed_is_refused_at_once_and_their_work_returns(
    tenant: Tenant, drafted: Drafted, database: Database, sweep: Any
) -> None:
    job_id, path = await _at_work(tenant, drafted)
    admin, linguist, reviewer = tenant[Role.ADMIN], tenant[Role.LINGUIST], tenant[Role.REVIEWER]
    members = f"/organizations/{tenant.org.id}/members"
    ended = await admin.delete(f"{members}/{linguist.id}")
    assert (ended.status_code, ended.json()["languages"]) == (200, 1), ended.text
    assert (await linguist.post(f"{path}/submit")).status_code == 404, "at once"
    await sweep()
    shown = await until_language(admin, job_id, "es", "unassigned")
    assert shown["linguist"] is None
    await sweep()
    assert await _departures(database, tenant) == 0
    async with database.begin() as session:
        told = (
            await session.scalars(
                sa.select(AuditEntry).where(
                    col(AuditEntry.thing_id) == f"{job_id}/es",
                    col(AuditEntry.action) == "language.unassign",
                )
            )
        ).all()
    assert [(entry.actor_id, entry.before["qc_state"], entry.after["qc_state"]) for entry in told] == [
        (None, "in_progress", "unassigned")
    ]
    await admin.delete(f"{members}/{reviewer.id}")
    added = await admin.post(members, {"user_id": str(reviewer.id)})
    assert added.status_code == 201, added.text
    await sweep()
    qc = (await admin.get(f"/language-qc/jobs/{job_id}/language-qc")).json()["languages"]["es"]
    assert qc["reviewer"]["id"] == str(reviewer.id), "who came back before anybody looked goes on"


async def test_another_role_or_the_end_of_an_account_takes_work_away_too(
    tenant: Tenant, drafted: Drafted, database: Database, sweep: Any
) -> None:
    job_id, _ = await _at_work(tenant, drafted)
    admin, linguist, reviewer = tenant[Role.ADMIN], tenant[Role.LINGUIST], tenant[Role.REVIEWER]
    changed = await admin.patch(f"/admin/users/{linguist.id}", {"role": "client"})
    assert changed.status_code == 200, changed.text
    await sweep()
    await until_language(admin, job_id, "es", "unassigned")
    assert (await admin.delete(f"/admin/users/{reviewer.id}")).status_code == 204
    await sweep()
    async with asyncio.timeout(120):
        while True:
            qc = (await admin.get(f"/language-qc/jobs/{job_id}/language-qc")).json()["languages"]["es"]
            if qc["reviewer"] is None:
                break
            await asyncio.sleep(0.05)
    assert qc["qc_state"] == "unassigned"
    await sweep()
    assert await _departures(database, tenant) == 0


async def test_who_has_another_role_is_refused_before_their_work_is_taken_away(
    tenant: Tenant, drafted: Drafted
) -> None:
    """Their team reaches the job, so that they see it still: as a client does."""
    job_id, path = await _at_work(tenant, drafted)
    admin, linguist = tenant[Role.ADMIN], tenant[Role.LINGUIST]
    text = f"/jobs/{job_id}/vtt?lang=es&kind=captions"
    before = (await linguist.get(text)).json()
    comment = {"kind": "captions", "cue_id": "c1", "text": "Mine."}
    ours = (await linguist.post(f"{path}/comments", comment)).json()
    assert (await admin.patch(f"/admin/users/{linguist.id}", {"role": "client"})).status_code == 200
    assert (await _people(tenant, job_id, "es"))[0] == str(linguist.id), "nobody has swept yet"
    edit = {"content": before["content"] + "\n", "base_version": before["version"]}
    for method, where, asked in (
        ("PATCH", text, edit),
        ("POST", f"{path}/comments", comment),
        ("PATCH", f"{path}/comments/{ours['id']}", {"text": "Another."}),
        ("POST", f"{path}/mark-cue-reviewed", {"kind": "captions", "cue_id": "c1", "reviewed": True}),
        ("POST", f"{path}/submit", None),
        ("POST", f"{path}/reopen", {"reason": "Once more."}),
        ("PATCH", f"/jobs/{job_id}/accessible-video/es/pause-points/0", {"plan_version": "0" * 16}),
    ):
        answer = await linguist.ask(method, where, json=asked)
        assert answer.status_code == 403, (method, where, answer.text)
    shown = (await linguist.get(f"/language-qc/jobs/{job_id}/language-qc")).json()["languages"]["es"]
    assert "linguist" not in shown and shown["qc_state"] == "in_progress"


async def _through(tenant: Tenant, job_id: UUID, path: str) -> None:
    """From a linguist at work to final review."""
    linguist, reviewer = tenant[Role.LINGUIST], tenant[Role.REVIEWER]
    for person, action in ((linguist, "submit"), (reviewer, "open-review"), (reviewer, "approve")):
        await _ok(person, f"{path}/{action}")
    await until(tenant[Role.ADMIN], job_id, "pending_final_review")


async def _people(tenant: Tenant, job_id: UUID, code: str) -> tuple[str | None, str | None]:
    job = (await tenant[Role.ADMIN].get(f"/jobs/{job_id}")).json()["languages"][code]
    return job["linguist_id"], job["reviewer_id"]


async def _until_nobody(tenant: Tenant, job_id: UUID, code: str) -> None:
    async with asyncio.timeout(60):
        while await _people(tenant, job_id, code) != (None, None):
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("opened", ["returned", "reopened", "source"])
async def test_what_is_opened_again_does_not_return_to_those_who_have_left(
    opened: str, tenant: Tenant, drafted: Drafted, database: Database, sweep: Any
) -> None:
    """A language of a completed job, one of an open job, and the source. What is done keeps their names; the source is
    at work in every open job."""
    job_id, path = await _at_work(tenant, drafted)
    admin, manager = tenant[Role.ADMIN], tenant[Role.PROJECT_MANAGER]
    linguist, reviewer = tenant[Role.LINGUIST], tenant[Role.REVIEWER]
    source = f"/language-qc/jobs/{job_id}/languages/en"
    await _ok(manager, f"{source}/assign", {"user_id": str(linguist.id)})
    await _ok(manager, f"{source}/assign-reviewer", {"user_id": str(reviewer.id)})
    await _through(tenant, job_id, path)
    if opened != "reopened":
        await _ok(manager, f"/jobs/{job_id}/actions/complete")
    ended = await admin.delete(f"/organizations/{tenant.org.id}/members/{linguist.id}")
    at_work = 1 if opened == "reopened" else 0
    assert (ended.status_code, ended.json()["languages"]) == (200, at_work), "the source of an open job"
    assert (await admin.patch(f"/admin/users/{reviewer.id}", {"role": "client"})).status_code == 200
    for _ in range(2):
        await sweep()
    both, nobody = (str(linguist.id), str(reviewer.id)), (None, None)
    assert await _people(tenant, job_id, "es") == both, "it was their work"
    if opened != "reopened":
        assert await _people(tenant, job_id, "en") == both

    match opened:
        case "returned":
            await _ok(manager, f"/jobs/{job_id}/actions/return_to_qc", {**BACK, "languages": ["es"]})
            await until_language(admin, job_id, "es", "in_progress")
        case "reopened":
            await _ok(manager, f"{path}/reopen", BACK)
        case "source":
            await _ok(manager, f"/jobs/{job_id}/actions/return_to_qc", BACK)
            await until(admin, job_id, "pending_qc")
    left = {"es": both if opened == "source" else nobody, "en": nobody}
    async with asyncio.timeout(60):
        while {code: await _people(tenant, job_id, code) for code in left} != left:
            await (
                sweep()
            )  # who decides while somebody else does is refused, and the next sweep tells it again
    if opened != "source":
        await until_language(admin, job_id, "es", "unassigned")
    await sweep()
    assert await _departures(database, tenant) == (2 if opened == "source" else 0)


async def test_a_job_whose_workflow_is_gone_keeps_nobody_in_others(
    tenant: Tenant, drafted: Drafted, temporal_client: Client, sweep: Any
) -> None:
    """Of somebody's work, what comes first can be taken off them by nothing until it is retried."""
    admin, manager, linguist = tenant[Role.ADMIN], tenant[Role.PROJECT_MANAGER], tenant[Role.LINGUIST]
    ended = await drafted.job(tenant)
    assigned = {"user_id": str(linguist.id)}
    await _ok(manager, f"/language-qc/jobs/{ended}/languages/en/assign", assigned)
    job_id, _ = await _at_work(tenant, drafted)
    await temporal_client.get_workflow_handle(f"job-{ended}").terminate()
    await admin.delete(f"/organizations/{tenant.org.id}/members/{linguist.id}")
    await sweep()
    shown = await until_language(admin, job_id, "es", "unassigned")
    assert shown["linguist"] is None
    assert (await _people(tenant, ended, "en"))[0] == str(linguist.id), "there is nobody to be told"


async def test_who_has_come_back_goes_on_with_what_is_opened_again(
    tenant: Tenant, drafted: Drafted, database: Database, sweep: Any
) -> None:
    job_id, path = await _at_work(tenant, drafted)
    admin, linguist = tenant[Role.ADMIN], tenant[Role.LINGUIST]
    await _through(tenant, job_id, path)
    members = f"/organizations/{tenant.org.id}/members"
    assert (await admin.delete(f"{members}/{linguist.id}")).status_code == 200
    await sweep()
    assert (await admin.post(members, {"user_id": str(linguist.id)})).status_code == 201
    await _ok(tenant[Role.PROJECT_MANAGER], f"{path}/reopen", BACK)
    await until_language(admin, job_id, "es", "in_progress")
    await sweep()
    assert await _departures(database, tenant) == 0
    assert (await _people(tenant, job_id, "es"))[0] == str(linguist.id)
    await _ok(linguist, f"{path}/submit")


async def _departures(database: Database, tenant: Tenant) -> int:
    query = sa.select(sa.func.count()).select_from(Departure).where(col(Departure.org_id) == tenant.org.id)
    async with database.begin() as session:
        return await session.scalar(query) or 0


async def test_the_source_language_is_assigned_like_another(
    tenant: Tenant, drafted: Drafted, sweep: Any
) -> None:
    job_id = await drafted.job(tenant)
    manager, linguist, reviewer = tenant[Role.PROJECT_MANAGER], tenant[Role.LINGUIST], tenant[Role.REVIEWER]
    path, text = f"/language-qc/jobs/{job_id}/languages/en", f"/jobs/{job_id}/vtt?lang=en&kind=captions"
    content = (await linguist.get(text)).json()["content"]
    edit = {"content": content.replace("evening", "night"), "base_version": 1}
    assert (await linguist.patch(text, edit)).status_code == 403, "nobody has assigned them"
    due = {"due_at": "2030-01-01T00:00:00Z"}
    shown = await _ok(manager, f"{path}/assign", {"user_id": str(linguist.id), **due})
    assert (shown["linguist"]["id"], shown["due_at"][:10], shown["qc_state"]) == (
        str(linguist.id), "2030-01-01", None,
    )  # fmt: skip
    wrong = await manager.post(f"{path}/assign-reviewer", {"user_id": str(linguist.id)})
    assert wrong.status_code == 400, "nobody reviews their own"
    outsider = await manager.post(f"{path}/assign", {"user_id": str(tenant[Role.CLIENT].id)})
    assert outsider.status_code == 400
    taken = await manager.post(f"{path}/assign", {"user_id": str(reviewer.id)})
    assert (taken.status_code, taken.json()["state"]) == (409, "pending_qc")
    await _ok(manager, f"{path}/assign-reviewer", {"user_id": str(reviewer.id)})
    for person, part in ((linguist, "linguist"), (reviewer, "reviewer")):
        (item,) = (await person.get("/language-qc/me/language-qc-queue")).json()["items"]
        assert (item["job_id"], item["role"], item["is_source"]) == (str(job_id), part, True)
        listed = (await person.get("/jobs?needs_me=true")).json()["items"]
        assert str(job_id) in {each["id"] for each in listed}
    saved = await linguist.patch(text, edit)
    assert saved.status_code == 200, saved.text
    assert (await linguist.post(f"/jobs/{job_id}/actions/approve_source")).status_code == 403
    assert (await linguist.post(f"{path}/mark-cue-reviewed", {"cue_index": 0})).status_code == 200
    await _ok(manager, f"{path}/unassign", {"role": "reviewer"})
    gone = await _ok(manager, f"{path}/unassign", {"user_id": str(linguist.id)})
    assert (gone["linguist"], gone["reviewer"]) == (None, None)
    await _ok(manager, f"{path}/assign", {"user_id": str(reviewer.id)})
    own = await reviewer.post(f"/jobs/{job_id}/actions/approve_source")
    assert (own.status_code, own.json()["code"]) == (409, "own_work")
    await tenant[Role.ADMIN].delete(f"/organizations/{tenant.org.id}/members/{reviewer.id}")
    await sweep()
    async with asyncio.timeout(120):
        while True:
            job = (await manager.get(f"/jobs/{job_id}")).json()
            if job["languages"]["en"]["linguist_id"] is None:
                break
            await asyncio.sleep(0.05)
    await _ok(tenant[Role.PRODUCTION], f"/jobs/{job_id}/actions/approve_source")
    await until(manager, job_id, JobStatus.PENDING_FINAL_REVIEW)
    kept = await _ok(manager, f"{path}/assign", {"user_id": str(linguist.id)})
    assert kept["linguist"]["id"] == str(linguist.id)
    assert (await linguist.get("/language-qc/me/language-qc-queue")).json()["items"] == []
