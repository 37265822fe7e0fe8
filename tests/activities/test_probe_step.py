"""Probe as a step: what it refuses, what it leaves on record, and that it looks once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from temporalio.testing import ActivityEnvironment

from activities import probe as step
from activities.local.silero import SileroDetector
from activities.media.probing.pcm import SAMPLE_RATE
from activities.media.probing.probe import Limits
from activities.probe import ProbeActivities
from activities.running.child import ProcessFailed, run_in_child
from activities.step import Kit
from schema.contracts.outputs import RequestedOutputs, TrackChoice
from schema.contracts.steps import Artifacts, JobRef, ProbeInput, ScenesInput
from schema.enums import AssetKind
from schema.errors import MediaRefused, ProviderFailed
from schema.queries import assets
from tests.activities.cases import job_ref
from tests.activities.contract.support import SPOKEN, speech_samples
from tests.factories import make_job
from tests.media_factory import X264_CLOSED, Audio, Spec, make_video
from tests.media_sounds import Sound

FULL = Path("/dev/full")


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    spec = Spec(seconds=2, audio=(Audio(),), options=dict(X264_CLOSED))
    return make_video(tmp_path_factory.mktemp("probe") / "source.mp4", spec)


@pytest.fixture
async def job(kit: Kit) -> JobRef:
    return job_ref(await make_job(kit.database, RequestedOutputs()))


async def recorded(kit: Kit, job: JobRef) -> dict[AssetKind, str]:
    async with kit.database.begin() as session:
        return {one.kind: one.object_name for one in await assets.of_job(session, job.job_id, internal=True)}


def _spoken(first: int, count: int, rate: int, channels: int) -> Sound:
    piece = speech_samples()[first : first + count].astype(np.float32) / 32768
    return np.pad(piece, (0, count - len(piece)))[None, :]


def dies(*_: object) -> None:
    raise ProcessFailed("The process died (exit code -11).")


async def test_finds_out_once_and_leaves_it_on_record(
    kit: Kit, job: JobRef, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await kit.store.upload(job.source_object, video, "video/mp4")
    steps, env = ProbeActivities(kit, Limits(), SileroDetector()), ActivityEnvironment()
    found = await env.run(steps.probe_source, ProbeInput(job=job))
    assert found.has_audio and found.speech_audio and found.duration_ms == pytest.approx(2000, abs=50)
    assert await recorded(kit, job) == {
        AssetKind.MEDIA_REPORT: found.media_report,
        AssetKind.SPEECH_AUDIO: found.speech_audio,
    }
    scenes = ScenesInput(job=job, artifacts=Artifacts(media_report=found.media_report))
    whole = await env.run(steps.find_scenes, scenes)
    assert (await recorded(kit, job))[AssetKind.MEDIA_REPORT] == whole.media_report != found.media_report

    for name in ("examine_sound", "find_changes"):
        monkeypatch.setattr(step, name, dies)
    assert await env.run(steps.probe_source, ProbeInput(job=job)) == found
    assert await env.run(steps.find_scenes, scenes) == whole


async def test_a_voice_is_found_that_no_recogniser_was_asked_for(
    kit: Kit, job: JobRef, tmp_path: Path
) -> None:
    source = make_video(
        tmp_path / "spoken.mp4",
        Spec(seconds=10, audio=(Audio(rate=SAMPLE_RATE, layout="mono", sound=_spoken),)),
    )
    await kit.store.upload(job.source_object, source, "video/mp4")
    steps = ProbeActivities(kit, Limits(), SileroDetector())
    found = await ActivityEnvironment().run(steps.probe_source, ProbeInput(job=job))
    report = await kit.report(Artifacts(media_report=found.media_report))
    assert report.speech is not None and report.speech_by == SileroDetector.engine
    assert report.speech[0].start_ms == pytest.approx(SPOKEN[0].start_ms, abs=60)
    assert report.speech[-1].end_ms == pytest.approx(SPOKEN[-1].end_ms, abs=60)


async def test_the_tracks_that_a_person_chose_are_those_of_the_report(
    kit: Kit, job: JobRef, tmp_path: Path
) -> None:
    """And what a render needs is tried at once: nothing is refused after people have worked."""
    tracks = (Audio(language="eng"), Audio("libmp3lame", language="fra", layout="mono"))
    source = make_video(tmp_path / "two.mkv", Spec(seconds=2, audio=tracks, options=dict(X264_CLOSED)))
    await kit.store.upload(job.source_object, source, "video/x-matroska")
    steps, env = ProbeActivities(kit, Limits(), SileroDetector()), ActivityEnvironment()
    chosen = ProbeInput(job=job, tracks=TrackChoice(sound=(2,)))
    found = await env.run(steps.probe_source, chosen)
    report = await kit.report(Artifacts(media_report=found.media_report))
    assert report.tracks is not None and report.tracks.sounds == ((2,), (1,)) and report.tracks.chosen
    assert [sound.language for sound in report.audio] == ["fra", "eng"]
    assert any("Sound track 2 was encoded to AAC" in sentence for sentence in report.rendering)
    as_marked = await env.run(steps.probe_source, ProbeInput(job=job))
    assert as_marked.media_report != found.media_report
    with pytest.raises(MediaRefused, match="Track 9 is no sound"):
        await env.run(steps.probe_source, ProbeInput(job=job, tracks=TrackChoice(sound=(9,))))


async def test_a_video_that_is_not_there_or_too_large_is_refused_before_it_is_fetched(
    kit: Kit, job: JobRef, video: Path
) -> None:
    steps = ProbeActivities(kit, Limits(max_bytes=1000), SileroDetector())
    with pytest.raises(MediaRefused, match="Upload it again"):
        await ActivityEnvironment().run(steps.probe_source, ProbeInput(job=job))
    await kit.store.upload(job.source_object, video, "video/mp4")
    with pytest.raises(MediaRefused, match="are the most"):
        await ActivityEnvironment().run(steps.probe_source, ProbeInput(job=job))


async def test_a_decoder_that_dies_again_and_again_is_the_files_fault(
    kit: Kit, job: JobRef, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def examine(*_: object) -> None:
        dies()

    monkeypatch.setattr(step, "examine_sound", examine)
    await kit.store.upload(job.source_object, video, "video/mp4")
    steps, env = ProbeActivities(kit, Limits(), SileroDetector()), ActivityEnvironment()
    for attempt, error in ((1, ProviderFailed), (2, ProviderFailed), (3, MediaRefused)):
        env.info = replace(env.info, attempt=attempt)
        with pytest.raises(error, match="The process died"):
            await env.run(steps.probe_source, ProbeInput(job=job))
    with pytest.raises(MediaRefused, match="Export the video again"):
        await env.run(steps.probe_source, ProbeInput(job=job))


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
async def test_a_full_disk_is_not_the_files_fault(
    kit: Kit, job: JobRef, video: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def examine(*_: object) -> None:
        await run_in_child(FULL.write_bytes, b"x")

    monkeypatch.setattr(step, "examine_sound", examine)
    await kit.store.upload(job.source_object, video, "video/mp4")
    env = ActivityEnvironment()
    env.info = replace(env.info, attempt=3)
    with pytest.raises(ProviderFailed, match="The disk is full: make room") as failed:
        await env.run(ProbeActivities(kit, Limits(), SileroDetector()).probe_source, ProbeInput(job=job))
    assert failed.value.retryable
