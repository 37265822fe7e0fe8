"""Batches over filters: what they would do, what they do, and never to a job that is not their owner's."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient
from temporalio.client import Client

from api.parts import Parts
from schema.contracts.batches import BatchAsked, BatchFilter, BatchWork
from schema.db import Database
from schema.enums import BatchAction, JobStatus, LanguageStage, Role
from schema.queries import batch_items
from schema.tables import Batch, JobLanguage, now
from tests.api.flow import key, new_job, until
from tests.api.people import Tenant, make_tenant, make_user, sign_in
from tests.api.test_bulk import SPEECH, finished
from tests.fakes.catalog import ENGINE
from tests.fakes.steps import FakeSteps
from workflows import names

NOBODYS, OTHERS = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"


@pytest.fixture(autouse=True)
def _fresh(steps: FakeSteps) -> None:
    steps.begin_test()


async def at_qc(tenant: Tenant, steps: FakeSteps, count: int, **outputs: Any) -> list[UUID]:
    """By way of all steps, which are measured, and whose engines are named."""
    made = [await new_job(tenant[Role.CLIENT], steps, **outputs) for _ in range(count)]
    for job_id in made:
        await until(tenant[Role.PRODUCTION], job_id, "pending_qc")
    return made


async def test_a_filter_takes_the_jobs_of_its_owner_alone(
    tenant: Tenant, stranger: Tenant, steps: FakeSteps, temporal_client: Client
) -> None:
    steps.failures["transcribe_speech"] = 2
    mine = await new_job(tenant[Role.CLIENT], steps)
    theirs = await new_job(stranger[Role.CLIENT], steps)
    for owner, job_id in ((tenant, mine), (stranger, theirs)):
        await until(owner[Role.PRODUCTION], job_id, "failed")
    body = {"action": "retry", "filter": {"status": ["failed"], "failed_step": "transcribe"}}
    production = tenant[Role.PRODUCTION]
    asked = await production.post("/batches", body)
    assert asked.status_code == 202, asked.text
    assert asked.headers["location"].endswith(asked.json()["id"])
    batch = await finished(production, asked.json()["id"])
    told = {each["job_id"]: each["outcome"] for each in batch["items"]["items"]}
    assert told[str(mine)] == "done"
    assert str(theirs) not in told
    assert (await stranger[Role.PRODUCTION].get(f"/jobs/{theirs}")).json()["status"] == "failed"
    await until(production, mine, "pending_qc")
    described = await temporal_client.get_workflow_handle(names.job_workflow_id(mine)).describe()
    assert described.typed_search_attributes[names.BATCH_ID] == batch["id"]
    none = await production.post(
        "/batches", {**body, "filter": {**body["filter"], "language": "ko", "label": "none"}}
    )
    empty = await finished(production, none.json()["id"])
    assert (empty["total"], empty["status"], empty["counts"]) == (0, "completed", {})


async def test_dry_run_says_what_would_be_done_and_changes_nothing(tenant: Tenant, steps: FakeSteps) -> None:
    (job_id,) = await at_qc(tenant, steps, 1, **SPEECH)
    reviewer, production = tenant[Role.REVIEWER], tenant[Role.PRODUCTION]
    path = f"/jobs/{job_id}/vtt?lang=en&kind=captions"
    text = (await reviewer.get(path)).json()
    await reviewer.patch(path, {"content": text["content"], "base_version": text["version"]})
    assert (await reviewer.post(f"/jobs/{job_id}/actions/approve_source")).status_code == 200
    before = await until(production, job_id, "pending_final_review")
    body = {"action": "reprocess", "from_step": "transcribe", "job_ids": [str(job_id)], "dry_run": True}
    answer = await production.post("/batches", body)
    assert answer.status_code == 200, answer.text
    minutes = answer.json().pop("estimated_minutes")
    assert minutes is None or minutes >= 0
    assert {name: value for name, value in answer.json().items() if name != "estimated_minutes"} == {
        "jobs": 1,
        "source_qc": 1,
        "language_qc": 0,
        "final_review": 1,
        "human_edits": 1,
        "human_edits_kept": True,
    }
    later = await production.post("/batches", {**body, "from_step": "synthesize"})
    assert (later.json()["source_qc"], later.json()["human_edits"]) == (0, 0)
    assert (await production.get(f"/jobs/{job_id}")).json()["revision"] == before["revision"]


async def test_source_qc_is_foreseen_where_a_text_was_never_drafted(tenant: Tenant, steps: FakeSteps) -> None:
    (job_id,) = await at_qc(tenant, steps, 1, captions_vtt=False, **SPEECH)
    assert (await tenant[Role.REVIEWER].post(f"/jobs/{job_id}/actions/approve_source")).status_code == 200
    production = tenant[Role.PRODUCTION]
    await until(production, job_id, "pending_final_review")
    body = {"action": "change_outputs", "job_ids": [str(job_id)], "dry_run": True}
    for added, opened in (("captions_vtt", 1), ("audio_description_vtt", 0)):
        foreseen = (await production.post("/batches", {**body, "outputs": {added: True}})).json()
        assert (foreseen["jobs"], foreseen["source_qc"]) == (1, opened), added
    changed = await production.patch(
        f"/jobs/{job_id}", {"requested_outputs": {"captions_vtt": True, **SPEECH}}
    )
    assert changed.json()["status"] == "transcribing", changed.text
    await until(production, job_id, "pending_qc")


async def test_what_is_left_of_failed_jobs_is_foreseen_of_a_retry(tenant: Tenant, steps: FakeSteps) -> None:
    await at_qc(tenant, steps, 1, **SPEECH)  # whose steps are measured
    production = tenant[Role.PRODUCTION]
    steps.failures["transcribe_speech"] = 1
    failed = await new_job(tenant[Role.CLIENT], steps)
    await until(production, failed, "failed")
    body = {"action": "retry", "job_ids": [str(failed)], "dry_run": True}
    foreseen = (await production.post("/batches", body)).json()
    assert foreseen["estimated_minutes"] >= 0
    assert (foreseen["jobs"], foreseen["source_qc"], foreseen["human_edits"]) == (1, 0, 0)
    named = {"action": "change_outputs", "job_ids": [str(uuid4())], "outputs": {"captions_vtt": True}}
    nobodys = await production.post("/batches", {**named, "dry_run": True})
    assert (nobodys.json()["jobs"], nobodys.json()["estimated_minutes"]) == (0, None)


async def test_open_and_closed_jobs_are_reprocessed_alike(tenant: Tenant, steps: FakeSteps) -> None:
    first, second = await at_qc(tenant, steps, 2, **SPEECH)
    ids = {"job_ids": [str(first), str(second)]}
    production, manager = tenant[Role.PRODUCTION], tenant[Role.PROJECT_MANAGER]
    await production.post("/jobs/bulk/approve", ids)
    for job_id in (first, second):
        await until(manager, job_id, "pending_final_review")
    await manager.post("/jobs/bulk/complete", {"job_ids": [str(first)]})
    calls = steps.calls["synthesize_descriptions"]
    for action in ({"action": "retry_tts"}, {"action": "reprocess", "from_step": "synthesize"}):
        asked = await production.post("/batches", {**ids, **action})
        batch = await finished(production, asked.json()["id"])
        assert batch["counts"] == {"done": 2}, batch["items"]
        for job_id in (first, second):
            await until(manager, job_id, "pending_final_review")
        calls += 2
        assert steps.calls["synthesize_descriptions"] == calls


async def test_what_another_model_drafted_is_found_until_it_was_asked_anew(
    tenant: Tenant, stranger: Tenant, steps: FakeSteps
) -> None:
    """Also where what a person wrote stays the current text."""
    (newest,) = await at_qc(tenant, steps, 1)
    steps.engine = "test-model 1"
    edited, left = await at_qc(tenant, steps, 2)
    await at_qc(stranger, steps, 1)
    steps.engine = ENGINE
    path = f"/jobs/{edited}/vtt?lang=en&kind=captions"
    text = (await tenant[Role.REVIEWER].get(path)).json()
    mine = {"content": text["content"].replace("Good", "Bad"), "base_version": text["version"]}
    assert (await tenant[Role.REVIEWER].patch(path, mine)).status_code == 200
    production = tenant[Role.PRODUCTION]
    body = {"action": "reprocess", "from_step": "transcribe", "filter": {"other_model": True}}
    foreseen = await production.post("/batches", {**body, "dry_run": True})
    assert (foreseen.json()["jobs"], foreseen.json()["human_edits"]) == (2, 1)
    asked = await production.post("/batches", body)
    batch = await finished(production, asked.json()["id"])
    assert {each["job_id"] for each in batch["items"]["items"]} == {str(edited), str(left)}
    assert str(newest) not in str(batch["items"])
    for job_id in (edited, left):
        await until(production, job_id, "pending_qc")
    assert (await tenant[Role.REVIEWER].get(path)).json()["content"] == mine["content"]
    assert (await production.post("/batches", {**body, "dry_run": True})).json()["jobs"] == 0


async def test_outputs_are_changed_together_where_they_can_be_made(tenant: Tenant, steps: FakeSteps) -> None:
    (job_id,) = await at_qc(tenant, steps, 1)
    production = tenant[Role.PRODUCTION]
    body = {"action": "change_outputs", "job_ids": [str(job_id)]}
    added = await production.post("/batches", {**body, "outputs": {"add_languages": ["es"]}})
    assert (await finished(production, added.json()["id"]))["counts"] == {"done": 1}
    outputs = (await production.get(f"/jobs/{job_id}")).json()["requested_outputs"]
    assert outputs["languages"] == ["es"]
    again = await production.post("/batches", {**body, "outputs": {"add_languages": ["es"]}})
    unchanged = await finished(production, again.json()["id"])
    assert unchanged["counts"] == {"refused": 1}, "it would be reopened for nothing"
    assert "already" in unchanged["items"]["items"][0]["reason"]
    never = await production.post("/batches", {**body, "outputs": {"add_languages": ["ko"]}})
    refused = await finished(production, never.json()["id"])
    assert refused["counts"] == {"refused": 1}
    assert "cannot be translated" in refused["items"]["items"][0]["reason"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"action": "retry"}, "one of both"),
        ({"action": "retry", "filter": {}}, "says nothing"),
        ({"action": "retry", "filter": {"status": ["failed"]}, "outputs": {}}, "no other action"),
        ({"action": "delete", "filter": {"status": ["failed"]}}, "routes of their own"),
        ({"action": "reprocess", "filter": {"status": ["failed"]}}, "needs from_step"),
        ({"action": "retry", "job_ids": [NOBODYS, OTHERS], "max_jobs": 1}, "names 2 jobs"),
    ],
)
async def test_what_says_too_little_is_refused_in_a_sentence(
    tenant: Tenant, body: dict[str, Any], said: str
) -> None:
    answer = await tenant[Role.PRODUCTION].post("/batches", body)
    assert answer.status_code == 400
    assert said in answer.json()["detail"]


async def test_a_filter_finds_each_of_several_failures(database: Database, http: AsyncClient) -> None:
    """The job's row names one."""
    tenant = await make_tenant(database, http)
    said = {"code": "provider_failed", "reason": "It does not answer."}
    failures = {
        code: {**said, "step": step, "language": code}
        for code, step in (("de", "translate"), ("fr", "synthesize"))
    }
    job = await tenant.job(database, status=JobStatus.FAILED, failure=failures["de"])
    async with database.begin() as session:
        session.add_all(
            JobLanguage(job_id=job.id, language=code, stage=LanguageStage.FAILED, failure=failure)
            for code, failure in failures.items()
        )
    found = {}
    for step in ("translate", "synthesize", "mux"):
        wanted = {"client_id": str(tenant.client.id), "failed_step": step}
        body = {"action": "retry", "filter": wanted, "dry_run": True}
        answer = await tenant[Role.PRODUCTION].post("/batches", body)
        assert answer.status_code == 200, answer.text
        found[step] = answer.json()["jobs"]
    assert found == {"translate": 1, "synthesize": 1, "mux": 0}


