"""The plan of a language as an editor sees it, and what a person changes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from api.authz import LanguageOfJob
from api.bodies.accessible_video import EditCue, EditState, PauseOut, PausePointEdit, SpanOut
from api.context import Context
from api.idempotency import Asked
from api.operations.decisions import decide_job
from api.operations.sounds import check_recording
from schema import objects
from schema.contracts.clips import ClipManifest, ManifestEntry
from schema.contracts.media import MediaReport
from schema.enums import AssetKind, JobAction, Kind, LanguageStage
from schema.errors import Conflict, NotFound
from schema.plan.model import Choice, Clip, Pause, Placement, Plan
from schema.plan.planner import plan
from schema.plan.programme import programme_input
from schema.queries import assets, choices, events, jobs, languages, texts
from schema.tables import Asset, Job
from schema.vtt import Cue, Document, Timecode, Transcript, parse

_RENDERED = frozenset({LanguageStage.SYNTHESIZING, LanguageStage.MUXING, LanguageStage.READY})


@dataclass(frozen=True, slots=True)
class _Programme:
    """Everything a plan is made from."""

    report: MediaReport
    transcript: Transcript
    captions: Document | None
    script: Document
    clips: dict[str, Clip]
    decided: dict[str, Choice]


async def edit_state(ctx: Context, found: LanguageOfJob) -> EditState:
    """The plan as it would be made now: with clips where they were spoken, and estimates where not."""
    programme = await _programme(ctx, found)
    return _shown(found, programme, await _planned(found, programme))


async def edit_pause_point(
    ctx: Context, found: LanguageOfJob, cue_index: int, body: PausePointEdit, once: Asked
) -> EditState:
    """Keep a person's choice for one description, and render again where there is a render.

    Raises:
        Conflict: the plan is another by now.
        NotFound: there is no such cue.
        Invalid: the recording is not the caller's, is not there, or would be stretched without leave.
    """
    programme = await _programme(ctx, found)
    cues = programme.script.cues
    if cue_index >= len(cues):
        raise NotFound(f"The audio description has {len(cues)} cues; there is no cue {cue_index}")
    if not once.repeated and body.plan_version != plan_version(await _planned(found, programme)):
        raise Conflict("The plan has changed since it was looked at. Get edit-state again.", code="stale")
    cue_id = cues[cue_index].id
    before = programme.decided.get(cue_id, Choice())
    choice = body.applied_to(before)
    await check_recording(ctx, choice, before)
    row = await languages.one(ctx.session, found.job.id, found.row.language, lock=True)
    await choices.put(ctx.session, found.job.id, found.row.language, cue_id, choice, ctx.principal.user_id)
    await events.record(
        ctx.session,
        job_id=found.job.id,
        org_id=found.job.org_id,
        type="plan.edited",
        data={"cue_id": cue_id},
        language=found.row.language,
        actor_id=ctx.principal.user_id,
    )
    programme.decided[cue_id] = choice
    job: Job = found.job
    if row is not None and row.stage in _RENDERED:
        job = await decide_job(ctx, found.job, JobAction.RETRY_TTS, once, language=found.row.language)
    else:
        await ctx.session.commit()
    now = LanguageOfJob(job, found.row)
    return _shown(now, programme, await _planned(now, programme))


def plan_version(planned: Plan) -> str:
    """The same plan has the same version, whoever makes it."""
    return objects.hash_of(planned)[:16]


async def _planned(found: LanguageOfJob, programme: _Programme) -> Plan:
    outputs = jobs.job_state(found.job).outputs
    asked = programme_input(
        programme.report,
        programme.transcript,
        programme.script,
        language=found.row.language,
        captions=programme.captions,
        clips=programme.clips,
        choices=programme.decided,
        extend=outputs.extend_policy(),
        can_hold=outputs.accessible_video_mp4,
    )
    return await asyncio.to_thread(plan, asked)


async def _programme(ctx: Context, found: LanguageOfJob) -> _Programme:
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
    document = parse(script.content).document.with_ids()
    decided = await choices.of_language(ctx.session, job.id, language)
    return _Programme(
        report=MediaReport.model_validate_json(await ctx.parts.store.read(report)),
        transcript=Transcript.model_validate_json(await ctx.parts.store.read(words)),
        captions=parse(captions.content).document if captions else None,
        script=document,
        clips=await _clips(ctx, own.get(AssetKind.CLIPS), document, decided),
        decided=decided,
    )


async def _clips(
    ctx: Context, made: Asset | None, script: Document, decided: Mapping[str, Choice]
) -> dict[str, Clip]:
    """Clips that were spoken of the words as they are now, or recorded by a person."""
    if made is None:
        return {}
    manifest = ClipManifest.model_validate_json(await ctx.parts.store.read(made.object_name))
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
    """Whether the clip is what is heard now: the chosen recording, or a voice's of these words."""
    recording = choice.recording if choice else None
    return entry.clip.recording == recording and (recording is not None or cue.plain == entry.text)


