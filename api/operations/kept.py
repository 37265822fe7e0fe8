"""Deleted jobs: listed and restored."""

from __future__ import annotations

from datetime import timedelta

from api.asked import Asked
from api.bodies.client_jobs import ClientJobSummary
from api.bodies.jobs import JobSummary
from api.context import Context, Tell
from api.pagination import Page, Slice
from schema.enums import Event
from schema.errors import Conflict, Gone, Invalid, NotFound
from schema.permissions import Permission, forbidden
from schema.queries import clients, jobs, kept, keyset
from schema.queries.job_filters import Filter
from schema.queries.jobs import Sort
from schema.tables import Job, now


async def deleted(
    ctx: Context, wanted: Filter, sort: Sort, paging: Slice
) -> Page[JobSummary | ClientJobSummary]:
    """The deleted jobs that the caller may restore, most recent first.

    Raises:
        Forbidden: the caller may restore none.
        Invalid: another order, or a filter for jobs that wait for the caller, which deleted jobs do not.
    """
    if not ctx.principal.may_somewhere(Permission.STEER_JOB):
        raise forbidden(Permission.STEER_JOB)
    if sort is not Sort.CREATED_LAST or wanted.needs_me:
        raise Invalid(
            "Deleted jobs come in the order in which they were deleted, and wait for nobody: leave sort and needs_me out."
        )
    walk = keyset.Walk(paging.size, paging.offset, paging.after)
    items, found = await kept.deleted(ctx.session, ctx.principal, wanted, walk)
    return paging.walked([JobSummary.model_validate(each, from_attributes=True) for each in items], found)


async def restore(ctx: Context, job: Job, once: Asked) -> Job:
    """Restores a job as it was when it was deleted. Share links stay revoked.

    Raises:
        Conflict: the job is not deleted, or its client or project is.
        Gone: the job was deleted too long ago.
    """
    fresh = await jobs.load(ctx.session, job.id, lock=True)
    if fresh is None:
        raise NotFound("Job not found")
    if fresh.deleted_at is None:
        if once.repeated:
            return fresh
        raise Conflict("This job is not deleted.", state=fresh.status.value)
    days = ctx.parts.settings.deleted_kept_days
    if fresh.deleted_at < now() - timedelta(days=days):
        raise Gone(f"It was deleted more than {days} days ago, and is being purged.")
    if not await clients.holds_open(ctx.session, fresh.project_id):
        raise Conflict(
            "Its project or its client was deleted or archived, so it has no place to come back to."
        )
    before = {"deleted_at": fresh.deleted_at.isoformat()}
    fresh.deleted_at = None
    tell = Tell(Event.RESTORED, {"status": fresh.status, "title": fresh.title})
    after = {"status": fresh.status}
    await ctx.record(once, "job.restore", "job", fresh.id, before=before, after=after, job=fresh, tell=tell)
    await ctx.session.commit()
    return fresh
