"""A final text takes the place of an approved one, and its language is made again; a job is done again by an admin."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from schema.db import Database
from schema.enums import JobStatus, Kind, LanguageStage, QCState, Role
from schema.queries import languages, texts
from schema.tables import AuditEntry, Job, JobLanguage
from tests.api.flow import key, until, until_language
from tests.api.people import Person, Tenant
from tests.drafted import Drafted
from tests.fakes.steps import FakeSteps

FINAL = "WEBVTT\n\nc1\n00:00:01.000 --> 00:00:03.000\nMuy buenas.\n"
ENGLISH = "WEBVTT\n\nc1\n00:00:01.000 --> 00:00:03.000\nGood evening, all.\n"


def _path(job_id: UUID, lang: str = "es", kind: str = "captions") -> str:
    return f"/production/jobs/{job_id}/upload-final-vtt?lang={lang}&kind={kind}"


async def _approve(tenant: Tenant, job_id: UUID, code: str) -> None:
    qc = f"/language-qc/jobs/{job_id}/languages/{code}"
    await until_language(tenant[Role.PRODUCTION], job_id, code, "unassigned")
    linguist, reviewer = tenant[Role.LINGUIST], tenant[Role.REVIEWER]
    manager = tenant[Role.PROJECT_MANAGER]
    for who, action, body in (
        (manager, "assign", {"user_id": str(linguist.id)}),
        (manager, "assign-reviewer", {"user_id": str(reviewer.id)}),
        (linguist, "start-work", None),
        (linguist, "submit", None),
        (reviewer, "open-review", None),
        (reviewer, "approve", None),
    ):
        answer = await who.post(f"{qc}/{action}", body)
        assert answer.status_code == 200, answer.text


async def _final_review(tenant: Tenant, drafted: Drafted) -> UUID:
    drafted.steps.begin_test()
    job_id = await drafted.job(tenant, audio_description_mp3=True, languages=["es"])
    production = tenant[Role.PRODUCTION]
    await until(production, job_id, "pending_qc")
    assert (await production.post(f"/jobs/{job_id}/actions/approve_source")).status_code == 200
    await _approve(tenant, job_id, "es")
    await until(production, job_id, "pending_final_review")
    return job_id


async def _upload(person: Person, job_id: UUID, content: str = FINAL, base: int = 1, **more: Any) -> Any:
    path = _path(job_id, more.pop("lang", "es"))
    return await person.post(path, {"content": content, "base_version": base, "note": "A name."}, **more)


async def _versions(database: Database, job_id: UUID, code: str) -> tuple[int | None, int | None]:
    """Of the captions: the one that is spoken of in the state, and the newest."""
    async with database.begin() as session:
        row = await languages.one(session, job_id, code)
        newest = await texts.latest(session, job_id, code, Kind.CAPTIONS)
    assert row is not None
    assert row.state is not None
    assert row.locked
    return row.state["versions"]["captions"], newest and newest.version


async def test_a_final_text_of_a_language_is_made_and_leaves_the_others_alone(
    tenant: Tenant, steps: FakeSteps, drafted: Drafted, database: Database
) -> None:
    job_id = await _final_review(tenant, drafted)
    production = tenant[Role.PRODUCTION]
    before = steps.calls["synthesize_descriptions"]
    answer = await _upload(production, job_id)
    assert answer.status_code == 200, answer.text
    saved = answer.json()
    assert (saved["version"], saved["origin"], answer.headers["etag"]) == (2, "upload", '"2"')
    assert isinstance(saved["findings"], list)
    await until(production, job_id, "pending_final_review")
    assert steps.calls["synthesize_descriptions"] == before + 1, "the other language is untouched"
    assert steps.calls["translate_texts"] == 1
    assert await _versions(database, job_id, "es") == (2, 2)
    shown = (await production.get(f"/jobs/{job_id}")).json()["languages"]["es"]
    assert (shown["qc_state"], shown["versions"]["captions"]) == ("approved", 2)
    links = (await production.get(f"/jobs/{job_id}/downloads")).json()["items"]
    spanish = next(item for item in links if (item["language"], item["kind"]) == ("es", "captions_vtt"))
    assert spanish["details"]["version"] == 2
    async with database.begin() as session:
        told = await session.scalar(
            sa.select(AuditEntry).where(
                col(AuditEntry.thing_id) == str(job_id), col(AuditEntry.action) == "job.upload_final"
            )
        )
    assert told is not None
    assert (told.after["language"], told.after["versions"]) == ("es", {"captions": 2})
    words = [each["words"] for each in (await production.get(f"/jobs/{job_id}/history")).json()["items"]]
    assert "The captions in es were uploaded: version 2." in words
    assert "A final text was uploaded, and its language made again." in words


async def test_a_completed_job_takes_a_final_text_and_comes_back_to_final_review(
    tenant: Tenant, drafted: Drafted, database: Database
) -> None:
    job_id = await _final_review(tenant, drafted)
    production = tenant[Role.PRODUCTION]
    done = await tenant[Role.PROJECT_MANAGER].post(f"/jobs/{job_id}/actions/complete")
    assert done.json()["status"] == "completed"
    same = key()
    first = await _upload(production, job_id, key=same)
    assert first.status_code == 200, first.text
    await until(production, job_id, "pending_final_review")
    assert await _versions(database, job_id, "es") == (2, 2)
    again = await _upload(production, job_id, key=same)
    assert again.json() == first.json()
    assert await _versions(database, job_id, "es") == (2, 2), "once"


async def test_of_the_source_translations_follow_what_has_changed(
    tenant: Tenant, steps: FakeSteps, drafted: Drafted, database: Database
) -> None:
    job_id = await _final_review(tenant, drafted)
    production = tenant[Role.PRODUCTION]
    answer = await _upload(production, job_id, ENGLISH, lang="en")
    assert answer.status_code == 200, answer.text
    await until(production, job_id, "pending_final_review")
    assert steps.calls["translate_texts"] == 2
    assert await _versions(database, job_id, "en") == (2, 2)
    async with database.begin() as session:
        spanish = await texts.latest(session, job_id, "es", Kind.CAPTIONS)
        job = await session.get(Job, job_id)
    assert spanish is not None
    assert "Buenas noches, all." in spanish.content
    assert job is not None
    assert job.state is not None
    assert job.state["source_versions"]["captions"] == 2


async def test_what_is_not_approved_is_edited_instead_and_nothing_is_saved(
    tenant: Tenant, stranger: Tenant, steps: FakeSteps, drafted: Drafted, database: Database
) -> None:
    steps.begin_test()
    job_id = await drafted.job(tenant, languages=["es"])
    production = tenant[Role.PRODUCTION]
    await until(production, job_id, "pending_qc")
    early = await _upload(production, job_id, lang="en")
    assert (early.status_code, early.json()["state"]) == (409, "pending_qc")
    await production.post(f"/jobs/{job_id}/actions/approve_source")
    await until_language(production, job_id, "es", "unassigned")
    unapproved = await _upload(production, job_id)
    assert (unapproved.status_code, unapproved.json()["state"]) == (409, "unassigned")
    await _approve(tenant, job_id, "es")
    await until(production, job_id, "pending_final_review")
    stale = await _upload(production, job_id, base=0)
    assert (stale.status_code, stale.json()["code"], stale.json()["current_version"]) == (409, "stale", 1)
    broken = await _upload(production, job_id, "WEBVTT\n\n00:05.000 --> 00:01.000\nBackwards.\n")
    assert (broken.status_code, broken.json()["errors"][0]["field"][:4]) == (400, "line")
    for role in (Role.CLIENT, Role.LINGUIST, Role.REVIEWER, Role.PROJECT_MANAGER):
        assert (await _upload(tenant[role], job_id)).status_code == 403, role
    assert (await _upload(stranger[Role.PRODUCTION], job_id)).status_code == 404
    assert await _versions(database, job_id, "es") == (1, 1)


async def test_what_failed_before_its_text_was_there_takes_none_and_nothing_is_saved(
    tenant: Tenant, database: Database
) -> None:
    """The source has changed since, and is not drafted, or not translated, yet."""
    for language, lang in (("es", "es"), (None, "en")):
        failure = {
            "step": "translate" if language else "probe",
            "language": language,
            "code": "x",
            "reason": "x",
        }
        known = {"status": "failed", "failure": failure, "source_versions": {"captions": 1}, "outputs": {}}
        job = await tenant.job(database, status=JobStatus.FAILED, failure=failure, state=known)
        async with database.begin() as session:
            if language:
                session.add(
                    JobLanguage(
                        job_id=job.id,
                        language=language,
                        stage=LanguageStage.FAILED,
                        qc_state=QCState.APPROVED,
                        failure=failure,
                    )
                )
        refused = await _upload(tenant[Role.PRODUCTION], job.id, base=0, lang=lang)
        assert (refused.status_code, refused.json()["state"]) == (409, "failed"), refused.text
        async with database.begin() as session:
            assert await texts.latest(session, job.id, lang, Kind.CAPTIONS) is None


async def test_of_two_final_texts_at_once_one_is_taken(
    tenant: Tenant, drafted: Drafted, database: Database
) -> None:
    job_id = await _final_review(tenant, drafted)
    production = tenant[Role.PRODUCTION]
    answers = await asyncio.gather(*(_upload(production, job_id) for _ in range(4)))
    assert sorted(each.status_code for each in answers) == [200, 409, 409, 409]
    await until(production, job_id, "pending_final_review")
    assert await _versions(database, job_id, "es") == (2, 2)


async def test_an_admin_does_the_work_of_any_job_again(
    tenant: Tenant, steps: FakeSteps, drafted: Drafted
) -> None:
    job_id = await _final_review(tenant, drafted)
    admin, path = tenant[Role.ADMIN], f"/admin/maintenance/reprocess-job/{job_id}"
    assert (await tenant[Role.PROJECT_MANAGER].post(f"/jobs/{job_id}/actions/complete")).status_code == 200
    answer = await admin.post(path, {"from_step": "synthesize", "languages": ["es"]})
    assert answer.status_code == 200, answer.text
    await until(admin, job_id, "pending_final_review")
    assert "reprocess" in (await admin.get(f"/jobs/{job_id}")).json()["allowed_actions"]
    assert steps.calls["synthesize_descriptions"] == 3
    assert (await admin.post(path, {"from_step": "probe"})).json()["status"] == JobStatus.PROBING
    await until(admin, job_id, "pending_qc")
    assert (await admin.post(path, {"from_step": "polish"})).status_code == 422
    for role in (Role.PRODUCTION, Role.PROJECT_MANAGER, Role.CLIENT):
        assert (await tenant[role].post(path, {})).status_code == 403
