"""The event log of jobs: what feeds the socket, and what it resumes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.permissions import Principal
from schema.queries.visibility import visible_to
from schema.tables import Job, JobEvent, now

CHANNEL = "job_events"

_RECORD = sa.text(
    """
    with turn as materialized (select pg_advisory_xact_lock(4817)),
    event as (
        insert into job_events (job_id, org_id, at, type, language, actor_id, data)
        select :job_id, :org_id, :at, :type, :language, :actor_id, :data from turn
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
"""One statement, for none is sent more often."""


async def record(
    session: AsyncSession,
    *,
    job_id: UUID,
    org_id: UUID,
    type: str,
    data: dict[str, Any] | None = None,
    language: str | None = None,
    actor_id: UUID | None = None,
) -> int:
    """Appends an event in the caller's transaction, tells every API process of it when that commits, and answers its
    id. Make it the transaction's last act: a lock makes ids appear in the order of commits, so that a client that
    resumes from an id misses nothing.
    """
    await session.flush()  # rows first: whoever holds the lock waits for nobody
    event_id: int = await session.scalar(
        _RECORD,
        {
            "job_id": job_id,
            "org_id": org_id,
            "at": now(),
            "type": type,
            "language": language,
            "actor_id": actor_id,
            "data": data or {},
            "channel": CHANNEL,
        },
    )
    return event_id


async def newest(session: AsyncSession) -> int:
    """The last id, 0 where nothing happened yet."""
    return await session.scalar(sa.select(sa.func.max(col(JobEvent.id)))) or 0


async def oldest(session: AsyncSession) -> int:
    """The first id that retention has kept, 0 where there is none."""
    return await session.scalar(sa.select(sa.func.min(col(JobEvent.id)))) or 0


async def after(
    session: AsyncSession, principal: Principal, last_id: int, limit: int = 500
) -> Sequence[tuple[JobEvent, Job]]:
    """What happened after `last_id` to jobs that `principal` sees now, in order, with the jobs as they are."""
    found = await session.execute(
        sa.select(JobEvent, Job)
        .join(Job, col(Job.id) == col(JobEvent.job_id))
        .where(col(JobEvent.id) > last_id, visible_to(principal, with_deleted=True))
        .order_by(col(JobEvent.id))
        .limit(limit)
    )
    return [(event, job) for event, job in found]
