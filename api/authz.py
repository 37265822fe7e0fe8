"""Guards: a handler's parameter is already what the caller may touch.

`job: ReviewableJob` answers 404 where the caller may not see the job, 403 where they see it but may not review it,
and else hands the job over. A test fails for a route without a guard; `Public` says on purpose that there is none.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Query

from api.authn import Caller, signed_in
from api.context import Context
from schema.contracts.outputs import Language
from schema.enums import Kind, QCState
from schema.errors import NotFound
from schema.permissions import Permission, forbidden
from schema.queries import jobs, languages
from schema.tables import Job, JobLanguage


@dataclass(frozen=True, slots=True)
class Rule:
    """What a guard asks for; `also` names who may beside those with the permission."""

    permission: Permission | None
    also: str | None = None


GUARDS: dict[Callable[..., Any], Rule] = {signed_in: Rule(Permission.READ)}
"""Every guard, for the tests that hold routes to the contract."""

LanguagePath = Annotated[Language, Path(description="BCP 47 code of a language of the job.")]
LanguageQuery = Annotated[Language, Query(description="BCP 47 code of a language of the job.")]
KindQuery = Annotated[Kind, Query(description="Which of the language's two texts.")]


@dataclass(frozen=True, slots=True)
class LanguageOfJob:
    """A language of a job that the caller may touch."""

    job: Job
    row: JobLanguage


@dataclass(frozen=True, slots=True)
class TextOfJob:
    """One of the two texts of a language that the caller may touch."""

    job: Job
    row: JobLanguage
    kind: Kind


def public() -> None:
    """Nobody has to sign in for this."""


GUARDS[public] = Rule(None)
Public = Depends(public)
"""For a router's or route's `dependencies`."""


async def _seen_job(ctx: Context, job_id: UUID, *, with_deleted: bool = False) -> Job:
    job = await jobs.visible(ctx.session, ctx.principal, job_id, with_deleted=with_deleted)
    if job is None:
        raise NotFound("Job not found")
    return job


async def _seen_language(ctx: Context, job_id: UUID, code: str) -> LanguageOfJob:
    job = await _seen_job(ctx, job_id)
    row = await languages.one(ctx.session, job_id, code)
    if row is None:
        raise NotFound(f"The job has no language {code}")
    return LanguageOfJob(job, row)


def _job_guard(
    permission: Permission, *, creator: bool = False, with_deleted: bool = False
) -> Callable[..., Awaitable[Job]]:
    async def guard(job_id: UUID, ctx: Caller) -> Job:
        job = await _seen_job(ctx, job_id, with_deleted=with_deleted)
        own = creator and job.creator_id == ctx.principal.user_id
        if not own and not ctx.principal.may(permission, job.org_id):
            raise forbidden(permission, *(["whoever made the job"] if creator else []))
        return job

    GUARDS[guard] = Rule(permission, "creator" if creator else None)
    return guard


def _language_guard(
    permission: Permission, *, linguist: bool = False, reviewer: bool = False
) -> Callable[..., Awaitable[LanguageOfJob]]:
    """`linguist` and `reviewer`: those assigned to the language may too."""

    also = [name for name, wanted in (("linguist", linguist), ("reviewer", reviewer)) if wanted]

    async def guard(job_id: UUID, lang: LanguagePath, ctx: Caller) -> LanguageOfJob:
        found = await _seen_language(ctx, job_id, lang)
        assigned = (found.row.linguist_id if linguist else None, found.row.reviewer_id if reviewer else None)
        if ctx.principal.user_id not in assigned and not ctx.principal.may(permission, found.job.org_id):
            raise forbidden(permission, *(f"the assigned {name}" for name in also))
        return found

    GUARDS[guard] = Rule(permission, " and ".join(also) or None)
    return guard


async def _reopener(job_id: UUID, lang: LanguagePath, ctx: Caller) -> LanguageOfJob:
    """From rejected its linguist; from approved a reviewer or a lead; production and admin from both."""
    found = await _seen_language(ctx, job_id, lang)
    who, org = ctx.principal, found.job.org_id
    if who.may(Permission.STAND_IN, org):
        return found
    approved = found.row.qc_state is QCState.APPROVED
    if (approved and who.may(Permission.REOPEN_APPROVED, org)) or (
        not approved and who.user_id == found.row.linguist_id
    ):
        return found
    if approved:
        raise forbidden(Permission.REOPEN_APPROVED)
    raise forbidden(Permission.STAND_IN, "the assigned linguist")


GUARDS[_reopener] = Rule(Permission.REOPEN_APPROVED, "linguist")


async def _reader_of_text(job_id: UUID, lang: LanguageQuery, kind: KindQuery, ctx: Caller) -> TextOfJob:
    found = await _seen_language(ctx, job_id, lang)
    return TextOfJob(found.job, found.row, kind)


GUARDS[_reader_of_text] = Rule(Permission.READ)


async def _editor_of_text(job_id: UUID, lang: LanguageQuery, kind: KindQuery, ctx: Caller) -> TextOfJob:
    """Whether the text is open now is told by the save itself, under its lock."""
    found = await _seen_language(ctx, job_id, lang)
    row = found.row
    permission = Permission.EDIT_SOURCE_TEXT if row.is_source else Permission.EDIT_LANGUAGE_TEXT
    assigned = not row.is_source and ctx.principal.user_id in (row.linguist_id, row.reviewer_id)
    if not assigned and not ctx.principal.may(permission, found.job.org_id):
        also = () if row.is_source else ("the assigned linguist", "the assigned reviewer")
        raise forbidden(permission, *also)
    return TextOfJob(found.job, row, kind)


GUARDS[_editor_of_text] = Rule(Permission.EDIT_LANGUAGE_TEXT, "linguist and reviewer")


async def _reader_of_plan(job_id: UUID, language: LanguagePath, ctx: Caller) -> LanguageOfJob:
    return await _seen_language(ctx, job_id, language)


GUARDS[_reader_of_plan] = Rule(Permission.READ)


async def _editor_of_plan(job_id: UUID, language: LanguagePath, ctx: Caller) -> LanguageOfJob:
    """Pause points and choices: the linguist while they work, the reviewer while they review, production always."""
    found = await _seen_language(ctx, job_id, language)
    row, who = found.row, ctx.principal
    mine = {QCState.IN_PROGRESS: row.linguist_id, QCState.IN_REVIEW: row.reviewer_id}.get(row.qc_state)
    if mine != who.user_id and not who.may(Permission.EDIT_LANGUAGE_TEXT, found.job.org_id):
        raise forbidden(
            Permission.EDIT_LANGUAGE_TEXT,
            "the assigned linguist while they work",
            "the assigned reviewer while they review",
        )
    return found


GUARDS[_editor_of_plan] = Rule(Permission.EDIT_LANGUAGE_TEXT, "linguist and reviewer")


async def _job_creator(ctx: Caller) -> Context:
    """In which project is told by the body, and checked by the operation."""
    if not ctx.principal.may_somewhere(Permission.CREATE_JOB):
        raise forbidden(Permission.CREATE_JOB)
    return ctx


GUARDS[_job_creator] = Rule(Permission.CREATE_JOB)

JobCreator = Annotated[Context, Depends(_job_creator)]
VisibleJob = Annotated[Job, Depends(_job_guard(Permission.READ))]
ChangeableJob = Annotated[Job, Depends(_job_guard(Permission.CHANGE_JOB, creator=True))]
DeletableJob = Annotated[Job, Depends(_job_guard(Permission.CHANGE_JOB, creator=True, with_deleted=True))]
"""Also one that is deleted already: the same request sent again gets the same answer."""
RetriableJob = Annotated[Job, Depends(_job_guard(Permission.RETRY_JOB))]
ReviewableJob = Annotated[Job, Depends(_job_guard(Permission.REVIEW_SOURCE))]
SteerableJob = Annotated[Job, Depends(_job_guard(Permission.STEER_JOB))]
FinalReviewJob = Annotated[Job, Depends(_job_guard(Permission.FINAL_REVIEW))]
AssignableJob = Annotated[Job, Depends(_job_guard(Permission.ASSIGN_PEOPLE))]

VisibleLanguage = Annotated[LanguageOfJob, Depends(_language_guard(Permission.READ))]
AssignableLanguage = Annotated[LanguageOfJob, Depends(_language_guard(Permission.ASSIGN_PEOPLE))]
WorkableLanguage = Annotated[LanguageOfJob, Depends(_language_guard(Permission.STAND_IN, linguist=True))]
JudgeableLanguage = Annotated[LanguageOfJob, Depends(_language_guard(Permission.STAND_IN, reviewer=True))]
CommentableLanguage = Annotated[
    LanguageOfJob, Depends(_language_guard(Permission.COMMENT, linguist=True, reviewer=True))
]
ReopenableLanguage = Annotated[LanguageOfJob, Depends(_reopener)]

VisibleText = Annotated[TextOfJob, Depends(_reader_of_text)]
EditableText = Annotated[TextOfJob, Depends(_editor_of_text)]

VisiblePlan = Annotated[LanguageOfJob, Depends(_reader_of_plan)]
EditablePlan = Annotated[LanguageOfJob, Depends(_editor_of_plan)]
