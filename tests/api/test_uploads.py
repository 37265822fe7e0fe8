"""Uploads: announced, sent, claimed once."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from uuid import uuid4

import httpx
import sqlalchemy as sa
from sqlmodel import col

from api.parts import Parts
from schema.db import Database
from schema.enums import BriefStatus, Role
from schema.queries import sweeps
from schema.tables import Brief, IdempotencyKey, Job, JobEvent, Project, Upload, now
from tests.api.conftest import ORIGIN
from tests.api.flow import OUTPUTS, VIDEO, complete, init, key, send, uploaded
from tests.api.people import Tenant
from tests.fakes.steps import FakeSteps

CUE = "00:00:01.000 --> 00:00:03.000\nGood evening.\n"


async def test_an_upload_becomes_a_job_in_the_callers_only_project(
    tenant: Tenant, steps: FakeSteps, database: Database
) -> None:
    client = tenant[Role.CLIENT]
    announced = await init(client)
    assert announced.status_code == 201
    body = announced.json()
    assert set(body) == {"job_id", "upload_url", "gcs_uri", "expires_at"}
    assert body["gcs_uri"].endswith(f"/jobs/{body['job_id']}/source.mp4")
    await send(body["upload_url"])
    made = await complete(client, body["gcs_uri"], title="Evening news")
    assert made.status_code == 201
    job = made.json()
    assert job["id"] == body["job_id"]
    assert job["title"] == "Evening news"
    assert job["project_id"] == str(tenant.project.id)
    assert job["size_bytes"] == len(VIDEO)
    assert list(job["languages"]) == ["en"]
    async with database.begin() as session:
        row = await session.get(Job, job["id"])
    assert row is not None
    assert row.started_at is not None


async def test_a_browser_resumes_after_a_cut(tenant: Tenant, steps: FakeSteps) -> None:
    size = 3 * 256 * 1024 + 17
    data = bytes(n % 251 for n in range(size))
    announced = await tenant[Role.CLIENT].post(
        "/jobs/upload/init",
        {"filename": "v.mov", "content_type": "video/quicktime", "size_bytes": size},
        headers={"Origin": ORIGIN},
    )
    url = announced.json()["upload_url"]
    chunk = 256 * 1024
    async with httpx.AsyncClient(headers={"Origin": ORIGIN}) as browser:
        first = await browser.put(
            url, content=data[:chunk], headers={"Content-Range": f"bytes 0-{chunk - 1}/{size}"}
        )
        assert first.status_code == 308
        assert first.headers["access-control-allow-origin"] in (ORIGIN, "*")
        asked = await browser.put(url, headers={"Content-Range": f"bytes */{size}"})
        assert asked.status_code == 308
        start = int(asked.headers["range"].rsplit("-", 1)[1]) + 1
        rest = await browser.put(
            url, content=data[start:], headers={"Content-Range": f"bytes {start}-{size - 1}/{size}"}
        )
        assert rest.status_code in (200, 201)
    assert (await complete(tenant[Role.CLIENT], announced.json()["gcs_uri"])).status_code == 201


async def test_what_is_no_video_or_too_large_is_refused(tenant: Tenant, parts: Parts) -> None:
    client = tenant[Role.CLIENT]
    limit = parts.settings.max_source_bytes
    assert (await init(client, limit + 1)).status_code == 413
    assert (await init(client, 0)).status_code == 422
    for content_type in ("application/pdf", "video/", "videos/mp4", "", "video/mp4\r\nX: y", "video/é"):
        assert (await init(client, content_type=content_type)).status_code == 415, content_type
    answer = await init(client, filename="")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "filename"


async def test_complete_verifies_what_was_sent(tenant: Tenant, stranger: Tenant, parts: Parts) -> None:
    client = tenant[Role.CLIENT]
    announced = (await init(client)).json()
    unsent = await complete(client, announced["gcs_uri"])
    assert unsent.status_code == 400
    assert "not finished" in unsent.json()["detail"]
    await parts.store.write(f"jobs/{announced['job_id']}/source.mp4", b"shorter", "video/mp4")
    shorter = await complete(client, announced["gcs_uri"])
    assert shorter.status_code == 400
    assert "has 7" in shorter.json()["detail"]
    assert (await complete(stranger[Role.CLIENT], announced["gcs_uri"])).status_code == 404
    assert (await complete(tenant[Role.PRODUCTION], announced["gcs_uri"])).status_code == 404, "not theirs"
    ours = f"gs://{parts.store.bucket}/"
    for uri in ("gs://elsewhere/x", "https://x", "gs://", ours, f"{ours}.", f"{ours}.."):
        assert (await complete(client, uri)).status_code == 400, uri


async def test_an_upload_is_claimed_once(tenant: Tenant, steps: FakeSteps) -> None:
    client = tenant[Role.CLIENT]
    announced = await uploaded(client)
    answers = await asyncio.gather(*(complete(client, announced["gcs_uri"], key()) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["job_id"] == announced["job_id"]


async def test_the_same_key_makes_one_job_also_at_once(
    tenant: Tenant, steps: FakeSteps, database: Database
) -> None:
    client = tenant[Role.CLIENT]
    announced = await uploaded(client)
    same = key()
    answers = await asyncio.gather(*(complete(client, announced["gcs_uri"], same) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert {answer.json()["id"] for answer in answers} == {announced["job_id"]}
    replayed = await complete(client, announced["gcs_uri"], same)
    assert replayed.headers["idempotency-replayed"] == "true"
    other = await complete(client, announced["gcs_uri"], same, title="Another")
    assert other.status_code == 409


async def test_a_request_that_died_before_its_answer_was_kept_is_done_once(
    tenant: Tenant, steps: FakeSteps, database: Database
) -> None:
    client = tenant[Role.CLIENT]
    announced = await uploaded(client)
    same = key()
    first = await complete(client, announced["gcs_uri"], same)
    async with database.begin() as session:
        await session.execute(
            sa.update(IdempotencyKey)
            .where(col(IdempotencyKey.response)["body"]["id"].astext == announced["job_id"])
            .values(status=None, response=None)
        )
    again = await complete(client, announced["gcs_uri"], same)
    assert again.status_code == 201
    assert "idempotency-replayed" not in again.headers
    assert again.json()["id"] == first.json()["id"]


async def test_what_cannot_be_made_here_is_refused_at_submission(tenant: Tenant) -> None:
    client = tenant[Role.CLIENT]
    announced = await uploaded(client)
    uri = announced["gcs_uri"]
    spoken = await complete(client, uri, source_language="fr")
    assert spoken.status_code == 400
    assert "TRANSCRIBE_PROVIDER=google" in spoken.json()["detail"]
    pair = await complete(client, uri, outputs={**OUTPUTS, "languages": ["es", "ja"]})
    assert pair.status_code == 400
    assert pair.json()["errors"] == [
        {
            "field": "requested_outputs.languages.1",
            "message": "en to ja cannot be translated by the local provider. "
            "Install the Apertium pair en-ja, or set TRANSLATE_PROVIDER=google.",
        }
    ]
    for preferences, named in (
        ({"provider": "gemini"}, "local"),
        ({"model": "flash"}, "no choice of model"),
        ({"default_voice": "Kore"}, "en-us"),
        ({"voices": {"en": "es"}}, "en-us"),
    ):
        outputs = {**OUTPUTS, "audio_description_mp3": True, "tts_preferences": preferences}
        answer = await complete(client, uri, outputs=outputs)
        assert answer.status_code == 400, preferences
        assert named in answer.json()["detail"]
    nothing = await complete(client, uri, outputs={"captions_vtt": False, "audio_description_vtt": False})
    assert nothing.status_code == 400
    assert nothing.json()["errors"][0]["field"] == "requested_outputs"
    silent = {"requested_outputs": {"captions_vtt": False, "audio_description_vtt": False}}
    assert (await complete(client, uri, source_language="english")).status_code == 422
    made = await complete(client, uri)
    assert made.status_code == 201, "nothing was claimed by what was refused"
    assert (await client.patch(f"/jobs/{made.json()['id']}", silent)).status_code == 400


async def test_a_small_file_is_a_job_in_one_request(
    tenant: Tenant, steps: FakeSteps, parts: Parts, stranger: Tenant
) -> None:
    client, same = tenant[Role.CLIENT], key()

    async def create(person=client, idempotency=same, **more):
        return await person.ask(
            "POST",
            "/jobs",
            idempotency,
            files={"file": ("clip.webm", VIDEO, more.pop("content_type", "video/webm"))},
            data={"source_language": "en", "requested_outputs": json.dumps(OUTPUTS), **more},
        )

    made = await create()
    assert made.status_code == 201, made.text
    job = made.json()
    assert job["title"] == "clip.webm"
    stored = await parts.store.stat(f"jobs/{job['id']}/source.webm")
    assert stored is not None
    assert stored.size == len(VIDEO)
    assert (await create()).json()["id"] == job["id"]
    assert (await create(idempotency=key())).json()["id"] != job["id"]
    assert (await create(idempotency=key(), content_type="text/plain")).status_code == 415
    assert (await create(idempotency=key(), requested_outputs="{")).status_code == 422
    assert (await create(idempotency=key(), title="   ")).status_code == 422
    elsewhere = await create(idempotency=key(), project_id=str(stranger.project.id))
    assert elsewhere.status_code == 400


async def test_texts_may_be_as_long_as_a_text_can_be_however_they_come(
    tenant: Tenant, steps: FakeSteps
) -> None:
    client = tenant[Role.CLIENT]
    note = "NOTE\n" + ('"' * 99 + "\n") * 48_000
    brought = dict.fromkeys(("captions", "audio_description"), f"WEBVTT\n\n{note}\n" + CUE)
    in_json = await complete(client, (await uploaded(client))["gcs_uri"], **brought)
    assert in_json.status_code == 201, in_json.text[:300]
    in_a_form = await client.ask(
        "POST",
        "/jobs",
        files={"file": ("clip.webm", VIDEO, "video/webm")},
        data={"source_language": "en", "requested_outputs": json.dumps(OUTPUTS), **brought},
    )
    assert in_a_form.status_code == 201, in_a_form.text[:300]
    text = await client.get(f"/jobs/{in_a_form.json()['id']}/vtt?lang=en&kind=captions")
    assert len(text.json()["content"]) > len(note)


async def test_who_may_not_make_jobs_is_refused(tenant: Tenant, database: Database) -> None:
    for role in (Role.LINGUIST, Role.REVIEWER):
        assert (await init(tenant[role])).status_code == 403
    assert (await init(tenant[Role.CLIENT], project_id=str(uuid4()))).status_code == 400
    async with database.begin() as session:
        second = Project(client_id=tenant.client.id, name=f"Second {uuid4().hex[:6]}")
        session.add(second)
    answer = await init(tenant[Role.CLIENT])
    assert answer.status_code == 400
    assert "project_id" in answer.json()["detail"]
    assert (await init(tenant[Role.CLIENT], project_id=str(second.id))).status_code == 201
    async with database.begin() as session:
        await session.execute(sa.delete(Project).where(col(Project.id) == second.id))


async def test_what_is_said_of_the_job_at_the_announcement_is_kept(
    tenant: Tenant, steps: FakeSteps, database: Database
) -> None:
    brief = Brief(
        org_id=tenant.org.id, client_id=tenant.client.id, title="The news", status=BriefStatus.APPROVED
    )
    other = Project(client_id=tenant.client.id, name=f"Other {uuid4().hex[:6]}")
    async with database.begin() as session:
        session.add_all([brief, other])
    client = tenant[Role.CLIENT]
    about = {
        "title": "Evening news",
        "notes": "Names are\nin the brief.",
        "project_id": str(other.id),
        "brief_id": str(brief.id),
    }
    try:
        kept, overridden = (await init(client, **about)).json(), (await init(client, **about)).json()
        for announced in (kept, overridden):
            await send(announced["upload_url"])
        job = (await complete(client, kept["gcs_uri"])).json()
        assert {name: job[name] for name in about} == about
        said = {"title": "Morning news", "notes": "", "project_id": str(tenant.project.id)}
        job = (await complete(client, overridden["gcs_uri"], **said)).json()
        assert {name: job[name] for name in about} == {**about, **said}
    finally:
        async with database.begin() as session:
            await session.execute(
                sa.update(Project).where(col(Project.id) == other.id).values(deleted_at=sa.func.now())
            )


async def test_a_brief_exists_and_is_the_clients(
    tenant: Tenant, stranger: Tenant, steps: FakeSteps, database: Database
) -> None:
    theirs = Brief(
        org_id=stranger.org.id,
        client_id=stranger.client.id,
        title="Theirs",
        status=BriefStatus.APPROVED,
    )
    async with database.begin() as session:
        session.add(theirs)
    client = tenant[Role.CLIENT]
    announced = await uploaded(client)
    form = {"source_language": "en", "requested_outputs": json.dumps(OUTPUTS)}
    for brief_id in (str(uuid4()), str(theirs.id)):
        answers = [
            await init(client, brief_id=brief_id),
            await complete(client, announced["gcs_uri"], brief_id=brief_id),
            await client.ask(
                "POST",
                "/jobs",
                files={"file": ("clip.webm", VIDEO, "video/webm")},
                data={**form, "brief_id": brief_id},
            ),
        ]
        for answer in answers:
            assert answer.status_code == 400, answer.text
            assert answer.json()["errors"][0]["field"] == "brief_id"
            assert brief_id in answer.json()["detail"]


async def test_the_url_of_an_upload_is_told_once(tenant: Tenant, database: Database) -> None:
    """Whoever has it may write: no record keeps it."""
    same = key()
    first = await init(tenant[Role.CLIENT], key=same)
    again = await init(tenant[Role.CLIENT], key=same)
    assert (first.status_code, again.status_code) == (201, 409)
    assert again.json()["job_id"] == first.json()["job_id"]
    assert again.headers["idempotency-replayed"] == "true"
    assert "upload_url" not in again.text
    assert (await init(tenant[Role.CLIENT], key=same, size=7)).status_code == 409, "another body"


async def test_an_announced_upload_expires(tenant: Tenant, steps: FakeSteps, database: Database) -> None:
    client = tenant[Role.CLIENT]
    late, made = await uploaded(client), await uploaded(client)
    assert (await complete(client, made["gcs_uri"])).status_code == 201
    async with database.begin() as session:
        ids = [late["job_id"], made["job_id"]]
        await session.execute(
            sa.update(Upload).where(col(Upload.id).in_(ids)).values(expires_at=now() - timedelta(seconds=1))
        )
    assert (await complete(client, late["gcs_uri"])).status_code == 404
    assert (await complete(client, made["gcs_uri"])).json()["job_id"] == made["job_id"]


async def test_what_happened_is_forgotten_after_a_time(tenant: Tenant, database: Database) -> None:
    job = await tenant.job(database)
    async with database.begin() as session:
        for days in (91, 1):
            at = now() - timedelta(days=days)
            session.add(JobEvent(job_id=job.id, org_id=job.org_id, at=at, type="status", data={"days": days}))
        await session.flush()
        await sweeps.expire(session, "events", sweeps.EVENTS_KEPT, limit=1_000_000)
        left = list(await session.scalars(sa.select(JobEvent).where(col(JobEvent.job_id) == job.id)))
    assert [event.data["days"] for event in left] == [1]


async def test_a_video_is_not_replaced_by_another_session_to_its_object(
    tenant: Tenant, steps: FakeSteps, database: Database, parts: Parts
) -> None:
    """Whoever asks twice under one key has two sessions: what the second would send, nobody has looked at."""
    client, same = tenant[Role.CLIENT], key()
    first = (await init(client, key=same)).json()
    async with database.begin() as session:
        await session.execute(
            sa.update(IdempotencyKey)
            .where(col(IdempotencyKey.response)["body"]["job_id"].astext == first["job_id"])
            .values(status=None, response=None)
        )
    second = (await init(client, key=same)).json()
    assert second["gcs_uri"] == first["gcs_uri"] and second["upload_url"] != first["upload_url"]
    await send(first["upload_url"])
    assert (await complete(client, first["gcs_uri"])).status_code == 201
    other = b"something else now" * 100
    async with httpx.AsyncClient() as browser:
        span = {"Content-Range": f"bytes 0-{len(other) - 1}/{len(other)}"}
        late = await browser.put(second["upload_url"], content=other, headers=span)
    assert late.status_code == 412, late.text
    name = parts.store.name_of(first["gcs_uri"])
    assert await parts.store.read(name) == VIDEO
