"""The mux step over a real database and bucket: the video with its report beside it, and nothing rendered twice or left half made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlmodel import col
from temporalio.testing import ActivityEnvironment

from activities.media.sound.clips import measure_clip
from activities.mux import MuxActivities
from activities.running.workspace import Workspace
from activities.step import Kit
from activities.storage import GoogleStorage
from schema.contracts.clips import ClipManifest, ClipRecord, ManifestEntry
from schema.contracts.outputs import RequestedOutputs
from schema.contracts.report import QualityReport
from schema.contracts.steps import Artifacts, JobRef, MuxInput, Versions
from schema.db import Database
from schema.enums import AssetKind, Kind, Origin
from schema.queries import assets
from schema.queries.drafts import Draft, save_draft
from schema.tables import Asset, Job
from schema.vtt import write
from tests.activities.report.case import CAPTIONS, SCRIPT, TITLE, TRANSCRIPT, Case
from tests.activities.test_mux_stops import renders
from tests.factories import make_job, settings_for

OUTPUTS = RequestedOutputs(accessible_video_mp4=True)


@pytest_asyncio.fixture
async def kit(clean_database: str, object_store: GoogleStorage, tmp_path: Path) -> AsyncIterator[Kit]:
    database = Database.connect(settings_for(clean_database))
    yield Kit(database, object_store, Workspace(object_store, tmp_path / "work", 1 << 30))
    await database.close()


async def asked(kit: Kit, case: Case) -> MuxInput:
    """A job whose texts are approved and whose descriptions are spoken."""
    job = await make_job(kit.database, OUTPUTS, title=TITLE)
    folder = f"jobs/{job.id}"
    async with kit.database.begin() as session:
        for kind, document in ((Kind.CAPTIONS, CAPTIONS), (Kind.AUDIO_DESCRIPTION, SCRIPT)):
            draft = Draft("en", kind, write(document), "0" * 64, Origin.DRAFT, "Draft by local")
            await save_draft(session, job.id, draft, is_source=True)
    await kit.store.upload(job.source_object, case.source, "video/mp4")
    await kit.store.upload(f"{folder}/audio.flac", case.speech_audio, "audio/flac")
    await kit.write(f"{folder}/media.json", case.media)
    await kit.write(f"{folder}/words.json", TRANSCRIPT)
    await kit.write(f"{folder}/plan.json", case.plan)
    manifest = ClipManifest(
        language="en",
        plan=f"{folder}/plan.json",
        entries=tuple([await _entry(kit, case, cue.id, folder) for cue in SCRIPT.cues]),
    )
    await kit.write(f"{folder}/clips.json", manifest)
    return MuxInput(
        job=_reference(job),
        language="en",
        versions=Versions(captions=1, audio_description=1),
        outputs=OUTPUTS,
        artifacts=Artifacts(
            media_report=f"{folder}/media.json",
            speech_audio=f"{folder}/audio.flac",
            words=f"{folder}/words.json",
        ),
        plan=f"{folder}/plan.json",
        clips=f"{folder}/clips.json",
    )


async def _entry(kit: Kit, case: Case, cue_id: str, folder: str) -> ManifestEntry:
    clip = measure_clip(case.clips[cue_id].read_bytes(), 48_000)
    await kit.store.write(f"{folder}/{cue_id}.flac", clip.flac, "audio/flac")
    record = ClipRecord(
        object_name=f"{folder}/{cue_id}.flac",
        sha256=clip.sha256,
        rate=clip.rate,
        length=clip.length,
        trimmed=clip.trimmed,
        lufs=clip.lufs,
        true_peak_dbtp=clip.true_peak_dbtp,
        provider="espeak-ng",
        voice=None,
        draft=True,
    )
    return ManifestEntry(
        cue_id=cue_id, clip=record, text="", source_ms=0, start_ms=0, length_ms=0, pause_ms=0
    )


def _reference(job: Job) -> JobRef:
    return JobRef(
        job_id=job.id,
        org_id=job.org_id,
        client_id=job.client_id,
        project_id=job.project_id,
        source_language="en",
        source_object=job.source_object,
    )


async def made(kit: Kit, job_id: UUID) -> dict[AssetKind, Asset]:
    async with kit.database.begin() as session:
        return {asset.kind: asset for asset in await assets.of_job(session, job_id)}


async def test_a_render_comes_with_its_report_and_is_made_once(kit: Kit, case: Case) -> None:
    inputs = await asked(kit, case)
    mux = MuxActivities(kit).mux_accessible_video
    first = await ActivityEnvironment().run(mux, inputs)
    assert not first.reused
    found = await made(kit, inputs.job.job_id)
    report = QualityReport.model_validate_json(await kit.store.read(found[AssetKind.REPORT].object_name))
    page = (await kit.store.read(found[AssetKind.REPORT_HTML].object_name)).decode()
    assert found[AssetKind.REPORT_HTML].content_type.startswith("text/html")
    assert found[AssetKind.REPORT_HTML].size_bytes == len(page.encode())
    assert report.render.sha256 in page
    assert report.video in page
    assert report.title == TITLE
    assert report.lengths.rendered_ms == first.duration_ms
    assert report.speech_overlap_ms == 0
    assert report.render.peaks
    assert [one.what for one in report.provenance] == ["captions", "audio_description", "voice"]
    assert "pocketsphinx" in report.provenance[0].sentence
    assert report.provenance[2].draft
    assert report.findings[0].profile == kit.profile

    second = await ActivityEnvironment().run(mux, inputs)
    assert second.reused
    assert (second.video, second.report) == (first.video, first.report)


async def test_a_new_title_writes_the_report_again_but_renders_nothing(kit: Kit, case: Case) -> None:
    inputs = await asked(kit, case)
    mux = MuxActivities(kit).mux_accessible_video
    first = await ActivityEnvironment().run(mux, inputs)
    async with kit.database.begin() as session:
        await session.execute(
            sa.update(Job).where(col(Job.id) == inputs.job.job_id).values(title="Another name")
        )
    second = await ActivityEnvironment().run(mux, inputs)
    assert second.reused
    assert second.report != first.report
    report = await kit.read(second.report, QualityReport)
    assert report.video == "Another name.en.accessible_video.mp4"


async def test_a_deployment_that_asks_for_a_constant_frame_rate_gets_one(kit: Kit, case: Case) -> None:
    inputs = await asked(kit, case)
    constant = MuxActivities(kit, constant_frame_rate=True).mux_accessible_video
    made = await ActivityEnvironment().run(constant, inputs)
    report = await kit.read(made.report, QualityReport)
    assert report.render.picture == "encoded"
    assert any("constant frame rate was asked for" in reason for reason in report.render.reasons)
    assert report.render.sound == "spliced"


async def test_a_cancel_leaves_nothing_behind(kit: Kit, case: Case, tmp_path: Path) -> None:
    """No child, no file half made, nothing recorded; and the next attempt begins from there."""
    inputs = await asked(kit, case)
    mux = MuxActivities(kit).mux_accessible_video
    environment = ActivityEnvironment()
    running = asyncio.create_task(environment.run(mux, inputs))
    async with asyncio.timeout(120):
        while not list((tmp_path / "work").glob("ranges/*/*/*")):  # the render has begun
            await asyncio.sleep(0.005)
    environment.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    files = [path for path in (tmp_path / "work").rglob("*") if path.is_file() and path.name != ".lock"]
    assert not [path for path in files if path.name.startswith(("making-", ".")) or "scratch" in path.parts]
    assert renders() == []
    assert await made(kit, inputs.job.job_id) == {}
    assert not (await ActivityEnvironment().run(mux, inputs)).reused