async def test_what_its_owner_sees_elsewhere_by_now_is_not_shown_to_an_organisation(
    tenant: Tenant, stranger: Tenant, database: Database, parts: Parts, http: AsyncClient
) -> None:
    owner = await sign_in(http, await make_user(database, Role.PRODUCTION, tenant.org.id, stranger.org.id))
    jobs = [
        await each.job(database, status=JobStatus.FAILED, labels=["moved"]) for each in (tenant, stranger)
    ]
    seen = []
    for org_id in (None, tenant.org.id):
        asked = BatchAsked(
            work=BatchWork(action=BatchAction.RETRY), filter=BatchFilter(label="moved", org_id=org_id)
        )
        batch = Batch(
            owner_id=owner.id,
            org_id=tenant.org.id,
            action=BatchAction.RETRY,
            asked=asked.model_dump(mode="json"),
            started_at=now(),
        )
        async with database.begin() as session:
            session.add(batch)
            await session.flush()
            total = await batch_items.choose(session, batch, lambda: parts.providers.engines)
        answer = await tenant[Role.PRODUCTION].get(f"/batches/{batch.id}")
        seen.append((total, answer.status_code))
        assert (await owner.get(f"/batches/{batch.id}")).json()["total"] == total
    assert seen == [(len(jobs), 404), (1, 200)]


@pytest.mark.timeout(900)
async def test_a_batch_is_paused_and_goes_on_where_it_was(tenant: Tenant) -> None:
    production, same = tenant[Role.PRODUCTION], key()
    ids = [str(uuid4()) for _ in range(5_000)]
    asked = await production.post("/production/bulk-retry", {"job_ids": ids})
    path = f"/batches/{asked.json()['batch_id']}"
    paused = await production.post(f"{path}/pause", key=same)
    assert paused.json()["status"] == "paused", paused.text
    assert (await production.post(f"{path}/pause", key=same)).json() == paused.json()
    counts: list[dict[str, int]] = [{}, {"none": 1}]
    while counts[-1] != counts[-2]:  # what was in flight ends
        await asyncio.sleep(2)
        counts.append((await production.get(path)).json()["counts"])
    assert sum(counts[-1].values()) < 5_000
    resumed = (await production.post(f"{path}/resume")).json()
    assert resumed["status"] == "running"
    assert sum(resumed["counts"].values()) >= sum(counts[-1].values()), "how far it is stands in every answer"
    batch = await finished(production, asked.json()["batch_id"])
    assert batch["counts"] == {"not_found": 5_000}
