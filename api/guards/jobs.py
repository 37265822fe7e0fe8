"""Guards of jobs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path

from api.authn import Caller
from api.context import Context
from api.guards.base import GUARDS, Rule
from api.guards.clients import leads
from schema.errors import NotFound
from schema.permissions import Permission, forbidden
from schema.queries import jobs
from schema.tables import Job

JobId = Annotated[UUID, Path(description="The job's.")]


async def seen_job(ctx: Context, job_id: UUID, *, with_deleted: bool = False) -> Job:
    job = await jobs.visible(ctx.session, ctx.principal, job_id, with_deleted=with_deleted)
    if job is None:
        raise NotFound("Job not found")
    return job


async def may_of_job(ctx: Context, permission: Permission, job: Job) -> bool:
    """Whether the caller's role allows it. A project manager assigns people to the jobs of the clients that they
    manage, but not to other jobs that they see as a reviewer."""
    if permission is Permission.ASSIGN_PEOPLE:
        return await leads(ctx, permission, job.org_id, job.client_id)
    return ctx.principal.may(permission, job.org_id)


def _job_guard(
    permission: Permission, *, creator: bool = False, with_deleted: bool = False
) -> Callable[..., Awaitable[Job]]:
    async def guard(job_id: JobId, ctx: Caller) -> Job:
        job = await seen_job(ctx, job_id, with_deleted=with_deleted)
        own = creator and job.creator_id == ctx.principal.user_id
        if not own and not await may_of_job(ctx, permission, job):
            raise forbidden(permission, *(["whoever made the job"] if creator else []))
        return job

    GUARDS[guard] = Rule(permission, "creator" if creator else None)
    return guard


async def _job_creator(ctx: Caller) -> Context:
    """The body names the project; the operation checks it."""
    if not ctx.principal.may_somewhere(Permission.CREATE_JOB):
        raise forbidden(Permission.CREATE_JOB)
    return ctx


GUARDS[_job_creator] = Rule(Permission.CREATE_JOB)

JobCreator = Annotated[Context, Depends(_job_creator)]
VisibleJob = Annotated[Job, Depends(_job_guard(Permission.READ))]
ChangeableJob = Annotated[Job, Depends(_job_guard(Permission.CHANGE_JOB, creator=True))]
DeletableJob = Annotated[Job, Depends(_job_guard(Permission.CHANGE_JOB, creator=True, with_deleted=True))]
"""Includes deleted ones, because the same request sent again gets the same answer."""
RestorableJob = Annotated[Job, Depends(_job_guard(Permission.STEER_JOB, with_deleted=True))]
RetriableJob = Annotated[Job, Depends(_job_guard(Permission.RETRY_JOB))]
ReviewableJob = Annotated[Job, Depends(_job_guard(Permission.REVIEW_SOURCE))]
SteerableJob = Annotated[Job, Depends(_job_guard(Permission.STEER_JOB))]
FinalReviewJob = Annotated[Job, Depends(_job_guard(Permission.FINAL_REVIEW))]
JobWithFindings = Annotated[Job, Depends(_job_guard(Permission.READ_FINDINGS))]
AdministrableJob = Annotated[Job, Depends(_job_guard(Permission.ADMINISTER))]
AssignableJob = Annotated[Job, Depends(_job_guard(Permission.ASSIGN_PEOPLE))]
