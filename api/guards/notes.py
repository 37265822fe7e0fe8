"""Guards of review notes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path

from api.authn import Caller
from api.guards.base import GUARDS, Rule
from api.guards.jobs import JobId, seen_job
from schema.errors import NotFound
from schema.permissions import Permission, forbidden
from schema.queries import notes
from schema.tables import Job, ReviewNote

NoteId = Annotated[UUID, Path(description="The note's.")]


@dataclass(frozen=True, slots=True)
class NoteOfJob:
    """A note that the caller is authorised to touch."""

    job: Job
    note: ReviewNote


def _guard(permission: Permission, *, with_deleted: bool = False) -> Callable[..., Awaitable[NoteOfJob]]:
    async def guard(job_id: JobId, note_id: NoteId, ctx: Caller) -> NoteOfJob:
        job = await seen_job(ctx, job_id)
        note = await notes.one(ctx.session, ctx.principal, job.id, note_id, with_deleted=with_deleted)
        if note is None:
            raise NotFound("Review note not found")
        if note.author_id != ctx.principal.user_id and not ctx.principal.may(permission, job.org_id):
            raise forbidden(permission, "whoever wrote it")
        return NoteOfJob(job, note)

    GUARDS[guard] = Rule(permission, None if permission is Permission.READ else "author")
    return guard


VisibleNote = Annotated[NoteOfJob, Depends(_guard(Permission.READ))]
EditableNote = Annotated[NoteOfJob, Depends(_guard(Permission.EDIT_NOTE))]
DeletableNote = Annotated[NoteOfJob, Depends(_guard(Permission.EDIT_NOTE, with_deleted=True))]
"""Includes deleted ones, because the same request sent again gets the same answer."""
