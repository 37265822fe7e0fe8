"""Mux: renders the plan, and re-times captions, AD and chapters to it. It never plans."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path

from temporalio import activity

from activities.child import run_in_child
from activities.media.contract import ClipFile, RenderInput, RenderOptions, RenderResult
from activities.media.delivery import render_options
from activities.report.facts import facts_of, render_alone
from activities.report.gather import Programme, store_report
from activities.retimed import Retimed, retime, text_tracks
from activities.step import Kit, Made, json_asset
from activities.synthesize import fetch_clips
from schema import objects
from schema.contracts.clips import ClipManifest
from schema.contracts.report import RenderFacts
from schema.contracts.steps import MuxInput, MuxResult
from schema.enums import AssetKind, Kind, Step
from schema.errors import Invalid
from schema.object_store import ObjectInfo
from schema.plan.model import Plan
from schema.plan.speech import Speech, find_speech
from schema.plan.timemap import TimeMap
from schema.queries import texts
from schema.vtt import Document, parse, write
from schema.vtt.words import BY_CAPTIONS

_VERSION = 3
_MP4, _VTT = "video/mp4", "text/vtt"


class MuxActivities:
    def __init__(self, kit: Kit, *, constant_frame_rate: bool = False) -> None:
        self._kit = kit
        self._constant_frame_rate = constant_frame_rate

    @activity.defn(name="mux_accessible_video")
    async def mux_accessible_video(self, inputs: MuxInput) -> MuxResult:
        kit, job = self._kit, inputs.job
        planned = await kit.read(inputs.plan, Plan)
        manifest = await kit.read(inputs.clips, ClipManifest)
        report, transcript = await kit.report(inputs.artifacts), await kit.transcript(inputs.artifacts)
        captions, script = await self._texts(inputs)
        heard_here = inputs.language == job.source_language or inputs.artifacts.dub is not None
        retimed = retime(
            planned,
            report,
            language=inputs.language,
            script=script,
            captions=captions,
            words=transcript.words if heard_here and transcript.provider != BY_CAPTIONS else None,
        )
        sources = (inputs.plan, inputs.clips, job.source_object, inputs.artifacts.media_report)
        options = render_options(inputs.outputs.sound, constant_frame_rate=self._constant_frame_rate)
        key = objects.hash_of("mux", _VERSION, sources, asdict(options), inputs.language, inputs.versions)
        name = objects.made(job.job_id, "mux", key, f"accessible_video.{inputs.language}.mp4")
        facts_name = objects.made(job.job_id, "mux", key, f"render.{inputs.language}.json")
        video, facts = await kit.store.stat(name), await kit.find(facts_name, RenderFacts)
        reused = video is not None and facts is not None
        if video is None or facts is None:
            async with kit.beating(job, Step.MUX, inputs.language) as progress, kit.scratch() as scratch:
                spoken = find_speech(
                    transcript.words,
                    captions.cues if captions and transcript.provider == BY_CAPTIONS else (),
                    planned.timebase,
                    punctuated=transcript.punctuated,
                )
                asked = await self._render_input(inputs, planned, manifest, spoken, retimed, options, scratch)
                heard = inputs.artifacts.speech_audio
                speech_audio = await kit.workspace.fetch(heard) if heard else None
                result = await run_in_child(render_alone, asked, on_progress=progress)
                video, facts = await self._leave(name, result, planned, speech_audio)
                await kit.write(facts_name, facts)
            await kit.workspace.trim()
        duration_ms = planned.timebase.to_ms(planned.rendered_duration)
        details = {"duration_ms": duration_ms, "plan": inputs.plan}
        made = [Made(AssetKind.ACCESSIBLE_VIDEO_MP4, name, _MP4, video.size, details)]
        programme = Programme(
            plan=planned,
            manifest=manifest,
            media=report,
            transcript=transcript,
            captions=captions,
            script=script,
            retimed_captions=retimed.get(AssetKind.RETIMED_CAPTIONS_VTT),
        )
        reports = await store_report(kit, inputs, programme, facts, name)
        made += reports
        made += await self._store_retimed(inputs, key, planned, retimed)
        await kit.record(job.job_id, inputs.language, *made)
        return MuxResult(video=name, report=reports[0].name, duration_ms=duration_ms, reused=reused)

    async def _leave(
        self, name: str, result: RenderResult, planned: Plan, speech_audio: Path | None
    ) -> tuple[ObjectInfo, RenderFacts]:
        """Listens to the video while it is on its way to the bucket."""
        listening = asyncio.create_task(run_in_child(facts_of, result, planned, speech_audio))
        try:
            return await self._kit.store.upload(name, result.path, _MP4), await listening
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

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
            raise Invalid("The approved audio description is missing. Return the job to QC.")
        captions = found.get(Kind.CAPTIONS)
        return parse(captions.content).document if captions else None, parse(
            script.content
        ).document.with_ids()

    async def _render_input(
        self,
        inputs: MuxInput,
        planned: Plan,
        manifest: ClipManifest,
        speech: Speech,
        retimed: Retimed,
        options: RenderOptions,
        scratch: Path,
    ) -> RenderInput:
        kit = self._kit
        source, dub = await kit.store.stat(inputs.job.source_object), inputs.artifacts.dub
        dubbed = await kit.store.stat(dub) if dub else None
        paths = await fetch_clips(kit, {entry.cue_id: entry.clip for entry in manifest.entries})
        return RenderInput(
            source=await kit.workspace.fetch(inputs.job.source_object),
            source_id=source.crc32c if source else None,
            dub=await kit.workspace.fetch(dub) if dub else None,
            dub_id=dubbed.crc32c if dubbed else None,
            plan=planned,
            clips={
                entry.cue_id: ClipFile(
                    paths[entry.cue_id], loudness=(entry.clip.lufs, entry.clip.true_peak_dbtp)
                )
                for entry in manifest.entries
            },
            output=scratch / "accessible.mp4",
            cache=kit.workspace.ranges,
            options=options,
            speech=tuple(zip(speech.starts, speech.ends, strict=True)),
            language=inputs.language,
            texts=text_tracks(retimed, inputs.language) if inputs.outputs.sound.both_tracks else (),
        )

    async def _store_retimed(self, inputs: MuxInput, key: str, planned: Plan, retimed: Retimed) -> list[Made]:
        made = []
        for kind, document in retimed.items():
            name = objects.made(inputs.job.job_id, "mux", key, f"{kind.value}.{inputs.language}.vtt")
            stored = await self._kit.store.write(name, write(document).encode(), _VTT)
            made.append(Made(kind, name, _VTT, stored.size, {}))
        name = objects.made(inputs.job.job_id, "mux", key, f"time_map.{inputs.language}.json")
        made.append(json_asset(AssetKind.TIME_MAP, name, await self._kit.write(name, TimeMap.of(planned))))
        return made
