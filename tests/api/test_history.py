"""What happened to a job, in words: all of it for those who work on it, little for the client."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from schema.db import Database
from schema.enums import Role
from schema.queries import retention
from schema.queries.retention import Part
from tests.api.flow import new_job, until, until_language, uploaded
from tests.api.people import Person, Tenant
from tests.api.test_notes import with_texts
from tests.fakes.steps import FakeSteps
from tests.statements import counted


async def _history(person: Person, job_id: UUID, query: str = "size=100") -> list[dict[str, Any]]:
    answer = await person.get(f"/jobs/{job_id}/history?{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_a_jobs_way_is_told_in_words(
    tenant: Tenant, stranger: Tenant, steps: FakeSteps, database: Database
) -> None:
    steps.begin_test()
    steps.failures["probe_source"] = 1
    steps.failures["mux_accessible_video:es"] = 2
    job_id = await new_job(
        tenant[Role.CLIENT], steps, accessible_video_mp4=True, audio_description_mp3=True, languages=["es"]
    )
    production, manager, linguist = (
        tenant[each] for each in (Role.PRODUCTION, Role.PROJECT_MANAGER, Role.LINGUIST)
    )
    await until(production, job_id, "failed")
    assert (await production.post(f"/jobs/{job_id}/retry", {})).status_code == 200
    await until(production, job_id, "pending_qc")
    reason = {"reason": "The greeting is wrong."}
    await production.post(f"/jobs/{job_id}/actions/reject", reason)
    await production.post(f"/jobs/{job_id}/actions/promote_to_qc")
    await production.post(f"/jobs/{job_id}/actions/approve_source")
    qc = f"/language-qc/jobs/{job_id}/languages/es"
    await until_language(production, job_id, "es", "unassigned")
    for who, action, body in (
        (manager, "assign", {"user_id": str(linguist.id)}),
        (manager, "assign-reviewer", {"user_id": str(tenant[Role.REVIEWER].id)}),
        (linguist, "start-work", None),
        (linguist, "submit", None),
        (tenant[Role.REVIEWER], "open-review", None),
        (tenant[Role.REVIEWER], "approve", None),
    ):
        assert (await who.post(f"{qc}/{action}", body)).status_code == 200, action
    await until(production, job_id, "failed")
    await production.post(f"/jobs/{job_id}/retry", {})
    await until(production, job_id, "failed")
    await production.post(f"/jobs/{job_id}/retry", {})
    await until(production, job_id, "pending_final_review")
    await manager.post(f"/jobs/{job_id}/actions/complete")
    entries = await _history(production, job_id)
    assert [entry["at"] for entry in entries] == sorted((entry["at"] for entry in entries), reverse=True)
    words = [entry["words"] for entry in reversed(entries)]
    for said in (
        "The job was made.",
        "Examining the source failed.",
        "What had failed was run again.",
        "The captions in en were drafted: version 1.",
        "The source texts were rejected.",
        "The source texts were approved.",
        "The descriptions in es were translated: version 1.",
        f"es was given to {linguist.user.name} to translate.",
        f"es was given to {tenant[Role.REVIEWER].user.name} to review.",
        "The language was approved.",
        "The descriptions were spoken.",
        "The accessible video was rendered.",
        "The job was completed, and its outputs delivered.",
    ):
        assert said in words, (said, words)
    assert words.count("Rendering the accessible video failed.") == 2, "each time that it failed"
    assert words[0] == "The job was made."
    failed = next(entry for entry in entries if entry["what"] == "failure" and entry["language"] == "es")
    assert (failed["action"], failed["reason"]) == ("mux", "The provider said no.")
    rejected = next(entry for entry in entries if entry["action"] == "job.reject")
    assert rejected["actor"] == production.user.name
    assert rejected["reason"].startswith("The greeting is wrong.")

    walked, after = [], ""
    while after is not None:
        page = (await production.get(f"/jobs/{job_id}/history?size=4{after and f'&after={after}'}")).json()
        walked += page["items"]
        after = page["next"]
    assert walked == entries

    own = await _history(tenant[Role.CLIENT], job_id)
    assert {entry["action"] for entry in own} == {"job.create", "job.reject", "job.complete"}
    text = (await tenant[Role.CLIENT].get(f"/jobs/{job_id}/history?size=100")).text
    assert all(entry["actor"] is None and entry["actor_id"] is None for entry in own)
    for person in (production, manager, linguist):
        assert person.user.name not in text
        assert str(person.id) not in text
    assert "provider" not in text
    assert (await stranger[Role.PRODUCTION].get(f"/jobs/{job_id}/history")).status_code == 404
    for role in (Role.LINGUIST, Role.REVIEWER, Role.PROJECT_MANAGER, Role.ADMIN):
        assert await _history(tenant[role], job_id) == entries, role


async def test_it_says_what_was_changed_and_what_is_not_kept(tenant: Tenant, database: Database) -> None:
    job = await tenant.job(database, creator_id=tenant[Role.CLIENT].id)
    manager = tenant[Role.PROJECT_MANAGER]
    for change in (
        {"due_at": "2030-01-02T03:04:05Z"},
        {"title": "Another", "labels": ["news"], "reference": "X1"},
        {"notes": "For us."},
    ):
        assert (await manager.patch(f"/jobs/{job.id}", change)).status_code == 200
    async with database.begin() as session:
        for part in Part:
            await retention.end(session, job.id, part)
    forgotten = {
        "The source video was deleted, as its client wants it.",
        "What was spoken and rendered was deleted, as its client wants it.",
        "The texts were deleted, as its client wants it.",
    }
    words = [entry["words"] for entry in await _history(manager, job.id)]
    assert set(words[:3]) == forgotten
    assert words[3:6] == [
        "Changed: internal notes.",
        "Changed: title, reference, labels.",
        "Changed: due date.",
    ]
    own = [entry["words"] for entry in await _history(tenant[Role.CLIENT], job.id)]
    assert own[:2] == ["The job was changed.", "Changed: title, reference, labels."]


async def test_marks_of_cues_are_told_in_words(tenant: Tenant, database: Database) -> None:
    job = await with_texts(tenant, database, "es")
    production, path = tenant[Role.PRODUCTION], f"/language-qc/jobs/{job.id}/languages/es/mark-cue-reviewed"
    for reviewed in (True, False):
        marked = await production.post(path, {"kind": "captions", "cue_id": "c1", "reviewed": reviewed})
        assert marked.status_code == 200, marked.text
    words = [(entry["words"], entry["language"]) for entry in await _history(production, job.id)]
    assert ("Cues were marked as reviewed.", "es") in words
    assert ("The marks of cues were taken away.", "es") in words


async def test_a_history_costs_the_same_statements(tenant: Tenant, database: Database) -> None:
    job = await tenant.job(database)
    manager, sent = tenant[Role.PROJECT_MANAGER], []
    for many in (1, 20):
        for number in range(many):
            await manager.patch(f"/jobs/{job.id}", {"title": f"Film {many} {number}"})
        with counted(database) as statements:
            assert len(await _history(manager, job.id)) >= many
        sent.append(len(statements))
    assert sent[0] == sent[1]


@pytest.mark.parametrize("wrong", ["after=nonsense", "after=W10=", "page=200&size=100"])
async def test_a_foreign_cursor_is_refused(wrong: str, tenant: Tenant, database: Database) -> None:
    job = await tenant.job(database)
    assert (await tenant[Role.PRODUCTION].get(f"/jobs/{job.id}/history?{wrong}")).status_code == 400


async def test_a_client_reads_reasons_that_are_theirs(tenant: Tenant, steps: FakeSteps) -> None:
    """Why it was rejected, and what they said themselves; not what others have said to one another."""
    steps.begin_test()
    client, production = tenant[Role.CLIENT], tenant[Role.PRODUCTION]
    job_id = await new_job(client, steps)
    await until(production, job_id, "pending_qc")
    rejected = {"reason": "The greeting is wrong."}
    assert (await production.post(f"/jobs/{job_id}/actions/reject", rejected)).status_code == 200
    video = await uploaded(client)
    renewed = {"gcs_uri": video["gcs_uri"], "note": "Another take."}
    assert (await client.post(f"/jobs/{job_id}/source", renewed)).status_code == 200
    await until(production, job_id, "pending_qc")
    cancelled = {"reason": "They have not paid for the last one."}
    assert (await production.post(f"/jobs/{job_id}/cancel", cancelled)).status_code == 200
    told = {entry["action"]: entry["reason"] for entry in await _history(client, job_id)}
    assert told["job.reject"].startswith("The greeting is wrong.")
    assert told["job.new_source"] == "Another take."
    assert told["job.cancel"] is None
    ours = {entry["action"]: entry["reason"] for entry in await _history(production, job_id)}
    assert ours["job.cancel"] == cancelled["reason"]
