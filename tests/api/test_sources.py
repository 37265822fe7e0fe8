"""Another video for a job that was rejected, blocked or failed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from temporalio.client import Client

from schema.db import Database
from schema.enums import JobStatus, Kind, Role
from schema.queries import jobs, uploads
from tests.api.flow import complete, key, new_job, until, until_language, uploaded
from tests.api.people import Person, Tenant
from tests.fakes.steps import FakeSteps
from workflows import names

SPEECH = {"audio_description_mp3": True, "accessible_video_mp4": True}


@pytest.fixture(autouse=True)
def _fresh(steps: FakeSteps) -> None:
    steps.begin_test()


async def _ok(person: Person, path: str, body: Any = None, same: str | None = None) -> dict[str, Any]:
    answer = await person.post(path, body, same)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _rejected(tenant: Tenant, steps: FakeSteps, **outputs: Any) -> UUID:
    """A job whose captions somebody has written."""
    job_id = await new_job(tenant[Role.CLIENT], steps, **outputs)
    reviewer, text = tenant[Role.REVIEWER], f"/jobs/{job_id}/vtt?lang=en&kind=captions"
    await until(reviewer, job_id, "pending_qc")
    shown = (await reviewer.get(text)).json()
    edit = {"content": shown["content"].replace("evening", "night"), "base_version": shown["version"]}
    assert (await reviewer.patch(text, edit)).status_code == 200
    await _ok(reviewer, f"/jobs/{job_id}/actions/reject", {"reason": "No sound."})
    return job_id


async def test_a_rejected_job_begins_again_and_what_people_wrote_stays(
    tenant: Tenant, steps: FakeSteps, database: Database
) -> None:
    job_id = await _rejected(tenant, steps)
    client, reviewer = tenant[Role.CLIENT], tenant[Role.REVIEWER]
    other, same = await uploaded(client), key()
    body = {"gcs_uri": other["gcs_uri"], "note": "With its sound."}
    assert (await reviewer.post(f"/jobs/{job_id}/source", body)).status_code == 403
    begun = await _ok(client, f"/jobs/{job_id}/source", body, same)
    assert begun["status"] in ("probing", "transcribing", "describing", "pending_qc")
    again = await client.post(f"/jobs/{job_id}/source", body, same)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")
    seen = await until(reviewer, job_id, "pending_qc")
    assert len(steps.sources) == 2
    assert steps.sources[1] == f"jobs/{other['job_id']}/source.mp4"
    async with database.begin() as session:
        job = await jobs.load(session, job_id)
    assert job is not None
    assert job.source_object == steps.sources[1]
    assert job.state is not None
    assert job.state["sources_before"] == [steps.sources[0]], "it goes with the job"
    text = (await reviewer.get(f"/jobs/{job_id}/vtt?lang=en&kind=captions")).json()
    assert "Good night" in text["content"], "what a person wrote stays"
    assert text["cues"]["c1"]["flagged"] is True
    script = (await reviewer.get(f"/jobs/{job_id}/vtt?lang=en&kind=audio_description")).json()
    assert script["cues"] == {}
    qc = (await reviewer.get(f"/language-qc/jobs/{job_id}/language-qc")).json()["languages"]["en"]
    assert qc["flagged_cues"] == ["c1"]
    assert seen["failure"] is None
    assert (await client.post(f"/jobs/{job_id}/source", body)).status_code == 409, "it waits for none"
    await _ok(reviewer, f"/jobs/{job_id}/actions/approve_source")
    await until(reviewer, job_id, "pending_final_review")
    text = (await reviewer.get(f"/jobs/{job_id}/vtt?lang=en&kind=captions")).json()
    assert text["cues"] == {}, "an approval has looked at them"


async def test_everything_is_made_anew_of_texts_that_did_not_change(tenant: Tenant, steps: FakeSteps) -> None:
    job_id = await new_job(tenant[Role.CLIENT], steps, languages=["es"], **SPEECH)
    manager, reviewer, linguist = tenant[Role.PROJECT_MANAGER], tenant[Role.REVIEWER], tenant[Role.LINGUIST]
    await until(manager, job_id, "pending_qc")
    await _ok(reviewer, f"/jobs/{job_id}/actions/approve_source")
    await until_language(manager, job_id, "es", "unassigned")
    path = f"/language-qc/jobs/{job_id}/languages/es"
    await _ok(manager, f"{path}/assign", {"user_id": str(linguist.id)})
    await _ok(manager, f"{path}/assign-reviewer", {"user_id": str(reviewer.id)})
    for person, action in (
        *((linguist, each) for each in ("start-work", "submit")),
        *((reviewer, each) for each in ("open-review", "approve")),
    ):
        await _ok(person, f"{path}/{action}")
    await until(manager, job_id, "pending_final_review")
    await _ok(manager, f"/jobs/{job_id}/actions/reject_final", {"reason": "The wrong cut."})
    rendered = steps.calls["mux_accessible_video"]
    other = await uploaded(manager)
    await _ok(manager, f"/jobs/{job_id}/source", {"gcs_uri": other["gcs_uri"]})
    await until(manager, job_id, "pending_qc")
    await _ok(reviewer, f"/jobs/{job_id}/actions/approve_source")
    shown = await until(manager, job_id, "pending_final_review", "language_qc")
    assert shown["languages"]["es"]["linguist_id"] == str(linguist.id)
    await until(manager, job_id, "pending_final_review")
    assert steps.calls["mux_accessible_video"] == rendered + 2, "in both languages, of the new video"


async def test_a_failed_job_whose_workflow_is_gone_begins_again_too(
    tenant: Tenant, steps: FakeSteps, temporal_client: Client, database: Database
) -> None:
    steps.failures["probe_source"] = 1
    job_id = await new_job(tenant[Role.CLIENT], steps)
    await until(tenant[Role.PRODUCTION], job_id, "failed")
    await temporal_client.get_workflow_handle(names.job_workflow_id(job_id)).terminate()
    other = await uploaded(tenant[Role.CLIENT])
    await _ok(tenant[Role.CLIENT], f"/jobs/{job_id}/source", {"gcs_uri": other["gcs_uri"]})
    await until(tenant[Role.PRODUCTION], job_id, "pending_qc")
    assert steps.sources[-1] == f"jobs/{other['job_id']}/source.mp4"


async def test_an_upload_is_one_jobs_and_a_refused_one_is_given_back(
    tenant: Tenant, stranger: Tenant, steps: FakeSteps, database: Database
) -> None:
    client = tenant[Role.CLIENT]
    waits = await new_job(client, steps)
    await until(client, waits, "pending_qc")
    other = await uploaded(client)
    body = {"gcs_uri": other["gcs_uri"]}
    refused = await client.post(f"/jobs/{waits}/source", body)
    assert (refused.status_code, refused.json()["state"]) == (409, "pending_qc")
    async with database.begin() as session:
        found = await uploads.of_user(session, client.id, f"jobs/{other['job_id']}/source.mp4")
        assert found is not None
        assert found.claimed_at is None
    job_id = await _rejected(tenant, steps)
    assert (await stranger[Role.PRODUCTION].post(f"/jobs/{job_id}/source", body)).status_code == 404
    theirs = await uploaded(tenant[Role.PROJECT_MANAGER])
    wrong = await client.post(f"/jobs/{job_id}/source", {"gcs_uri": theirs["gcs_uri"]})
    assert wrong.status_code == 404, "an upload is whoever's announced it"
    await _ok(client, f"/jobs/{job_id}/source", body)
    taken = await complete(client, other["gcs_uri"])
    assert (taken.status_code, taken.json()["code"]) == (409, "claimed")


async def test_what_a_promotion_skipped_is_made_before_anything_is_spoken(
    tenant: Tenant, steps: FakeSteps
) -> None:
    """The video was not examined and nobody had listened to it when the job was promoted."""
    steps.failures["probe_source"] = 1
    client, production = tenant[Role.CLIENT], tenant[Role.PRODUCTION]
    announced = await uploaded(client)
    steps.jobs.add(UUID(announced["job_id"]))
    brought = "WEBVTT\n\nc1\n00:00:01.000 --> 00:00:03.000\nGood evening.\n"
    outputs = {"captions_vtt": True, "audio_description_vtt": True, **SPEECH}
    made = await complete(client, announced["gcs_uri"], outputs=outputs, captions=brought)
    job_id = UUID(made.json()["id"])
    await until(production, job_id, "failed")
    await _ok(production, f"/jobs/{job_id}/actions/promote_to_qc")
    text = f"/jobs/{job_id}/vtt?lang=en&kind={Kind.AUDIO_DESCRIPTION}"
    script = "WEBVTT\n\nd1\n00:00:04.000 --> 00:00:06.000\nA lighthouse.\n"
    saved = await production.patch(text, {"content": script, "base_version": 1})
    assert saved.status_code == 200, saved.text
    await _ok(production, f"/jobs/{job_id}/actions/approve_source")
    done = await until(production, job_id, JobStatus.PENDING_FINAL_REVIEW, JobStatus.FAILED)
    assert done["status"] == "pending_final_review", done["failure"]
    assert (steps.calls["probe_source"], steps.calls["transcribe_speech"]) == (2, 1)
