"""The decisions that a job's state refuses. Pure functions."""

from __future__ import annotations

from collections.abc import Collection

from schema.contracts.job import JobDecision, JobState
from schema.contracts.steps import JobRef
from schema.enums import JobAction, JobStatus, Kind, LanguageStage, Step
from schema.transitions import CLOSED, JOB, STATUS_OF_STEP, allowed_job_actions
from workflows.job_languages import speaks_approved_text
from workflows.refusals import conflict, invalid

SOURCE_STEPS = frozenset(STATUS_OF_STEP)


def refuse(state: JobState, decision: JobDecision, job: JobRef) -> None:
    """Raises if `state` does not allow `decision`.

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
        case JobAction.RETRY_TTS if not decision.language and decision.languages:
            if state.status not in CLOSED and not state.in_languages:
                raise conflict("The source is to be approved first.")
            if not unknown and not to_speak(state, decision):
                raise conflict(f"No text in {', '.join(decision.languages)} is approved yet.")
        case JobAction.RETRY_TTS | JobAction.REOPEN_LANGUAGE | JobAction.UPLOAD_FINAL:
            if not decision.language:
                raise invalid(f"{decision.action} needs a language.")
            if state.status not in CLOSED and not state.in_languages:
                raise conflict("The source is to be approved first.")
            language = state.languages.get(decision.language)
            if language is not None and language.is_source and decision.action is JobAction.REOPEN_LANGUAGE:
                raise conflict("The source language has no language QC: it follows source QC.")
            if language is not None and not speaks_approved_text(language):
                raise conflict(f"The text in {decision.language} is not approved yet.")
        case JobAction.CHANGE_OUTPUTS if decision.outputs is None:
            raise invalid("change_outputs needs outputs.")
        case JobAction.NEW_SOURCE if decision.source is None:
            raise invalid("new_source needs source.")
        case JobAction.ASSIGN_SOURCE:
            _refuse_person(state, decision)
        case JobAction.APPROVE_SOURCE | JobAction.APPROVE_ENGLISH if (
            decision.actor.user_id is not None and decision.actor.user_id == state.source_people.linguist_id
        ):
            raise conflict("Nobody approves what they wrote: somebody else must approve it.", "own_work")
        case JobAction.CHANGE_PRIORITY if decision.priority is None:
            raise invalid("change_priority needs priority.")
        case JobAction.RETRY if (
            state.in_languages and decision.from_step not in SOURCE_STEPS and not failed(state, decision)
        ):
            raise conflict(f"{decision.language or 'Nothing'} has not failed.")
    if unknown:
        raise conflict(f"The job has no language {', '.join(unknown)}.")


def refuse_removed(state: JobState, decision: JobDecision) -> None:
    """Refuses work on outputs that are no longer requested, which would open a job for nothing. For validators, which
    do not run on replay.

    Raises:
        ApplicationError: `conflict`.
    """
    if decision.action not in (JobAction.RETURN_TO_QC, JobAction.REPROCESS):
        return
    gone = [code for code in decision.languages if state.languages[code].stage is LanguageStage.REMOVED]
    if gone:
        raise conflict(f"Not requested any more: {', '.join(gone)}.")


def refuse_undrafted(state: JobState, decision: JobDecision) -> None:
    """Refuses work on a text that was requested after the source was approved and that nobody has drafted yet: no
    language can be made from it. For validators, like `refuse_removed`.

    Raises:
        ApplicationError: `conflict`, which names the step that drafts it.
    """
    approved = state.source_versions
    from_languages = decision.from_step is not None and decision.from_step not in SOURCE_STEPS
    if decision.action not in (JobAction.RETRY, JobAction.REPROCESS) or not from_languages or not approved:
        return
    lacking = [kind for kind in state.outputs.wanted_kinds() if approved.of(kind) is None]
    if lacking:
        named = " and the ".join(kind.replace("_", " ") for kind in lacking)
        verb = "are" if named.endswith("s") else "is"
        raise conflict(
            f"The {named} {verb} asked for and not there yet: say from_step {drafting_step(lacking)}, which drafts what "
            "is lacking for source QC."
        )


def drafting_step(lacking: Collection[Kind]) -> Step:
    """The first step that makes one of these texts."""
    return Step.TRANSCRIBE if Kind.CAPTIONS in lacking else Step.DESCRIBE


def to_speak(state: JobState, decision: JobDecision) -> tuple[str, ...]:
    """The languages that are spoken again: the named one, or of several those whose text is approved."""
    if decision.language:
        return (decision.language,)
    return tuple(code for code in decision.languages if speaks_approved_text(state.languages[code]))


def _refuse_person(state: JobState, decision: JobDecision) -> None:
    people = state.source_people
    mine, other = (
        (people.reviewer_id, people.linguist_id)
        if decision.as_reviewer
        else (people.linguist_id, people.reviewer_id)
    )
    if decision.person_id is None and mine is None:
        raise conflict("Nobody is assigned to the source texts.")
    if decision.instead_of not in (None, mine):
        raise conflict("They are not assigned to the source texts any more.")
    if decision.first and mine not in (None, decision.person_id):
        raise conflict("Somebody else is assigned to the source texts already: reassign them.")
    if decision.person_id is not None and decision.person_id == other:
        raise conflict("Nobody reviews their own work: choose somebody else.", "own_work")


def failed(state: JobState, decision: JobDecision) -> tuple[str, ...]:
    """The failed languages that a retry is about."""
    failed = [code for code, each in state.languages.items() if each.stage is LanguageStage.FAILED]
    return tuple(code for code in failed if decision.language in (None, code))


def to_retry(state: JobState, decision: JobDecision) -> tuple[str, ...]:
    """The languages that a retry from a step is about: the failed ones or, for a job that was stopped, all of them."""
    return failed(state, decision) if state.in_languages else decision.languages
