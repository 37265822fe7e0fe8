"""How a decision about a job changes its state. The functions are pure, so that the whole table can be tested without a
server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from schema.contracts.job import JobDecision, JobState
from schema.contracts.outputs import RequestedOutputs
from schema.contracts.steps import Artifacts, JobRef, Versions
from schema.enums import JobAction, JobStatus, Kind, LanguageStage, Step
from schema.transitions import DRAFTING, JOB, STATUS_OF_STEP
from workflows.job_languages import (
    Effect,
    begun,
    first_stage,
    following,
    moved,
    resumed_stage,
    stage_after_approval,
    stage_from_step,
    stages_after_change,
    wanted,
)
from workflows.job_refusals import SOURCE_STEPS, drafting_step, failed, to_retry, to_speak
from workflows.refusals import conflict


def effect_of(
    state: JobState,
    decision: JobDecision,
    job: JobRef,
    pinned: Versions | None,
    at: datetime,
    *,
    drafts_late: bool = True,
) -> Effect:
    """The effect of `decision`, which was not refused. `pinned` are the versions that an approval pinned, `at` is the
    workflow's time. `drafts_late` is false in runs of an older build, which did not go back to draft a missing text."""
    state = state.model_copy(update={"batch_id": decision.batch_id})
    everything = tuple(state.languages)
    match decision.action:
        case JobAction.APPROVE_SOURCE | JobAction.APPROVE_ENGLISH:
            assert pinned is not None
            return _approved(state, job, pinned, at)
        case JobAction.REJECT | JobAction.REJECT_FINAL | JobAction.BLOCKED_ON_SOURCE:
            target = JOB[decision.action].target
            assert target is not None
            after = moved(state, target, reason=decision.reason, stopped=state.stops_at)
            return Effect(after, stop=everything)
        case JobAction.PROMOTE_TO_QC:
            return Effect(moved(state, JobStatus.PENDING_QC), stop=everything)
        case JobAction.RETRY:
            return _retried(state, decision, job, at)
        case JobAction.REPROCESS:
            return _reprocessed(state, decision, job, at)
        case JobAction.RETRY_TTS:
            stages = dict.fromkeys(to_speak(state, decision), LanguageStage.SYNTHESIZING)
            return begun(state, state.languages, stages, at, reason=decision.reason)
        case JobAction.UPLOAD_FINAL:
            assert pinned is not None
            return _made_final(state, decision, job, pinned, at)
        case JobAction.REOPEN_LANGUAGE:
            assert decision.language is not None
            return _reopened(state, (decision.language,), decision.reason, at)
        case JobAction.RETURN_TO_QC:
            return _returned(state, decision, at)
        case JobAction.COMPLETE:
            return Effect(moved(state, JobStatus.COMPLETED))
        case JobAction.CANCEL:
            return Effect(moved(state, JobStatus.CANCELLED, reason=decision.reason))
        case JobAction.CHANGE_OUTPUTS:
            assert decision.outputs is not None
            lacking = never_drafted(state, decision) if drafts_late else ()
            return _outputs_changed(state, decision.outputs, lacking, job, at)
        case JobAction.NEW_SOURCE:
            return _renewed(state, decision, job)
        case JobAction.ASSIGN_SOURCE:
            return Effect(_assigned(state, decision), redirect=False)
        case JobAction.CHANGE_PRIORITY:
            changed = state.model_copy(update={"priority": decision.priority})
            return Effect(changed, redirect=False, tell=everything)


def _renewed(state: JobState, decision: JobDecision, job: JobRef) -> Effect:
    """The job starts again with another video. What people wrote is kept; what was made from the earlier video is
    ignored."""
    fresh: dict[str, object] = {
        "source": decision.source,
        "sources_before": (*state.sources_before, job.source_object),
        "renewed": True,
        "flagged_cues": {},
        "keep_human_edits": True,
    }
    after = moved(state, JobStatus.PROBING, reason=decision.reason, artifacts=Artifacts(), **fresh)
    return Effect(after, stop=tuple(state.languages))


