"""Share links."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.queries.visibility import unscoped
from schema.tables import Job, ShareToken, now


def _active() -> tuple[sa.ColumnElement[bool], ...]:
    return (col(ShareToken.revoked_at).is_(None), col(ShareToken.expires_at) > now())


async def page(
    session: AsyncSession, job_id: UUID, *, offset: int, limit: int
) -> tuple[list[ShareToken], int]:
    """The working links of a job, newest first."""
    unscoped("of a job that a guard handed over")
    query = sa.select(ShareToken).where(col(ShareToken.job_id) == job_id, *_active())
    rows = await session.scalars(
        query.order_by(col(ShareToken.created_at).desc(), col(ShareToken.id)).offset(offset).limit(limit)
    )
    return list(rows), await active(session, job_id)


async def active(session: AsyncSession, job_id: UUID) -> int:
    """How many working links the job has."""
    unscoped("a number, of a job that a guard handed over")
    counted = sa.select(sa.func.count()).select_from(ShareToken)
    return await session.scalar(counted.where(col(ShareToken.job_id) == job_id, *_active())) or 0


async def one(
    session: AsyncSession, job_id: UUID, token_id: UUID, *, lock: bool = False
) -> ShareToken | None:
    """One link, even if it no longer works."""
    unscoped("of a job that a guard handed over")
    query = (
        sa.select(ShareToken)
        .where(col(ShareToken.job_id) == job_id, col(ShareToken.id) == token_id)
        .execution_options(populate_existing=True)
    )
    return await session.scalar(query.with_for_update() if lock else query)


async def shared(session: AsyncSession, token_hash: str) -> Job | None:
    """The job of a valid token."""
    unscoped("by a token that only those have whom it was given")
    return await session.scalar(
        sa.select(Job)
        .join(ShareToken, col(ShareToken.job_id) == col(Job.id))
        .where(col(ShareToken.token_hash) == token_hash, *_active(), col(Job.deleted_at).is_(None))
    )


async def end_all(session: AsyncSession, job_id: UUID) -> None:
    """Revokes all links of a job."""
    unscoped("of a job that a guard handed over")
    await session.execute(
        sa.update(ShareToken)
        .where(col(ShareToken.job_id) == job_id, col(ShareToken.revoked_at).is_(None))
        .values(revoked_at=now())
    )
