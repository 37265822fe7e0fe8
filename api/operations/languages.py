"""Language QC: the overview, people's decisions, and their queue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from api.allowed import is_own_work, language_actions
from api.asked import Asked
from api.bodies.client_jobs import ClientQC, ClientQCMap
from api.bodies.languages import (
    AssignBody,
    Assigned,
    BulkAssignBody,
    BulkAssigned,
    LanguageQCOut,
    Part,
    Person,
    QCMap,
    QueueItem,
    UnassignBody,
)
from api.context import Context
from api.guards.jobs import may_of_job
from api.guards.languages import LanguageOfJob, no_language
from api.operations import findings
from api.operations.decisions import decide_job, decide_language, refuse_taken
from api.operations.findings import Counted
from api.pagination import Page, Slice
from schema.contracts.language import LanguageDecision
from schema.contracts.steps import Versions
from schema.enums import JobAction, JobStatus, Kind, LanguageAction
from schema.errors import Forbidden, Invalid, PlatformError
from schema.permissions import Permission
from schema.queries import jobs, languages, reviews, users
from schema.tables import Job, JobLanguage

ASSIGNS_REVIEWER = frozenset({LanguageAction.ASSIGN_REVIEWER, LanguageAction.REASSIGN_REVIEWER})
_FIRST = frozenset({LanguageAction.ASSIGN, LanguageAction.ASSIGN_REVIEWER})


async def qc_map(ctx: Context, job: Job) -> QCMap | ClientQCMap:
    """Every language of the job, including requested ones that wait for the source to be approved."""
    rows = await languages.of_job(ctx.session, job.id)
    there = {row.language for row in rows}
    waiting = [code for code in jobs.job_state(job).outputs.targets(job.source_language) if code not in there]
    rows += [JobLanguage(job_id=job.id, language=code) for code in waiting]
    if not ctx.principal.is_client_in(job.org_id):
        return await _map(ctx, job, rows)
    shown = {
        row.language: ClientQC(
            language=row.language,
            is_source=row.is_source,
            stage=row.stage,
            qc_state=None if row.is_source else row.qc_state,
        )
        for row in rows
    }
    return ClientQCMap(job_id=job.id, status=job.status, languages=shown)


async def qc_of(ctx: Context, job: Job, row: JobLanguage) -> LanguageQCOut:
    """One language."""
    return (await _map(ctx, job, [row])).languages[row.language]


async def _map(ctx: Context, job: Job, rows: Iterable[JobLanguage]) -> QCMap:
    rows = list(rows)
    only = rows[0].language if len(rows) == 1 else None
    texts: dict[str, list[Counted]] = {row.language: [] for row in rows}
    for text in await findings.current(ctx, job, rows):
        texts[text.language].append(text)
    marked = await reviews.counted(ctx.session, job.id, only)
    comments = await languages.open_comments(ctx.session, job.id)
    people = [person for row in rows for person in (row.linguist_id, row.reviewer_id)]
    names = await users.names(ctx.session, people)
    leads = await may_of_job(ctx, Permission.ASSIGN_PEOPLE, job)
    shown = {
        row.language: _shown(
            job,
            row,
            language_actions(ctx.principal, job, row, leads=leads),
            texts[row.language],
            names,
            marked,
            comments,
        )
        for row in rows
    }
    return QCMap(job_id=job.id, status=job.status, languages=shown)


def _shown(
    job: Job,
    row: JobLanguage,
    allowed: list[LanguageAction],
    current: list[Counted],
    names: Mapping[UUID, str],
    marked: Counter[tuple[str, Kind]],
    comments: Counter[tuple[str, Kind | None]],
) -> LanguageQCOut:
    numbers = {text.kind: text.version for text in current}
    kinds = findings.requested(job, row)
    wanted = [text for text in current if text.kind in kinds]
    by_kind = {kind: cues for kind, cues in findings.flagged(job, row).items() if kind in kinds}
    return LanguageQCOut(
        language=row.language,
        is_source=row.is_source,
        stage=row.stage,
        qc_state=None if row.is_source else row.qc_state,
        allowed_actions=allowed,
        linguist=_person(row.linguist_id, names),
        reviewer=_person(row.reviewer_id, names),
        due_at=row.due_at,
        review_due_at=row.review_due_at,
        cues_total=sum(text.cues for text in wanted),
        cues_reviewed=sum(marked[row.language, kind] for kind in kinds),
        open_comments=sum(comments[row.language, kind] for kind in (*kinds, *([None] if kinds else []))),
        blocking_findings=sum(text.blocking for text in wanted),
        flagged_cues=[*(cue for cues in by_kind.values() for cue in cues), *findings.flagged_of_a_text(row)],
        flagged=by_kind,
        locked=row.locked,
        reason=row.reason,
        failure=row.failure,
        versions=Versions(
            captions=numbers.get(Kind.CAPTIONS), audio_description=numbers.get(Kind.AUDIO_DESCRIPTION)
        ),
    )


def _person(user_id: UUID | None, names: Mapping[UUID, str]) -> Person | None:
    return None if user_id is None else Person(id=user_id, name=names.get(user_id, ""))


async def assign(
    ctx: Context, found: LanguageOfJob, action: LanguageAction, body: AssignBody, once: Asked
) -> LanguageQCOut:
    """Assigns or reassigns a linguist or a reviewer of the job's organisation. The source language has no QC states, so
    people can be assigned to it at any time."""
    await _check_person(ctx, found, action, body.user_id)
    details: dict[str, Any] = {"person_id": body.user_id, "due_at": body.due_at}
    if found.row.is_source:
        if action in _FIRST and not once.repeated:
            refuse_taken(ctx, found.job, found.row, LanguageDecision(action=action, person_id=body.user_id))
        as_reviewer = action in ASSIGNS_REVIEWER
        row = await _of_source(ctx, found, once, as_reviewer=as_reviewer, first=action in _FIRST, **details)
    else:
        row = await decide_language(ctx, found.job, found.row, action, once, **details)
    return await qc_of(ctx, found.job, row)


async def _of_source(
    ctx: Context, found: LanguageOfJob, once: Asked, *, as_reviewer: bool, **details: object
) -> JobLanguage:
    job = await decide_job(ctx, found.job, JobAction.ASSIGN_SOURCE, once, as_reviewer=as_reviewer, **details)
    return await languages.one(ctx.session, job.id, found.row.language) or found.row


async def unassign(ctx: Context, found: LanguageOfJob, body: UnassignBody, once: Asked) -> LanguageQCOut:
    """Raises:
    Conflict: nobody is assigned, or somebody else is by now.
    """
    as_reviewer = body.role is Part.REVIEWER
    if found.row.is_source:
        row = await _of_source(ctx, found, once, as_reviewer=as_reviewer, instead_of=body.user_id)
    else:
        action = LanguageAction.UNASSIGN_REVIEWER if as_reviewer else LanguageAction.UNASSIGN
        row = await decide_language(ctx, found.job, found.row, action, once, person_id=body.user_id)
    return await qc_of(ctx, found.job, row)


async def _check_person(ctx: Context, found: LanguageOfJob, action: LanguageAction, user_id: UUID) -> None:
    as_reviewer = action in ASSIGNS_REVIEWER
    org_id = found.job.org_id
    if refusal := await users.why_not_assigned(ctx.session, user_id, org_id, as_reviewer=as_reviewer):
        raise Invalid(refusal)
    worked = ((found.row.state or {}).get("worked_by") or []) if as_reviewer else []
    other = found.row.linguist_id if as_reviewer else found.row.reviewer_id
    if user_id == other or str(user_id) in worked:
        raise Invalid("Nobody reviews their own translation: choose somebody else.")


async def bulk_assign(ctx: Context, job: Job, body: BulkAssignBody, once: Asked) -> BulkAssigned:
    """Assigns each language separately. A refusal does not stop the others."""
    results: list[Assigned] = []
    for code in dict.fromkeys(body.languages):
        try:
            results.append(await _assign_both(ctx, job, code, body, once))
        except PlatformError as error:
            results.append(Assigned(language=code, ok=False, detail=error.message, code=error.code))
    return BulkAssigned(results=results)


async def _assign_both(ctx: Context, job: Job, code: str, body: BulkAssignBody, once: Asked) -> Assigned:
    row = await languages.one(ctx.session, job.id, code)
    if row is None:
        raise no_language(ctx.principal, job, code)
    first, again = LanguageAction.ASSIGN, LanguageAction.REASSIGN
    of_linguist = (body.linguist_id, row.linguist_id, row.due_at, first, again)
    first, again = LanguageAction.ASSIGN_REVIEWER, LanguageAction.REASSIGN_REVIEWER
    of_reviewer = (body.reviewer_id, row.reviewer_id, row.review_due_at, first, again)
    for person, before, due_at, first, again in (of_linguist, of_reviewer):
        if person is None or (person == before and body.due_at in (None, due_at)):
            continue
        action = again if before else first
        await _check_person(ctx, LanguageOfJob(job, row), action, person)
        part = once.part(code, action)
        details: dict[str, Any] = {"person_id": person, "due_at": body.due_at}
        if row.is_source:
            as_reviewer = action in ASSIGNS_REVIEWER
            found = LanguageOfJob(job, row)
            row = await _of_source(
                ctx, found, part, as_reviewer=as_reviewer, first=action in _FIRST, **details
            )
        else:
            row = await decide_language(ctx, job, row, action, part, **details)
    return Assigned(language=code, ok=True, qc_state=None if row.is_source else row.qc_state)


async def decide(
    ctx: Context, found: LanguageOfJob, action: LanguageAction, once: Asked, **details: object
) -> LanguageQCOut:
    """Takes a decision of the linguist or the reviewer."""
    if is_own_work(ctx.principal, found.row, action):
        raise Forbidden("Nobody reviews their own translation.")
    row = await decide_language(ctx, found.job, found.row, action, once, **details)
    return await qc_of(ctx, found.job, row)


async def reopen(ctx: Context, found: LanguageOfJob, reason: str | None, once: Asked) -> LanguageQCOut:
    """Reopens a rejected or approved language for its linguist. In a completed job, this starts later work."""
    if found.job.status is not JobStatus.COMPLETED:
        return await decide(ctx, found, LanguageAction.REOPEN, once, reason=reason)
    job = await decide_job(
        ctx, found.job, JobAction.REOPEN_LANGUAGE, once, language=found.row.language, reason=reason
    )
    row = await languages.one(ctx.session, job.id, found.row.language)
    return await qc_of(ctx, job, row or found.row)


async def queue(ctx: Context, paging: Slice) -> Page[QueueItem]:
    """What waits for the caller."""
    found, total = await languages.queue(ctx.session, ctx.principal, offset=paging.offset, limit=paging.size)
    items = [
        QueueItem(
            job_id=each.job_id,
            title=each.title,
            source_language=each.source_language,
            language=each.language,
            role=Part.LINGUIST if each.linguist_id == ctx.principal.user_id else Part.REVIEWER,
            is_source=each.is_source,
            qc_state=None if each.is_source else each.qc_state,
            due_at=each.due_at,
            job_created_at=each.job_created_at,
        )
        for each in found
    ]
    return paging.of(items, total)
