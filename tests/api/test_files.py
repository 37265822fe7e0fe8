"""Files beside a video: announced for a purpose, used by whoever announced them, and swept where nobody used them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlmodel import col
from temporalio.testing import ActivityEnvironment

from activities.maintenance.expiry import ExpiryActivities
from activities.storage import GoogleStorage
from api.operations.files import RULES, most_bytes
from api.parts import Parts
from schema.contracts.job import JobDecision, JobSnapshot, JobState
from schema.contracts.outputs import RequestedOutputs
from schema.contracts.steps import SourceFile
from schema.db import Database
from schema.enums import AssetKind, FilePurpose, JobAction, JobStatus, Kind, Role
from schema.plan.model import Choice
from schema.queries import choices, jobs, uploads
from schema.queries.projection import write_job
from schema.queries.sweeps import SESSION_LIFE
from schema.tables import Asset, TextVersion, Upload, now
from tests.api.flow import OUTPUTS, announce_file, complete, file_of, init, key, send, uploaded
from tests.api.people import Tenant
from tests.fakes.steps import FakeSteps

WAV = b"RIFF not really sound" * 20


async def test_what_is_announced_can_be_sent_and_no_record_tells_where(tenant: Tenant) -> None:
    client, same = tenant[Role.CLIENT], key()
    announced = await announce_file(client, "dub", WAV, "audio/wav; codecs=1", "es.WAV", key=same)
    assert announced.status_code == 201, announced.text
    body = announced.json()
    assert set(body) == {"file_id", "purpose", "upload_url", "gcs_uri", "expires_at"}
    assert body["gcs_uri"].endswith(f"/files/{body['file_id']}/file.wav")
    await send(body["upload_url"], WAV)
    again = await announce_file(client, "dub", WAV, "audio/wav; codecs=1", "es.WAV", key=same)
    assert (again.status_code, again.json()["file_id"]) == (409, body["file_id"])
    assert "upload_url" not in again.text


@pytest.mark.parametrize("purpose", [each for each in FilePurpose if each is not FilePurpose.SOURCE])
async def test_each_purpose_has_its_people_types_and_size(
    purpose: FilePurpose, tenant: Tenant, parts: Parts
) -> None:
    may = {
        FilePurpose.DUB: {Role.CLIENT, Role.PROJECT_MANAGER, Role.PRODUCTION, Role.ADMIN},
        FilePurpose.CAPTIONS: {Role.CLIENT, Role.PROJECT_MANAGER, Role.PRODUCTION, Role.ADMIN},
        FilePurpose.AUDIO_DESCRIPTION: {Role.CLIENT, Role.PROJECT_MANAGER, Role.PRODUCTION, Role.ADMIN},
        FilePurpose.RECORDING: {Role.LINGUIST, Role.REVIEWER, Role.PRODUCTION, Role.ADMIN},
        FilePurpose.GLOSSARY: {Role.PROJECT_MANAGER, Role.PRODUCTION, Role.ADMIN},
        FilePurpose.BRIEF_ATTACHMENT: {Role.CLIENT, Role.PROJECT_MANAGER, Role.ADMIN},
    }[purpose]
    rule = RULES[purpose]
    media_type = rule.types[0] + ("wav" if rule.types[0].endswith("/") else "")
    for role in Role:
        answer = await announce_file(tenant[role], purpose, WAV, media_type)
        assert answer.status_code == (201 if role in may else 403), (role, answer.text)
    person = tenant[next(iter(may))]
    for wrong in ("application/x-msdownload", "", "audio/", "text/html", "text/vtt\r\nX: y", "audio/é"):
        assert (await announce_file(person, purpose, WAV, wrong)).status_code == 415, wrong
    ctx = type("Ctx", (), {"parts": parts})
    body = {"purpose": purpose, "filename": "x", "content_type": media_type}
    for size, status in ((most_bytes(ctx, purpose), 201), (most_bytes(ctx, purpose) + 1, 413), (0, 422)):  # type: ignore[arg-type]
        assert (await person.post("/files/signed-upload", {**body, "size_bytes": size})).status_code == status


async def test_the_video_of_a_job_is_announced_elsewhere(tenant: Tenant) -> None:
    answer = await announce_file(tenant[Role.CLIENT], "source", WAV, "video/mp4")
    assert answer.status_code == 422
    assert "/jobs/upload/init" in answer.json()["detail"]


async def _made_long_ago(database: Database, *uris: str) -> list[UUID]:
    """The files' ids; they were announced so long ago that nobody can send to their sessions."""
    ids = [UUID(uri.split("/")[-2]) for uri in uris]
    async with database.begin() as session:
        await session.execute(
            sa.update(Upload)
            .where(col(Upload.id).in_(ids))
            .values(
                created_at=now() - SESSION_LIFE - timedelta(hours=2), expires_at=now() - timedelta(hours=2)
            )
        )
    return ids


