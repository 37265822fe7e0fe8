"""Mux: renders the plan, and re-times captions, AD and chapters to it. It never plans."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from pathlib import Path

from temporalio import activity

from activities.media.cache import RangeCache
from activities.media.contract import ClipFile, RenderInput, RenderOptions, RenderResult
from activities.media.files.choice import tracks_of
from activities.media.render.delivery import render_options
from activities.ports import Progress, Sight
from activities.report.facts import facts_of, render_alone
from activities.report.gather import Programme, gather_report
from activities.running.child import run_in_child
from activities.step import Kit, Made, json_asset
from activities.texts.retimed import RETIMED, Retimed, retime, text_tracks
from activities.texts.spoken import fetch_clips
from schema import objects
from schema.contracts.clips import ClipManifest
from schema.contracts.report import RenderFacts
from schema.contracts.steps import MuxInput, MuxResult
from schema.enums import AssetKind, Kind, Step
from schema.errors import Invalid
from schema.object_store import ObjectInfo
from schema.plan.model import Plan
from schema.plan.programme import heard_speech
from schema.plan.speech import Speech
from schema.plan.timemap import TimeMap
from schema.queries import texts
from schema.vtt import Document, parse, write
from schema.vtt.words import BY_CAPTIONS

_VERSION = 8
_MP4, _VTT, _HTML = "video/mp4", "text/vtt", "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class _Planned:
    """All inputs of a language's video; `key` is their hash."""

    inputs: MuxInput
    programme: Programme
    retimed: Retimed
    options: RenderOptions
    key: str

    def name(self, stem: str, suffix: str) -> str:
        """The name of an output: the same inputs give the same objects."""
        file = f"{stem}.{self.inputs.language}.{suffix}"
        return objects.made(self.inputs.job.job_id, "mux", self.key, file)

    def speech(self) -> Speech:
        """Speech in the programme, in the plan's ticks."""
        programme = self.programme
        transcript, captions = programme.transcript, programme.captions
        told = captions.cues if captions and transcript.provider == BY_CAPTIONS else ()
        return heard_speech(programme.media, transcript, told)


