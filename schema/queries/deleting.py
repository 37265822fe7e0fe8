"""Deletes (hides) jobs, one or many."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from schema.enums import Event
from schema.errors import Conflict
from schema.queries import audit, events, shares
from schema.tables import Job, now
from schema.transitions import OPEN


async def hide(
    session: AsyncSession, job: Job, *, actor_id: UUID | None, request_id: str, address: str | None
) -> bool:
    """Hides a locked, closed job, with its audit row and event. Returns False if it is already hidden. Call it last
    before the commit.

    Raises:
        Conflict: somebody has reopened it since it was closed. If hidden, it would be worked on and never purged.
    """
    if job.deleted_at is not None:
        return False
    if job.status in OPEN:
        raise Conflict("It was opened again just now. Look again, and decide anew.", state=job.status.value)
    before = {"status": job.status}
    job.deleted_at = now()
    await shares.end_all(session, job.id)
    new = await audit.record(
        session,
        actor_id=actor_id,
        request_id=request_id,
        action="job.delete",
        thing="job",
        thing_id=job.id,
        address=address,
        before=before,
    )
    if new:
        await events.record(
            session,
            job_id=job.id,
            org_id=job.org_id,
            type=Event.DELETED,
            data={"status": job.status, "title": job.title},
            actor_id=actor_id,
        )
    return True
