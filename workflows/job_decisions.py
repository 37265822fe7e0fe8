"""What a decision about a job does to its state: pure, so that the whole table can be tested without a server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from schema.contracts.job import JobDecision, JobState
from schema.contracts.language import LanguageBegin, LanguageState
from schema.contracts.steps import Artifacts, JobRef, Versions
from schema.enums import JobAction, JobStatus, LanguageStage, QCState, Step
from schema.transitions import CLOSED, DRAFTING, JOB, allowed_job_actions, status_of
from workflows.work import conflict, invalid

SOURCE_STEPS = (Step.PROBE, Step.TRANSCRIBE, Step.DESCRIBE)
_STAGE_OF_STEP = {
    Step.TRANSLATE: LanguageStage.TRANSLATING,
    Step.SYNTHESIZE: LanguageStage.SYNTHESIZING,
    Step.MUX: LanguageStage.SYNTHESIZING,  # speech is there already: only the render runs
}
_STATUS_OF_STEP = {
    Step.PROBE: JobStatus.PROBING,
    Step.TRANSCRIBE: JobStatus.TRANSCRIBING,
    Step.DESCRIBE: JobStatus.DESCRIBING,
}


@dataclass(frozen=True, slots=True)
class Effect:
    """What follows from a decision. `redirect` stops what runs; `begin` is for languages, `retry` for those whose
    failed step goes on, `stop` halts all language work."""

    state: JobState
    redirect: bool = True
    begin: Mapping[str, LanguageBegin] = field(default_factory=dict)
    retry: tuple[str, ...] = ()
    retry_source: bool = False
    stop: tuple[str, ...] = ()


def refuse(state: JobState, decision: JobDecision, job: JobRef) -> None:
    """Raises where `state` does not allow `decision`.

    Raises:
        ApplicationError: `conflict` or `invalid`.
    """
    rule = JOB[decision.action]
    if state.status not in rule.sources:
        allowed = [action.value for action in allowed_job_actions(state.status)]
        raise conflict(
            f"A job that is {state.status} does not allow {decision.action}.",
            state=state.status.value,
            allowed=allowed,
        )
    if rule.needs_reason and not (decision.reason or "").strip():
        raise invalid(f"{decision.action} needs a reason.")
    if decision.action is JobAction.APPROVE_ENGLISH and job.source_language.split("-")[0] != "en":
        raise conflict(f"The source language is {job.source_language}, not English: use approve_source.")
    _refuse_details(state, decision)


def _refuse_details(state: JobState, decision: JobDecision) -> None:
    named = set(decision.languages) | ({decision.language} if decision.language else set())
    unknown = sorted(named - set(state.languages))
    match decision.action:
        case JobAction.RETRY if state.status is JobStatus.REJECTED and decision.from_step is None:
            raise conflict("A rejected job is retried from a step: say from_step.")
        case JobAction.RETRY | JobAction.REPROCESS if (
            decision.from_step and decision.from_step not in SOURCE_STEPS and state.source_versions is None
        ):
            raise conflict(
                f"The source is not approved yet, so there is nothing to {decision.from_step} from."
            )
        case JobAction.RETRY_TTS | JobAction.REOPEN_LANGUAGE:
            if not decision.language:
                raise invalid(f"{decision.action} needs a language.")
            language = state.languages.get(decision.language)
            if language is not None and language.versions is None:
                raise conflict(f"The text in {decision.language} is not approved yet.")
        case JobAction.CHANGE_OUTPUTS if decision.outputs is None:
            raise invalid("change_outputs needs outputs.")
    if unknown:
        raise conflict(f"The job has no language {', '.join(unknown)}.")


def effect_of(state: JobState, decision: JobDecision, job: JobRef, pinned: Versions | None) -> Effect:
    """The state after `decision`, which was not refused; `pinned` are the versions that an approval pinned."""
    match decision.action:
        case JobAction.APPROVE_SOURCE | JobAction.APPROVE_ENGLISH:
            assert pinned is not None
            return _approved(state, job, pinned)
        case JobAction.REJECT | JobAction.REJECT_FINAL | JobAction.BLOCKED_ON_SOURCE:
            target = JOB[decision.action].target
            assert target is not None
            stopped = (
                state.stopped
                if state.status in (JobStatus.BLOCKED_ON_SOURCE, JobStatus.REJECTED)
                else state.status
            )
            return Effect(
                _moved(state, target, reason=decision.reason, stopped=stopped), stop=tuple(state.languages)
            )
        case JobAction.PROMOTE_TO_QC:
            return Effect(_moved(state, JobStatus.PENDING_QC), stop=tuple(state.languages))
        case JobAction.RETRY:
            return _retried(state, decision, job)
        case JobAction.REPROCESS:
            return _from_step(state, decision.from_step or Step.PROBE, decision.languages, job)
        case JobAction.RETRY_TTS | JobAction.REOPEN_LANGUAGE:
            assert decision.language is not None
            return _later_work(state, decision, decision.language)
        case JobAction.RETURN_TO_QC:
            return _returned(state, decision)
        case JobAction.COMPLETE:
            return Effect(_moved(state, JobStatus.COMPLETED))
        case JobAction.CANCEL:
            return Effect(_moved(state, JobStatus.CANCELLED, reason=decision.reason))
        case JobAction.CHANGE_OUTPUTS:
            assert decision.outputs is not None
            return _outputs_changed(state, decision, job)


def _moved(state: JobState, status: JobStatus, **changes: object) -> JobState:
    fresh = {"revision": state.revision + 1, "step": None, "failure": None, "reason": None, "stopped": None}
    return state.model_copy(update={**fresh, "status": status, **changes})


def _approved(state: JobState, job: JobRef, pinned: Versions) -> Effect:
    languages = _wanted(state, job)
    revision = state.revision + 1
    changed = pinned != state.source_versions
    stages = {
        code: _stage_after_approval(language, changed, resumed=state.source_versions is not None)
        for code, language in languages.items()
    }
    return _begun(state.model_copy(update={"source_versions": pinned}), languages, stages, revision)


def _stage_after_approval(language: LanguageState, changed: bool, resumed: bool) -> LanguageStage:
    if language.is_source:
        return (
            LanguageStage.SYNTHESIZING
            if changed or not resumed or _unfinished(language)
            else LanguageStage.READY
        )
    if changed or language.versions is None:
        return LanguageStage.TRANSLATING
    return LanguageStage.SYNTHESIZING if _unfinished(language) else language.stage


def _unfinished(language: LanguageState) -> bool:
    return language.stage is not LanguageStage.READY


def _wanted(state: JobState, job: JobRef) -> dict[str, LanguageState]:
    """The source first, then the targets that are asked for; those no longer asked for stay, as removed."""
    codes = [job.source_language, *state.outputs.targets(job.source_language)]
    wanted = {
        code: _known(state, code) or LanguageState(language=code, is_source=code == job.source_language)
        for code in codes
    }
    removed = {
        code: language.model_copy(update={"stage": LanguageStage.REMOVED})
        for code, language in state.languages.items()
        if code not in wanted
    }
    return wanted | removed


def _known(state: JobState, code: str) -> LanguageState | None:
    language = state.languages.get(code)
    if language is not None and language.stage is LanguageStage.REMOVED:
        return language.model_copy(update={"stage": LanguageStage.WAITING})
    return language


def _begun(
    state: JobState,
    languages: Mapping[str, LanguageState],
    stages: Mapping[str, LanguageStage],
    revision: int,
    reopen: Iterable[str] = (),
    reason: str | None = None,
) -> Effect:
    """`stages` says where each named language begins; the others stay where they are."""
    assert state.source_versions is not None
    opened = set(reopen)
    moved: dict[str, LanguageState] = dict(languages)
    begin: dict[str, LanguageBegin] = {}
    for code, stage in stages.items():
        if languages[code].stage is LanguageStage.REMOVED:
            continue
        qc = {"qc_state": QCState.IN_PROGRESS} if code in opened else {}
        moved[code] = languages[code].model_copy(
            update={"stage": stage, "revision": revision, "failure": None, **qc}
        )
        begin[code] = LanguageBegin(
            revision=revision,
            stage=stage,
            outputs=state.outputs,
            artifacts=state.artifacts,
            source_versions=state.source_versions,
            reopen=code in opened,
            reason=reason,
        )
    status = status_of(language.stage for language in moved.values())
    after = _moved(state, status, languages=moved, revision=revision, reason=reason)
    return Effect(after, begin=begin)


def _retried(state: JobState, decision: JobDecision, job: JobRef) -> Effect:
    if decision.from_step:
        return _from_step(state, decision.from_step, decision.languages, job)
    if state.status is JobStatus.BLOCKED_ON_SOURCE or (state.status is JobStatus.FAILED and state.stopped):
        return _resumed(state, job)
    if state.failure is not None and state.failure.language is None:
        status = _STATUS_OF_STEP.get(state.failure.step, JobStatus.PROBING)
        same = state.model_copy(update={"status": status, "failure": None, "step": state.failure.step})
        return Effect(same, redirect=False, retry_source=True)
    failed = [code for code, each in state.languages.items() if each.stage is LanguageStage.FAILED]
    asked = tuple(code for code in failed if decision.language in (None, code))
    if not asked:
        raise conflict(f"{decision.language or 'Nothing'} has not failed.")
    return Effect(state, redirect=False, retry=asked)


def _resumed(state: JobState, job: JobRef) -> Effect:
    """Goes on where `blocked_on_source` stopped it."""
    stopped = state.stopped or JobStatus.CREATED
    if stopped in DRAFTING or (stopped is JobStatus.FAILED and state.source_versions is None):
        return Effect(_moved(state, JobStatus.PROBING))
    if stopped is JobStatus.PENDING_QC or state.source_versions is None:
        return Effect(_moved(state, JobStatus.PENDING_QC))
    if stopped is JobStatus.REJECTED:
        return Effect(_moved(state, JobStatus.REJECTED, reason=state.reason))
    languages = _wanted(state, job)
    stages = {code: resumed_stage(language) for code, language in languages.items()}
    return _begun(state, languages, stages, state.revision + 1)


def resumed_stage(language: LanguageState) -> LanguageStage:
    """Where a language whose work was stopped goes on."""
    if language.stage is LanguageStage.FAILED and language.failure:
        return _STAGE_OF_STEP[language.failure.step]
    if language.stage is LanguageStage.WAITING:
        return LanguageStage.SYNTHESIZING if language.is_source else LanguageStage.TRANSLATING
    if language.stage is LanguageStage.MUXING:
        return LanguageStage.SYNTHESIZING
    return language.stage


def _from_step(state: JobState, step: Step, only: Iterable[str], job: JobRef) -> Effect:
    if step in SOURCE_STEPS:
        kept = _artifacts_before(state.artifacts, step)
        status = _STATUS_OF_STEP[step]
        return Effect(_moved(state, status, artifacts=kept), stop=tuple(state.languages))
    if state.source_versions is None:
        raise conflict(f"The source is not approved yet, so there is nothing to {step} from.")
    languages = _wanted(state, job)
    codes = [code for code in (tuple(only) or tuple(languages)) if code in languages]
    stages = {
        code: LanguageStage.SYNTHESIZING
        if languages[code].is_source or (languages[code].versions and step is not Step.TRANSLATE)
        else LanguageStage.TRANSLATING
        for code in codes
    }
    return _begun(state, languages, stages, state.revision + 1)


def _artifacts_before(artifacts: Artifacts, step: Step) -> Artifacts:
    match step:
        case Step.PROBE:
            return Artifacts()
        case Step.TRANSCRIBE:
            return artifacts.model_copy(update={"words": None})
        case _:
            return artifacts.model_copy(update={"sight": None})


def _later_work(state: JobState, decision: JobDecision, code: str) -> Effect:
    """retry_tts, or the reopening of a language of a completed job; other languages are untouched."""
    revision = state.revision + 1
    reopen = decision.action is JobAction.REOPEN_LANGUAGE
    stage = LanguageStage.LANGUAGE_QC if reopen else LanguageStage.SYNTHESIZING
    return _begun(
        state,
        state.languages,
        {code: stage},
        revision,
        reopen=(code,) if reopen else (),
        reason=decision.reason,
    )


def _returned(state: JobState, decision: JobDecision) -> Effect:
    targets = [code for code in decision.languages if not state.languages[code].is_source]
    if not targets or len(targets) < len(decision.languages):
        return Effect(
            _moved(state, JobStatus.PENDING_QC, reason=decision.reason), stop=tuple(state.languages)
        )
    stages = dict.fromkeys(targets, LanguageStage.LANGUAGE_QC)
    return _begun(state, state.languages, stages, state.revision + 1, reopen=targets, reason=decision.reason)


def _outputs_changed(state: JobState, decision: JobDecision, job: JobRef) -> Effect:
    """Added languages start once the source is approved; removed ones stop; other outputs are made again from the
    approved texts."""
    assert decision.outputs is not None
    changed = state.model_copy(update={"outputs": decision.outputs})
    languages = _wanted(changed, job)
    gone = tuple(
        code
        for code, language in languages.items()
        if language.stage is LanguageStage.REMOVED
        and state.languages[code].stage is not LanguageStage.REMOVED
    )
    if state.source_versions is None or state.status in CLOSED | {
        JobStatus.PENDING_QC,
        JobStatus.REJECTED,
        JobStatus.BLOCKED_ON_SOURCE,
    }:
        after = changed.model_copy(update={"languages": languages if state.languages else {}})
        return Effect(after, redirect=False, stop=gone)
    made_otherwise = decision.outputs.model_copy(update={"languages": ()}) != state.outputs.model_copy(
        update={"languages": ()}
    )
    stages = {
        code: _stage_of_changed(language, made_otherwise)
        for code, language in languages.items()
        if language.stage is not LanguageStage.REMOVED
        and (
            made_otherwise
            or code not in state.languages
            or state.languages[code].stage is LanguageStage.REMOVED
        )
    }
    effect = _begun(changed, languages, stages, state.revision + 1)
    return Effect(effect.state, begin=effect.begin, stop=gone)


def _stage_of_changed(language: LanguageState, made_otherwise: bool) -> LanguageStage:
    if language.is_source or (language.versions is not None and made_otherwise):
        return LanguageStage.SYNTHESIZING
    return resumed_stage(language)