def _assigned(state: JobState, decision: JobDecision) -> JobState:
    whom, until = ("reviewer_id", "review_due_at") if decision.as_reviewer else ("linguist_id", "due_at")
    due_at = decision.due_at or (getattr(state.source_people, until) if decision.person_id else None)
    people = state.source_people.model_copy(update={whom: decision.person_id, until: due_at})
    return state.model_copy(update={"source_people": people})


def cancelled(state: JobState) -> JobState:
    """The state after the workflow was cancelled from the Temporal UI or command line."""
    return moved(state, JobStatus.CANCELLED, reason="Cancelled in Temporal.")


def _approved(state: JobState, job: JobRef, pinned: Versions, at: datetime) -> Effect:
    changed = state.renewed or pinned != state.source_versions
    languages = wanted(state, job)
    stages = {code: stage_after_approval(language, changed=changed) for code, language in languages.items()}
    approved: dict[str, object] = {"source_versions": pinned, "renewed": False, "flagged_cues": {}}
    return begun(state.model_copy(update=approved), languages, stages, at)


def _made_final(
    state: JobState, decision: JobDecision, job: JobRef, pinned: Versions, at: datetime
) -> Effect:
    """The state after a final text was uploaded. `pinned` are the language's texts from now on. A final source text
    counts as approved: translations of changed cues are made again."""
    assert decision.language is not None
    if state.languages[decision.language].is_source:
        return _approved(state, job, pinned, at)
    stages, final = {decision.language: LanguageStage.SYNTHESIZING}, {decision.language: pinned}
    return begun(state, state.languages, stages, at, reason=decision.reason, versions=final)


def _retried(state: JobState, decision: JobDecision, job: JobRef, at: datetime) -> Effect:
    if decision.from_step:
        return _from_step(state, decision.from_step, to_retry(state, decision), job, at)
    if state.status is JobStatus.BLOCKED_ON_SOURCE or state.stopped:
        return _resumed(state, job, at)
    if state.failure is not None and state.failure.language is None:
        step = state.failure.step
        changes = {"status": STATUS_OF_STEP.get(step, JobStatus.PROBING), "failure": None, "step": step}
        return Effect(state.model_copy(update=changes), redirect=False, retry_source=True)
    asked = failed(state, decision)
    going_on = {
        code: state.languages[code].model_copy(
            update={"stage": resumed_stage(state.languages[code]), "failure": None}
        )
        for code in asked
    }
    return Effect(following(state, {**state.languages, **going_on}), redirect=False, retry=asked)


def _resumed(state: JobState, job: JobRef, at: datetime) -> Effect:
    """Resumes where a block, or the end of the workflow, stopped the job."""
    stopped = state.stopped or JobStatus.CREATED
    if stopped in DRAFTING or (stopped is JobStatus.FAILED and state.source_versions is None):
        return Effect(moved(state, JobStatus.PROBING))
    if stopped is JobStatus.REJECTED:
        return Effect(moved(state, JobStatus.REJECTED, reason=state.reason))
    if stopped is JobStatus.PENDING_QC or state.source_versions is None:
        return Effect(moved(state, JobStatus.PENDING_QC))
    languages = wanted(state, job)
    return begun(state, languages, {code: resumed_stage(each) for code, each in languages.items()}, at)


def _reprocessed(state: JobState, decision: JobDecision, job: JobRef, at: datetime) -> Effect:
    """Starts again at a step. From translate on, machine translations are made again; from later steps, they are
    kept."""
    step = decision.from_step or Step.PROBE
    kept = decision.keep_human_edits
    return _from_step(
        state, step, decision.languages, job, at, keep_human_edits=kept, anew=step is Step.TRANSLATE
    )


def _from_step(
    state: JobState,
    step: Step,
    only: Iterable[str],
    job: JobRef,
    at: datetime,
    *,
    keep_human_edits: bool = True,
    anew: bool = False,
) -> Effect:
    if step in SOURCE_STEPS:
        kept = _artifacts_before(state.artifacts, step)
        after = moved(state, STATUS_OF_STEP[step], artifacts=kept, keep_human_edits=keep_human_edits)
        return Effect(after, stop=tuple(state.languages))
    if state.source_versions is None:
        raise conflict(f"The source is not approved yet, so there is nothing to {step} from.")
    languages = wanted(state, job)
    codes = [code for code in (tuple(only) or tuple(languages)) if code in languages]
    stages = {code: stage_from_step(languages[code], step) for code in codes}
    keep = keep_human_edits or step is not Step.TRANSLATE
    return begun(state, languages, stages, at, keep_human_edits=keep, anew=anew)