async def test_what_nobody_used_is_swept_with_its_object(
    tenant: Tenant, steps: FakeSteps, database: Database, object_store: GoogleStorage
) -> None:
    client = tenant[Role.CLIENT]
    used, unused, young = [await file_of(client, "dub", WAV, "audio/wav") for _ in range(3)]
    video, late = await uploaded(client), (await init(client)).json()
    outputs = {**OUTPUTS, "languages": ["es"], "dubs": {"es": used}}
    assert (await complete(client, video["gcs_uri"], outputs=outputs)).status_code == 201
    ids = await _made_long_ago(database, used, unused, video["gcs_uri"], late["gcs_uri"])
    ids += [UUID(young.split("/")[-2])]

    sweep = ExpiryActivities(database, object_store)
    await ActivityEnvironment().run(sweep.expire_records)
    await ActivityEnvironment().run(sweep.expire_records)
    async with database.begin() as session:
        left = set(await session.scalars(sa.select(col(Upload.id)).where(col(Upload.id).in_(ids))))
    assert left == {ids[0], ids[2], ids[4]}, "what a job is of, or names, stays; so does what is new"
    there = [await object_store.stat(object_store.name_of(uri)) is not None for uri in (used, unused, young)]
    assert there == [True, False, True]
    again = await complete(client, (await uploaded(client))["gcs_uri"], outputs=outputs)
    assert again.status_code == 201, "what is in use can be used again"


async def test_a_file_that_another_took_the_place_of_is_swept_unless_something_names_it(
    tenant: Tenant, database: Database, object_store: GoogleStorage
) -> None:
    client = tenant[Role.LINGUIST]
    names = ("alone", "shared", "planned", "at work", "young", "again", "next")
    uris = {name: await file_of(client, "recording", WAV, "audio/wav") for name in names}
    of = {name: object_store.name_of(uri) for name, uri in uris.items()}
    ids = dict(zip(names, await _made_long_ago(database, *uris.values()), strict=True))
    job, other, busy = [
        await tenant.job(database, status=status) for status in ("pending_qc", "pending_qc", "muxing")
    ]
    plan = f"jobs/{job.id}/plan.json"
    await object_store.write(plan, f'["{uris["planned"]}"]'.encode(), "application/json")
    async with database.begin() as session:
        await uploads.use(session, client.id, list(of.values()))
        for name in names[:-1]:
            where = busy.id if name == "at work" else job.id
            await choices.put(session, where, "es", name, Choice(recording=uris[name]), None)
        await choices.put(session, other.id, "es", "d1", Choice(recording=uris["shared"]), None)
        session.add(
            Asset(
                job_id=job.id, language="es", kind=AssetKind.CLIPS, object_name=plan, content_type="application/json",
                size_bytes=1, details={},
            )
        )  # fmt: skip
        for name in names[:-1]:
            where = busy.id if name == "at work" else job.id
            await choices.put(session, where, "es", name, Choice(recording=uris["next"]), None)
        await uploads.use(session, client.id, [of["again"]])
        let_go = set(
            await session.scalars(sa.select(col(Upload.id)).where(col(Upload.unused_by).is_not(None)))
        )
        assert let_go & set(ids.values()) == {ids[name] for name in names[:5]}
        long_ago = [ids[name] for name in names if name not in ("young", "again", "next")]
        await session.execute(
            sa.update(Upload)
            .where(col(Upload.id).in_(long_ago))
            .values(unused_since=now() - timedelta(days=31))
        )
    sweep = ExpiryActivities(database, object_store)
    await ActivityEnvironment().run(sweep.expire_records)
    assert await object_store.stat(of["alone"]) is not None, "who has just found it may use it yet"
    async with database.begin() as session:
        await session.execute(
            sa.update(Upload)
            .where(col(Upload.id) == ids["alone"])
            .values(expires_at=now() - timedelta(hours=2))
        )
    await ActivityEnvironment().run(sweep.expire_records)
    there = {name for name in names if await object_store.stat(of[name]) is not None}
    assert there == set(names) - {"alone"}


