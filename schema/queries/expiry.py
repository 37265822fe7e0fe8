"""What is deleted once it is of no more use: each kind of rows, and how to tell."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from schema.queries.visibility import unscoped
from schema.tables import JobEvent, Upload, now

EVENTS_KEPT = timedelta(days=90)


def expired(events_kept: timedelta = EVENTS_KEPT) -> dict[str, tuple[type[SQLModel], sa.ColumnElement[bool]]]:
    """By name: a table, and which of its rows have expired. Events tell a socket what it has missed, and older ones a
    job's history; an upload that no job was made of can be announced again. What was sent stays in the bucket, for a
    dub or a recording may be in use."""
    return {
        "events": (JobEvent, col(JobEvent.at) < now() - events_kept),
        "uploads": (Upload, sa.and_(col(Upload.claimed_at).is_(None), col(Upload.expires_at) < now())),
    }


async def expire(session: AsyncSession, events_kept: timedelta = EVENTS_KEPT) -> None:
    """Deletes all of it."""
    unscoped("the sweep serves all organisations")
    for table, has_expired in expired(events_kept).values():
        await session.execute(sa.delete(table).where(has_expired))
