"""The decisions that a person can take now: allowed by the transition table, and not refused by the details of the
state."""

from __future__ import annotations

from uuid import UUID

from temporalio.exceptions import ApplicationError

from schema.contracts.job import JobDecision, JobState
from schema.contracts.language import LanguageDecision, LanguageState
from schema.contracts.steps import JobRef, SourceFile
from schema.enums import JobAction, LanguageAction, Step, Urgency
from schema.transitions import allowed_job_actions, allowed_language_actions
from workflows import job_refusals, language_decisions

_VIDEO = SourceFile(source_object="any", filename="any", content_type="video/mp4", size_bytes=1)
_SOMEBODY = UUID(int=0)
_FROM_A_STEP = (JobAction.RETRY, JobAction.REPROCESS)
_OF_A_LANGUAGE = (JobAction.RETRY_TTS, JobAction.REOPEN_LANGUAGE, JobAction.UPLOAD_FINAL)


def job_actions(state: JobState, job: JobRef) -> list[JobAction]:
    """The actions that are allowed now, each with what it needs. An action about one language is allowed where some
    language allows it."""
    return [
        action
        for action in allowed_job_actions(state.status)
        if any(_is_taken(state, decision, job) for decision in _ways(action, state))
    ]


def _ways(action: JobAction, state: JobState) -> list[JobDecision]:
    """The decisions that `action` can stand for."""
    plain = JobDecision(
        action=action, reason="A reason.", outputs=state.outputs, priority=Urgency.RUSH, source=_VIDEO
    )
    if action in _FROM_A_STEP:
        return [plain, plain.model_copy(update={"from_step": Step.PROBE})]
    if action is JobAction.ASSIGN_SOURCE:
        return [plain.model_copy(update={"person_id": _SOMEBODY})]
    if action in _OF_A_LANGUAGE:
        return [plain.model_copy(update={"language": code}) for code in state.languages]
    return [plain]


def _is_taken(state: JobState, decision: JobDecision, job: JobRef) -> bool:
    try:
        job_refusals.refuse(state, decision, job)
    except ApplicationError:
        return False
    return True


def language_actions(state: LanguageState) -> list[LanguageAction]:
    """The actions that are allowed now, each with what it needs."""
    found = []
    for action in allowed_language_actions(state.qc_state):
        whom = None if action in language_decisions.UNASSIGNS else _SOMEBODY
        decision = LanguageDecision(action=action, reason="A reason.", person_id=whom)
        try:
            language_decisions.refuse(state, decision)
        except ApplicationError:
            continue
        found.append(action)
    return found
