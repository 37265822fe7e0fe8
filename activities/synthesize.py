"""Synthesize: speaks and measures every description, plans them as a whole, and makes the AD as MP3."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from temporalio import activity

from activities.media.mix.ad_mp3 import write_ad_mp3
from activities.media.sound.clips import MeasuredClip
from activities.ports import Progress, Voice
from activities.running.child import run_in_child
from activities.running.in_flight import finish_all
from activities.step import Kit, Made, json_asset
from activities.texts.recordings import PROVIDER as RECORDED
from activities.texts.recordings import find_recording, measure_recording
from activities.texts.spoken import (
    fetch_clips,
    manifest_of,
    named,
    plan_clip,
    record_of,
    refuse_gone,
    said,
    speakable,
    spoken_text,
)
from schema import objects
from schema.contracts.clips import ClipRecord
from schema.contracts.outputs import TtsPreferences
from schema.contracts.steps import JobRef, SynthesizeInput, SynthesizeResult
from schema.enums import AssetKind, Kind, Step, VoiceProvider
from schema.errors import Invalid, NotFound
from schema.plan.model import Choice, Plan
from schema.plan.planner import plan
from schema.plan.programme import programme_input, spoken_by_voice, timebase_of
from schema.queries import choices, jobs, texts, voices
from schema.vtt import Cue, Document, parse

_VERSION = 1
_AT_ONCE = 4
_EMPTY = Document.of(())


_TOLD = 100
"""Descriptions that are not heard, as the plan's record names them."""


