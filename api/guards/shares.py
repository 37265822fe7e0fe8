"""Guards of share links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path

from api.authn import Caller
from api.guards.base import GUARDS, Rule
from api.guards.clients import leads
from api.guards.jobs import JobId, seen_job
from schema.errors import NotFound
from schema.permissions import Permission, forbidden
from schema.queries import shares
from schema.tables import Job, ShareToken

TokenId = Annotated[UUID, Path(description="The link's.")]


@dataclass(frozen=True, slots=True)
class ShareOfJob:
    """A share link that the caller may revoke."""

    job: Job
    share: ShareToken


async def _shareable(job_id: JobId, ctx: Caller) -> Job:
    job = await seen_job(ctx, job_id)
    if not await leads(ctx, Permission.SHARE_JOB, job.org_id, job.client_id):
        raise forbidden(Permission.SHARE_JOB)
    return job


async def _share(job_id: JobId, token_id: TokenId, ctx: Caller) -> ShareOfJob:
    job = await _shareable(job_id, ctx)
    found = await shares.one(ctx.session, job.id, token_id)
    if found is None:
        raise NotFound("Share token not found")
    return ShareOfJob(job, found)


GUARDS[_shareable] = GUARDS[_share] = Rule(Permission.SHARE_JOB)

ShareableJob = Annotated[Job, Depends(_shareable)]
RevocableShare = Annotated[ShareOfJob, Depends(_share)]
"""Includes revoked ones, because the same request sent again gets the same answer."""
