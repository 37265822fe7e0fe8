"""Review notes: who reads and changes them, and how they find their place in a later render."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa
from sqlmodel import col

from activities.storage import GoogleStorage
from schema.contracts.job import JobDecision, JobSnapshot, JobState
from schema.contracts.outputs import RequestedOutputs
from schema.contracts.people import Actor
from schema.contracts.steps import Artifacts
from schema.db import Database
from schema.enums import AssetKind, JobAction, JobStatus, Kind, Origin, Role
from schema.plan.model import Pause, Timebase
from schema.plan.timemap import TimeMap
from schema.queries import assets
from schema.queries.jobs import job_ref
from schema.queries.projection import write_job
from schema.tables import Asset, AuditEntry, Job, JobLanguage, QCComment, TextVersion, now
from tests.api.flow import OUTPUTS, key, new_job, until
from tests.api.people import Person, Tenant, make_tenant
from tests.fakes.steps import FakeSteps
from tests.statements import counted

SPEECH = {**OUTPUTS, "accessible_video_mp4": True}
BASE = Timebase(rate=48_000, grid=1_024)
TEXTS = {
    Kind.CAPTIONS: "WEBVTT\n\nc1\n00:00:01.000 --> 00:00:03.000\nGood evening.\n\nc2\n00:00:08.000 --> 00:00:09.000\nBye.\n",
    Kind.AUDIO_DESCRIPTION: "WEBVTT\n\nd1\n00:00:04.000 --> 00:00:06.000\nA lighthouse at night.\n",
}
LATER = {"asset": "source", "at_ms": 8500, "text": "Said too early."}


async def render(
    database: Database, store: GoogleStorage, job_id: UUID, *pauses: tuple[int, int], language: str = "en"
) -> None:
    """A new accessible video of ten seconds, held at (source s) for (s)."""
    held = [
        Pause(at=at * 48_000, units=s * 48, ticks=s * 48_000, cue_ids=("d1",), reason="x") for at, s in pauses
    ]
    made = TimeMap.from_pauses(held, 10 * 48_000, BASE)
    video, map_name = (f"notes/{uuid4().hex}.{suffix}" for suffix in ("mp4", "json"))
    await store.write(map_name, made.model_dump_json().encode(), "application/json")
    async with database.begin() as session:
        for kind, name in ((AssetKind.ACCESSIBLE_VIDEO_MP4, video), (AssetKind.TIME_MAP, map_name)):
            asset = Asset(
                job_id=job_id, language=language, kind=kind, object_name=name, content_type="x/y", size_bytes=1,
                details={},
            )  # fmt: skip
            await assets.put(session, asset)


async def with_texts(tenant: Tenant, database: Database, *languages: str, **changes: Any) -> Job:
    """A job of ten seconds with the texts in English and these languages."""
    state = JobState(
        outputs=RequestedOutputs(languages=languages), artifacts=Artifacts(duration_ms=10_000)
    ).model_dump(mode="json", exclude={"languages"})
    job = await tenant.job(database, **{"state": state, **changes})
    async with database.begin() as session:
        session.add_all(JobLanguage(job_id=job.id, language=code) for code in languages)
        await session.flush()
        for code in ("en", *languages):
            for kind, content in TEXTS.items():
                session.add(
                    TextVersion(
                        job_id=job.id,
                        language=code,
                        kind=kind,
                        version=1,
                        content=content,
                        origin=Origin.DRAFT,
                        sources={},
                    )
                )
    return job


async def note(person: Person, job: Job, **said: Any) -> dict[str, Any]:
    body = {"asset": "source", "at_ms": 5000, "text": "Hm.", **said}
    answer = await person.post(f"/jobs/{job.id}/review-notes", body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_a_note_finds_its_cue_after_a_new_render(
    tenant: Tenant, database: Database, object_store: GoogleStorage
) -> None:
    job, person = await with_texts(tenant, database), tenant[Role.REVIEWER]
    video = {"asset": "accessible_video"}
    early = await person.post(f"/jobs/{job.id}/review-notes", {**LATER, **video})
    assert early.status_code == 409, early.text
    await render(database, object_store, job.id, (4, 2))
    held = await note(person, job, **video, at_ms=5000)
    after = await note(person, job, **video, at_ms=10_400)
    before = await note(person, job, **video, at_ms=500)
    assert [(each["source_ms"], each["now_ms"]) for each in (held, after, before)] == [
        (4000, 5000), (8400, 10_400), (500, 500),
    ]  # fmt: skip
    assert [(each["kind"], each["cue_id"]) for each in (held, after, before)] == [
        ("audio_description", "d1"), ("captions", "c2"), ("captions", "c1"),
    ]  # fmt: skip
    late = await person.post(f"/jobs/{job.id}/review-notes", {**LATER, **video, "at_ms": 12_001})
    assert (late.status_code, late.json()["errors"][0]["field"]) == (400, "at_ms")

    await render(database, object_store, job.id, (2, 3), (4, 1))
    listed = (await person.get(f"/jobs/{job.id}/review-notes")).json()["items"]
    assert [(each["id"], each["at_ms"], each["now_ms"]) for each in listed] == [
        (before["id"], 500, 500), (held["id"], 5000, 8000), (after["id"], 10_400, 12_400),
    ]  # fmt: skip
    assert [each["cue_id"] for each in listed] == ["c1", "d1", "c2"]
    async with database.begin() as session:
        await session.execute(sa.delete(Asset).where(col(Asset.job_id) == job.id))
    assert (await person.get(f"/jobs/{job.id}/review-notes/{held['id']}")).json()["now_ms"] is None


async def test_a_client_looks_at_what_was_delivered_whatever_is_rendered_since(
    tenant: Tenant, database: Database, object_store: GoogleStorage
) -> None:
    job, client = await with_texts(tenant, database), tenant[Role.CLIENT]
    await render(database, object_store, job.id, (2, 3))
    told = assets.delivered(job.id, ["en"], [AssetKind.ACCESSIBLE_VIDEO_MP4, AssetKind.TIME_MAP])
    async with database.begin() as session:
        await session.execute(sa.update(Job).where(col(Job.id) == job.id).values(delivered=told))
    await render(database, object_store, job.id)
    said = await note(client, job, asset="accessible_video", at_ms=11_400)
    assert (said["source_ms"], said["now_ms"], said["cue_id"]) == (8400, 11_400, "c2")
    path = f"/jobs/{job.id}/review-notes/{said['id']}"
    assert (await tenant[Role.REVIEWER].get(path)).json()["now_ms"] == 8400


async def test_the_cue_is_of_the_language_and_of_the_text_that_is_named(
    tenant: Tenant, database: Database
) -> None:
    job, person = await with_texts(tenant, database, "es"), tenant[Role.LINGUIST]
    made = await note(person, job, at_ms=5000, kind="captions", language="ES")
    assert (made["language"], made["kind"], made["cue_id"], made["source_ms"]) == (
        "es",
        "captions",
        "c1",
        5000,
    )
    for wrong, field in (({"at_ms": 10_001}, "at_ms"), ({"language": "fr"}, "language")):
        refused = await person.post(f"/jobs/{job.id}/review-notes", {**LATER, **wrong})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field)
    for body in ({"at_ms": -1}, {"at_ms": 2**31}, {"at_ms": True}, {"text": " "}, {"asset": "report"}):
        assert (await person.post(f"/jobs/{job.id}/review-notes", {**LATER, **body})).status_code == 422, body
    bare = await tenant.job(database)
    assert (await note(person, bare))["cue_id"] is None


async def test_clients_read_what_is_for_them(tenant: Tenant, database: Database) -> None:
    job = await with_texts(tenant, database)
    client, reviewer, path = tenant[Role.CLIENT], tenant[Role.REVIEWER], f"/jobs/{job.id}/review-notes"
    inside, told = await note(reviewer, job), await note(reviewer, job, audience="client")
    theirs = await note(client, job)
    assert (inside["audience"], theirs["audience"]) == ("internal", "client")
    assert theirs["author"] == {"id": str(client.id), "name": client.user.name}
    assert (await client.post(path, {**LATER, "audience": "internal"})).status_code == 403
    assert (await client.patch(f"{path}/{theirs['id']}", {"audience": "internal"})).status_code == 403
    seen = (await client.get(path)).json()
    assert ({each["id"] for each in seen["items"]}, seen["total"]) == ({told["id"], theirs["id"]}, 2)
    assert {each["id"]: each["author"] for each in seen["items"]}[told["id"]] is None, "no names"
    for request in (
        client.get(f"{path}/{inside['id']}"),
        client.patch(f"{path}/{inside['id']}", {"resolved": True}),
        client.delete(f"{path}/{inside['id']}"),
    ):
        assert (await request).status_code == 404
    assert (await client.delete(f"{path}/{told['id']}")).status_code == 403
    for role in set(Role) - {Role.CLIENT}:
        assert (await tenant[role].get(path)).json()["total"] == 3, role
    assert (await reviewer.patch(f"{path}/{inside['id']}", {"audience": "client"})).status_code == 200
    assert (await client.get(path)).json()["total"] == 3


async def test_its_author_production_and_admins_change_and_delete_a_note(
    tenant: Tenant, stranger: Tenant, database: Database
) -> None:
    job = await with_texts(tenant, database)
    path = f"/jobs/{job.id}/review-notes"
    for role in Role:
        made = await note(tenant[Role.LINGUIST], job, audience="client")
        own = f"{path}/{made['id']}"
        may = role in (Role.LINGUIST, Role.PRODUCTION, Role.ADMIN)
        person = tenant[role]
        assert (await person.get(own)).status_code == 200, role
        changed = await person.patch(own, {"text": "Another.", "resolved": True})
        assert changed.status_code == (200 if may else 403), role
        assert (await person.delete(own)).status_code == (204 if may else 403), role
        assert (await person.get(own)).status_code == (404 if may else 200), role
        other = stranger[role]
        if role is not Role.ADMIN:
            for request in (
                other.get(path), other.get(own), other.post(path, LATER), other.patch(own, {}), other.delete(own),
            ):  # fmt: skip
                assert (await request).status_code == 404, role
    elsewhere = await with_texts(tenant, database)
    made = await note(tenant[Role.LINGUIST], job)
    wrong = await tenant[Role.ADMIN].get(f"/jobs/{elsewhere.id}/review-notes/{made['id']}")
    assert wrong.status_code == 404, "another job's"


async def test_a_note_is_resolved_reopened_and_deleted_once(tenant: Tenant, database: Database) -> None:
    job, person, same = await with_texts(tenant, database), tenant[Role.REVIEWER], key()
    made = await note(person, job, audience="client")
    path = f"/jobs/{job.id}/review-notes/{made['id']}"
    resolved = (await person.patch(path, {"resolved": True})).json()
    again = (await person.patch(path, {"resolved": True})).json()
    assert resolved["resolved_at"] == again["resolved_at"] is not None
    assert (await person.patch(path, {"resolved": False})).json()["resolved_at"] is None
    answers = await asyncio.gather(*(person.delete(path, same) for _ in range(3)))
    assert {each.status_code for each in answers} == {204}
    assert (await person.delete(path, same)).status_code == 204
    assert (await person.delete(path)).status_code == 404
    async with database.begin() as session:
        told = list(
            await session.scalars(
                sa.select(AuditEntry)
                .where(col(AuditEntry.thing_id) == made["id"])
                .order_by(col(AuditEntry.created_at))
            )
        )
    assert [entry.action for entry in told] == ["note.create", *["note.change"] * 3, "note.delete"]
    assert (told[1].before["resolved"], told[1].after["resolved"]) == (False, True)
    assert told[-1].before["text"] == "Hm."


async def test_a_list_is_narrowed_and_takes_as_many_statements_for_fifty(
    database: Database, http: httpx.AsyncClient, object_store: GoogleStorage
) -> None:
    sent: list[list[str]] = []
    for many in (1, 50):
        here = await make_tenant(database, http)
        job = await with_texts(here, database, "es")
        await render(database, object_store, job.id)
        for number in range(many):
            await note(
                here[list(Role)[number % 6]], job, asset="accessible_video", at_ms=number, audience="client"
            )
        await render(database, object_store, job.id, (1, 1))
        path = f"/jobs/{job.id}/review-notes?size=100"
        for role in (Role.PRODUCTION, Role.CLIENT):
            with counted(database) as statements:
                assert (await here[role].get(path)).json()["total"] == many
            sent.append(list(statements))
    assert sent[0] == sent[2]
    assert sent[1] == sent[3]
    person = here[Role.REVIEWER]
    spanish = await note(person, job, language="es")
    await person.patch(f"/jobs/{job.id}/review-notes/{spanish['id']}", {"resolved": True})
    for query, number in (
        ("language=es", 1), ("language=en", 50), ("resolved=true", 1), ("resolved=false", 50),
        ("asset=source", 1), ("asset=accessible_video&resolved=true", 0), ("language=fr", 0),
    ):  # fmt: skip
        assert (await person.get(f"{path}&{query}")).json()["total"] == number, query


async def _comments(database: Database, job_id: UUID) -> list[QCComment]:
    async with database.begin() as session:
        query = sa.select(QCComment).where(col(QCComment.job_id) == job_id)
        return list(await session.scalars(query.order_by(col(QCComment.language), col(QCComment.text))))


async def test_a_return_makes_comments_of_the_notes_that_it_names_once(
    tenant: Tenant, steps: FakeSteps, database: Database
) -> None:
    steps.begin_test()
    job_id = await new_job(tenant[Role.CLIENT], steps, **SPEECH)
    reviewer, manager = tenant[Role.REVIEWER], tenant[Role.PROJECT_MANAGER]
    await until(reviewer, job_id, "pending_qc")
    await reviewer.post(f"/jobs/{job_id}/actions/approve_source")
    await until(reviewer, job_id, "pending_final_review")
    async with database.begin() as session:
        job = await session.get_one(Job, job_id)
    named = [await note(tenant[Role.CLIENT], job, at_ms=2000, text=text) for text in ("One.", "Two.")]
    foreign = await note(reviewer, await with_texts(tenant, database))
    path, same = f"/jobs/{job_id}/actions/return_to_qc", key()
    refused = await manager.post(path, {"reason": "See there.", "note_ids": [named[0]["id"], foreign["id"]]})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "note_ids.1")
    assert await _comments(database, job_id) == []
    body = {"reason": "See there.", "note_ids": [each["id"] for each in named]}
    answers = await asyncio.gather(*(manager.post(path, body, same) for _ in range(3)))
    assert {each.status_code for each in answers} == {200}, [each.text for each in answers]
    assert (await manager.post(path, body, same)).status_code == 200
    made = await _comments(database, job_id)
    assert [(each.language, each.kind, each.cue_id, each.text) for each in made] == [
        ("en", Kind.CAPTIONS, "c1", "One."), ("en", Kind.CAPTIONS, "c1", "Two."),
    ]  # fmt: skip
    assert {(each.author_id, each.resolved_at) for each in made} == {(tenant[Role.CLIENT].id, None)}
    qc = (await reviewer.get(f"/language-qc/jobs/{job_id}/language-qc")).json()["languages"]["en"]
    assert qc["open_comments"] == 2


@pytest.mark.parametrize(("languages", "expected"), [
    ((), ["en", "es"]), (("es",), ["es", "es"]), (("es", "de"), ["de", "es", "es"]), (("de",), ["de"]),
])  # fmt: skip
async def test_a_note_becomes_a_comment_of_what_it_is_about(
    languages: tuple[str, ...], expected: list[str], tenant: Tenant, database: Database
) -> None:
    """What is said of the source's video is about every language that is returned."""
    job = await with_texts(tenant, database, "es", "de")
    person = tenant[Role.REVIEWER]
    source = await note(person, job)
    async with database.begin() as session:
        session.add(
            Asset(
                job_id=job.id, language="es", kind=AssetKind.ACCESSIBLE_VIDEO_MP4, object_name="x.mp4",
                content_type="video/mp4", size_bytes=1, details={},
            )
        )  # fmt: skip
    spanish = await note(person, job, language="es")
    async with database.begin() as session:
        await session.execute(
            sa.text("update review_notes set asset = 'accessible_video' where id = :id"),
            {"id": UUID(spanish["id"])},
        )
    decision = JobDecision(
        action=JobAction.RETURN_TO_QC, id=uuid4().hex, reason="See there.", languages=languages,
        notes=(UUID(source["id"]), UUID(spanish["id"])),
    )  # fmt: skip
    state = JobState(outputs=RequestedOutputs(), status=JobStatus.PENDING_QC)
    for sequence in (1, 1, 2):
        async with database.begin() as session:
            snapshot = JobSnapshot(
                job=job_ref(job), state=state, sequence=sequence, run_id="r", event="return_to_qc",
                actor=Actor(user_id=person.id, name="x"), decision=decision,
            )  # fmt: skip
            await write_job(session, snapshot, now())
    assert [each.language for each in await _comments(database, job.id)] == expected
