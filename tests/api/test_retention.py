"""What clients do not want to be kept, clients that are archived, and clients that are purged."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa
from sqlmodel import col

from activities.storage import GoogleStorage
from schema.contracts.job import JobDecision, JobSnapshot
from schema.db import Database
from schema.enums import AssetKind, FilePurpose, JobAction, JobStatus, Kind, Role
from schema.errors import Conflict
from schema.queries import jobs, retention
from schema.queries.projection import write_job
from schema.tables import Asset, Brief, CueChoice, Glossary, Job, Project, TextVersion, Upload, now
from schema.tables.people import Client
from tests.api.flow import init, key
from tests.api.people import Tenant, make_tenant
from tests.api.test_kept import Broken, _swept, _there

MADE = {
    AssetKind.SPEECH_AUDIO: "probe/a/speech.flac",
    AssetKind.MEDIA_REPORT: "probe/a/report.json",
    AssetKind.ACCESSIBLE_VIDEO_MP4: "mux/b/video.mp4",
    AssetKind.CAPTIONS_VTT: "texts/c/captions.en.vtt",
    AssetKind.WORDS: "transcribe/d/words.json",
}
OLD = "mux/z/video.mp4"
LATER = "describe/e/sight.json"
OF_SOURCE = {"probe/z/speech.flac", "describe/f/alone.mp4"}
"""Of an earlier look at the video, and what a model was shown of it."""


async def _closed(tenant: Tenant, database: Database, store: GoogleStorage, days: float = 10) -> Job:
    """A job that was completed `days` ago, with a source, renders and texts."""
    job = await tenant.job(
        database, status=JobStatus.COMPLETED, completed_at=now() - timedelta(days=days), state={"revision": 1}
    )
    for name in ("source.mp4", OLD, LATER, *OF_SOURCE, *MADE.values()):
        await store.write(f"jobs/{job.id}/{name}", b"x", "video/mp4")
    rows: list[Any] = [
        Asset(
            job_id=job.id,
            language="en",
            kind=kind,
            object_name=f"jobs/{job.id}/{name}",
            content_type="video/mp4",
            size_bytes=1,
            details={},
        )
        for kind, name in MADE.items()
    ]
    text = TextVersion(
        job_id=job.id, language="en", kind=Kind.CAPTIONS, version=1, content="", origin="draft", sources={}
    )
    async with database.begin() as session:
        session.add_all([*rows, text])
    return job


async def _left(database: Database, store: GoogleStorage, job_id: UUID) -> tuple[set[str], set[str], int]:
    """Objects, kinds of assets, versions of texts."""
    objects = {
        each.name.removeprefix(f"jobs/{job_id}/") for each in await store.list_prefix(f"jobs/{job_id}/")
    }
    async with database.begin() as session:
        kinds = set(await session.scalars(sa.select(col(Asset.kind)).where(col(Asset.job_id) == job_id)))
        query = sa.select(sa.func.count()).where(col(TextVersion.job_id) == job_id)
        return objects, kinds, await session.scalar(query) or 0


@pytest.mark.parametrize(
    ("days", "gone", "kinds", "versions"),
    [
        (
            "keep_source_days",
            {"source.mp4", "probe/a/speech.flac", *OF_SOURCE},
            {AssetKind.SPEECH_AUDIO},
            1,
        ),
        ("keep_renders_days", {"mux/b/video.mp4", OLD}, {AssetKind.ACCESSIBLE_VIDEO_MP4}, 1),
        (
            "keep_texts_days",
            {"texts/c/captions.en.vtt", "transcribe/d/words.json", LATER, "describe/f/alone.mp4"},
            {AssetKind.CAPTIONS_VTT, AssetKind.WORDS},
            0,
        ),
    ],
)
async def test_each_part_is_kept_for_a_time_of_its_own(
    days: str,
    gone: set[str],
    kinds: set[AssetKind],
    versions: int,
    database: Database,
    http: httpx.AsyncClient,
    object_store: GoogleStorage,
) -> None:
    tenant = await make_tenant(database, http)
    old = await _closed(tenant, database, object_store, days=10)
    young = await _closed(tenant, database, object_store, days=5)
    everything = await _left(database, object_store, old.id)
    await _swept(database, object_store, 0)
    assert await _left(database, object_store, old.id) == everything, "off by default"
    admin, path = tenant[Role.ADMIN], f"/clients/{tenant.client.id}"
    changed = await admin.patch(path, {days: 7})
    assert (changed.status_code, changed.json()[days]) == (200, 7), changed.text
    store: Any = Broken(object_store, old.id)
    await _swept(database, store, 0)  # dies on the way where it lists
    swept = await _swept(database, object_store, 0)
    assert swept.failed == 0
    objects, left, texts = await _left(database, object_store, old.id)
    assert objects == everything[0] - gone
    assert left == everything[1] - kinds
    assert texts == versions
    assert await _left(database, object_store, young.id) == everything
    assert (await admin.patch(path, {days: None})).json()[days] is None
    again = await tenant[Role.PRODUCTION].post(f"/jobs/{old.id}/actions/retry_tts", {"language": "en"})
    ended = "its work is over" in again.json()["detail"]
    assert ended is (days != "keep_renders_days"), again.text
    downloads = (await tenant[Role.PRODUCTION].get(f"/jobs/{old.id}/downloads")).json()["items"]
    assert ("source" in {each["kind"] for each in downloads}) is (days != "keep_source_days")
    told = (await admin.get(f"/admin/audit-logs?thing_id={old.id}&action=job.forget")).json()["items"]
    assert len(told) == 1


async def test_videos_sent_later_and_recordings_go_with_what_they_are_of(
    database: Database, http: httpx.AsyncClient, object_store: GoogleStorage
) -> None:
    """They lie beside the job's folder, and no row names them afterwards."""
    tenant = await make_tenant(database, http)
    job = await _closed(tenant, database, object_store, days=10)
    later, file_id = f"jobs/{uuid4()}/source.mp4", uuid4()
    recording = f"files/{file_id}/file.wav"
    upload = Upload(
        id=file_id, user_id=tenant[Role.CLIENT].id, object_name=recording, filename="file.wav",
        content_type="audio/wav", size_bytes=1, expires_at=now(), used_at=now(), purpose=FilePurpose.RECORDING,
    )  # fmt: skip
    choice = {"recording": object_store.uri(recording)}
    for name in (later, recording):
        await object_store.write(name, b"x", "video/mp4")
    async with database.begin() as session:
        session.add_all([upload, CueChoice(job_id=job.id, language="en", cue_id="d1", choice=choice)])
        of_job = sa.update(Job).where(col(Job.id) == job.id)
        before = {**(job.state or {}), "sources_before": [f"jobs/{job.id}/source.mp4"]}
        await session.execute(of_job.values(source_object=later, state=before))
    admin, path = tenant[Role.ADMIN], f"/clients/{tenant.client.id}"
    await admin.patch(path, {"keep_source_days": 7})
    assert (await _swept(database, object_store, 0)).failed == 0
    objects, _, _ = await _left(database, object_store, job.id)
    assert "source.mp4" not in objects
    assert await object_store.stat(later) is None
    assert await object_store.stat(recording) is not None
    await admin.patch(path, {"keep_texts_days": 7})
    assert (await _swept(database, object_store, 0)).failed == 0
    assert await object_store.stat(recording) is None
    async with database.begin() as session:
        assert await session.get(Upload, upload.id) is None


