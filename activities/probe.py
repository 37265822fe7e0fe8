"""Probe: checks that a video can be processed, and collects what later steps need."""

from __future__ import annotations

from collections.abc import Awaitable
from pathlib import Path
from typing import TypeVar

from temporalio import activity

from activities.media.probing.examine import examine_sound, find_changes
from activities.media.probing.probe import Limits, with_picture
from activities.media.probing.voices import with_voices
from activities.ports import SpeechDetector
from activities.report.rehearsed import rehearse_seen
from activities.running.child import ProcessFailed, run_in_child
from activities.step import Kit, Made, json_asset
from schema import objects
from schema.contracts.base import Contract
from schema.contracts.media import MediaReport
from schema.contracts.steps import ProbeInput, ProbeResult, ScenesInput, ScenesResult
from schema.enums import AssetKind, Step
from schema.errors import MediaRefused

_ATTEMPTS = 3
"""A decoder that died of a file so often will die of it again."""
_VERSION = 8
"""Raised when probe finds out more than before, so that earlier results are not taken for it."""


T = TypeVar("T")


class _Kept(Contract):
    """Results of an earlier probe, other than the objects themselves."""

    result: ProbeResult


class ProbeActivities:
    """Permanently refuses what cannot be processed, with a reason that a person can act on."""

    def __init__(
        self, kit: Kit, limits: Limits, detector: SpeechDetector, *, constant_frame_rate: bool = False
    ) -> None:
        self._kit = kit
        self._constant_frame_rate = constant_frame_rate
        self._limits = limits
        self._detector = detector

    @activity.defn(name="probe_source")
    async def probe_source(self, inputs: ProbeInput) -> ProbeResult:
        kit, job = self._kit, inputs.job
        source = await kit.store.stat(job.source_object)
        if source is None:
            raise MediaRefused("The video is not in the bucket. Upload it again.")
        if source.size > self._limits.max_bytes:
            raise MediaRefused(
                f"The video has {source.size / 2**30:.1f} GiB; {self._limits.max_bytes / 2**30:.0f} GiB are the most."
            )
        found_by = (self._detector.engine, inputs.tracks, self._constant_frame_rate)
        key = objects.hash_of("probe", _VERSION, source.crc32c, source.size, *found_by)
        done = objects.made(job.job_id, "probe", key, "result.json")
        if kept := await kit.find(done, _Kept):
            return kept.result
        async with kit.beating(job, Step.PROBE) as progress, kit.scratch() as scratch:
            path = await kit.workspace.fetch(job.source_object, scratch)
            flac = scratch / "speech.flac"
            report = await _decoding(examine_sound(path, self._limits, inputs.tracks, flac, progress))
            ranges, known = kit.workspace.ranges, source.crc32c
            rehearsed = run_in_child(
                rehearse_seen,
                path,
                report,
                scratch,
                ranges,
                known,
                constant_frame_rate=self._constant_frame_rate,
            )
            report = await _decoding(rehearsed)
            report = await with_voices(report, self._detector, flac, progress)
            result = await self._store(inputs, key, report, flac)
        await kit.write(done, _Kept(result=result))
        return result

    @activity.defn(name="find_scenes")
    async def find_scenes(self, inputs: ScenesInput) -> ScenesResult:
        """Runs in parallel with transcription, because it is slow and only captions and descriptions need it."""
        kit, job = self._kit, inputs.job
        key = objects.hash_of("scenes", _VERSION, inputs.artifacts.media_report)
        name = objects.made(job.job_id, "probe", key, "report.json")
        if await kit.store.stat(name) is None:
            report = await kit.report(inputs.artifacts)
            async with kit.beating(job, Step.PROBE) as progress, kit.scratch() as scratch:
                path = await kit.workspace.fetch(job.source_object, scratch)
                found = await _decoding(find_changes(path, report, progress))
            await kit.write(name, with_picture(report, found))
        await kit.record_json(job.job_id, job.source_language, AssetKind.MEDIA_REPORT, name)
        return ScenesResult(media_report=name)

    async def _store(self, inputs: ProbeInput, key: str, report: MediaReport, flac: Path) -> ProbeResult:
        kit, job = self._kit, inputs.job
        name = objects.made(job.job_id, "probe", key, "report.json")
        made = [json_asset(AssetKind.MEDIA_REPORT, name, await kit.write(name, report))]
        speech = None
        if report.has_audio:
            speech = objects.made(job.job_id, "probe", key, "speech.flac")
            stored = await kit.store.upload(speech, flac, "audio/flac")
            made.append(Made(AssetKind.SPEECH_AUDIO, speech, "audio/flac", stored.size, {}))
        await kit.record(job.job_id, job.source_language, *made)
        return ProbeResult(
            media_report=name,
            speech_audio=speech,
            duration_ms=report.duration_ms,
            has_audio=report.has_audio,
            frame_rate=report.video.frame_rate,
        )


async def _decoding(work: Awaitable[T]) -> T:
    """
    Raises:
        MediaRefused: nobody can serve it; or a decoder dies of it again and again.
    """
    try:
        return await work
    except ProcessFailed as error:
        if activity.info().attempt < _ATTEMPTS:
            raise
        raise MediaRefused(
            f"The file cannot be read: {error.message} Export the video again, and upload that."
        ) from error
