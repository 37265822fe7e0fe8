"""The languages that a decision about a job begins, and the stage at which each begins. Pure functions."""

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
    """The effect of a decision. `redirect` stops the current work. `begin` starts languages, `retry` repeats their
    failed step, and `stop` halts them. `remove` halts those that are no longer requested. `tell` sends the languages
    the job as it is now."""

    state: JobState
    redirect: bool = True
    begin: Mapping[str, LanguageBegin] = field(default_factory=dict)
    retry: tuple[str, ...] = ()
    retry_source: bool = False
    stop: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    tell: tuple[str, ...] = ()


def moved(state: JobState, status: JobStatus, **changes: object) -> JobState:
    """`state` with another status and revision, without the fields that only applied to the earlier one."""
    fresh = {"revision": state.revision + 1, "step": None, "failure": None, "reason": None, "stopped": None}
    fresh["keep_human_edits"] = True
    return state.model_copy(update={**fresh, "status": status, **changes})


def wanted(state: JobState, job: JobRef) -> dict[str, LanguageState]:
    """The source first, then the requested targets. Languages that are no longer requested stay, marked as removed."""
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
    """The state after languages begin. `stages` gives the stage of each at the next revision; the others are unchanged.
    `at` is the workflow's time, by which a language recognises a later beginning even after a reset. `versions` are
    approved texts that a language does not know yet."""
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
    """`state` with these languages. The status is that of the least advanced language, or failed if one has failed."""
    status = status_of(language.stage for language in languages.values())
    failure = first_failure(languages) if status is JobStatus.FAILED else None
    changes = {"languages": dict(languages), "status": status, "failure": failure}
    return state.model_copy(update=changes | {"step": failure.step if failure else None})


def remembering(state: JobState, job: JobRef, codes: Iterable[str]) -> JobState:
    """`state` after a reset, without those of `codes` that were requested only later."""
    asked = {job.source_language, *state.outputs.targets(job.source_language), *state.languages}
    later = {
        code: LanguageState(language=code, stage=LanguageStage.REMOVED) for code in codes if code not in asked
    }
    return state.model_copy(update={"languages": {**state.languages, **later}})


def reported(state: JobState, language: LanguageState) -> JobState:
    """`state` after a language reported. A report about an earlier beginning changes nothing. The main loop, not a
    report, enters the gate after the languages."""
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
    """Whether the language's text is approved as it stands, so that its outputs may be made again at once. A text that
    waits in QC may have been approved against an older source."""
    if language.is_source:
        return True
    if language.qc_state is not QCState.APPROVED or language.versions is None:
        return False
    if language.stage is LanguageStage.FAILED and language.failure:
        return language.failure.step is not Step.TRANSLATE
    return language.stage in (LanguageStage.SYNTHESIZING, LanguageStage.MUXING, LanguageStage.READY)


def first_stage(language: LanguageState) -> LanguageStage:
    """The stage at which work on a language starts over. An existing translation is found, not made again."""
    return LanguageStage.SYNTHESIZING if speaks_approved_text(language) else LanguageStage.TRANSLATING


def resumed_stage(language: LanguageState) -> LanguageStage:
    """The stage at which a language continues whose work was stopped, or whose workflow is gone."""
    if language.stage in (LanguageStage.TRANSLATING, LanguageStage.LANGUAGE_QC, LanguageStage.READY):
        return language.stage
    return first_stage(language)


def stage_after_approval(language: LanguageState, *, changed: bool) -> LanguageStage:
    """The stage after an approval. `changed` says whether the approved source texts differ from the last approved
    ones."""
    if changed and not language.is_source:
        return LanguageStage.TRANSLATING
    if changed or language.stage is not LanguageStage.READY:
        return first_stage(language)
    return LanguageStage.READY


def stage_from_step(language: LanguageState, step: Step) -> LanguageStage:
    """The stage at which a language starts over if its work is repeated from `step` on."""
    if step is Step.TRANSLATE and not language.is_source:
        return LanguageStage.TRANSLATING
    return first_stage(language)


def stages_after_change(
    state: JobState, languages: Mapping[str, LanguageState], again: bool
) -> dict[str, LanguageStage]:
    """The stages at which languages start if the requested outputs change: new languages, and all of them if the
    outputs of a text changed (`again`). A language in QC stays there."""
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
