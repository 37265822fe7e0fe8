"""The inputs of a language's plan, read from the rows and the bucket."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from api.context import Context
from api.guards.languages import LanguageOfJob
from schema.contracts.clips import ClipManifest, ManifestEntry
from schema.contracts.media import MediaReport
from schema.enums import AssetKind, Kind
from schema.errors import NotFound
from schema.plan.estimate import VoiceRate
from schema.plan.model import Choice, Clip
from schema.queries import assets, choices, jobs, texts, voices
from schema.tables import Job
from schema.vtt import Cue, Document, Transcript, parse


@dataclass(frozen=True, slots=True)
class Programme:
    """Everything a plan is made from."""

    report: MediaReport
    transcript: Transcript
    captions: Document | None
    script: Document
    clips: dict[str, Clip]
    decided: dict[str, Choice]
    pace: VoiceRate | None
    """Clips of the requested voice, where it has spoken before."""


async def read_programme(ctx: Context, found: LanguageOfJob, unsaved: Document | None = None) -> Programme:
    """Reads the database first, and releases the connection before it asks the bucket. An `unsaved` script replaces the
    current one."""
    job, language = found.job, found.row.language
    artifacts = jobs.job_state(job).artifacts
    script = await texts.latest(ctx.session, job.id, language, Kind.AUDIO_DESCRIPTION)
    if artifacts.media_report is None or artifacts.words is None or script is None:
        raise NotFound(f"There is nothing to plan in {language} yet: the drafts are not made")
    made = await assets.of_job(ctx.session, job.id, internal=True)
    own = {asset.kind: asset for asset in made if asset.language == language}
    report, words, spoken = artifacts.media_report, artifacts.words, job.source_language
    if dub := jobs.job_state(job).outputs.dubs.get(language):
        heard = own.get(AssetKind.WORDS)
        if heard is None or heard.details.get("dub") != dub:
            raise NotFound(f"There is nothing to plan in {language} yet: its dub is not heard.")
        report, words, spoken = heard.details["media_report"], heard.object_name, language
    captions = await texts.latest(ctx.session, job.id, spoken, Kind.CAPTIONS)
    decided = await choices.of_language(ctx.session, job.id, language)
    pace = await _pace(ctx, job, language)
    await ctx.session.commit()
    read = ctx.store.read
    clips = own.get(AssetKind.CLIPS)
    report_json, words_json, manifest_json = await asyncio.gather(
        read(report), read(words), read(clips.object_name) if clips else _nothing()
    )

    def understood() -> Programme:
        document = parse(script.content).document.with_ids() if unsaved is None else unsaved
        return Programme(
            report=MediaReport.model_validate_json(report_json),
            transcript=Transcript.model_validate_json(words_json),
            captions=parse(captions.content).document if captions else None,
            script=document,
            clips=_clips(manifest_json, document, decided) if manifest_json else {},
            decided=decided,
            pace=pace,
        )

    return await ctx.thread(understood)


async def _pace(ctx: Context, job: Job, language: str) -> VoiceRate | None:
    asked = jobs.job_state(job).outputs.tts_preferences
    catalog = ctx.parts.providers.voice_catalog(asked.provider)
    if catalog is None:
        return None
    return await voices.pace_of(ctx.session, job.org_id, catalog.provider, asked, language)


async def _nothing() -> bytes:
    return b""


def _clips(manifest_json: bytes, script: Document, decided: Mapping[str, Choice]) -> dict[str, Clip]:
    """Clips that were spoken from the current texts, or recorded by a person."""
    manifest = ClipManifest.model_validate_json(manifest_json)
    cues = script.by_id()
    return {
        entry.cue_id: Clip(
            cue_id=entry.cue_id,
            length=entry.clip.length,
            trimmed=entry.clip.trimmed,
            sha256=entry.clip.sha256,
            stretchable=entry.clip.may_stretch(decided.get(entry.cue_id)),
        )
        for entry in manifest.entries
        if entry.cue_id in cues and _is_current(entry, cues[entry.cue_id], decided.get(entry.cue_id))
    }


def _is_current(entry: ManifestEntry, cue: Cue, choice: Choice | None) -> bool:
    """Whether the clip is the one to be heard now: the chosen recording, or a voice speaking this text."""
    recording = choice.recording if choice else None
    return entry.clip.recording == recording and (recording is not None or cue.spoken == entry.text)
