"""Jobs: changed, deleted, cloned, and what they made."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest

from api.operations import jobs as job_operations
from api.parts import Parts
from schema.contracts.outputs import RequestedOutputs
from schema.db import Database
from schema.enums import JobStatus, Role
from schema.tables import Job, now
from tests.api.flow import key, new_job, until
from tests.api.people import Tenant
from tests.fakes.steps import FakeSteps

SPEECH = {"audio_description_mp3": True, "accessible_video_mp4": True}


@pytest.fixture(autouse=True)
def _fresh(steps: FakeSteps) -> None:
    steps.begin_test()


async def test_outputs_are_the_workflows_to_change(tenant: Tenant, steps: FakeSteps) -> None:
    job_id = await new_job(tenant[Role.CLIENT], steps)
    client = tenant[Role.CLIENT]
    await until(client, job_id, "pending_qc")
    wanted = {"captions_vtt": True, "audio_description_vtt": True, "languages": ["es"]}
    changed = await client.patch(
        f"/jobs/{job_id}", {"requested_outputs": wanted, "title": "A new title", "notes": "Soon."}
    )
    assert changed.status_code == 200, changed.text
    job = changed.json()
    assert job["requested_outputs"]["languages"] == ["es"]
    assert (job["title"], job["notes"]) == ("A new title", "Soon.")
    japanese = await client.patch(f"/jobs/{job_id}", {"requested_outputs": {**wanted, "languages": ["ja"]}})
    assert japanese.status_code == 400
    assert (await client.patch(f"/jobs/{job_id}", {"tittle": "typo"})).status_code == 422


async def test_the_same_outputs_again_leave_a_completed_job_as_it_is(
    tenant: Tenant, database: Database
) -> None:
    """A form sends all that it shows."""
    job = await tenant.job(
        database,
        outputs=RequestedOutputs(languages=("es", "fr")),
        status=JobStatus.COMPLETED,
        completed_at=now(),
        state={"revision": 3, "status": "completed", "outputs": {"languages": ["es", "fr"]}},
    )
    same = {"captions_vtt": True, "languages": ["fr", "es", "en"]}
    answer = await tenant[Role.CLIENT].patch(f"/jobs/{job.id}", {"requested_outputs": same, "title": "New"})
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert (shown["status"], shown["title"]) == ("completed", "New")
    assert shown["completed_at"] is not None


async def test_delete_cancels_hides_and_can_be_sent_again(tenant: Tenant, steps: FakeSteps) -> None:
    job_id = await new_job(tenant[Role.CLIENT], steps)
    client, same = tenant[Role.CLIENT], key()
    await until(client, job_id, "pending_qc")
    assert (await client.delete(f"/jobs/{job_id}", same)).status_code == 204
    assert (await client.get(f"/jobs/{job_id}")).status_code == 404
    assert (await client.delete(f"/jobs/{job_id}", same)).status_code == 204, "the same answer"
    assert (await client.delete(f"/jobs/{job_id}", key())).status_code == 404
    listed = (await client.get("/jobs?size=100")).json()["items"]
    assert str(job_id) not in {job["id"] for job in listed}


async def test_a_delete_succeeds_also_where_somebody_cancels_first(
    tenant: Tenant, steps: FakeSteps, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = await new_job(tenant[Role.CLIENT], steps)
    await until(tenant[Role.CLIENT], job_id, "pending_qc")
    decide = job_operations.decide_job

    async def overtaken(*asked: Any, **details: Any) -> Job:
        monkeypatch.undo()
        assert (await tenant[Role.PRODUCTION].post(f"/jobs/{job_id}/cancel")).status_code == 200
        return await decide(*asked, **details)

    monkeypatch.setattr(job_operations, "decide_job", overtaken)
    answer = await tenant[Role.CLIENT].delete(f"/jobs/{job_id}")
    assert answer.status_code == 204, answer.text
    assert (await tenant[Role.CLIENT].get(f"/jobs/{job_id}")).status_code == 404


async def test_a_clone_has_the_configuration_and_a_copy_of_the_source(
    tenant: Tenant, steps: FakeSteps, parts: Parts
) -> None:
    job_id = await new_job(tenant[Role.CLIENT], steps, languages=["es"])
    client, same = tenant[Role.CLIENT], key()
    cloned = await client.post(f"/jobs/{job_id}/clone", {"title": "Twin"}, same)
    assert cloned.status_code == 201, cloned.text
    twin = cloned.json()
    assert twin["cloned_from"] == str(job_id)
    assert twin["requested_outputs"]["languages"] == ["es"]
    assert await parts.store.stat(f"jobs/{twin['id']}/source.mp4") is not None
    assert (await client.post(f"/jobs/{job_id}/clone", {"title": "Twin"}, same)).json()["id"] == twin["id"]
    await until(client, UUID(twin["id"]), "pending_qc")


async def test_downloads_and_validation_tell_what_is_there(
    tenant: Tenant, steps: FakeSteps, parts: Parts
) -> None:
    job_id = await new_job(tenant[Role.CLIENT], steps, **SPEECH)
    production = tenant[Role.PRODUCTION]
    await until(production, job_id, "pending_qc")
    early = (await production.get(f"/jobs/{job_id}/validate")).json()
    assert early["complete"] is False
    assert early["checked"] == 4
    await production.post(f"/jobs/{job_id}/actions/approve_source")
    await until(production, job_id, "pending_final_review")
    assert (await production.get(f"/jobs/{job_id}/validate")).json() == {
        "job_id": str(job_id), "complete": True, "checked": 4, "missing": [],
    }  # fmt: skip
    downloads = (await production.get(f"/jobs/{job_id}/downloads")).json()["items"]
    captions = next(item for item in downloads if item["kind"] == "captions_vtt")
    assert captions["filename"] == "video.mp4.en.captions.vtt"
    async with httpx.AsyncClient() as browser:
        fetched = await browser.get(captions["url"])
    assert fetched.text.startswith("WEBVTT")
    assert "attachment" in fetched.headers["content-disposition"]
    await parts.store.delete(f"jobs/{job_id}/source.mp4")
    mp3 = next(item for item in downloads if item["kind"] == "audio_description_mp3")
    assert mp3["size_bytes"] == 9
    internal = {"speech_audio", "words", "sight", "media_report"}
    assert not internal & {item["kind"] for item in downloads}
