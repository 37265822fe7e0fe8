"""Guards of a language's plan: its pause points and choices."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from api.allowed import is_assigned, is_linguist, is_reviewer
from api.authn import Caller
from api.guards.base import GUARDS, Rule
from api.guards.jobs import JobId
from api.guards.languages import LanguageOfJob, LanguagePath, seen_language
from schema.enums import JobStatus, QCState
from schema.permissions import Permission, forbidden


async def _reader_of_plan(job_id: JobId, language: LanguagePath, ctx: Caller) -> LanguageOfJob:
    return await seen_language(ctx, job_id, language)


GUARDS[_reader_of_plan] = Rule(Permission.READ)


async def _editor_of_plan(job_id: JobId, language: LanguagePath, ctx: Caller) -> LanguageOfJob:
    """The plan may be edited by whoever may edit the text. Source: a reviewer, in source QC. Target: the linguist while
    they work, and the reviewer while they review. Production: always."""
    found = await seen_language(ctx, job_id, language)
    row, who = found.row, ctx.principal
    if row.is_source:
        in_qc = found.job.status is JobStatus.PENDING_QC and (
            is_assigned(who, found.job, row) or who.may(Permission.EDIT_SOURCE_TEXT, found.job.org_id)
        )
        if not in_qc and not who.may(Permission.EDIT_LANGUAGE_TEXT, found.job.org_id):
            raise forbidden(
                Permission.EDIT_LANGUAGE_TEXT, "reviewers and those assigned while the source is reviewed"
            )
        return found
    part = {QCState.IN_PROGRESS: is_linguist, QCState.IN_REVIEW: is_reviewer}.get(row.qc_state)
    mine = part is not None and part(who, found.job, row)
    if not mine and not who.may(Permission.EDIT_LANGUAGE_TEXT, found.job.org_id):
        raise forbidden(
            Permission.EDIT_LANGUAGE_TEXT,
            "the assigned linguist while they work",
            "the assigned reviewer while they review",
        )
    return found


GUARDS[_editor_of_plan] = Rule(Permission.EDIT_LANGUAGE_TEXT, "linguist and reviewer")

VisiblePlan = Annotated[LanguageOfJob, Depends(_reader_of_plan)]
EditablePlan = Annotated[LanguageOfJob, Depends(_editor_of_plan)]
