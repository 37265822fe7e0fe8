"""A job and its languages without a server: the pure decisions, and around them what steps, people and the workflows'
main loops do next. Every way through it can be walked."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from schema.contracts.job import JobDecision, JobState
from schema.contracts.language import LanguageDecision, LanguageState, LanguageStop
from schema.contracts.outputs import RequestedOutputs
from schema.contracts.people import Actor
from schema.contracts.steps import Artifacts, Failure, JobRef, SourceFile, TranslateResult, Versions
from schema.enums import JobAction, JobStatus, LanguageAction, LanguageStage, QCState, Role, Step, Urgency
from schema.transitions import DRAFTING, STATUS_OF_STEP
from workflows import job_decisions, job_refusals, language_decisions
from workflows.children import begin_as_it_was
from workflows.job_languages import Effect, remembering, reported

_ID = UUID(int=1)
JOB = JobRef(
    job_id=_ID,
    org_id=_ID,
    client_id=_ID,
    project_id=_ID,
    source_language="en",
    source_object="jobs/1/source.mp4",
)
OUTPUTS = RequestedOutputs(audio_description_mp3=True, accessible_video_mp4=True, languages=("es",))
WITHOUT_SPANISH = OUTPUTS.model_copy(update={"languages": ()})
LINGUIST = Actor(name="Lin", role=Role.LINGUIST, user_id=UUID(int=2))
REVIEWER = Actor(name="Rae", role=Role.REVIEWER, user_id=UUID(int=3))
_OTHER_VIDEO = SourceFile(
    source_object="jobs/2/source.mp4", filename="b.mp4", content_type="video/mp4", size_bytes=1
)
_DONE = Artifacts(media_report="r", speech_audio="a", words="w", sight="s")
_STAGE_OF_STEP = {
    Step.TRANSLATE: LanguageStage.TRANSLATING,
    Step.SYNTHESIZE: LanguageStage.SYNTHESIZING,
    Step.MUX: LanguageStage.MUXING,
}
_STEP_OF_STAGE = {stage: step for step, stage in _STAGE_OF_STEP.items()}
_RESTING = (LanguageStage.READY, LanguageStage.REMOVED)


@dataclass(frozen=True)
class World:
    """`text` counts the versions of the source text, `clock` every move."""

    job: JobState = field(default_factory=lambda: JobState(outputs=OUTPUTS))
    languages: dict[str, LanguageState] = field(default_factory=dict)
    text: int = 1
    clock: int = 0

    @property
    def key(self) -> Hashable:
        """Worlds that behave alike have the same one: no revision, no time."""
        job = self.job
        approved = job.source_versions and (job.source_versions.captions == self.text and not job.renewed)
        failure = job.failure and (job.failure.step, job.failure.language)
        return (
            *(job.status, job.stopped, failure, approved, job.outputs.languages),
            tuple(_language_key(each, self.text) for each in job.languages.values()),
            tuple(_language_key(self.languages[code], self.text) for code in sorted(self.languages)),
        )

    @property
    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.clock)

    def tell(self, **languages: LanguageState) -> World:
        """Languages have moved, and report."""
        world = replace(self, languages={**self.languages, **languages})
        for language in languages.values():
            world = replace(world, job=reported(world.job, language))
        return world


def _language_key(state: LanguageState, text: int) -> Hashable:
    current = state.source_versions and state.source_versions.captions == text
    return (
        *(state.language, state.stage, state.qc_state, current, state.versions is not None),
        *(state.linguist_id is not None, state.failure and state.failure.step),
    )


def decide(world: World, decision: JobDecision) -> World:
    """Raises what refuses the decision."""
    job_refusals.refuse(world.job, decision, JOB)
    pinned = Versions(captions=world.text, audio_description=world.text)
    effect = job_decisions.effect_of(world.job, decision, JOB, pinned, world.now)
    text = world.text + (decision.action is JobAction.NEW_SOURCE)  # its drafts are others
    return _carried_out(replace(world, job=effect.state, text=text), effect)


def _carried_out(world: World, effect: Effect) -> World:
    moved: dict[str, LanguageState] = {}
    for codes, removed in ((effect.stop, False), (effect.remove, True)):
        for code in codes:
            if code in world.languages:
                stop = LanguageStop(removed=removed)
                moved[code] = language_decisions.stopped(world.languages[code], stop)
    for code in effect.retry:
        moved[code] = going_on(world.languages[code])
    for code, begin in effect.begin.items():
        known = world.languages.get(code, world.job.languages[code])
        moved[code] = language_decisions.taken_up(known, begin)
    return world.tell(**moved)


def going_on(state: LanguageState) -> LanguageState:
    """A language whose failed step runs again."""
    assert state.failure is not None
    return state.model_copy(update={"stage": _STAGE_OF_STEP[state.failure.step], "failure": None})


def decide_language(world: World, code: str, decision: LanguageDecision) -> World:
    """Raises what refuses the decision."""
    state = world.languages[code]
    language_decisions.refuse(state, decision)
    pinned = Versions(captions=1, audio_description=1)
    return world.tell(**{code: language_decisions.after(state, decision, pinned)})


def _job_decisions() -> Iterator[JobDecision]:
    for action in JobAction:
        details: list[dict[str, object]] = [{}]
        match action:
            case JobAction.RETRY | JobAction.REPROCESS:
                details += [{"from_step": step} for step in (Step.DESCRIBE, Step.TRANSLATE, Step.SYNTHESIZE)]
            case JobAction.RETRY_TTS | JobAction.REOPEN_LANGUAGE | JobAction.UPLOAD_FINAL:
                details = [{"language": code} for code in ("en", "es")]
            case JobAction.RETURN_TO_QC:
                details += [{"languages": ("es",)}]
            case JobAction.CHANGE_OUTPUTS:
                details = [{"outputs": OUTPUTS}, {"outputs": WITHOUT_SPANISH}]
            case JobAction.CHANGE_PRIORITY:
                details = [{"priority": Urgency.RUSH}]
            case JobAction.NEW_SOURCE:
                details = [{"source": _OTHER_VIDEO}]
            case JobAction.ASSIGN_SOURCE:
                details = [{"person_id": LINGUIST.user_id}]
        for each in details:
            yield JobDecision(action=action, reason="because", **each)  # type: ignore[arg-type]


def _language_decisions() -> Iterator[LanguageDecision]:
    """Whoever is taken off is missed in no state (`test_decisions`); all their absences would be too many worlds."""
    for action in LanguageAction:
        if action in language_decisions.UNASSIGNS:
            continue
        by = REVIEWER if action in (LanguageAction.OPEN_REVIEW, LanguageAction.APPROVE) else LINGUIST
        whom = REVIEWER if "reviewer" in action else LINGUIST
        yield LanguageDecision(action=action, actor=by, person_id=whom.user_id, reason="because")


JOB_DECISIONS = tuple(_job_decisions())
"""Every decision that could be tried, allowed or not."""
LANGUAGE_DECISIONS = tuple(_language_decisions())


def events(world: World) -> Iterator[tuple[str, World]]:
    """What happens without a decision about the job: steps end well or badly, and gates are entered."""
    job = world.job
    if job.status in DRAFTING:
        yield (
            "drafts are made",
            _entered(replace(world, job=_with(job, artifacts=_DONE)), JobStatus.PENDING_QC),
        )
        for step in (Step.PROBE, Step.DESCRIBE):
            failure = Failure(step=step, code="provider_failed", reason="no")
            failed = _with(job, status=JobStatus.FAILED, step=step, failure=failure)
            yield f"{step} fails", replace(world, job=failed)
        for step, status in STATUS_OF_STEP.items():
            yield f"{step} runs", replace(world, job=_with(job, status=status, step=step))
    if job.status is JobStatus.PENDING_QC:
        yield "the source is edited", replace(world, text=world.text + 1)
    if (
        job.in_languages
        and job.status is not JobStatus.PENDING_FINAL_REVIEW
        and all(each.stage in _RESTING for each in job.languages.values())
    ):
        yield "all are ready", _entered(world, JobStatus.PENDING_FINAL_REVIEW)
    for code, state in world.languages.items():
        if step := _STEP_OF_STAGE.get(state.stage):
            failure = Failure(step=step, language=code, code="provider_failed", reason="no")
            failed = state.model_copy(update={"stage": LanguageStage.FAILED, "failure": failure})
            yield f"{code} fails to {step}", world.tell(**{code: failed})
            yield f"{code} ends to {step}", world.tell(**{code: _advanced(state)})


def _advanced(state: LanguageState) -> LanguageState:
    if state.stage is LanguageStage.TRANSLATING:
        flagged = ("c1",) if state.qc_state is QCState.APPROVED else ()
        made = TranslateResult(
            versions=Versions(captions=1), glossary_version_id=None, translated=1, flagged_cues=flagged
        )
        state, stage = language_decisions.translated(state, made)
    elif state.stage is LanguageStage.SYNTHESIZING:
        stage = LanguageStage.MUXING
    else:
        stage = LanguageStage.READY
    return state.model_copy(update={"stage": stage})


def _entered(world: World, status: JobStatus) -> World:
    revision = world.job.revision + 1
    return replace(world, job=_with(world.job, status=status, revision=revision, step=None, failure=None))


def _with(job: JobState, **changes: object) -> JobState:
    return job.model_copy(update=changes)


def reset(world: World, earlier: JobState) -> World:
    """The job's workflow is reset to where it was; the sweep then tells it to settle."""
    earlier = remembering(earlier, JOB, world.languages)
    world = replace(world, job=earlier)
    if not earlier.in_languages:
        stopped = {
            code: language_decisions.stopped(
                state,
                LanguageStop(
                    removed=code in earlier.languages
                    and earlier.languages[code].stage is LanguageStage.REMOVED
                ),
            )
            for code, state in world.languages.items()
        }
        return world.tell(**stopped)
    moved: dict[str, LanguageState] = {}
    for code, known in earlier.languages.items():
        if known.stage is LanguageStage.REMOVED:
            if code in world.languages:  # it has begun once
                moved[code] = language_decisions.stopped(world.languages[code], LanguageStop(removed=True))
            continue
        begin = begin_as_it_was(earlier, known)
        state = world.languages.get(code, known)
        takes_up = language_decisions.takes_up(state, begin)
        moved[code] = language_decisions.taken_up(state, begin) if takes_up else state
    return world.tell(**moved)


def buried(world: World) -> World:
    """The job's workflow is terminated, the sweep has found it, and later a new run begins from the row."""
    failure = Failure(step=Step.PROBE, code="terminated", reason="gone")
    job = world.job
    return replace(world, job=_with(job, status=JobStatus.FAILED, failure=failure, stopped=job.stops_at))
