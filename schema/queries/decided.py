"""The checks and side effects of a decision on a job's row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from schema.contracts.job import JobSnapshot, JobState
from schema.contracts.outputs import RequestedOutputs
from schema.errors import Conflict
from schema.queries import jobs, retention, uploads
from schema.transitions import CLOSED


@dataclass(frozen=True, slots=True)
class Before:
    """What a job used before the decision."""

    source_object: str
    dubs: Mapping[str, str]

    def let_go(self, state: JobState) -> set[str]:
        """Releases the objects that `state` replaces."""
        dubs = {uploads.object_of(uri) for uri in {*self.dubs.values()} - {*state.outputs.dubs.values()}}
        renewed = state.source is not None and state.source.source_object != self.source_object
        return dubs | ({self.source_object} if renewed else set())


async def decided_about(session: AsyncSession, snapshot: JobSnapshot) -> Before | None:
    """What the job used before the decision; None if there is no decision. Takes the same lock as deletion and
    retention, which check under it that the job is closed.

    Raises:
        Conflict: the decision would reopen the job, which has been deleted, or whose work has ended, since it was
        looked at.
    """
    if snapshot.decision is None:
        return None
    job = await jobs.load(session, snapshot.job.job_id, lock=True)
    if job is None:
        return None
    if job.status in CLOSED and snapshot.state.status not in CLOSED:
        over = "It was deleted just now." if job.deleted_at else retention.why_over(job)
        if over:
            raise Conflict(over, state=job.status.value)
    return Before(job.source_object, RequestedOutputs.kept(job.requested_outputs).dubs)
