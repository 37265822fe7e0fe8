"""Decisions about jobs: through the gates, against each other, twice, and too late."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlmodel import col
from temporalio.client import Client

from activities import records
from api.parts import Parts
from schema.contracts.job import JobInput
from schema.db import Database
from schema.enums import JobStatus, Role
from schema.queries import idempotency, jobs
from schema.tables import IdempotencyKey, Job
from tests.api.flow import key, new_job, until
from tests.api.people import Tenant
from tests.drafted import Drafted
from tests.fakes.steps import FakeSteps
from workflows import names, updates
from workflows.converter import data_converter

SPEECH = {"audio_description_mp3": True, "accessible_video_mp4": True}


@pytest.fixture(autouse=True)
def _fresh(steps: FakeSteps) -> None:
    steps.begin_test()


async def test_a_job_goes_through_its_gates_and_is_complete(tenant: Tenant, steps: FakeSteps) -> None:
    job_id = await new_job(tenant[Role.CLIENT], steps, **SPEECH)
    reviewer, manager = tenant[Role.REVIEWER], tenant[Role.PROJECT_MANAGER]
    seen = await until(reviewer, job_id, "pending_qc")
    versions = seen["languages"]["en"]["versions"]
    approved = await reviewer.post(f"/jobs/{job_id}/actions/approve_source", {"versions": versions})
    assert approved.status_code == 200, approved.text
    assert approved.json()["status"] in ("synthesizing", "muxing", "pending_final_review")
    await until(manager, job_id, "pending_final_review")
    completed = await manager.post(f"/jobs/{job_id}/actions/complete")
    assert completed.status_code == 200, completed.text
    job = (await manager.get(f"/jobs/{job_id}")).json()
    assert job["status"] == "completed", "after a 200 a GET shows the new state"
    assert job["completed_at"] is not None
    kinds = {output["kind"] for output in job["languages"]["en"]["outputs"]}
    assert {"captions_vtt", "audio_description_vtt", "audio_description_mp3", "accessible_video_mp4"} <= kinds


async def test_two_who_approve_at_once_are_one_success_and_one_conflict(
    tenant: Tenant, drafted: Drafted
) -> None:
    job_id = await drafted.job(tenant)
    await until(tenant[Role.REVIEWER], job_id, "pending_qc")
    answers = await asyncio.gather(
        *(
            tenant[role].post(f"/jobs/{job_id}/actions/approve_source")
            for role in (Role.REVIEWER, Role.PRODUCTION, Role.ADMIN)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    *_, refused = (answer.json() for answer in answers if answer.status_code == 409)  # not the reviewer's
    assert refused["state"]
    assert "cancel" in refused["allowed_actions"]
    assert "approve_source" not in refused["allowed_actions"] or refused["state"] == "pending_qc"


async def test_an_impossible_action_names_the_state_and_changes_nothing(
    tenant: Tenant, drafted: Drafted
) -> None:
    job_id = await drafted.job(tenant)
    manager = tenant[Role.PROJECT_MANAGER]
    before = await until(manager, job_id, "pending_qc")
    answer = await manager.post(f"/jobs/{job_id}/actions/complete")
    assert answer.status_code == 409
    assert answer.json() == {
        "detail": "A job that is pending_qc does not allow complete.",
        "code": "state",
        "state": "pending_qc",
        "allowed_actions": before["allowed_actions"],
    }
    assert (await manager.get(f"/jobs/{job_id}")).json()["revision"] == before["revision"]


async def test_stale_versions_are_refused(tenant: Tenant, drafted: Drafted) -> None:
    job_id = await drafted.job(tenant)
    reviewer = tenant[Role.REVIEWER]
    job = await until(reviewer, job_id, "pending_qc")
    looked_at = job["languages"]["en"]["versions"]
    path = f"/jobs/{job_id}/vtt?lang=en&kind=captions"
    text = (await reviewer.get(path)).json()
    saved = await reviewer.patch(path, {"content": text["content"], "base_version": text["version"]})
    assert saved.status_code == 200
    stale = await reviewer.post(f"/jobs/{job_id}/actions/approve_source", {"versions": looked_at})
    assert stale.status_code == 409
    assert stale.json()["detail"].startswith(
        "Version 2 of the captions is current, and version 1 was looked at."
    )
    ahead = {"audio_description": 9}
    never = await reviewer.post(f"/jobs/{job_id}/actions/approve_source", {"versions": ahead})
    assert never.json()["detail"].startswith("Version 1 of the audio description is current")
    fresh = {**looked_at, "captions": saved.json()["version"]}
    assert (
        await reviewer.post(f"/jobs/{job_id}/actions/approve_source", {"versions": fresh})
    ).status_code == 200
    late = await reviewer.patch(path, {"content": text["content"], "base_version": saved.json()["version"]})
    assert late.status_code == 409, "what is approved is locked"


async def test_the_same_key_decides_once(tenant: Tenant, drafted: Drafted, database: Database) -> None:
    job_id = await drafted.job(tenant)
    reviewer, same = tenant[Role.REVIEWER], key()
    await until(reviewer, job_id, "pending_qc")
    path = f"/jobs/{job_id}/actions/reject"
    late = {"kind": "captions", "cue_id": "c3", "timecode": "00:00:12:05"}
    body = {"reason": "The third cue is late." + "!" * 1978, **late}
    first = await reviewer.post(path, body, same)
    again = await reviewer.post(path, body, same)
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert first.json()["reason"] == f"{body['reason']} (captions, cue c3, 00:00:12:05)"
    assert (await reviewer.post(path, {"reason": "Another"}, same)).status_code == 409
    other = await reviewer.post(path, body, key())
    assert other.status_code == 409


async def test_a_decision_whose_answer_was_lost_is_answered_when_it_is_sent_again(
    tenant: Tenant, drafted: Drafted, database: Database
) -> None:
    """The first attempt died after the workflow had decided, for `cancel` even after it had closed."""
    job_id = await drafted.job(tenant)
    reviewer = tenant[Role.REVIEWER]
    await until(reviewer, job_id, "pending_qc")
    for person, path in (
        (reviewer, f"/jobs/{job_id}/actions/approve_source"),
        (tenant[Role.PROJECT_MANAGER], f"/jobs/{job_id}/cancel"),
    ):
        same = key()
        first = await person.post(path, key=same)
        assert first.status_code == 200, first.text
        async with database.begin() as session:
            await session.execute(
                sa.update(IdempotencyKey)
                .where(col(IdempotencyKey.response)["body"]["id"].astext == str(job_id))
                .values(status=None, response=None)
            )
        again = await person.post(path, key=same)
        assert again.status_code == 200, again.text
        assert "idempotency-replayed" not in again.headers
    assert (await reviewer.get(f"/jobs/{job_id}")).json()["status"] == "cancelled"


async def test_a_key_that_is_released_while_it_is_looked_for_is_claimed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_id = key()
    async with database.begin() as session:
        await idempotency.claim(session, key_id, "first")
    async with database.begin() as session:
        ask = session.scalar

        async def ask_and_be_late(statement: sa.Select[tuple[str]]) -> object:
            found = await ask(statement)
            if found is None:
                async with database.begin() as other:
                    await idempotency.release(other, key_id)
            return found

        monkeypatch.setattr(session, "scalar", ask_and_be_late)
        row, first = await idempotency.claim(session, key_id, "second")
        assert (row.body_hash, first) == ("second", True)


async def test_a_cancel_means_the_work_wherever_it_has_gone_on_to(
    tenant: Tenant, steps: FakeSteps, database: Database
) -> None:
    """The row shows where the work was when it was looked at; it may go on before the decision arrives."""
    steps.gates["probe_source"] = asyncio.Event()
    job_id = await new_job(tenant[Role.CLIENT], steps)
    await until(tenant[Role.REVIEWER], job_id, "probing")
    async with database.begin() as session:
        await session.execute(
            sa.update(Job).where(col(Job.id) == job_id).values(revision=col(Job.revision) - 1)
        )
    answer = await tenant[Role.PROJECT_MANAGER].post(f"/jobs/{job_id}/cancel")
    assert answer.status_code == 200, answer.text
    assert (await tenant[Role.PROJECT_MANAGER].get(f"/jobs/{job_id}")).json()["status"] == "cancelled"


async def test_a_decision_does_not_undo_one_that_closed_the_job_meanwhile(
    tenant: Tenant, drafted: Drafted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row was read while the job waited; when the decision comes to its workflow, that has ended."""
    job_id = await drafted.job(tenant)
    await until(tenant[Role.REVIEWER], job_id, "pending_qc")
    look = updates.open_run

    async def overtaken(client: Client, workflow_id: str) -> str | None:
        monkeypatch.undo()
        assert (await tenant[Role.PRODUCTION].post(f"/jobs/{job_id}/cancel")).status_code == 200
        return await look(client, workflow_id)

    monkeypatch.setattr(updates, "open_run", overtaken)
    late = await tenant[Role.REVIEWER].post(f"/jobs/{job_id}/actions/approve_source")
    assert (late.status_code, late.json()["state"]) == (409, "cancelled"), late.text
    assert (await tenant[Role.REVIEWER].get(f"/jobs/{job_id}")).json()["status"] == "cancelled"


