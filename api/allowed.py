"""What a caller may do now: what the state allows (`schema.transitions`) of what their role, or their part in it, allows
(`api.guards`). Only what has a route is named."""

from __future__ import annotations

from schema.contracts.outputs import primary
from schema.enums import JobAction, JobStatus, LanguageAction, LanguageStage, QCState
from schema.permissions import Permission, Principal
from schema.tables import Job, JobLanguage
from schema.transitions import SOURCE_APPROVED, allowed_job_actions, allowed_language_actions

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
_UNASSIGNS = frozenset({LanguageAction.UNASSIGN, LanguageAction.UNASSIGN_REVIEWER})
_REVIEWER = frozenset({LanguageAction.OPEN_REVIEW, LanguageAction.APPROVE, LanguageAction.REJECT})


def job_actions(who: Principal, job: Job) -> list[JobAction]:
    """In the order of the table of transitions."""
    return [action for action in allowed_job_actions(job.status) if _may_job(who, job, action)]


def _may_job(who: Principal, job: Job, action: JobAction) -> bool:
    permission = JOB.get(action)
    if permission is None or (action is JobAction.APPROVE_ENGLISH and primary(job.source_language) != "en"):
        return False
    own = permission is Permission.CHANGE_JOB and job.creator_id == who.user_id
    return own or who.may(permission, job.org_id)


def language_actions(who: Principal, job: Job, row: JobLanguage) -> list[LanguageAction]:
    """None of the source language, which follows source QC, nor of one that does not exist at the moment."""
    if row.is_source or row.stage is LanguageStage.REMOVED:
        return []
    allowed = allowed_language_actions(row.qc_state) if job.status in SOURCE_APPROVED else []
    if job.status is JobStatus.COMPLETED and row.qc_state is QCState.APPROVED:
        allowed = [LanguageAction.REOPEN]
    return [action for action in allowed if _may_language(who, job, row, action)]


def _may_language(who: Principal, job: Job, row: JobLanguage, action: LanguageAction) -> bool:
    if action is LanguageAction.REOPEN:
        return may_reopen(who, job, row)
    if action in _UNASSIGNS:
        whom = row.linguist_id if action is LanguageAction.UNASSIGN else row.reviewer_id
        return whom is not None and who.may(Permission.ASSIGN_PEOPLE, job.org_id)
    if action in _LINGUIST | _REVIEWER:
        mine = row.linguist_id if action in _LINGUIST else row.reviewer_id
        return who.user_id == mine or who.may(Permission.STAND_IN, job.org_id)
    return who.may(Permission.ASSIGN_PEOPLE, job.org_id)


def may_reopen(who: Principal, job: Job, row: JobLanguage) -> bool:
    """From rejected its linguist; from approved a reviewer or a lead; production and admin from both. In any other state
    each of them may ask, for the same request may be sent again after it has moved the language; the state refuses what
    is no repetition."""
    return (
        who.may(Permission.STAND_IN, job.org_id)
        or (row.qc_state is not QCState.REJECTED and who.may(Permission.REOPEN_APPROVED, job.org_id))
        or (row.qc_state is not QCState.APPROVED and who.user_id == row.linguist_id)
    )
