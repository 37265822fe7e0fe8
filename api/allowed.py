"""What a caller may do now: what the state allows (`schema.transitions`) of what their role, or their part in it, allows
(`api.guards`). Only what has a route is named."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from temporalio.exceptions import ApplicationError

from schema.codes import Code
from schema.contracts.job import JobDecision, JobState, SourcePeople
from schema.contracts.language import LanguageDecision, LanguageState
from schema.contracts.outputs import RequestedOutputs, primary
from schema.enums import JobAction, JobStatus, LanguageAction, LanguageStage, QCState
from schema.permissions import Permission, Principal
from schema.queries import jobs, retention
from schema.tables import Job, JobLanguage
from schema.transitions import ENDED, LANGUAGE, SOURCE_APPROVED, allowed_job_actions
from workflows import job_refusals, language_decisions
from workflows.job_languages import speaks_approved_text
from workflows.updates import beside

JOB: dict[JobAction, Permission] = {
    JobAction.APPROVE_SOURCE: Permission.REVIEW_SOURCE,
    JobAction.APPROVE_ENGLISH: Permission.REVIEW_SOURCE,
    JobAction.REJECT: Permission.REVIEW_SOURCE,
    JobAction.PROMOTE_TO_QC: Permission.STEER_JOB,
    JobAction.BLOCKED_ON_SOURCE: Permission.STEER_JOB,
    JobAction.RETRY_TTS: Permission.STEER_JOB,
    JobAction.RETRY: Permission.RETRY_JOB,
    JobAction.COMPLETE: Permission.FINAL_REVIEW,
    JobAction.REJECT_FINAL: Permission.FINAL_REVIEW,
    JobAction.RETURN_TO_QC: Permission.FINAL_REVIEW,
    JobAction.CANCEL: Permission.CHANGE_JOB,
    JobAction.CHANGE_OUTPUTS: Permission.CHANGE_JOB,
    JobAction.UPLOAD_FINAL: Permission.STEER_JOB,
    JobAction.REPROCESS: Permission.ADMINISTER,
    JobAction.NEW_SOURCE: Permission.CHANGE_JOB,
}
"""By the guard of its route; a test holds the two together."""
_LINGUIST = frozenset({LanguageAction.START_WORK, LanguageAction.SUBMIT})
_REVIEWER = frozenset({LanguageAction.OPEN_REVIEW, LanguageAction.APPROVE, LanguageAction.REJECT})
_FIRST = frozenset({LanguageAction.ASSIGN, LanguageAction.ASSIGN_REVIEWER})
_ASSIGNING = language_decisions.ASSIGNS | frozenset(language_decisions.UNASSIGNS)
_OF_REVIEWER = language_decisions.ASSIGNS_REVIEWER | {LanguageAction.UNASSIGN_REVIEWER}
_SOMEBODY = UUID(int=0)
_MEANT = {
    action: LanguageDecision(
        action=action,
        reason="A reason.",
        person_id=None if action in language_decisions.UNASSIGNS else _SOMEBODY,
    )
    for action in LANGUAGE
}
"""What somebody means who is shown an action: it with whatever it needs."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a decision about a language cannot be taken now."""

    message: str
    of_job: bool = False
    """Whether it is the job's state that stands in the way, and not the language's."""
    code: Code | None = None


def is_linguist(who: Principal, job: Job, row: JobLanguage) -> bool:
    """Whether a language is theirs to translate: it is assigned to them, and their role allows it still."""
    return who.user_id == row.linguist_id and who.may(Permission.TRANSLATE, job.org_id)


def is_reviewer(who: Principal, job: Job, row: JobLanguage) -> bool:
    """Likewise, to review."""
    return who.user_id == row.reviewer_id and who.may(Permission.REVIEW_LANGUAGE, job.org_id)


def is_assigned(who: Principal, job: Job, row: JobLanguage) -> bool:
    """Either."""
    return is_linguist(who, job, row) or is_reviewer(who, job, row)


def job_actions(who: Principal, job: Job) -> list[JobAction]:
    """In the order of the table of transitions."""
    if retention.why_over(job):
        return []
    return [action for action in allowed_job_actions(job.status) if _may_job(who, job, action)]


def _may_job(who: Principal, job: Job, action: JobAction) -> bool:
    permission = JOB.get(action)
    if permission is None or (action is JobAction.APPROVE_ENGLISH and primary(job.source_language) != "en"):
        return False
    own = permission is Permission.CHANGE_JOB and job.creator_id == who.user_id
    return own or who.may(permission, job.org_id)


