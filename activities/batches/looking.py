"""Reads the jobs of a piece when it begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from schema.contracts.batches import BatchAsked
from schema.contracts.providers import Engines
from schema.db import Database
from schema.enums import BatchAction
from schema.permissions import Principal
from schema.queries import chosen, events, jobs, languages
from schema.tables import Batch, Job, JobLanguage


@dataclass(frozen=True, slots=True)
class Seen:
    """A job with its languages. `decided` means that this batch's decision was taken before; `in_filter` that the job
    still matches the filter."""

    job: Job
    rows: Sequence[JobLanguage]
    decided: bool
    in_filter: bool


async def look(
    session: AsyncSession,
    batch: Batch,
    who: Principal | None,
    job_ids: Sequence[UUID],
    engines: Callable[[], Engines],
) -> dict[UUID, Seen]:
    """Those of these jobs that the batch's owner sees. The filter is checked before earlier decisions, since a decision
    may take a job out of the filter."""
    if who is None:
        return {}
    deletes = batch.action is BatchAction.DELETE
    found = await jobs.visible_among(session, who, job_ids, with_deleted=deletes)
    rows = await languages.of_jobs(session, found)
    wanted = BatchAsked.kept(batch.asked).filter
    still = set(found)
    if wanted is not None and found:
        still = await chosen.still(session, who, batch.action, wanted, engines(), found)
    decided = await events.decided_among(session, {job_id: decision_id_of(batch, job_id) for job_id in found})
    return {
        job_id: Seen(job, rows.get(job_id, []), job_id in decided, job_id in still)
        for job_id, job in found.items()
    }


async def looked_at_again(database: Database, batch: Batch, seen: Seen) -> Seen:
    """The job when its turn comes, so that changes made since the piece began are not undone."""
    async with database.begin() as session:
        job = await jobs.load(session, seen.job.id) or seen.job
        rows = await languages.of_job(session, job.id)
        decided = await events.decided_among(session, {job.id: decision_id_of(batch, job.id)})
    return replace(seen, job=job, rows=rows, decided=job.id in decided)


def decision_id_of(batch: Batch, job_id: UUID) -> str:
    return f"batch-{batch.id}/{job_id}"