async def test_no_worker_is_503_and_the_same_request_decides_later(
    app: FastAPI,
    tenant: Tenant,
    steps: FakeSteps,
    parts: Parts,
    database: Database,
    temporal_client: Client,
) -> None:
    """A job whose workflow sits on a queue that nobody serves."""
    job = await tenant.job(database, status=JobStatus.PENDING_QC)
    async with database.begin() as session:
        row = await jobs.load(session, job.id)
        assert row is not None
        state = jobs.job_state(row).model_copy(update={"status": JobStatus.PENDING_QC})
        row.state = state.model_dump(mode="json", exclude={"languages"})
    await temporal_client.start_workflow(
        names.JOB_WORKFLOW,
        JobInput(job=jobs.job_ref(job), state=state),
        id=names.job_workflow_id(job.id),
        task_queue="nobody",
    )
    quick = parts.settings.model_copy(update={"update_wait_s": 1.0})
    app.state.parts = replace(parts, settings=quick)
    same = key()
    try:
        answer = await tenant[Role.PRODUCTION].post(
            f"/jobs/{job.id}/actions/reject", {"reason": "Wrong film."}, same
        )
    finally:
        app.state.parts = parts
    assert answer.status_code == 503
    assert "safe" in answer.json()["detail"]
    assert answer.headers["retry-after"]
    assert (await tenant[Role.PRODUCTION].get(f"/jobs/{job.id}")).json()["status"] == "pending_qc"
    await temporal_client.get_workflow_handle(names.job_workflow_id(job.id)).terminate()