class SynthesizeActivities:
    """`voices` is by provider, the deployment's default first."""

    def __init__(self, kit: Kit, voices: Mapping[VoiceProvider, Voice]) -> None:
        self._kit = kit
        self._voices = voices

    @activity.defn(name="synthesize_descriptions")
    async def synthesize_descriptions(self, inputs: SynthesizeInput) -> SynthesizeResult:
        kit, job, language = self._kit, inputs.job, inputs.language
        script, captions = await self._texts(inputs)
        report, transcript = await kit.report(inputs.artifacts), await kit.transcript(inputs.artifacts)
        timebase = timebase_of(report)
        rate = timebase.rate
        async with kit.database.begin() as session:
            decided = await choices.of_language(session, job.job_id, language)
        async with kit.beating(job, Step.SYNTHESIZE, language) as progress:
            records, spoken = await self._speak_all(script, inputs, decided, rate, progress)
            clips = {
                cue_id: plan_clip(cue_id, record, stretchable=record.may_stretch(decided.get(cue_id)))
                for cue_id, record in records.items()
            }
            await self._measure(inputs, spoken_by_voice(script, clips, decided, timebase))
            planned = plan(
                programme_input(
                    report,
                    transcript,
                    script,
                    language=language,
                    captions=captions,
                    clips=clips,
                    choices=decided,
                    extend=inputs.outputs.extend_policy(),
                    can_hold=inputs.outputs.accessible_video_mp4,
                )
            )
            return await self._store(inputs, script, planned, records, spoken)

    async def _measure(self, inputs: SynthesizeInput, spoken: Sequence[tuple[str, int]]) -> None:
        """Measures the voice, so that the next script with it is planned at its pace before it is spoken."""
        asked = inputs.outputs.tts_preferences
        async with self._kit.database.begin() as session:
            await voices.measured(
                session, inputs.job.org_id, self._provider(asked), asked, inputs.language, spoken
            )

    async def _texts(self, inputs: SynthesizeInput) -> tuple[Document, Document]:
        """The approved script of this language, and the captions of the sound that is heard: the source's, or the
        language's own dub's."""
        job = inputs.job
        async with self._kit.database.begin() as session:
            number = inputs.versions.audio_description
            script = number and await texts.version(
                session, job.job_id, inputs.language, Kind.AUDIO_DESCRIPTION, number
            )
            spoken = job.source_language if inputs.artifacts.dub is None else inputs.language
            captions = await texts.latest(session, job.job_id, spoken, Kind.CAPTIONS)
        if not script:
            raise Invalid(
                "No audio description is approved: retry from describe, which drafts one for source QC."
            )
        heard = parse(captions.content).document if captions else _EMPTY
        return parse(script.content).document.with_ids(), heard

    async def _speak_all(
        self,
        script: Document,
        inputs: SynthesizeInput,
        decided: Mapping[str, Choice],
        rate: int,
        progress: Progress,
    ) -> tuple[dict[str, ClipRecord], int]:
        """Every clip by cue id, and how many were made now."""
        cues = speakable(script)
        same_words: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        done = 0

        async def one(cue: Cue) -> tuple[ClipRecord, bool]:
            nonlocal done
            async with same_words[spoken_text(cue)]:
                made = await self._clip(cue, inputs, decided.get(cue.id), rate)
            done += 1
            progress(done / (len(cues) + 1), f"{done} of {len(cues)} descriptions")
            return made

        made = await finish_all((partial(one, cue) for cue in cues), _AT_ONCE)
        records = {cue.id: record for cue, (record, _) in zip(cues, made, strict=True)}
        return records, sum(is_new for _, is_new in made)

    async def _clip(
        self, cue: Cue, inputs: SynthesizeInput, choice: Choice | None, rate: int
    ) -> tuple[ClipRecord, bool]:
        """A person's recording if there is one, otherwise the voice; and whether it was made now."""
        if choice is not None and choice.recording is not None:
            return await self._record(cue, inputs, choice.recording, rate)
        return await self._speak(cue, inputs, rate)

    async def _record(
        self, cue: Cue, inputs: SynthesizeInput, uri: str, rate: int
    ) -> tuple[ClipRecord, bool]:
        """The recording as a clip. The same content is measured once."""
        kit, org_id = self._kit, inputs.job.org_id
        recording = await find_recording(kit.store, cue.id, uri, rate)
        if known := await kit.find(objects.clip(org_id, recording.key, "json"), ClipRecord):
            return known, False
        clip = await measure_recording(kit.workspace, recording, rate)
        return await self._keep(
            org_id, recording.key, clip, provider=RECORDED, voice=None, draft=False, recording=uri
        ), True

    async def _speak(self, cue: Cue, inputs: SynthesizeInput, rate: int) -> tuple[ClipRecord, bool]:
        """The clip, and whether it was spoken now. An existing clip is reused, so that the same words in the same voice
        are paid for once."""
        kit, asked, org_id = self._kit, inputs.outputs.tts_preferences, inputs.job.org_id
        voice = self._voices[self._provider(asked)]
        chosen = asked.voice_for(inputs.language)
        if chosen is not None and not _speaks(voice, chosen, inputs.language):
            chosen = None  # the default voice of another language: use this language's own
        speaker = voice.speaker(inputs.language, chosen)
        text = spoken_text(cue)
        key = objects.hash_of(
            "clip", _VERSION, text, inputs.language, speaker.engine, chosen, asked.model, rate
        )
        if known := await kit.find(objects.clip(org_id, key, "json"), ClipRecord):
            return known, False
        with named(cue.id, speaker.name):
            clip = await said(partial(voice.speak, text, inputs.language, chosen, asked.model), rate)
        return await self._keep(
            org_id, key, clip, provider=speaker.name, voice=chosen, draft=voice.is_draft
        ), True

    async def _keep(self, org_id: UUID, key: str, clip: MeasuredClip, **of: Any) -> ClipRecord:
        """Stores the clip's sound, then its record, which proves that the sound exists."""
        name = objects.clip(org_id, key, "flac")
        await self._kit.store.write(name, clip.flac, "audio/flac")
        record = record_of(clip, name, **of)
        await self._kit.write(objects.clip(org_id, key, "json"), record)
        return record

    def _provider(self, asked: TtsPreferences) -> VoiceProvider:
        provider = asked.provider or next(iter(self._voices))
        if provider not in self._voices:
            raise Invalid(f"The voice provider {provider} is not configured here.")
        return provider

    async def _store(
        self,
        inputs: SynthesizeInput,
        script: Document,
        planned: Plan,
        records: Mapping[str, ClipRecord],
        spoken: int,
    ) -> SynthesizeResult:
        kit, job, language = self._kit, inputs.job, inputs.language
        key = objects.hash_of("plan", planned)
        plan_name = objects.made(job.job_id, "synthesize", key, f"plan.{language}.json")
        clips_name = objects.made(job.job_id, "synthesize", key, f"clips.{language}.json")
        manifest = manifest_of(planned, plan_name, language, script, records)
        draft = any(record.draft for record in records.values())
        made = [
            json_asset(
                AssetKind.PLAN,
                plan_name,
                await kit.write(plan_name, planned),
                added_ms=_added_ms(planned),
                unheard=[each.message for each in planned.findings if each.severity == "blocking"][:_TOLD],
            ),
            json_asset(AssetKind.CLIPS, clips_name, await kit.write(clips_name, manifest), draft=draft),
        ]
        mp3 = None
        if inputs.outputs.audio_description_mp3:
            title = await self._title(job)
            file = f"audio_description.{language}.mp3"
            mp3 = objects.made(job.job_id, "synthesize", objects.hash_of(key, title), file)
            made.append(await self._mp3(mp3, title, planned, records, inputs, draft))
        await kit.record(job.job_id, language, *made)
        return SynthesizeResult(
            plan=plan_name,
            clips=clips_name,
            spoken=spoken,
            added_ms=_added_ms(planned),
            blocking_findings=sum(finding.severity == "blocking" for finding in planned.findings),
            mp3=mp3,
        )

    async def _title(self, ref: JobRef) -> str:
        async with self._kit.database.begin() as session:
            job = await jobs.load(session, ref.job_id)
        if job is None:
            raise NotFound("The job was deleted while its descriptions were spoken.")
        return job.title

    async def _mp3(
        self,
        name: str,
        title: str,
        planned: Plan,
        records: Mapping[str, ClipRecord],
        inputs: SynthesizeInput,
        draft: bool,
    ) -> Made:
        """The AD alone, on the accessible video's timeline if there is one, otherwise on the programme's: the plan has
        no pauses then."""
        kit = self._kit
        info = await kit.store.stat(name)
        if info is None:
            async with kit.scratch() as scratch:
                paths = await fetch_clips(kit.workspace, records, scratch)
                output = scratch / "description.mp3"
                await run_in_child(
                    write_ad_mp3, planned, paths, output, title=title, language=inputs.language
                )
                info = await kit.store.upload(name, output, "audio/mpeg")
        duration_ms = planned.timebase.to_ms(planned.rendered_duration)
        details = {"duration_ms": duration_ms, "draft": draft}
        return Made(AssetKind.AUDIO_DESCRIPTION_MP3, name, "audio/mpeg", info.size, details)


def _speaks(voice: Voice, voice_id: str, language: str) -> bool:
    """Whether the voice speaks this language.

    Raises:
        Invalid: no provider has the voice.
    """
    primary = language.split("-", 1)[0]
    languages = {each.id: each.languages for each in voice.voices()}
    refuse_gone(voice.voices(), voice_id)
    own = languages.get(voice_id, ())
    return language in own or primary in own


def _added_ms(planned: Plan) -> int:
    return planned.timebase.to_ms(planned.rendered_duration) - planned.timebase.to_ms(planned.duration)