async def test_an_open_job_keeps_everything(
    database: Database, http: httpx.AsyncClient, object_store: GoogleStorage
) -> None:
    tenant = await make_tenant(database, http)
    job = await _closed(tenant, database, object_store, days=100)
    async with database.begin() as session:
        await session.execute(
            sa.update(Job).where(col(Job.id) == job.id).values(status=JobStatus.PENDING_FINAL_REVIEW)
        )
    await tenant[Role.ADMIN].patch(
        f"/clients/{tenant.client.id}", {"keep_source_days": 1, "keep_texts_days": 1}
    )
    before = await _left(database, object_store, job.id)
    await _swept(database, object_store, 0)
    assert await _left(database, object_store, job.id) == before
    for wrong in (0, -1, 40_000, 1.5, True, "7"):
        answer = await tenant[Role.ADMIN].patch(f"/clients/{tenant.client.id}", {"keep_source_days": wrong})
        assert answer.status_code == 422, wrong


async def test_no_job_is_made_for_an_archived_client(database: Database, http: httpx.AsyncClient) -> None:
    tenant = await make_tenant(database, http)
    admin, path = tenant[Role.ADMIN], f"/clients/{tenant.client.id}"
    job = await tenant.job(database, status=JobStatus.COMPLETED)
    assert (await admin.patch(path, {"archived": True})).json()["archived_at"] is not None
    assert (await init(tenant[Role.CLIENT])).status_code == 400
    assert (await tenant[Role.CLIENT].get(f"/jobs/{job.id}")).status_code == 200, "what was made is there"
    assert (await admin.patch(path, {"archived": False})).json()["archived_at"] is None
    assert (await init(tenant[Role.CLIENT])).status_code == 201


