"""The recipients of mails about a decision. Computed before its snapshot is written, in the same transaction, because
the row afterwards no longer shows who had the work before."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from schema.contracts.job import JobSnapshot
from schema.contracts.language import LanguageSnapshot
from schema.enums import JobAction, LanguageAction, MailKind
from schema.queries import languages, mails
from schema.queries.projection_records import request_of
from schema.queries.visibility import unscoped
from schema.tables import Job, Mail

_OF_JOB = {
    JobAction.REJECT: MailKind.JOB_REJECTED,
    JobAction.REJECT_FINAL: MailKind.JOB_REJECTED,
    JobAction.BLOCKED_ON_SOURCE: MailKind.JOB_BLOCKED,
    JobAction.COMPLETE: MailKind.JOB_COMPLETED,
}
_RETURNS = {JobAction.RETURN_TO_QC, JobAction.REOPEN_LANGUAGE}


async def of_job(session: AsyncSession, snapshot: JobSnapshot) -> list[Mail]:
    """Recipients for a job: its creator, if it is rejected, blocked or completed; the people of returned languages; and
    people who are assigned to, or removed from, the source texts."""
    unscoped("a worker's, of its job")
    if snapshot.actor is None or snapshot.decision is None or snapshot.event is None:
        return []
    cause, actor, job_id = request_of(snapshot), snapshot.actor.user_id, snapshot.job.job_id
    action = snapshot.decision.action
    if action in _OF_JOB:
        job = await session.get(Job, job_id)
        people = _others([job.creator_id] if job else [], actor)
        return await mails.tell(session, cause, _OF_JOB[action], people, job_id=job_id)
    if action is JobAction.ASSIGN_SOURCE:
        people_now = snapshot.state.source_people
        after = (people_now.linguist_id, people_now.reviewer_id)
        return await _changed_hands(session, cause, actor, job_id, snapshot.job.source_language, after)
    if action not in _RETURNS:
        return []
    named = [
        *snapshot.decision.languages,
        *([snapshot.decision.language] if snapshot.decision.language else []),
    ]
    told: list[Mail] = []
    for code in named or [snapshot.job.source_language]:
        row = await languages.one(session, job_id, code)
        people = _others([row.linguist_id, row.reviewer_id] if row else [], actor)
        kind = MailKind.LANGUAGE_RETURNED
        told += await mails.tell(session, cause, kind, people, job_id=job_id, language=code)
    return told


async def of_language(session: AsyncSession, snapshot: LanguageSnapshot) -> list[Mail]:
    """Recipients for a language: people who are assigned or removed; the linguist, if it is rejected or reopened."""
    if snapshot.actor is None or snapshot.decision is None:
        return []
    cause, actor, state = request_of(snapshot), snapshot.actor.user_id, snapshot.state
    job_id, after = snapshot.job.job_id, (state.linguist_id, state.reviewer_id)
    told = await _changed_hands(session, cause, actor, job_id, state.language, after)
    returned = {
        LanguageAction.REJECT: MailKind.LANGUAGE_REJECTED,
        LanguageAction.REOPEN: MailKind.LANGUAGE_RETURNED,
    }.get(snapshot.decision.action)
    if returned:
        people = _others([state.linguist_id], actor)
        told += await mails.tell(session, cause, returned, people, job_id=job_id, language=state.language)
    return told


async def _changed_hands(
    session: AsyncSession,
    cause: str,
    actor: UUID | None,
    job_id: UUID,
    language: str,
    after: tuple[UUID | None, UUID | None],
) -> list[Mail]:
    """The new linguist or reviewer, and the previous one."""
    row = await languages.one(session, job_id, language)
    before = (row.linguist_id, row.reviewer_id) if row else (None, None)
    pairs = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    told: list[Mail] = []
    for kind, people in (
        (MailKind.LANGUAGE_ASSIGNED, [new for _, new in pairs]),
        (MailKind.LANGUAGE_TAKEN_AWAY, [old for old, _ in pairs]),
    ):
        others = _others(people, actor)
        told += await mails.tell(session, cause, kind, others, job_id=job_id, language=language)
    return told


def _others(people: Iterable[UUID | None], actor: UUID | None) -> list[UUID | None]:
    """Nobody is mailed about their own action."""
    return [person for person in people if person != actor]