def _artifacts_before(artifacts: Artifacts, step: Step) -> Artifacts:
    match step:
        case Step.PROBE:
            return Artifacts()
        case Step.TRANSCRIBE:
            return artifacts.model_copy(update={"words": None})
        case _:
            return artifacts.model_copy(update={"sight": None})


def _reopened(state: JobState, codes: tuple[str, ...], reason: str | None, at: datetime) -> Effect:
    """Opens language QC again for these languages. Other languages are unaffected."""
    stages = dict.fromkeys(codes, LanguageStage.LANGUAGE_QC)
    return begun(state, state.languages, stages, at, reopen=codes, reason=reason)


def _returned(state: JobState, decision: JobDecision, at: datetime) -> Effect:
    targets = tuple(code for code in decision.languages if not state.languages[code].is_source)
    if targets and len(targets) == len(decision.languages):
        return _reopened(state, targets, decision.reason, at)
    after = moved(state, JobStatus.PENDING_QC, reason=decision.reason)
    return Effect(after, stop=tuple(state.languages))


def never_drafted(state: JobState, decision: JobDecision) -> tuple[Kind, ...]:
    """The texts that new outputs need, although they were neither drafted nor brought when the job was drafted."""
    if decision.action is not JobAction.CHANGE_OUTPUTS or decision.outputs is None:
        return ()
    drafted = state.in_languages or state.status in (JobStatus.PENDING_QC, JobStatus.COMPLETED)
    if not (drafted or _stopped_behind_drafts(state)):
        return ()
    approved = state.source_versions
    return tuple(
        kind
        for kind in decision.outputs.wanted_kinds()
        if kind not in state.outputs.wanted_kinds()
        and kind not in state.brought
        and (approved is None or approved.of(kind) is None)
    )


def _stopped_behind_drafts(state: JobState) -> bool:
    """Whether a person stopped the job after its drafts were made, so that a retry would continue after them."""
    return state.stopped is not None and state.stopped not in DRAFTING | {JobStatus.REJECTED}


def _outputs_changed(
    state: JobState, outputs: RequestedOutputs, lacking: tuple[Kind, ...], job: JobRef, at: datetime
) -> Effect:
    """The state after the requested outputs changed. Added languages start once the source is approved, and at once in
    a completed job. Removed languages stop. Other outputs are made again from the approved texts. A language with
    another dub hears that dub, at whatever stage it is. Texts in `lacking` are drafted first and go to source QC;
    existing transcripts, scenes and human edits are kept."""
    changed = state.model_copy(update={"outputs": outputs})
    languages = wanted(changed, job)
    removed = LanguageStage.REMOVED
    gone = tuple(
        code
        for code, language in languages.items()
        if language.stage is removed and state.languages[code].stage is not removed
    )
    known = {"languages": languages if state.languages else {}}
    if lacking:
        step = drafting_step(lacking)
        if _stopped_behind_drafts(state):  # it stays stopped: its retry will draft
            resumed = {**known, "stopped": STATUS_OF_STEP[step]}
            return Effect(changed.model_copy(update=resumed), redirect=False, remove=gone)
        stopped = tuple(code for code in state.languages if code not in gone)
        return Effect(moved(changed, STATUS_OF_STEP[step], **known), stop=stopped, remove=gone)
    if not state.in_languages and state.status is not JobStatus.COMPLETED:
        return Effect(changed.model_copy(update=known), redirect=False, remove=gone)
    plain: dict[str, object] = {"languages": (), "dubs": {}}
    again = outputs.model_copy(update=plain) != state.outputs.model_copy(update=plain)
    stages = stages_after_change(state, languages, again)
    stages |= {
        code: first_stage(language)
        for code, language in languages.items()
        if outputs.dubs.get(code) != state.outputs.dubs.get(code) and not language.is_source
    }
    effect = begun(changed, languages, stages, at)
    return replace(effect, remove=gone)