class MuxActivities:
    def __init__(self, kit: Kit, *, constant_frame_rate: bool = False, verified: bool = True) -> None:
        self._kit = kit
        self._constant_frame_rate = constant_frame_rate
        self._verified = verified

    @activity.defn(name="mux_accessible_video")
    async def mux_accessible_video(self, inputs: MuxInput) -> MuxResult:
        """Renders, unless these inputs were rendered before. The report and the record are always written again."""
        kit = self._kit
        async with kit.beating(inputs.job, Step.MUX, inputs.language) as progress:
            planned = await self._plan(inputs)
            name, facts_name = planned.name("accessible_video", "mp4"), planned.name("render", "json")
            video, facts = await kit.store.stat(name), await kit.find(facts_name, RenderFacts)
            reused = video is not None and facts is not None
            if video is None or facts is None:
                video, facts = await self._render(planned, name, progress)
                await kit.write(facts_name, facts)
                await asyncio.to_thread(RangeCache(kit.workspace.ranges).trim, kit.workspace.limit_bytes)
            return await self._record(planned, video, facts, name, reused=reused)

    async def _plan(self, inputs: MuxInput) -> _Planned:
        kit, job = self._kit, inputs.job
        plan = await kit.read(inputs.plan, Plan)
        manifest = await kit.read(inputs.clips, ClipManifest)
        report, transcript = await kit.report(inputs.artifacts), await kit.transcript(inputs.artifacts)
        captions, script = await self._texts(inputs)
        heard_here = inputs.language == job.source_language or inputs.artifacts.dub is not None
        retimed = retime(
            plan,
            report,
            language=inputs.language,
            script=script,
            captions=captions,
            words=transcript.words if heard_here and transcript.provider != BY_CAPTIONS else None,
        )
        moved = retimed.get(AssetKind.RETIMED_CAPTIONS_VTT)
        programme = Programme(plan, manifest, report, transcript, captions, script, moved)
        options = render_options(inputs.outputs.sound, constant_frame_rate=self._constant_frame_rate)
        artifacts = inputs.artifacts
        sources = (inputs.plan, inputs.clips, job.source_object, artifacts.media_report, artifacts.words)
        key = objects.hash_of("mux", _VERSION, sources, asdict(options), inputs.language, inputs.versions)
        return _Planned(inputs, programme, retimed, options, key)

    async def _texts(self, inputs: MuxInput) -> tuple[Document | None, Document]:
        job_id, language = inputs.job.job_id, inputs.language
        async with self._kit.database.begin() as session:
            found = {
                kind: await texts.version(session, job_id, language, kind, number)
                for kind in Kind
                if (number := inputs.versions.of(kind)) is not None
            }
        script = found.get(Kind.AUDIO_DESCRIPTION)
        if script is None:
            raise Invalid(
                "No audio description is approved: retry from describe, which drafts one for source QC."
            )
        captions = found.get(Kind.CAPTIONS)
        heard = parse(captions.content).document if captions else None
        return heard, parse(script.content).document.with_ids()

    async def _render(
        self, planned: _Planned, name: str, progress: Progress
    ) -> tuple[ObjectInfo, RenderFacts]:
        kit, inputs = self._kit, planned.inputs
        async with kit.scratch() as scratch:
            asked = await self._render_input(planned, scratch)
            heard = inputs.artifacts.speech_audio
            speech_audio = await kit.workspace.fetch(heard, scratch) if heard else None
            result = await run_in_child(render_alone, asked, on_progress=progress, verified=self._verified)
            return await self._leave(name, result, planned.programme.plan, speech_audio)

    async def _render_input(self, planned: _Planned, scratch: Path) -> RenderInput:
        kit, inputs, speech = self._kit, planned.inputs, planned.speech()
        entries = planned.programme.manifest.entries
        source, dub = await kit.store.stat(inputs.job.source_object), inputs.artifacts.dub
        dubbed = await kit.store.stat(dub) if dub else None
        paths = await fetch_clips(kit.workspace, {entry.cue_id: entry.clip for entry in entries}, scratch)
        return RenderInput(
            source=await kit.workspace.fetch(inputs.job.source_object, scratch),
            source_id=source.crc32c if source else None,
            dub=await kit.workspace.fetch(dub, scratch) if dub else None,
            dub_id=dubbed.crc32c if dubbed else None,
            tracks=tracks_of(planned.programme.media),
            plan=planned.programme.plan,
            clips={
                entry.cue_id: ClipFile(
                    paths[entry.cue_id], loudness=(entry.clip.lufs, entry.clip.true_peak_dbtp)
                )
                for entry in entries
            },
            output=scratch / "accessible.mp4",
            cache=kit.workspace.ranges,
            options=planned.options,
            speech=tuple(zip(speech.starts, speech.ends, strict=True)),
            language=inputs.language,
            texts=text_tracks(planned.retimed, inputs.language) if inputs.outputs.sound.both_tracks else (),
        )

    async def _leave(
        self, name: str, result: RenderResult, plan: Plan, speech_audio: Path | None
    ) -> tuple[ObjectInfo, RenderFacts]:
        """Measures the video while it is being uploaded."""
        listening = asyncio.create_task(
            run_in_child(facts_of, result, plan, speech_audio, verified=self._verified)
        )
        try:
            return await self._kit.store.upload(name, result.path, _MP4), await listening
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _record(
        self, planned: _Planned, video: ObjectInfo, facts: RenderFacts, name: str, *, reused: bool
    ) -> MuxResult:
        kit, inputs, plan = self._kit, planned.inputs, planned.programme.plan
        duration_ms = plan.timebase.to_ms(plan.rendered_duration)
        details = {"duration_ms": duration_ms, "plan": inputs.plan}
        made = [Made(AssetKind.ACCESSIBLE_VIDEO_MP4, name, _MP4, video.size, details)]
        reports = await self._store_report(planned, facts, name)
        made += [*reports, *await self._store_retimed(planned)]
        await kit.record(inputs.job.job_id, inputs.language, *made, all_of=RETIMED)
        return MuxResult(video=name, report=reports[0].name, duration_ms=duration_ms, reused=reused)

    async def _store_report(self, planned: _Planned, facts: RenderFacts, video: str) -> tuple[Made, Made]:
        """The report of `video` (an object's name) as JSON and as a page, in this order."""
        kit, inputs = self._kit, planned.inputs
        sight = await kit.read(inputs.artifacts.sight, Sight) if inputs.artifacts.sight else None
        report, page = await gather_report(
            kit.database, await kit.profile_of(inputs.job), inputs, planned.programme, sight, facts, video
        )
        job_id, key = inputs.job.job_id, objects.hash_of("report", report)
        name = objects.made(job_id, "mux", key, f"report.{inputs.language}.json")
        size = await kit.write(name, report)
        page_name = objects.made(job_id, "mux", key, f"report.{inputs.language}.html")
        stored = await kit.store.write(page_name, page.encode(), _HTML)
        return (
            json_asset(AssetKind.REPORT, name, size),
            Made(AssetKind.REPORT_HTML, page_name, _HTML, stored.size, {}),
        )

    async def _store_retimed(self, planned: _Planned) -> list[Made]:
        kit, made = self._kit, []
        for kind, document in planned.retimed.items():
            name = planned.name(kind.value, "vtt")
            stored = await kit.store.write(name, write(document).encode(), _VTT)
            made.append(Made(kind, name, _VTT, stored.size, {}))
        name = planned.name("time_map", "json")
        size = await kit.write(name, TimeMap.of(planned.programme.plan))
        return [*made, json_asset(AssetKind.TIME_MAP, name, size)]