def _shown(found: LanguageOfJob, programme: _Programme, planned: Plan) -> EditState:
    to_ms = planned.timebase.to_ms
    rate = programme.report.video.frame_rate
    timecode = Timecode(Fraction(rate.num, rate.den), programme.report.start_timecode or "00:00:00:00")
    pauses = _pauses(planned, timecode)
    cues = programme.script.cues
    return EditState(
        language=found.row.language,
        plan_version=plan_version(planned),
        estimated=planned.estimated,
        duration_ms=to_ms(planned.duration),
        rendered_duration_ms=to_ms(planned.rendered_duration),
        added_ms=to_ms(planned.rendered_duration) - to_ms(planned.duration),
        cues=[
            _cue(
                placement,
                cues[placement.cue_index],
                planned,
                pauses,
                programme.decided.get(placement.cue_id),
                timecode,
            )
            for placement in planned.placements
        ],
        pauses=pauses,
        findings=planned.findings,
    )


def _pauses(planned: Plan, timecode: Timecode) -> list[PauseOut]:
    to_ms, added, shown = planned.timebase.to_ms, 0, []
    for pause in planned.pauses:
        shown.append(_pause(pause, to_ms(pause.at + added), planned, timecode))
        added += pause.ticks
    return shown


def _pause(pause: Pause, start_ms: int, planned: Plan, timecode: Timecode) -> PauseOut:
    at_ms = planned.timebase.to_ms(pause.at)
    return PauseOut(
        at_ms=at_ms,
        at_timecode=timecode.at(at_ms),
        length_ms=planned.timebase.to_ms(pause.ticks),
        start_ms=start_ms,
        cue_ids=pause.cue_ids,
        reason=pause.reason,
        forced=pause.forced,
    )


def _cue(
    placement: Placement,
    cue: Cue,
    planned: Plan,
    pauses: list[PauseOut],
    choice: Choice | None,
    timecode: Timecode,
) -> EditCue:
    to_ms = planned.timebase.to_ms
    return EditCue(
        cue_index=placement.cue_index,
        cue_id=placement.cue_id,
        text=cue.text,
        wanted_ms=cue.start_ms,
        wanted_timecode=timecode.at(cue.start_ms),
        gap=SpanOut(start_ms=to_ms(placement.gap_start), end_ms=to_ms(placement.gap_end)),
        clip_ms=to_ms(placement.clip_length),
        measured=not placement.estimated,
        fit=placement.fit,
        explanation=placement.explanation,
        source_start_ms=to_ms(placement.source_start),
        start_ms=to_ms(placement.start),
        length_ms=to_ms(placement.length),
        speed=placement.speed_permille / 1000,
        gain_db=placement.gain_mb / 100,
        pause=pauses[placement.pause_index] if placement.pause_index is not None else None,
        choice=choice,
    )
