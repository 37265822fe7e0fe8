"""Which languages a decision about a job begins, and at which stage: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from schema.contracts.job import JobState
from schema.contracts.language import LanguageBegin, LanguageState
from schema.contracts.steps import Failure, JobRef, Versions
from schema.enums import JobStatus, LanguageStage, QCState, Step
from schema.transitions import status_of
from workflows.language_decisions import reopened


@dataclass(frozen=True, slots=True)
class Effect:
    """What follows from a decision. `redirect` stops what runs; `begin` is for languages, `retry` for those whose
    failed step goes on, `stop` halts their work, `remove` does so for those that are not requested any more, and `tell` tells of the job as it
    is by now."""

    state: JobState
    redirect: bool = True
    begin: Mapping[str, LanguageBegin] = field(default_factory=dict)
    retry: tuple[str, ...] = ()
    retry_source: bool = False
    stop: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    tell: tuple[str, ...] = ()


def moved(state: JobState, status: JobStatus, **changes: object) -> JobState:
    """`state` at another status and revision, rid of what was true of the one before."""
    fresh = {"revision": state.revision + 1, "step": None, "failure": None, "reason": None, "stopped": None}
    fresh["keep_human_edits"] = True
    return state.model_copy(update={**fresh, "status": status, **changes})


def wanted(state: JobState, job: JobRef) -> dict[str, LanguageState]:
    """The source first, then the targets that are asked for; those no longer asked for stay, as removed."""
    codes = [job.source_language, *state.outputs.targets(job.source_language)]
    asked = {
        code: _known(state, code) or LanguageState(language=code, is_source=code == job.source_language)
        for code in codes
    }
    removed = {
        code: language.model_copy(update={"stage": LanguageStage.REMOVED, "failure": None})
        for code, language in state.languages.items()
        if code not in asked
    }
    return asked | removed


def _known(state: JobState, code: str) -> LanguageState | None:
    language = state.languages.get(code)
    if language is not None and language.stage is LanguageStage.REMOVED:
        return language.model_copy(update={"stage": LanguageStage.WAITING})
    return language


def begun(
    state: JobState,
    languages: Mapping[str, LanguageState],
    stages: Mapping[str, LanguageStage],
    at: datetime,
    *,
    reopen: Iterable[str] = (),
    reason: str | None = None,
    keep_human_edits: bool = True,
    anew: bool = False,
    versions: Mapping[str, Versions] | None = None,
) -> Effect:
    """`stages` says where each named language begins, at the next revision; the others stay where they are. `at` is
    the workflow's time, by which a language tells a later beginning from an earlier one also after a reset. `versions`
    are approved texts that a language does not know yet."""
    assert state.source_versions is not None
    opened, revision = set(reopen), state.revision + 1
    now, begin = dict(languages), {}
    for code, stage in stages.items():
        if languages[code].stage is LanguageStage.REMOVED:
            continue
        begin[code] = LanguageBegin(
            revision=revision,
            at=at,
            stage=stage,
            outputs=state.outputs,
            artifacts=state.artifacts,
            source_versions=state.source_versions,
            reopen=code in opened,
            reason=reason,
            keep_human_edits=keep_human_edits,
            anew=anew,
            batch_id=state.batch_id,
            versions=(versions or {}).get(code),
        )
        qc = {"qc_state": reopened(languages[code])} if code in opened else {}
        fresh = {"stage": stage, "revision": revision, "begun_at": at, "failure": None, "reason": reason}
        made = {"keep_human_edits": keep_human_edits, "anew": anew}
        final = {"versions": begin[code].versions} if begin[code].versions else {}
        now[code] = languages[code].model_copy(update=fresh | made | qc | final)
    return Effect(following(moved(state, state.status, reason=reason), now), begin=begin)


def following(state: JobState, languages: Mapping[str, LanguageState]) -> JobState:
    """`state` with these languages, its status theirs: that of the least advanced, or failed when one failed."""
    status = status_of(language.stage for language in languages.values())
    failure = first_failure(languages) if status is JobStatus.FAILED else None
    changes = {"languages": dict(languages), "status": status, "failure": failure}
    return state.model_copy(update=changes | {"step": failure.step if failure else None})


def remembering(state: JobState, job: JobRef, codes: Iterable[str]) -> JobState:
    """`state` after a reset, when those of `codes` that were asked for later only are not requested any more."""
    asked = {job.source_language, *state.outputs.targets(job.source_language), *state.languages}
    later = {
        code: LanguageState(language=code, stage=LanguageStage.REMOVED) for code in codes if code not in asked
    }
    return state.model_copy(update={"languages": {**state.languages, **later}})


def reported(state: JobState, language: LanguageState) -> JobState:
    """`state` once a language has said where it is. What it says of an older beginning changes nothing; the gate
    behind the languages is entered by the main loop, once."""
    known = state.languages.get(language.language)
    if known is None or known.stage is LanguageStage.REMOVED or language.begun < known.begun:
        return state
    languages = {**state.languages, language.language: language}
    after = following(state, languages)
    if not state.in_languages or after.status is JobStatus.PENDING_FINAL_REVIEW:
        return state.model_copy(update={"languages": languages})
    return after


def are_ready(state: JobState) -> bool:
    """Whether every requested language has all its outputs."""
    return all(
        each.stage in (LanguageStage.READY, LanguageStage.REMOVED) for each in state.languages.values()
    )


def first_failure(languages: Mapping[str, LanguageState]) -> Failure | None:
    failed = (each.failure for each in languages.values() if each.stage is LanguageStage.FAILED)
    return next((failure for failure in failed if failure), None)


def speaks_approved_text(language: LanguageState) -> bool:
    """Whether its text is approved as it stands, and what is made of it may be made again at once. A text that waits
    may have been approved for an older source."""
    if language.is_source:
        return True
    if language.qc_state is not QCState.APPROVED or language.versions is None:
        return False
    if language.stage is LanguageStage.FAILED and language.failure:
        return language.failure.step is not Step.TRANSLATE
    return language.stage in (LanguageStage.SYNTHESIZING, LanguageStage.MUXING, LanguageStage.READY)


def first_stage(language: LanguageState) -> LanguageStage:
    """Where work on a language begins again. A translation that is there already is found, not made."""
    return LanguageStage.SYNTHESIZING if speaks_approved_text(language) else LanguageStage.TRANSLATING


def resumed_stage(language: LanguageState) -> LanguageStage:
    """Where a language whose work was stopped, or whose workflow is gone, goes on."""
    if language.stage in (LanguageStage.TRANSLATING, LanguageStage.LANGUAGE_QC, LanguageStage.READY):
        return language.stage
    return first_stage(language)


def stage_after_approval(language: LanguageState, *, changed: bool) -> LanguageStage:
    """`changed` says whether other source texts were approved than the last time."""
    if changed and not language.is_source:
        return LanguageStage.TRANSLATING
    if changed or language.stage is not LanguageStage.READY:
        return first_stage(language)
    return LanguageStage.READY


def stage_from_step(language: LanguageState, step: Step) -> LanguageStage:
    """Where a language begins whose work is done again from `step` on."""
    if step is Step.TRANSLATE and not language.is_source:
        return LanguageStage.TRANSLATING
    return first_stage(language)


def stages_after_change(
    state: JobState, languages: Mapping[str, LanguageState], again: bool
) -> dict[str, LanguageStage]:
    """Where languages begin when other outputs are requested: those that are new, and all where what is made of a
    text changed (`again`). One that is in QC stays there."""
    return {
        code: _stage_of_changed(language, again)
        for code, language in languages.items()
        if language.stage is not LanguageStage.REMOVED
        and (again or code not in state.languages or state.languages[code].stage is LanguageStage.REMOVED)
    }


def _stage_of_changed(language: LanguageState, again: bool) -> LanguageStage:
    return (
        first_stage(language)
        if again and language.stage is not LanguageStage.LANGUAGE_QC
        else resumed_stage(language)
    )