def language_actions(who: Principal, job: Job, row: JobLanguage, *, leads: bool) -> list[LanguageAction]:
    """In the order of the table of transitions: what is refused to nobody by the state, nor to `who` by their part. `leads`
    says whether they assign people to this job's languages."""
    return [
        action
        for action, decision in _MEANT.items()
        if _may_language(who, job, row, action, leads=leads) and why_not(job, row, decision) is None
    ]


def why_not(job: Job, row: JobLanguage, decision: LanguageDecision) -> Refused | None:
    """Why the state allows `decision` to nobody: the one answer to what is shown and to what is refused before the
    language's workflow is asked. None where it is allowed.

    Raises:
        ApplicationError: `invalid`, where the decision says too little.
    """
    if over := retention.why_over(job):
        return Refused(over, of_job=True)
    if row.is_source:
        return _why_not_source(job, row, decision)
    if row.stage is LanguageStage.REMOVED:
        return Refused(f"{row.language} is not requested any more.", of_job=True)
    if job.status is JobStatus.COMPLETED and decision.action is LanguageAction.REOPEN:
        speaks = speaks_approved_text(jobs.language_state(row))
        return None if speaks else Refused(f"The text in {row.language} is not approved yet.")
    if job.status not in SOURCE_APPROVED:
        return Refused(f"{row.language} waits: the job is {job.status}.", of_job=True)
    if row.stage is LanguageStage.FAILED and (row.failure or {}).get("code") in ENDED:
        return Refused("The work on this language has ended: retry it first.")
    if decision.action in _FIRST and (taken := why_taken(row, decision)):
        return Refused(taken)
    return _refused_by(jobs.language_state(row), decision)


def why_taken(row: JobLanguage, decision: LanguageDecision) -> str | None:
    """Nobody is put in another's place by an assignment: whoever means that reassigns the language, and a review that was
    open begins again."""
    as_reviewer = decision.action in _OF_REVIEWER
    assigned, part = (row.reviewer_id, "reviewer") if as_reviewer else (row.linguist_id, "linguist")
    if assigned in (None, decision.person_id):
        return None
    return f"{row.language} has a {part} already: reassign it where it is to be somebody else."


def _refused_by(state: LanguageState, decision: LanguageDecision) -> Refused | None:
    try:
        language_decisions.refuse(state, decision)
    except ApplicationError as refused:
        return Refused(refused.message, code=beside(refused).get("code"))
    return None


def _why_not_source(job: Job, row: JobLanguage, decision: LanguageDecision) -> Refused | None:
    """The source has people as the others have, and no states: assigning them is a decision about its job."""
    action = decision.action
    if action not in _ASSIGNING:
        return Refused("The source language has no language QC: it follows source QC.", of_job=True)
    people = SourcePeople(linguist_id=row.linguist_id, reviewer_id=row.reviewer_id)
    state = JobState(outputs=RequestedOutputs(), status=job.status, source_people=people)
    assigning = JobDecision(
        action=JobAction.ASSIGN_SOURCE,
        person_id=None if action in language_decisions.UNASSIGNS else decision.person_id,
        as_reviewer=action in _OF_REVIEWER,
        first=action in _FIRST,
    )
    try:
        job_refusals.refuse(state, assigning, jobs.job_ref(job))
    except ApplicationError as refused:
        return Refused(refused.message, of_job=True, code=beside(refused).get("code"))
    return None


def _may_language(who: Principal, job: Job, row: JobLanguage, action: LanguageAction, *, leads: bool) -> bool:
    if action is LanguageAction.REOPEN:
        return may_reopen(who, job, row)
    if action in _ASSIGNING:
        return leads
    if is_own_work(who, row, action):
        return False
    mine = is_linguist if action in _LINGUIST else is_reviewer
    return mine(who, job, row) or who.may(Permission.STAND_IN, job.org_id)


def is_own_work(who: Principal, row: JobLanguage, action: LanguageAction) -> bool:
    """Whether they would review what they translated themselves."""
    return action in _REVIEWER and str(who.user_id) in ((row.state or {}).get("worked_by") or ())


def may_reopen(who: Principal, job: Job, row: JobLanguage) -> bool:
    """From rejected its linguist; from approved a reviewer or a lead; production and admin from both. In any other state
    each of them may ask, for the same request may be sent again after it has moved the language; the state refuses what
    is no repetition."""
    return (
        who.may(Permission.STAND_IN, job.org_id)
        or (row.qc_state is not QCState.REJECTED and who.may(Permission.REOPEN_APPROVED, job.org_id))
        or (row.qc_state is not QCState.APPROVED and is_linguist(who, job, row))
    )