async def test_an_archived_client_is_purged_with_all_that_belongs_to_it(
    database: Database, http: httpx.AsyncClient, object_store: GoogleStorage
) -> None:
    tenant, other = await make_tenant(database, http), await make_tenant(database, http)
    admin, path = tenant[Role.ADMIN], f"/clients/{tenant.client.id}/purge"
    job = await _closed(tenant, database, object_store)
    theirs = await _closed(other, database, object_store)
    open_job = await tenant.job(database, status=JobStatus.PENDING_QC)
    async with database.begin() as session:
        session.add(Glossary(client_id=tenant.client.id, name="Words", source_language="en"))
    refused = await admin.post(path)
    assert (refused.status_code, "archive it first" in refused.json()["detail"]) == (409, True)
    await admin.patch(f"/clients/{tenant.client.id}", {"archived": True})
    busy = await admin.post(path)
    assert (busy.status_code, busy.json()["holds"]) == (409, {"jobs": 1})
    assert (await tenant[Role.PRODUCTION].post(path)).status_code == 403
    async with database.begin() as session:
        await session.execute(
            sa.update(Job).where(col(Job.id) == open_job.id).values(status=JobStatus.CANCELLED)
        )
    same = key()
    asked = await admin.post(path, key=same)
    assert (asked.status_code, asked.json()["jobs"]) == (202, 2), asked.text
    assert (await admin.post(path, key=same)).json() == asked.json()
    assert (await admin.get(f"/jobs/{job.id}")).status_code == 404
    assert (await tenant[Role.PRODUCTION].post(f"/jobs/{job.id}/restore")).status_code == 409
    await _swept(database, object_store, 0)
    assert not await _there(database, job.id)
    assert not await _there(database, open_job.id)
    assert await object_store.list_prefix(f"jobs/{job.id}/") == []
    assert await _there(database, theirs.id)
    async with database.begin() as session:
        assert await session.get(Client, tenant.client.id) is None
        for table in (Project, Glossary):
            column: Any = table.client_id
            assert await session.scalar(sa.select(sa.func.count()).where(column == tenant.client.id)) == 0
    told = (await admin.get(f"/admin/audit-logs?thing_id={tenant.client.id}&action=client")).json()["items"]
    assert {"client.purge", "client.purged"} <= {each["action"] for each in told}


async def test_a_client_that_cannot_be_purged_stops_no_other(
    database: Database, http: httpx.AsyncClient, object_store: GoogleStorage
) -> None:
    """A job of somebody else's was made of its brief."""
    kept, gone, other = [await make_tenant(database, http) for _ in range(3)]
    brief = Brief(org_id=kept.org.id, client_id=kept.client.id, title="A film", requested_outputs={})
    async with database.begin() as session:
        session.add(brief)
    await other.job(database, status=JobStatus.COMPLETED, brief_id=brief.id)
    async with database.begin() as session:
        for tenant in (kept, gone):
            (await session.get_one(Client, tenant.client.id)).purging_at = now()
    swept = await _swept(database, object_store, 0)
    assert [each.partition(":")[0] for each in swept.failures] == [f"client {kept.client.id}"]
    async with database.begin() as session:
        assert await session.get(Client, gone.client.id) is None
        (await session.get_one(Client, kept.client.id)).purging_at = None


async def test_a_job_that_is_opened_again_at_the_same_moment_keeps_what_it_has(
    tenant: Tenant, database: Database, object_store: GoogleStorage
) -> None:
    """The sweep waits for the row, and looks again once it has it."""
    job = await _closed(tenant, database, object_store)
    async with database.begin() as session:
        await session.execute(
            sa.update(Client).where(col(Client.id) == tenant.client.id).values(keep_renders_days=1)
        )
    try:
        async with database.begin() as opening:
            await opening.execute(
                sa.update(Job).where(col(Job.id) == job.id).values(status=JobStatus.SYNTHESIZING)
            )

            async def begin() -> Job | None:
                async with database.begin() as session:
                    return await retention.begin(session, job.id, retention.Part.RENDERS)

            beginning = asyncio.create_task(begin())
            await asyncio.sleep(0.2)
            assert not beginning.done(), "it waits for whoever opens the job"
        assert await beginning is None
    finally:
        async with database.begin() as session:
            await session.execute(
                sa.update(Client).where(col(Client.id) == tenant.client.id).values(keep_renders_days=None)
            )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"deleted_at": now()}, "deleted just now"),
        ({"source_gone_at": now()}, "its work is over"),
        ({"leaving": "renders"}, "just being deleted"),
    ],
)
async def test_a_decision_that_comes_too_late_opens_nothing(
    tenant: Tenant, database: Database, changes: dict[str, Any], why: str
) -> None:
    """The job was looked at before; its row says no, under its lock, and is as it was."""
    job = await tenant.job(database, status=JobStatus.COMPLETED, **changes)
    snapshot = JobSnapshot(
        job=jobs.job_ref(job),
        state=jobs.job_state(job).model_copy(update={"status": JobStatus.SYNTHESIZING}),
        sequence=1,
        run_id="a",
        event="retry_tts",
        decision=JobDecision(action=JobAction.RETRY_TTS, language="en"),
    )
    with pytest.raises(Conflict, match=why):
        async with database.begin() as session:
            await write_job(session, snapshot, now())
    async with database.begin() as session:
        row = await jobs.load(session, job.id)
    assert row is not None
    assert row.status is JobStatus.COMPLETED
