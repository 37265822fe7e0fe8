"""The actions that a caller can take now: those that the state allows (`schema.transitions`) and that the caller's
role, or assignment, allows (`api.guards`). Only actions that have a route are included."""

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
"""The permission of each action, as in the guard of its route. A test compares the two."""
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
"""What an action is shown with: whatever it needs."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The reason that a decision about a language cannot be taken now."""

    message: str
    of_job: bool = False
    """Whether the job's state, rather than the language's, prevents it."""
    code: Code | None = None


def is_linguist(who: Principal, job: Job, row: JobLanguage) -> bool:
    """Whether the caller is the language's linguist, in a role that still allows it."""
    return who.user_id == row.linguist_id and who.may(Permission.TRANSLATE, job.org_id)


def is_reviewer(who: Principal, job: Job, row: JobLanguage) -> bool:
    """Whether the caller is the language's reviewer, in a role that still allows it."""
    return who.user_id == row.reviewer_id and who.may(Permission.REVIEW_LANGUAGE, job.org_id)


def is_assigned(who: Principal, job: Job, row: JobLanguage) -> bool:
    """Whether the caller is the language's linguist or reviewer."""
    return is_linguist(who, job, row) or is_reviewer(who, job, row)


def job_actions(who: Principal, job: Job) -> list[JobAction]:
    """The actions on a job, in the order of the transition table."""
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
    """The actions on a language, in the order of the transition table, that the state allows and `who` may take.
    `leads` says whether they assign people to this job's languages."""
    return [
        action
        for action, decision in _MEANT.items()
        if _may_language(who, job, row, action, leads=leads) and why_not(job, row, decision) is None
    ]


def why_not(job: Job, row: JobLanguage, decision: LanguageDecision) -> Refused | None:
    """Why the state allows `decision` to nobody; None if it is allowed. The same answer is used for the actions that
    are shown, and for refusals before the language's workflow is asked.

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
    """Why an assignment is refused if somebody else is assigned. Replacing a person is a reassignment, which restarts
    an open review."""
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
    """Why an assignment to the source is refused. The source has a linguist and a reviewer like other languages, but no
    QC states; assigning them is a decision about the job."""
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
    """Whether they would review their own translation."""
    return action in _REVIEWER and str(who.user_id) in ((row.state or {}).get("worked_by") or ())


def may_reopen(who: Principal, job: Job, row: JobLanguage) -> bool:
    """Who may reopen a language: from rejected, its linguist; from approved, its reviewer or a lead; from both,
    production and admin. In other states all of them may ask, because the same request may be sent again after it
    succeeded; the state refuses a request that is no repetition."""
    return (
        who.may(Permission.STAND_IN, job.org_id)
        or (row.qc_state is not QCState.REJECTED and who.may(Permission.REOPEN_APPROVED, job.org_id))
        or (row.qc_state is not QCState.APPROVED and is_linguist(who, job, row))
    )
