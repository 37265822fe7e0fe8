"""Guards of a job's languages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query

from api.allowed import is_assigned, is_linguist, is_reviewer, job_actions, may_reopen
from api.authn import Caller
from api.context import Context
from api.guards.base import GUARDS, Rule
from api.guards.jobs import JobId, may_of_job, seen_job
from schema.contracts.bounds import Language
from schema.enums import QCState
from schema.errors import Conflict, Forbidden, NotFound
from schema.permissions import Permission, Principal, forbidden
from schema.queries import jobs, languages
from schema.tables import Job, JobLanguage, QCComment

LanguagePath = Annotated[Language, Path(description="BCP 47 code of a language of the job.")]
CommentId = Annotated[UUID, Path(description="The comment's.")]
LanguageQuery = Annotated[Language, Query(description="BCP 47 code of a language of the job.")]


@dataclass(frozen=True, slots=True)
class LanguageOfJob:
    """A language of a job that the caller is authorised to touch."""

    job: Job
    row: JobLanguage


def no_language(who: Principal, job: Job, code: str) -> NotFound | Conflict:
    """Why there is no language `code` to act on: it was not requested, or it waits for the source."""
    if code not in jobs.job_state(job).outputs.targets(job.source_language):
        return NotFound(f"The job has no language {code}")
    return Conflict(
        f"{code} begins once the source is approved: the job is {job.status}.",
        state=job.status.value,
        allowed_actions=[action.value for action in job_actions(who, job)],
    )


async def seen_language(
    ctx: Context, job_id: UUID, code: str, permission: Permission = Permission.READ
) -> LanguageOfJob:
    """Raises:
    NotFound: the caller sees no such job, or it has no such language.
    Conflict: the language does not exist yet, and the caller has `permission` to act on it.
    """
    job = await seen_job(ctx, job_id)
    row = await languages.one(ctx.session, job_id, code)
    if row is None:
        if permission is Permission.READ:
            raise NotFound(f"The job has no language {code}")
        if not await may_of_job(ctx, permission, job):
            raise forbidden(permission)
        raise no_language(ctx.principal, job, code)
    return LanguageOfJob(job, row)


def _language_guard(
    permission: Permission, *, linguist: bool = False, reviewer: bool = False
) -> Callable[..., Awaitable[LanguageOfJob]]:
    """`linguist` and `reviewer` also allow the people assigned to the language in that part."""

    also = [name for name, wanted in (("linguist", linguist), ("reviewer", reviewer)) if wanted]

    async def guard(job_id: JobId, lang: LanguagePath, ctx: Caller) -> LanguageOfJob:
        found = await seen_language(ctx, job_id, lang, permission)
        parts = [part for part, wanted in ((is_linguist, linguist), (is_reviewer, reviewer)) if wanted]
        mine = any(part(ctx.principal, found.job, found.row) for part in parts)
        if not mine and not await may_of_job(ctx, permission, found.job):
            raise forbidden(permission, *(f"the assigned {name}" for name in also))
        return found

    GUARDS[guard] = Rule(permission, " and ".join(also) or None)
    return guard


@dataclass(frozen=True, slots=True)
class CommentOfLanguage(LanguageOfJob):
    """A comment on a language. Deleted comments are included, because the same request may be sent again."""

    comment: QCComment


def _comment_guard(*, author: bool) -> Callable[..., Awaitable[CommentOfLanguage]]:
    """The comment's author, or also whoever may comment on the language."""

    async def guard(
        job_id: JobId, lang: LanguagePath, comment_id: CommentId, ctx: Caller
    ) -> CommentOfLanguage:
        found = await seen_language(ctx, job_id, lang)
        if not ctx.principal.may(Permission.SEE_WORK, found.job.org_id):
            raise forbidden(Permission.SEE_WORK)
        comment = await languages.comment(ctx.session, job_id, found.row.language, comment_id)
        if comment is None:
            raise NotFound("Comment not found")
        who = ctx.principal.user_id
        assigned = is_assigned(ctx.principal, found.job, found.row)
        others = not author and (assigned or ctx.principal.may(Permission.COMMENT, found.job.org_id))
        if who != comment.author_id and not others:
            raise Forbidden("A comment is its author's to change and to delete.")
        return CommentOfLanguage(found.job, found.row, comment)

    GUARDS[guard] = Rule(Permission.COMMENT, "author" if author else "author, linguist and reviewer")
    return guard


async def _reopener(job_id: JobId, lang: LanguagePath, ctx: Caller) -> LanguageOfJob:
    """See `may_reopen`."""
    found = await seen_language(ctx, job_id, lang)
    if may_reopen(ctx.principal, found.job, found.row):
        return found
    if found.row.qc_state is QCState.APPROVED:
        raise forbidden(Permission.REOPEN_APPROVED)
    raise forbidden(Permission.STAND_IN, "the assigned linguist")


GUARDS[_reopener] = Rule(Permission.REOPEN_APPROVED, "linguist")

InternalLanguage = Annotated[LanguageOfJob, Depends(_language_guard(Permission.SEE_WORK))]
AssignableLanguage = Annotated[LanguageOfJob, Depends(_language_guard(Permission.ASSIGN_PEOPLE))]
WorkableLanguage = Annotated[LanguageOfJob, Depends(_language_guard(Permission.STAND_IN, linguist=True))]
JudgeableLanguage = Annotated[LanguageOfJob, Depends(_language_guard(Permission.STAND_IN, reviewer=True))]
CommentableLanguage = Annotated[
    LanguageOfJob, Depends(_language_guard(Permission.COMMENT, linguist=True, reviewer=True))
]
OwnComment = Annotated[CommentOfLanguage, Depends(_comment_guard(author=True))]
ResolvableComment = Annotated[CommentOfLanguage, Depends(_comment_guard(author=False))]
ReopenableLanguage = Annotated[LanguageOfJob, Depends(_reopener)]
