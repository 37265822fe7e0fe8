"""The event log of jobs, which feeds the socket and from which it resumes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.enums import JobStatus
from schema.permissions import Principal
from schema.queries.arrays import unnested
from schema.queries.audience import Place
from schema.queries.visibility import unscoped, visible_to
from schema.tables import Job, JobEvent, now

CHANNEL = "job_events"
PROGRESS_CHANNEL = "job_progress"


class Progress(BaseModel):
    """Progress of a step, as it is notified: at most some hundred bytes."""

    job_id: UUID
    language: str | None
    at: datetime
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Happened:
    """An event, or progress (without an id), with the job's current status."""

    id: int | None
    type: str
    language: str | None
    at: datetime
    data: dict[str, Any]
    status: JobStatus
    place: Place


_RECORD = sa.text(
    """
    with turn as materialized (select pg_advisory_xact_lock(4817)),
    event as (
        insert into job_events (job_id, org_id, at, type, language, actor_id, decision_id, data)
        select :job_id, :org_id, :at, :type, :language, :actor_id, :decision_id, :data from turn
        returning id
    )
    select id, pg_notify(:channel, id::text) from event
    """
).bindparams(
    *(
        sa.bindparam(column.name, type_=column.type)
        for column in sa.inspect(JobEvent).columns
        if not column.primary_key
    )
)
"""A prepared statement, because none is sent more often."""


async def record(
    session: AsyncSession,
    *,
    job_id: UUID,
    org_id: UUID,
    type: str,
    data: dict[str, Any] | None = None,
    language: str | None = None,
    actor_id: UUID | None = None,
    decision_id: str | None = None,
) -> int:
    """Appends an event in the caller's transaction, notifies every API process on commit, and returns its id. Call it
    last in the transaction: a lock makes ids appear in commit order, so that a client that resumes from an id misses
    nothing."""
    await session.flush()  # rows first: the holder of this lock waits for nobody
    event_id: int = await session.scalar(
        _RECORD,
        {
            "job_id": job_id,
            "org_id": org_id,
            "at": now(),
            "type": type,
            "language": language,
            "actor_id": actor_id,
            "decision_id": decision_id,
            "data": data or {},
            "channel": CHANNEL,
        },
    )
    return event_id


async def wake(session: AsyncSession) -> None:
    """Makes every socket check its user again on commit, although nothing happened to a job: a session ended."""
    await session.execute(sa.select(sa.func.pg_notify(CHANNEL, "")))


async def was_decided(session: AsyncSession, job_id: UUID, decision_id: str) -> bool:
    """Whether a decision was taken, by any run of the job's or a language's workflow."""
    query = sa.select(sa.literal(1)).where(
        col(JobEvent.job_id) == job_id, col(JobEvent.decision_id) == decision_id
    )
    return await session.scalar(query.limit(1)) is not None


async def decided_among(session: AsyncSession, decisions: Mapping[UUID, str]) -> set[UUID]:
    """The jobs about which the decision with this id was taken."""
    given = unnested("given", job_id=(sa.Uuid(), decisions), decision_id=(sa.String(), decisions.values()))
    found = await session.scalars(
        sa.select(col(JobEvent.job_id)).join(
            given,
            sa.and_(col(JobEvent.job_id) == given.c.job_id, col(JobEvent.decision_id) == given.c.decision_id),
        )
    )
    return set(found)


async def newest(session: AsyncSession) -> int:
    """The last id; 0 if there is none."""
    return await session.scalar(sa.select(sa.func.max(col(JobEvent.id)))) or 0


async def oldest(session: AsyncSession) -> int:
    """The first id that is still kept; 0 if there is none."""
    return await session.scalar(sa.select(sa.func.min(col(JobEvent.id)))) or 0


async def after(
    session: AsyncSession, principal: Principal, last_id: int, limit: int = 500
) -> list[Happened]:
    """Events after `last_id` of jobs that `principal` sees now, in order, with the current jobs."""
    query = _HAPPENED.where(col(JobEvent.id) > last_id, visible_to(principal, with_deleted=True))
    return [_happened(row) for row in await session.execute(query.limit(limit))]


async def every_after(session: AsyncSession, last_id: int, limit: int) -> list[Happened]:
    """Events after `last_id` of any job, in order, with the current jobs."""
    unscoped("the hub shows each to those of `audience_of`")
    query = _HAPPENED.where(col(JobEvent.id) > last_id)
    return [_happened(row) for row in await session.execute(query.limit(limit))]


async def moving(session: AsyncSession, noted: Sequence[Progress]) -> list[Happened]:
    """Progress that was notified, with the current jobs."""
    unscoped("the hub shows each to those of `audience_of`")
    if not noted:
        return []
    query = sa.select(*_OF_JOB).where(col(Job.id).in_({each.job_id for each in noted}))
    found = {row.job_id: row for row in await session.execute(query)}
    return [
        Happened(None, "progress", each.language, each.at, each.data, row.status, _place(row))
        for each in noted
        if (row := found.get(each.job_id))
    ]


async def show_progress(
    session: AsyncSession, job_id: UUID, language: str | None, data: dict[str, Any]
) -> None:
    """Notifies connected clients of a step's progress. It is not logged, and does not wait for the log's lock."""
    told = Progress(job_id=job_id, language=language, at=now(), data=data).model_dump_json()
    await session.execute(sa.select(sa.func.pg_notify(PROGRESS_CHANNEL, told)))


_OF_JOB: tuple[Any, ...] = (
    col(Job.id).label("job_id"),
    col(Job.org_id).label("org_id"),
    col(Job.client_id).label("client_id"),
    col(Job.status).label("status"),
)
_HAPPENED = (
    sa.select(
        col(JobEvent.id), col(JobEvent.type), col(JobEvent.language), col(JobEvent.at), col(JobEvent.data), *_OF_JOB
    )
    .join(Job, col(Job.id) == col(JobEvent.job_id))
    .order_by(col(JobEvent.id))
)  # fmt: skip


def _place(row: Any) -> Place:
    return Place(row.job_id, row.org_id, row.client_id)


def _happened(row: Any) -> Happened:
    return Happened(row.id, row.type, row.language, row.at, row.data, row.status, _place(row))
