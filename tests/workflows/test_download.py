"""A ZIP of what many jobs have made: opened by others than its writer."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import subprocess
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import col
from temporalio.testing import ActivityEnvironment

from activities.batches.contents import Names, safe
from activities.maintenance.expiry import ExpiryActivities
from schema.contracts.batches import BatchWork, Packed
from schema.enums import AssetKind, BatchAction, BatchStatus, Outcome, Role
from schema.queries import assets
from schema.tables import Asset, Batch, Job, Team, TeamMember, now
from tests.workflows.batch_kit import Case, nobodys, of
from tests.workflows.platform import PLAIN, Platform
from tests.workflows.test_mails import person
from tests.workflows.test_shown import details
from workflows import names


@pytest.fixture
def case(platform: Platform) -> Case:
    return of(platform)


async def made(platform: Platform, title: str, **objects: tuple[AssetKind, bytes, str]) -> UUID:
    """A job with these objects: name to kind, content and type."""
    job_id = await platform.start(PLAIN, title=title)
    for name, (kind, content, content_type) in objects.items():
        object_name = f"jobs/{job_id}/made/{name.replace('_', '.')}"
        await platform.store.write(object_name, content, content_type)
        async with platform.database.begin() as session:
            row = Asset(
                job_id=job_id,
                language="en",
                kind=kind,
                object_name=object_name,
                content_type=content_type,
                size_bytes=len(content),
                details={"version": 1},
            )
            await assets.put(session, row)
    return job_id


VTT = (AssetKind.CAPTIONS_VTT, b"WEBVTT\n\n00:01.000 --> 00:02.000\nHi.\n" * 50, "text/vtt")
MP4 = (AssetKind.ACCESSIBLE_VIDEO_MP4, bytes(range(256)) * 20_000, "video/mp4")


async def packed(platform: Platform, case: Case, batch: Batch, path: Path) -> Path:
    await case.start(batch)
    await case.ended(batch)
    result = Packed.kept((await case.row(batch)).result)
    await platform.store.download(result.object_name, path)
    assert path.stat().st_size == result.size_bytes
    return path


async def test_it_holds_what_was_made_and_says_what_it_is(
    platform: Platform, case: Case, tmp_path: Path
) -> None:
    first = await made(platform, "Evening: news / 1", captions_vtt=VTT, video_mp4=MP4)
    twin = await made(platform, "evening  news 1", captions_vtt=VTT)
    bare = await made(platform, "Nothing yet")
    (nobody,) = nobodys(1)
    batch = await case.make(BatchWork(action=BatchAction.DOWNLOAD), [first, twin, bare, nobody])
    path = await packed(platform, case, batch, tmp_path / "all.zip")
    with zipfile.ZipFile(path) as opened:
        assert opened.testzip() is None
        found = {each.filename: each for each in opened.infolist()}
        manifest = json.loads(opened.read("manifest.json"))
        for told in manifest["files"]:
            content = opened.read(told["path"])
            assert (hashlib.sha256(content).hexdigest(), len(content)) == (told["sha256"], told["size_bytes"])
    assert list(found) == [
        "Evening news 1/Evening news 1.en.accessible_video.mp4",
        "Evening news 1/Evening news 1.en.captions.vtt",
        "evening news 1 (2)/evening news 1.en.captions.vtt",
        "manifest.json",
    ]
    assert len({name.casefold() for name in found}) == 4
    kinds = {each["kind"]: found[each["path"]].compress_type for each in manifest["files"]}
    assert kinds["accessible_video_mp4"] == zipfile.ZIP_STORED
    assert kinds["captions_vtt"] == zipfile.ZIP_DEFLATED
    outcomes = {each.job_id: each.outcome for each in await case.items(batch)}
    assert outcomes == {
        first: Outcome.DONE,
        twin: Outcome.DONE,
        bare: Outcome.REFUSED,
        nobody: Outcome.NOT_FOUND,
    }
    assert {each["job_id"] for each in manifest["not_packed"]} == {str(bare), str(nobody)}
    places = {(await platform.row(job_id)).org_id for job_id in (first, twin)}
    assert set(Packed.kept((await case.row(batch)).result).internal_of) == places


@pytest.mark.parametrize("command", ["unzip -t", "7z t", "7zz t", "7za t"])
async def test_other_programs_open_it(platform: Platform, case: Case, tmp_path: Path, command: str) -> None:
    program, flag = command.split()
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    job_id = await made(platform, "Übersicht", captions_vtt=VTT, video_mp4=MP4)
    batch = await case.make(BatchWork(action=BatchAction.DOWNLOAD), [job_id])
    path = await packed(platform, case, batch, tmp_path / "all.zip")
    done = await asyncio.to_thread(subprocess.run, [program, flag, str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


async def test_only_what_was_asked_for_is_packed(platform: Platform, case: Case, tmp_path: Path) -> None:
    job_id = await made(platform, "Film", captions_vtt=VTT, video_mp4=MP4)
    for work, name in (
        ({"formats": ("vtt",)}, "captions.vtt"),
        ({"kinds": (AssetKind.ACCESSIBLE_VIDEO_MP4,)}, "accessible_video.mp4"),
    ):
        batch = await case.make(BatchWork(action=BatchAction.DOWNLOAD, **work), [job_id])
        path = await packed(platform, case, batch, tmp_path / "some.zip")
        with zipfile.ZipFile(path) as opened:
            assert [each.rpartition(".en.")[2] for each in opened.namelist()] == [name, "manifest.json"]
    none = await case.make(BatchWork(action=BatchAction.DOWNLOAD, languages=("ko",)), [job_id])
    await case.start(none)
    assert (await case.ended(none)).counts == {Outcome.REFUSED: 1}


async def test_a_client_gets_what_was_delivered_and_no_more(
    platform: Platform, case: Case, tmp_path: Path
) -> None:
    """Also while the job is opened again; neither reports, nor what was made since, nor what steps noted."""
    report = (AssetKind.REPORT_HTML, b"<p>Findings</p>", "text/html")
    job_id = await made(platform, "Film", captions_vtt=VTT, video_mp4=MP4, report_html=report)
    bare = await made(platform, "Not yet", captions_vtt=VTT)
    job = await platform.row(job_id)
    client = await person(platform, job.org_id, Role.CLIENT)
    async with platform.database.begin() as session:
        team = Team(client_id=job.client_id, name=f"Team {job_id}")
        session.add(team)
        await session.flush()
        session.add(TeamMember(team_id=team.id, user_id=client.id))
        kinds = [AssetKind.CAPTIONS_VTT, AssetKind.REPORT_HTML]
        told = assets.delivered(job_id, ["en"], kinds)
        await session.execute(sa.update(Job).where(col(Job.id) == job_id).values(delivered=told))
        place = {name: getattr(job, name) for name in ("org_id", "client_id", "project_id")}
        await session.execute(sa.update(Job).where(col(Job.id) == bare).values(place))
    batch = await case.make(BatchWork(action=BatchAction.DOWNLOAD), [job_id, bare], owner_id=client.id)
    path = await packed(platform, case, batch, tmp_path / "mine.zip")
    with zipfile.ZipFile(path) as opened:
        assert opened.namelist() == ["Film/Film.en.captions.vtt", "manifest.json"]
        (told_of,) = json.loads(opened.read("manifest.json"))["files"]
    assert told_of["details"] == {}
    assert Packed.kept((await case.row(batch)).result).internal_of == ()
    outcomes = {each.job_id: (each.outcome, each.reason) for each in await case.items(batch)}
    assert outcomes == {
        job_id: (Outcome.DONE, None),
        bare: (Outcome.REFUSED, "It is not complete yet."),
    }


async def test_what_is_gone_from_the_bucket_is_an_outcome(platform: Platform, case: Case) -> None:
    job_id = await made(platform, "Film", captions_vtt=VTT, video_mp4=MP4)
    await platform.store.delete(f"jobs/{job_id}/made/video.mp4")
    batch = await case.make(BatchWork(action=BatchAction.DOWNLOAD), [job_id])
    await case.start(batch)
    await case.ended(batch)
    (item,) = await case.items(batch)
    assert item.outcome is Outcome.DONE
    assert "Not in the bucket any more" in (item.reason or "")


async def test_it_is_deleted_a_week_later(platform: Platform, case: Case) -> None:
    job_id = await made(platform, "Film", captions_vtt=VTT)
    batch = await case.make(BatchWork(action=BatchAction.DOWNLOAD), [job_id])
    await case.start(batch)
    await case.ended(batch)
    row = await case.row(batch)
    name = Packed.kept(row.result).object_name
    assert row.expires_at is not None
    assert row.expires_at - now() > timedelta(days=6, hours=23)
    async with platform.database.begin() as session:
        await session.execute(sa.update(Batch).where(col(Batch.id) == batch.id).values(expires_at=now()))
    sweep = ExpiryActivities(platform.database, platform.store)
    await ActivityEnvironment().run(sweep.expire_records)
    assert await platform.store.stat(name) is None
    assert (await case.row(batch)).result is None


async def test_a_cancelled_download_leaves_no_file(platform: Platform, case: Case) -> None:
    jobs: list[Any] = [await made(platform, f"Film {n}", video_mp4=MP4) for n in range(2)]
    batch = await case.make(BatchWork(action=BatchAction.DOWNLOAD), [*jobs, *nobodys(3_000)])
    handle = await case.start(batch)
    await handle.execute_update(names.CANCEL)
    state = await case.ended(batch, BatchStatus.CANCELLED)
    assert state.reasons == {}, "nothing failed"
    assert await details(handle) == "**Cancelled**: nothing is packed."
    sweep = ExpiryActivities(platform.database, platform.store)
    await ActivityEnvironment().run(sweep.expire_records)
    assert await platform.store.list_prefix(f"batches/{batch.id}/") == []


def test_names_are_safe_and_unique() -> None:
    odd = ("../../etc", "con", "a\\b:c*?", "...", "x" * 300)
    assert [safe(each) for each in odd] == ["etc", "_con", "a b c", "job", "x" * 80]
    given = Names()
    assert [given.of("A", "b.vtt"), given.of("a", "B.vtt"), given.of("A", "b.vtt")] == [
        "A/b.vtt",
        "a/B (2).vtt",
        "A/b (3).vtt",
    ]
    assert [given.folder("Film"), given.folder("FILM")] == ["Film", "FILM (2)"]