async def test_a_decision_that_met_an_outage_is_taken_when_the_same_request_comes_after_it(
    tenant: Tenant, drafted: Drafted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Temporal keeps the answer under an update's id, also where it was that nothing could be done then."""
    job_id = await drafted.job(tenant)
    await until(tenant[Role.REVIEWER], job_id, "pending_qc")

    async def away(*_: object, **__: object) -> None:
        raise ConnectionError("the database does not answer")

    same, path = key(), f"/jobs/{job_id}/actions/approve_source"
    with monkeypatch.context() as outage:
        outage.setattr(records, "texts", SimpleNamespace(latest=away))
        for _ in range(2):
            assert (await tenant[Role.REVIEWER].post(path, {}, same)).status_code == 503
    answer = await tenant[Role.REVIEWER].post(path, {}, same)
    assert answer.status_code == 200, answer.text
    again = await tenant[Role.REVIEWER].post(path, {}, same)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")


async def test_a_failed_step_waits_for_retry(tenant: Tenant, steps: FakeSteps) -> None:
    steps.failures["transcribe_speech"] = 1
    job_id = await new_job(tenant[Role.CLIENT], steps)
    failed = await until(tenant[Role.PRODUCTION], job_id, "failed")
    assert failed["failure"]["step"] == "transcribe"
    assert "retry" in failed["allowed_actions"]
    assert (await tenant[Role.REVIEWER].post(f"/jobs/{job_id}/retry")).status_code == 403
    assert (await tenant[Role.PROJECT_MANAGER].post(f"/jobs/{job_id}/retry")).status_code == 200
    await until(tenant[Role.PRODUCTION], job_id, "pending_qc")


async def test_later_work_on_a_completed_job_starts_from_its_row(
    tenant: Tenant, steps: FakeSteps, drafted: Drafted
) -> None:
    job_id = await drafted.job(tenant, **SPEECH)
    production, manager = tenant[Role.PRODUCTION], tenant[Role.PROJECT_MANAGER]
    await until(production, job_id, "pending_qc")
    assert (await production.post(f"/jobs/{job_id}/actions/approve_source")).status_code == 200
    await until(manager, job_id, "pending_final_review")
    assert (await manager.post(f"/jobs/{job_id}/actions/complete")).status_code == 200
    calls = steps.calls["synthesize_descriptions"]
    steps.gates["synthesize_descriptions"] = asyncio.Event()
    again = await production.post(f"/jobs/{job_id}/actions/retry_tts", {"language": "en"})
    assert again.status_code == 200, again.text
    links = (await tenant[Role.CLIENT].get(f"/jobs/{job_id}/downloads")).json()["items"]
    served = {item["kind"] for item in links}
    assert {"captions_vtt", "accessible_video_mp4"} <= served, (
        "what was delivered stays until there is better"
    )
    steps.gates["synthesize_descriptions"].set()
    await until(manager, job_id, "pending_final_review")
    assert steps.calls["synthesize_descriptions"] == calls + 1
    assert (await manager.post(f"/jobs/{job_id}/actions/complete")).status_code == 200


async def test_a_key_decides_once_over_all_runs_of_a_workflow(
    tenant: Tenant, steps: FakeSteps, drafted: Drafted, database: Database
) -> None:
    """Its answer was lost, and the run that took it has closed since."""
    job_id = await drafted.job(tenant, **SPEECH)
    production, manager = tenant[Role.PRODUCTION], tenant[Role.PROJECT_MANAGER]
    await until(production, job_id, "pending_qc")
    assert (await production.post(f"/jobs/{job_id}/actions/approve_source")).status_code == 200
    await until(manager, job_id, "pending_final_review")
    assert (await manager.post(f"/jobs/{job_id}/actions/complete")).status_code == 200
    path, same = f"/jobs/{job_id}/actions/retry_tts", key()
    assert (await production.post(path, {"language": "en"}, same)).status_code == 200
    await until(manager, job_id, "pending_final_review")
    assert (await manager.post(f"/jobs/{job_id}/actions/complete")).status_code == 200
    async with database.begin() as session:
        kept = col(IdempotencyKey.response)["body"]["id"].astext == str(job_id)
        await session.execute(sa.update(IdempotencyKey).where(kept).values(status=None, response=None))
    calls = steps.calls["synthesize_descriptions"]
    again = await production.post(path, {"language": "en"}, same)
    assert (again.status_code, again.json()["status"]) == (200, "completed"), again.text
    await asyncio.sleep(0.5)
    assert steps.calls["synthesize_descriptions"] == calls


async def test_reasons_are_asked_for_and_blocked_jobs_go_on(tenant: Tenant, drafted: Drafted) -> None:
    job_id = await drafted.job(tenant)
    production = tenant[Role.PRODUCTION]
    await until(production, job_id, "pending_qc")
    path = f"/jobs/{job_id}/actions/blocked_on_source"
    assert (await production.post(path, {})).status_code == 422
    assert (await production.post(path, {"reason": "  "})).status_code == 422
    blocked = await production.post(path, {"reason": "The sound is missing."})
    assert blocked.json()["status"] == "blocked_on_source"
    promoted = await production.post(f"/jobs/{job_id}/actions/promote_to_qc")
    assert promoted.json()["status"] == "pending_qc"
    english = await production.post(f"/jobs/{job_id}/actions/approve_english")
    assert english.status_code == 200


async def test_an_orphaned_row_is_started_by_its_first_decision(
    tenant: Tenant, steps: FakeSteps, database: Database
) -> None:
    job = await tenant.job(database)
    answer = await tenant[Role.PRODUCTION].post(f"/jobs/{job.id}/cancel", {"reason": "Not wanted."})
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "cancelled"


async def test_without_temporal_a_job_is_made_all_the_same_and_a_decision_can_be_sent_again(
    app: FastAPI, tenant: Tenant, steps: FakeSteps, parts: Parts, database: Database
) -> None:
    away = await Client.connect("127.0.0.1:1", lazy=True, data_converter=data_converter)
    client = tenant[Role.CLIENT]
    app.state.parts = replace(parts, temporal=away)
    try:
        job_id = await new_job(client)
        answer = await client.post(f"/jobs/{job_id}/cancel")
    finally:
        app.state.parts = parts
    assert answer.status_code == 503
    assert "safe" in answer.json()["detail"]
    async with database.begin() as session:
        row = await jobs.load(session, job_id)
    assert row is not None
    assert row.started_at is None, "the sweep finds it"
    assert (await client.post(f"/jobs/{job_id}/cancel")).status_code == 200


async def test_a_key_under_which_nothing_was_done_is_free_again(tenant: Tenant, drafted: Drafted) -> None:
    job_id = await drafted.job(tenant)
    production, same = tenant[Role.PRODUCTION], key()
    await until(production, job_id, "pending_qc")
    path = f"/jobs/{job_id}/actions/reject"
    assert (await production.post(path, {}, same)).status_code == 422
    assert (await production.post(path, {"reason": "Too loud."}, same)).status_code == 200
