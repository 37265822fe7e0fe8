"""The same action on many jobs: each has its outcome, and one bad job stops no other."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import col

from schema.db import Database
from schema.enums import JobStatus, Role
from schema.queries import jobs
from schema.tables import AuditEntry
from tests.api.flow import key, new_job, until
from tests.api.people import Person, Tenant
from tests.drafted import Drafted
from tests.fakes.steps import FakeSteps

SPEECH = {"audio_description_mp3": True, "accessible_video_mp4": True}


@pytest.fixture(autouse=True)
def _fresh(steps: FakeSteps) -> None:
    steps.begin_test()


async def at_qc(tenant: Tenant, drafted: Drafted, count: int, **outputs: Any) -> list[UUID]:
    made = [await drafted.job(tenant, **outputs) for _ in range(count)]
    for job_id in made:
        await until(tenant[Role.PRODUCTION], job_id, "pending_qc")
    return made


def outcomes(answer: Any) -> list[str]:
    return [each["outcome"] for each in answer.json()["results"]]


async def test_each_job_is_answered_for_in_the_order_of_the_request(
    tenant: Tenant, stranger: Tenant, drafted: Drafted, database: Database
) -> None:
    first, second = await at_qc(tenant, drafted, 2)
    theirs = (await stranger.job(database, status=JobStatus.PENDING_QC)).id
    nobodys = uuid4()
    reviewer = tenant[Role.REVIEWER]
    body = {"job_ids": [str(each) for each in (first, theirs, nobodys, second, first)]}
    answer = await reviewer.post("/jobs/bulk/approve", body)
    assert answer.status_code == 200, answer.text
    assert outcomes(answer) == ["done", "not_found", "not_found", "done"]
    reasons = {each["job_id"]: each["reason"] for each in answer.json()["results"]}
    assert reasons[str(theirs)] == reasons[str(nobodys)], "nobody learns what exists elsewhere"
    for job_id in (first, second):
        job = await until(reviewer, job_id, "pending_final_review")
        assert job["languages"]["en"]["locked"]
    again = await reviewer.post("/jobs/bulk/approve", {"job_ids": [str(first)]})
    assert outcomes(again) == ["refused"]
    assert again.json()["results"][0]["reason"] == (
        "A job that is pending_final_review does not allow approve_source."
    )


async def test_the_same_request_sent_twice_acts_once_and_each_decision_is_audited(
    tenant: Tenant, drafted: Drafted, database: Database
) -> None:
    made = await at_qc(tenant, drafted, 2, **SPEECH)
    reviewer, manager, same = tenant[Role.REVIEWER], tenant[Role.PROJECT_MANAGER], key()
    body = {"job_ids": [str(each) for each in made]}
    first = await reviewer.post("/jobs/bulk/approve", body, same)
    again = await reviewer.post("/jobs/bulk/approve", body, same)
    assert first.json() == again.json()
    for job_id in made:
        await until(manager, job_id, "pending_final_review")
    back = await manager.post("/jobs/bulk/return-to-qc", {**body, "reason": "Look again."})
    assert outcomes(back) == ["done", "done"]
    assert (await reviewer.get(f"/jobs/{made[0]}")).json()["reason"] == "Look again."
    async with database.begin() as session:
        entries = (
            await session.scalars(
                sa.select(AuditEntry)
                .where(col(AuditEntry.thing_id) == str(made[0]), col(AuditEntry.actor_id) == reviewer.id)
                .order_by(col(AuditEntry.created_at))
            )
        ).all()
    assert [entry.action for entry in entries] == ["job.approve_source"]
    assert entries[0].after["batch_id"] == first.json()["batch_id"]


async def test_jobs_are_completed_rejected_and_deleted_together(
    tenant: Tenant, drafted: Drafted, database: Database
) -> None:
    made = await at_qc(tenant, drafted, 2, **SPEECH)
    reviewer, manager = tenant[Role.REVIEWER], tenant[Role.PROJECT_MANAGER]
    await reviewer.post("/jobs/bulk/approve", {"job_ids": [str(each) for each in made]})
    for job_id in made:
        await until(manager, job_id, "pending_final_review")
    done = await manager.post("/jobs/bulk/complete", {"job_ids": [str(made[0])]})
    assert outcomes(done) == ["done"]
    rejected = await manager.post(
        "/jobs/bulk/reject-final", {"job_ids": [str(each) for each in made], "reason": "Too loud."}
    )
    assert outcomes(rejected) == ["refused", "done"]
    query = "&".join(f"job_id={each}" for each in made)
    gone = await manager.delete(f"/jobs/bulk?{query}")
    assert (gone.status_code, outcomes(gone)) == (200, ["done", "done"]), gone.text
    for job_id in made:
        assert (await manager.get(f"/jobs/{job_id}")).status_code == 404
    async with database.begin() as session:
        job = await jobs.load(session, made[1])
        assert job is not None
        assert (job.status, job.deleted_at is not None) == (JobStatus.CANCELLED, True)
    assert outcomes(await manager.delete(f"/jobs/bulk?{query}")) == ["not_found", "not_found"]


async def test_single_and_bulk_have_one_permission(
    tenant: Tenant, drafted: Drafted, database: Database
) -> None:
    (job_id,) = await at_qc(tenant, drafted, 1)
    body = {"job_ids": [str(job_id)]}
    for role, path, more in (
        (Role.CLIENT, "/jobs/bulk/approve", {}),
        (Role.PROJECT_MANAGER, "/jobs/bulk/approve", {}),
        (Role.PRODUCTION, "/jobs/bulk/complete", {}),
        (Role.REVIEWER, "/jobs/bulk/reject-final", {"reason": "No."}),
        (Role.PROJECT_MANAGER, "/production/bulk-retry", {}),
        (Role.PROJECT_MANAGER, "/batches", {"action": "retry"}),
    ):
        answer = await tenant[role].post(path, {**body, **more})
        assert answer.status_code == 403, (role, path, answer.text)
    linguist = await tenant[Role.LINGUIST].delete(f"/jobs/bulk?job_id={job_id}")
    assert linguist.status_code == 403
    other = await tenant.job(database, creator_id=tenant[Role.PRODUCTION].id)
    by_client = await tenant[Role.CLIENT].delete(f"/jobs/bulk?job_id={other.id}&job_id={job_id}")
    assert outcomes(by_client) == ["refused", "done"], "one's own is one's own to delete"


async def test_failed_jobs_are_retried_together(tenant: Tenant, steps: FakeSteps) -> None:
    steps.failures["transcribe_speech"] = 2
    made = [await new_job(tenant[Role.CLIENT], steps) for _ in range(2)]
    for job_id in made:
        await until(tenant[Role.PRODUCTION], job_id, "failed")
    answer = await tenant[Role.PRODUCTION].post(
        "/production/bulk-retry", {"job_ids": [str(each) for each in made]}
    )
    assert outcomes(answer) == ["done", "done"]
    for job_id in made:
        await until(tenant[Role.PRODUCTION], job_id, "pending_qc")


async def finished(person: Person, batch_id: str) -> dict[str, Any]:
    async with asyncio.timeout(600):
        while True:
            batch = (await person.get(f"/batches/{batch_id}?size=100")).json()
            if batch["finished_at"]:
                return dict(batch)
            await asyncio.sleep(0.1)


async def test_more_than_a_hundred_run_as_a_batch(
    tenant: Tenant, drafted: Drafted, database: Database
) -> None:
    """Of 10,000 ids in one body most are nobody's."""
    (job_id,) = await at_qc(tenant, drafted, 1)
    reviewer = tenant[Role.REVIEWER]
    ids = [str(job_id), *(str(uuid4()) for _ in range(119))]
    answer = await reviewer.post("/jobs/bulk/approve", {"job_ids": ids})
    assert (answer.status_code, answer.json()["results"]) == (202, None), answer.text
    batch = await finished(reviewer, answer.json()["batch_id"])
    assert (batch["status"], batch["total"]) == ("completed", 120)
    assert batch["counts"] == {"done": 1, "not_found": 119}
    assert batch["items"]["total"] == 120
    assert [each["job_id"] for each in batch["items"]["items"]] == ids[:100]
    one = (await reviewer.get(f"/batches/{batch['id']}?outcome=done")).json()
    assert [each["job_id"] for each in one["items"]["items"]] == [str(job_id)]


