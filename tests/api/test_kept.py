"""Gone and back: deleted jobs are listed and restored for a while, then purged with their objects, and nothing else."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa
from sqlmodel import col
from temporalio.testing import ActivityEnvironment

from activities.maintenance import purge
from activities.maintenance.purge import PurgeActivities
from activities.storage import GoogleStorage
from schema.contracts.sweeps import Cursor, Swept
from schema.db import Database
from schema.enums import AssetKind, JobStatus, Kind, Role
from schema.tables import Asset, AuditEntry, Client, CueChoice, Job, TextVersion, Upload, now
from tests.api.flow import key, new_job, until
from tests.api.people import Person, Tenant, make_tenant
from tests.fakes.steps import FakeSteps
from tests.statements import counted


async def _swept(database: Database, store: GoogleStorage, days: float, cursor: Cursor = Cursor()) -> Swept:
    """The sweep, as it would be `days` from now."""
    environment = ActivityEnvironment()
    at = now() + timedelta(days=days)
    environment.info = dataclasses.replace(environment.info, scheduled_time=at)
    found: Swept = await environment.run(PurgeActivities(database, store).purge_jobs, cursor)
    return found


async def _deleted(tenant: Tenant, database: Database, at: datetime | None = None, **changes: Any) -> Job:
    return await tenant.job(database, status=JobStatus.COMPLETED, deleted_at=at or now(), **changes)


async def _there(database: Database, job_id: UUID) -> bool:
    async with database.begin() as session:
        return await session.get(Job, job_id) is not None


async def _ids(person: Person, query: str = "") -> list[str]:
    answer = await person.get(f"/jobs?deleted=true&size=100{query}")
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def test_a_deleted_job_comes_back_as_it_was(tenant: Tenant, steps: FakeSteps) -> None:
    steps.begin_test()
    job_id = await new_job(tenant[Role.CLIENT], steps)
    production = tenant[Role.PRODUCTION]
    await until(production, job_id, "pending_qc")
    path = f"/jobs/{job_id}/restore"
    assert (await production.post(path)).status_code == 409, "it is not deleted"
    assert (await production.delete(f"/jobs/{job_id}")).status_code == 204
    assert (await production.get(f"/jobs/{job_id}")).status_code == 404
    assert str(job_id) in await _ids(production)
    same = key()
    back = await production.post(path, key=same)
    assert (back.status_code, back.json()["status"]) == (200, "cancelled")
    assert (await production.post(path, key=same)).json() == back.json()
    assert (await production.get(f"/jobs/{job_id}")).status_code == 200
    assert str(job_id) not in await _ids(production)
    words = [each["words"] for each in (await production.get(f"/jobs/{job_id}/history")).json()["items"]]
    assert words[:2] == ["The job was brought back.", "The job was deleted."]


async def test_those_who_run_the_place_see_and_restore_what_was_deleted(
    tenant: Tenant, stranger: Tenant, database: Database
) -> None:
    job = await _deleted(tenant, database)
    assert str(job.id) in await _ids(tenant[Role.ADMIN], f"&org_id={tenant.org.id}")
    assert str(job.id) not in await _ids(stranger[Role.PRODUCTION])
    assert (await stranger[Role.PRODUCTION].post(f"/jobs/{job.id}/restore")).status_code == 404
    for role in (Role.CLIENT, Role.LINGUIST, Role.REVIEWER, Role.PROJECT_MANAGER):
        assert (await tenant[role].get("/jobs?deleted=true")).status_code == 403, role
        assert (await tenant[role].post(f"/jobs/{job.id}/restore")).status_code == 403, role
    old = await _deleted(tenant, database, now() - timedelta(days=31))
    gone = await tenant[Role.PRODUCTION].post(f"/jobs/{old.id}/restore")
    assert (gone.status_code, "30 days" in gone.json()["detail"]) == (410, True)


@pytest.mark.parametrize("query", ["sort=title", "needs_me=true"])
async def test_the_list_of_the_deleted_says_what_it_does_not_do(tenant: Tenant, query: str) -> None:
    answer = await tenant[Role.PRODUCTION].get(f"/jobs?deleted=true&{query}")
    assert answer.status_code == 400, answer.text
    assert "leave sort and needs_me out" in answer.json()["detail"]


async def test_what_is_being_purged_with_its_client_cannot_be_brought_back(
    tenant: Tenant, database: Database
) -> None:
    job = await _deleted(tenant, database)
    production = tenant[Role.PRODUCTION]
    assert str(job.id) in await _ids(production)
    async with database.begin() as session:
        client = await session.get(Client, job.client_id)
        assert client is not None
        client.purging_at = now()
    try:
        assert str(job.id) not in await _ids(production)
    finally:
        async with database.begin() as session:
            (await session.get_one(Client, job.client_id)).purging_at = None


async def test_the_list_of_the_deleted_is_walked_and_narrowed(
    database: Database, http: httpx.AsyncClient
) -> None:
    tenant, at = await make_tenant(database, http), now()
    jobs = [await _deleted(tenant, database, at - timedelta(minutes=n)) for n in range(5)]
    await tenant.job(database)
    production = tenant[Role.PRODUCTION]
    wanted = [str(job.id) for job in jobs]
    assert await _ids(production) == wanted
    walked: list[str] = []
    after: str | None = ""
    sent = []
    while after is not None:
        with counted(database) as statements:
            page = (await production.get(f"/jobs?deleted=true&size=2{after and f'&after={after}'}")).json()
        sent.append(len(statements))
        walked += [item["id"] for item in page["items"]]
        after = page["next"]
    assert walked == wanted
    assert len(set(sent)) == 1
    assert await _ids(production, f"&client_id={uuid4()}") == []
    assert await _ids(production, "&status=failed") == []
    late = await _deleted(tenant, database, at, due_at=at - timedelta(days=1))
    assert await _ids(production, "&due_from=2020-01-01T00:00:00Z") == [str(late.id)]
    assert await _ids(production, "&overdue=true") == [], "what is closed is late no more"
    first = (await production.get("/jobs?deleted=true&size=1")).json()["items"][0]
    assert first["deleted_at"] is not None


async def _full(tenant: Tenant, database: Database, store: GoogleStorage, at: datetime) -> tuple[Job, Upload]:
    """A deleted job with a source, a render, texts, a recording and a dub."""
    job = await _deleted(tenant, database, at)
    for name in ("source.mp4", "mux/abc/video.mp4", "texts/abc/captions.en.vtt"):
        await store.write(f"jobs/{job.id}/{name}", b"x", "video/mp4")
    upload_id = uuid4()
    upload = Upload(
        id=upload_id,
        user_id=tenant[Role.CLIENT].id,
        object_name=f"files/{upload_id}/file.wav",
        filename="file.wav",
        content_type="audio/wav",
        size_bytes=1,
        expires_at=now(),
        used_at=now(),
    )
    await store.write(upload.object_name, b"x", "audio/wav")
    uri = store.uri(upload.object_name)
    rows: list[Any] = [
        upload,
        Asset(
            job_id=job.id,
            language="en",
            kind=AssetKind.ACCESSIBLE_VIDEO_MP4,
            object_name=f"jobs/{job.id}/mux/abc/video.mp4",
            content_type="video/mp4",
            size_bytes=1,
            details={},
        ),
        TextVersion(
            job_id=job.id,
            language="en",
            kind=Kind.CAPTIONS,
            version=1,
            content="",
            origin="draft",
            sources={},
        ),
        CueChoice(job_id=job.id, language="en", cue_id="d1", choice={"recording": uri}),
    ]
    async with database.begin() as session:
        session.add_all(rows)
    return job, upload


async def test_after_its_time_a_job_is_purged_with_its_objects(
    tenant: Tenant, database: Database, object_store: GoogleStorage
) -> None:
    job, upload = await _full(tenant, database, object_store, now())
    beside = await _deleted(tenant, database)
    await _swept(database, object_store, 29)
    assert await _there(database, job.id)
    assert len(await object_store.list_prefix(f"jobs/{job.id}/")) == 3
    async with database.begin() as session:
        await session.execute(sa.update(Job).where(col(Job.id) == beside.id).values(deleted_at=None))
    swept = await _swept(database, object_store, 30.1)
    assert (swept.failed, swept.seen_to >= 1) == (0, True)
    assert not await _there(database, job.id)
    assert await _there(database, beside.id), "it was restored"
    assert await object_store.list_prefix(f"jobs/{job.id}/") == []
    assert await object_store.stat(upload.object_name) is None
    async with database.begin() as session:
        for table in (Asset, TextVersion, CueChoice):
            column: Any = table.job_id
            assert await session.scalar(sa.select(sa.func.count()).where(column == job.id)) == 0
        assert await session.get(Upload, upload.id) is None
        told = await session.scalar(
            sa.select(AuditEntry).where(
                col(AuditEntry.thing_id) == str(job.id), col(AuditEntry.action) == "job.purge"
            )
        )
    assert told is not None


async def test_every_video_that_a_job_had_is_purged_with_it(
    tenant: Tenant, database: Database, object_store: GoogleStorage
) -> None:
    """One that was sent for it later lies in the folder of its upload; and a dub that staff typed is in no bucket of ours."""
    job, second, third = await _deleted(tenant, database), uuid4(), uuid4()
    names = [f"jobs/{each}/source.mp4" for each in (job.id, second, third)]
    uploads = [
        Upload(
            id=each, user_id=tenant[Role.CLIENT].id, object_name=name, filename="a.mp4", content_type="video/mp4",
            size_bytes=1, expires_at=now(), claimed_at=now(), claimed_by="once",
        )
        for each, name in zip((job.id, second, third), names, strict=True)
    ]  # fmt: skip
    for name in names:
        await object_store.write(name, b"x", "video/mp4")
    outputs = {**job.requested_outputs, "dubs": {"es": "gs://elsewhere/dub.wav"}}
    async with database.begin() as session:
        session.add_all(uploads)
        of_job = sa.update(Job).where(col(Job.id) == job.id)
        state = {"outputs": outputs, "sources_before": names[:2]}
        await session.execute(of_job.values(source_object=names[2], requested_outputs=outputs, state=state))
    swept = await _swept(database, object_store, 31)
    assert (await _there(database, job.id), swept.failures) == (False, ())
    assert [await object_store.stat(name) for name in names] == [None, None, None]
    async with database.begin() as session:
        assert [await session.get(Upload, each.id) for each in uploads] == [None, None, None]


async def test_an_object_that_another_job_shares_stays(
    tenant: Tenant, database: Database, object_store: GoogleStorage
) -> None:
    job, upload = await _full(tenant, database, object_store, now())
    uri = object_store.uri(upload.object_name)
    other = await tenant.job(database)
    async with database.begin() as session:
        outputs = {**other.requested_outputs, "dubs": {"es": uri}}
        await session.execute(sa.update(Job).where(col(Job.id) == other.id).values(requested_outputs=outputs))
        shared = Asset(
            job_id=other.id,
            language="en",
            kind=AssetKind.ACCESSIBLE_VIDEO_MP4,
            object_name=f"jobs/{job.id}/mux/abc/video.mp4",
            content_type="video/mp4",
            size_bytes=1,
            details={},
        )
        session.add(shared)
    await _swept(database, object_store, 31)
    assert not await _there(database, job.id)
    left = [each.name for each in await object_store.list_prefix(f"jobs/{job.id}/")]
    assert left == [f"jobs/{job.id}/mux/abc/video.mp4"]
    assert await object_store.stat(upload.object_name) is not None
    async with database.begin() as session:
        assert await session.get(Upload, upload.id) is not None


class Broken:
    """A bucket that refuses to list one job's objects."""

    def __init__(self, store: GoogleStorage, job_id: UUID) -> None:
        self._store, self._job_id = store, job_id

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def list_prefix(self, prefix: str) -> Any:
        if str(self._job_id) in prefix:
            raise ValueError("no")
        return await self._store.list_prefix(prefix)


async def test_one_that_cannot_be_purged_stops_no_other_and_the_sweep_goes_on_where_it_ended(
    tenant: Tenant, database: Database, object_store: GoogleStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "_PAGE", 2)
    early = now() - timedelta(days=3000)
    jobs = [await _deleted(tenant, database, early + timedelta(seconds=n)) for n in range(3)]
    store: Any = Broken(object_store, jobs[0].id)
    first = await _swept(database, store, 0)
    assert (first.failed, first.seen_to) == (1, 1)
    assert [await _there(database, job.id) for job in jobs] == [True, False, True]
    assert first.cursor.after is not None
    second = await _swept(database, store, 0, first.cursor)
    assert not await _there(database, jobs[2].id)
    assert second.cursor.after is None
    await _swept(database, object_store, 0)
    assert not await _there(database, jobs[0].id)


async def test_an_open_job_is_never_purged(
    tenant: Tenant, database: Database, object_store: GoogleStorage
) -> None:
    job = await tenant.job(database, status=JobStatus.PENDING_QC, deleted_at=now() - timedelta(days=99))
    await _swept(database, object_store, 0)
    assert await _there(database, job.id)
