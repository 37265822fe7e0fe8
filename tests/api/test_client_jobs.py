"""What the role client sees of a job: no failures, findings, comments, names or inner notes; outputs once complete."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col

from api.bodies.client_jobs import ClientJob, ClientJobSummary
from schema.db import Database
from schema.enums import AssetKind, JobStatus, Kind, LanguageStage, Origin, Role
from schema.queries import assets
from schema.tables import Asset, Job, JobLanguage, TextVersion, now
from tests.api.flow import complete, init, key, send
from tests.api.people import Tenant, make_user, sign_in
from tests.fakes.steps import FakeSteps

SECRET = "nobody outside is to read this"
FAILURE = {"step": "transcribe", "language": None, "code": "provider_failed", "reason": SECRET}


@pytest.fixture(autouse=True)
def _fresh(steps: FakeSteps) -> None:
    steps.begin_test()


async def _told(tenant: Tenant, database: Database, status: JobStatus) -> Any:
    """A job with everything that a client does not see."""
    delivered = [
        {
            "language": "en",
            "kind": kind,
            "object_name": f"x/{kind}",
            "content_type": "text/vtt",
            "size_bytes": 1,
        }
        for kind in (AssetKind.CAPTIONS_VTT, AssetKind.CLIPS)
    ]
    job = await tenant.job(
        database, delivered=delivered if status is JobStatus.COMPLETED else None, status=status, failure=FAILURE, step="transcribe", notes=SECRET, client_notes="For you.",
        reason=SECRET, title="Shown",
    )  # fmt: skip
    async with database.begin() as session:
        session.add(
            JobLanguage(
                job_id=job.id, language="es", stage=LanguageStage.FAILED, failure=FAILURE, reason=SECRET,
                linguist_id=tenant[Role.LINGUIST].id, reviewer_id=tenant[Role.REVIEWER].id,
            )
        )  # fmt: skip
        session.add(
            TextVersion(
                job_id=job.id, language="en", kind=Kind.CAPTIONS, version=1, note=SECRET, sources={},
                content="WEBVTT\n\nc1\n00:00:01.000 --> 00:00:01.100\nToo much to be read in a tenth.\n",
                origin=Origin.EDIT, author_id=tenant[Role.REVIEWER].id,
            )
        )  # fmt: skip
        for kind in (AssetKind.CAPTIONS_VTT, AssetKind.REPORT_HTML, AssetKind.PLAN):
            await assets.put(
                session,
                Asset(
                    job_id=job.id, language="en", kind=kind, object_name=f"x/{kind}", content_type="text/vtt",
                    size_bytes=1, details={"provider": SECRET},
                ),
            )  # fmt: skip
    return job


@pytest.mark.parametrize("status", [JobStatus.FAILED, JobStatus.LANGUAGE_QC, JobStatus.COMPLETED])
async def test_nothing_inner_is_in_any_answer(tenant: Tenant, database: Database, status: JobStatus) -> None:
    job = await _told(tenant, database, status)
    client = tenant[Role.CLIENT]
    text = f"/jobs/{job.id}/vtt"
    query = "lang=en&kind=captions"
    answers = {
        path: await client.get(path)
        for path in (
            f"/jobs/{job.id}",
            f"/jobs?org_id={job.org_id}&size=100",
            f"/jobs/{job.id}/downloads",
            f"{text}?{query}",
            f"{text}/versions?{query}",
            f"{text}/versions/1?{query}",
            f"/language-qc/jobs/{job.id}/language-qc",
        )
    }
    names = [tenant[role].user.name for role in (Role.LINGUIST, Role.REVIEWER)]
    ids = [str(tenant[role].id) for role in (Role.LINGUIST, Role.REVIEWER)]
    for path, answer in answers.items():
        assert answer.status_code == 200, (path, answer.text)
        assert not [word for word in (SECRET, *names, *ids) if word in answer.text], path
        assert '"findings"' not in answer.text, path
    shown = answers[f"/jobs/{job.id}"].json()
    assert set(shown) == set(ClientJob.model_fields)
    assert shown["notes"] == "For you."
    (listed,) = (each for each in next(
        answer for path, answer in answers.items() if path.startswith("/jobs?")
    ).json()["items"] if each["id"] == str(job.id))  # fmt: skip
    assert set(listed) == set(ClientJobSummary.model_fields)
    kinds = {item["kind"] for item in answers[f"/jobs/{job.id}/downloads"].json()["items"]}
    outputs = {each["kind"] for each in shown["languages"]["en"]["outputs"]}
    done = status is JobStatus.COMPLETED
    assert kinds == ({"captions_vtt", "source"} if done else set())
    assert outputs == ({"captions_vtt"} if done else set())
    staff = (await tenant[Role.PRODUCTION].get(f"/jobs/{job.id}")).text
    assert staff.count(SECRET) >= 4


async def test_a_source_that_is_not_kept_is_no_download(tenant: Tenant, database: Database) -> None:
    job = await _told(tenant, database, JobStatus.COMPLETED)
    async with database.begin() as session:
        await session.execute(sa.update(Job).where(col(Job.id) == job.id).values(source_gone_at=now()))
    for role in (Role.CLIENT, Role.PRODUCTION):
        items = (await tenant[role].get(f"/jobs/{job.id}/downloads")).json()["items"]
        assert "captions_vtt" in {item["kind"] for item in items}
        assert "source" not in {item["kind"] for item in items}, role
    twin = await tenant[Role.CLIENT].post(f"/jobs/{job.id}/clone")
    assert (twin.status_code, twin.json()["state"]) == (409, "completed")
    assert "another video" in twin.json()["detail"]


async def test_a_reason_is_for_whoever_made_the_job(tenant: Tenant, database: Database) -> None:
    for status, told in ((JobStatus.REJECTED, SECRET), (JobStatus.PENDING_QC, None)):
        job = await tenant.job(database, status=status, reason=SECRET)
        assert (await tenant[Role.CLIENT].get(f"/jobs/{job.id}")).json()["reason"] == told


async def test_somebody_with_another_role_too_sees_all(tenant: Tenant, database: Database, http: Any) -> None:
    job = await _told(tenant, database, JobStatus.FAILED)
    import sqlalchemy as sa
    from sqlmodel import col

    from schema.tables import Membership

    person = await make_user(database, Role.CLIENT, tenant.org.id)
    async with database.begin() as session:
        await session.execute(
            sa.update(Membership).where(col(Membership.user_id) == person.id).values(role=Role.PRODUCTION)
        )
    both = await sign_in(http, person)
    assert (await both.get(f"/jobs/{job.id}")).json()["failure"]["reason"] == SECRET


async def test_notes_of_a_client_and_of_those_who_work_on_it_are_two(tenant: Tenant) -> None:
    client, manager = tenant[Role.CLIENT], tenant[Role.PROJECT_MANAGER]
    announced = (await init(client, notes="By noon, please.")).json()
    await send(announced["upload_url"])
    made = (await complete(client, announced["gcs_uri"])).json()
    path = f"/jobs/{made['id']}"
    assert made["notes"] == "By noon, please."
    seen = (await manager.patch(path, {"notes": "They pay late."})).json()
    assert (seen["notes"], seen["client_notes"]) == ("They pay late.", "By noon, please.")
    told = (await client.patch(path, {"notes": "By ten."})).json()
    assert told["notes"] == "By ten."
    seen = (await manager.patch(path, {"notes": "Yes.", "notes_audience": "client"})).json()
    assert (seen["notes"], seen["client_notes"]) == ("They pay late.", "Yes.")
    assert (await client.get(path)).json()["notes"] == "Yes."
    twin = (await client.ask("POST", f"{path}/clone", key(), json={"notes": "Again."})).json()
    assert twin["notes"] == "Again."
    assert json.dumps(twin).count("They pay late.") == 0