async def test_a_body_names_up_to_ten_thousand_jobs(tenant: Tenant) -> None:
    reviewer = tenant[Role.REVIEWER]
    ids = [str(uuid4()) for _ in range(10_000)]
    most = await reviewer.post("/jobs/bulk/approve", {"job_ids": ids})
    assert most.status_code == 202, most.text
    more = await reviewer.post("/jobs/bulk/approve", {"job_ids": [*ids, str(uuid4())]})
    assert more.status_code == 422
    assert (await reviewer.post("/jobs/bulk/approve", {"job_ids": []})).status_code == 422
    assert (await reviewer.post("/jobs/bulk/approve", {"job_ids": ["x" * 600_000]})).status_code == 413
    assert (await tenant[Role.PROJECT_MANAGER].delete("/jobs/bulk")).status_code == 400
    cancelled = await reviewer.post(f"/batches/{most.json()['batch_id']}/cancel")
    assert cancelled.status_code in (200, 409), cancelled.text
    batch = await finished(reviewer, most.json()["batch_id"])
    assert sum(batch["counts"].values()) == 10_000


async def test_a_batch_is_seen_by_its_owner_and_those_who_see_all_of_its_organisation(
    tenant: Tenant, stranger: Tenant, drafted: Drafted
) -> None:
    (job_id,) = await at_qc(tenant, drafted, 1)
    made = await tenant[Role.REVIEWER].post("/jobs/bulk/approve", {"job_ids": [str(job_id)]})
    path = f"/batches/{made.json()['batch_id']}"
    for person, status in (
        (tenant[Role.REVIEWER], 200),
        (tenant[Role.PRODUCTION], 200),
        (tenant[Role.ADMIN], 200),
        (tenant[Role.PROJECT_MANAGER], 404),
        (stranger[Role.PRODUCTION], 404),
    ):
        assert (await person.get(path)).status_code == status
    listed = (await tenant[Role.PRODUCTION].get("/batches")).json()["items"]
    assert made.json()["batch_id"] in {each["id"] for each in listed}
    late = await tenant[Role.PRODUCTION].post(f"{path}/pause")
    assert (late.status_code, late.json()["detail"]) == (409, "The batch is over: it is completed.")
