"""The plan of a language as an editor sees it, and what a person changes of it."""

from __future__ import annotations

from fractions import Fraction

from api.asked import Asked
from api.bodies.accessible_video import EditCue, EditState, PauseOut, PausePointEdit, SpanOut
from api.context import Context, Tell
from api.guards.languages import LanguageOfJob
from api.operations.decisions import decide_job
from api.operations.programme import Programme, read_programme
from api.operations.sounds import check_recording
from schema import objects
from schema.codes import Code
from schema.enums import Event, JobAction, LanguageStage
from schema.errors import Conflict, NotFound
from schema.plan.model import Choice, Pause, Placement, Plan
from schema.plan.planner import plan
from schema.plan.programme import programme_input
from schema.queries import choices, jobs, languages
from schema.tables import Job
from schema.vtt import Cue, Document, Timecode

_RENDERED = frozenset({LanguageStage.SYNTHESIZING, LanguageStage.MUXING, LanguageStage.READY})


async def edit_state(ctx: Context, found: LanguageOfJob, script: Document | None = None) -> EditState:
    """The plan as it would be made now: from clips where they exist, otherwise from estimates. Uses the unsaved
    `script` if there is one."""
    programme = await read_programme(ctx, found, script)
    shown = _shown(found, programme, await _planned(ctx, found, programme))
    if ctx.principal.is_client_in(found.job.org_id):
        return shown.model_copy(update={"findings": ()})
    return shown


async def edit_pause_point(
    ctx: Context, found: LanguageOfJob, cue_index: int, body: PausePointEdit, once: Asked
) -> EditState:
    """Stores a person's choice for one description, and renders again if there is a render.

    Raises:
        Conflict: the plan has changed.
        NotFound: there is no such cue.
        Invalid: the recording is not the caller's, does not exist, or would be stretched without permission.
    """
    programme = await read_programme(ctx, found)
    cues = programme.script.cues
    if cue_index >= len(cues):
        raise NotFound(f"The audio description has {len(cues)} cues; there is no cue {cue_index}")
    if not once.repeated and body.plan_version != plan_version(await _planned(ctx, found, programme)):
        raise _stale()
    cue_id = cues[cue_index].id
    before = programme.decided.get(cue_id, Choice())
    choice = body.applied_to(before)
    await check_recording(ctx, choice, before)
    row = await languages.one(ctx.session, found.job.id, found.row.language, lock=True)
    decided = await choices.of_language(ctx.session, found.job.id, found.row.language)
    if not once.repeated and decided != programme.decided:
        raise _stale()  # somebody else saved first, while this was planned
    await choices.put(ctx.session, found.job.id, found.row.language, cue_id, choice, ctx.principal.user_id)
    await ctx.record(
        once,
        "plan.edit",
        "language",
        f"{found.job.id}/{found.row.language}",
        before={"cue_id": cue_id, **before.model_dump(mode="json", exclude_defaults=True)},
        after={"cue_id": cue_id, **choice.model_dump(mode="json", exclude_defaults=True)},
        job=found.job,
        tell=Tell(Event.PLAN_EDITED, {"cue_id": cue_id}, found.row.language),
    )
    programme.decided[cue_id] = choice
    job: Job = found.job
    if row is not None and row.stage in _RENDERED:
        job = await decide_job(ctx, found.job, JobAction.RETRY_TTS, once, language=found.row.language)
    await ctx.session.commit()
    now = LanguageOfJob(job, found.row)
    return _shown(now, programme, await _planned(ctx, now, programme))


def _stale() -> Conflict:
    return Conflict("The plan has changed since it was looked at. Get edit-state again.", code=Code.STALE)


def plan_version(planned: Plan) -> str:
    """The version of a plan. The same plan has the same version, whoever makes it."""
    return objects.hash_of(planned)[:16]


async def _planned(ctx: Context, found: LanguageOfJob, programme: Programme) -> Plan:
    outputs = jobs.job_state(found.job).outputs
    asked = programme_input(
        programme.report,
        programme.transcript,
        programme.script,
        language=found.row.language,
        captions=programme.captions,
        clips=programme.clips,
        choices=programme.decided,
        pace=programme.pace,
        extend=outputs.extend_policy(),
        can_hold=outputs.accessible_video_mp4,
    )
    return await ctx.thread(plan, asked)


def _shown(found: LanguageOfJob, programme: Programme, planned: Plan) -> EditState:
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
