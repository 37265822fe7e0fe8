"""Guards of a language's texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query

from api.allowed import is_assigned
from api.authn import Caller
from api.guards.base import GUARDS, Rule
from api.guards.jobs import JobId
from api.guards.languages import LanguageQuery, seen_language
from schema.enums import Kind
from schema.permissions import Permission, forbidden
from schema.tables import Job, JobLanguage

KindQuery = Annotated[Kind, Query(description="Which of the language's two texts.")]


@dataclass(frozen=True, slots=True)
class TextOfJob:
    """One of the two texts of a language that the caller is authorised to touch."""

    job: Job
    row: JobLanguage
    kind: Kind


async def _reader_of_text(job_id: JobId, lang: LanguageQuery, kind: KindQuery, ctx: Caller) -> TextOfJob:
    found = await seen_language(ctx, job_id, lang)
    return TextOfJob(found.job, found.row, kind)


GUARDS[_reader_of_text] = Rule(Permission.READ)


async def _editor_of_text(job_id: JobId, lang: LanguageQuery, kind: KindQuery, ctx: Caller) -> TextOfJob:
    """Whether the text is open is checked by the save itself, under its lock."""
    found = await seen_language(ctx, job_id, lang)
    row = found.row
    permission = Permission.EDIT_SOURCE_TEXT if row.is_source else Permission.EDIT_LANGUAGE_TEXT
    assigned = is_assigned(ctx.principal, found.job, row)
    if not assigned and not ctx.principal.may(permission, found.job.org_id):
        raise forbidden(permission, "the assigned linguist", "the assigned reviewer")
    return TextOfJob(found.job, row, kind)


GUARDS[_editor_of_text] = Rule(Permission.EDIT_LANGUAGE_TEXT, "linguist and reviewer")


async def _producer_of_text(job_id: JobId, lang: LanguageQuery, kind: KindQuery, ctx: Caller) -> TextOfJob:
    found = await seen_language(ctx, job_id, lang, Permission.STEER_JOB)
    if not ctx.principal.may(Permission.STEER_JOB, found.job.org_id):
        raise forbidden(Permission.STEER_JOB)
    return TextOfJob(found.job, found.row, kind)


GUARDS[_producer_of_text] = Rule(Permission.STEER_JOB)


async def _checker_of_text(job_id: JobId, lang: LanguageQuery, kind: KindQuery, ctx: Caller) -> TextOfJob:
    found = await seen_language(ctx, job_id, lang)
    if not ctx.principal.may(Permission.READ_FINDINGS, found.job.org_id):
        raise forbidden(Permission.READ_FINDINGS)
    return TextOfJob(found.job, found.row, kind)


GUARDS[_checker_of_text] = Rule(Permission.READ_FINDINGS)

CheckableText = Annotated[TextOfJob, Depends(_checker_of_text)]
VisibleText = Annotated[TextOfJob, Depends(_reader_of_text)]
EditableText = Annotated[TextOfJob, Depends(_editor_of_text)]
FinalText = Annotated[TextOfJob, Depends(_producer_of_text)]
"""For production, even if the text is approved."""