async def test_a_source_and_a_dub_that_others_take_the_place_of_are_let_go(
    tenant: Tenant, database: Database, object_store: GoogleStorage
) -> None:
    client = tenant[Role.CLIENT]
    old, new = [await file_of(client, "dub", WAV, "audio/wav") for _ in range(2)]
    video, another = (await uploaded(client))["gcs_uri"], (await uploaded(client))["gcs_uri"]
    before = RequestedOutputs(languages=("es",), dubs={"es": old})
    job = await tenant.job(
        database,
        status=JobStatus.BLOCKED_ON_SOURCE,
        outputs=before,
        source_object=object_store.name_of(video),
    )
    file = SourceFile(
        source_object=object_store.name_of(another), filename="b.mp4", content_type="video/mp4", size_bytes=1
    )
    after = before.model_copy(update={"dubs": {"es": new}})
    state = JobState(outputs=after, source=file, status=JobStatus.PROBING)
    for sequence, action in enumerate((JobAction.CHANGE_OUTPUTS, JobAction.NEW_SOURCE), 1):
        snapshot = JobSnapshot(
            job=jobs.job_ref(job), state=state, sequence=sequence, run_id="a", event=action,
            decision=JobDecision(action=action),
        )  # fmt: skip
        async with database.begin() as session:
            await write_job(session, snapshot, now())
    async with database.begin() as session:
        found = await session.scalars(
            sa.select(col(Upload.object_name)).where(col(Upload.unused_by) == job.id)
        )
    assert set(found) == {object_store.name_of(old), object_store.name_of(video)}


async def test_a_file_is_not_begun_with_once_it_has_expired(tenant: Tenant, database: Database) -> None:
    client = tenant[Role.CLIENT]
    dub = await file_of(client, "dub", WAV, "audio/wav")
    await _made_long_ago(database, dub)
    outputs = {**OUTPUTS, "languages": ["es"], "dubs": {"es": dub}}
    refused = await complete(client, (await uploaded(client))["gcs_uri"], outputs=outputs)
    assert (refused.status_code, "announced no upload" in refused.json()["detail"]) == (400, True)


async def test_a_bucket_that_is_away_loses_no_file(
    tenant: Tenant, database: Database, object_store: GoogleStorage
) -> None:
    """The row goes after its object: it is found again."""

    class Away:
        async def delete(self, name: str) -> None:
            raise ConnectionResetError("away")

    unused = await file_of(tenant[Role.CLIENT], "dub", WAV, "audio/wav")
    (file_id,) = await _made_long_ago(database, unused)
    with pytest.raises(ConnectionResetError):
        await ActivityEnvironment().run(ExpiryActivities(database, Away()).expire_records)  # type: ignore[arg-type]
    async with database.begin() as session:
        assert await session.get(Upload, file_id) is not None
    await ActivityEnvironment().run(ExpiryActivities(database, object_store).expire_records)
    async with database.begin() as session:
        assert await session.get(Upload, file_id) is None


async def test_texts_are_brought_as_files(tenant: Tenant, steps: FakeSteps, database: Database) -> None:
    client = tenant[Role.CLIENT]
    srt = "1\n00:00:01,000 --> 00:00:03,000 X1:10\n{\\an7}Good morning.\n".encode("utf-8-sig")
    script = b"WEBVTT\n\nd1\n00:00:04.000 --> 00:00:06.000\nA harbour.\n"
    captions = await file_of(client, "captions", srt, "application/x-subrip", filename="a.srt")
    described = await file_of(client, "audio_description", script, "text/vtt", filename="a.vtt")
    broken = await file_of(client, "captions", b"WEBVTT\n\n00:00:09.000 --> 00:00:01.000\nx\n", "text/vtt")
    video = await uploaded(client)

    async def make(**texts: str) -> httpx.Response:
        return await complete(client, video["gcs_uri"], **texts)

    both = await make(captions="WEBVTT\n", captions_uri=captions)
    assert (both.status_code, "one of the two" in both.json()["detail"]) == (422, True)
    for wrong in (described, video["gcs_uri"], "gs://elsewhere/x"):
        refused = await make(captions_uri=wrong)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "captions_uri"), wrong
    refused = await make(captions_uri=broken)
    assert (refused.status_code, refused.json()["code"]) == (400, "text_refused")
    made = await make(captions_uri=captions, audio_description_uri=described)
    assert made.status_code == 201, made.text
    async with database.begin() as session:
        rows = await session.scalars(
            sa.select(TextVersion).where(col(TextVersion.job_id) == UUID(made.json()["id"]))
        )
        saved = {row.kind: row for row in rows}
    contents = {kind: row.content for kind, row in saved.items()}
    told = "Brought with the video. Line 2: X1:10, {\\an7} but for its row was left out."
    assert saved[Kind.CAPTIONS].note == told
    assert "Good morning." in contents[Kind.CAPTIONS]
    assert "A harbour." in contents[Kind.AUDIO_DESCRIPTION]
