"""The ledger of findings that approvals let stand."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.permissions import Principal
from schema.queries.visibility import seen, unscoped
from schema.tables import FindingOverride, Job


async def of_job(
    session: AsyncSession, job_id: UUID, *, offset: int, limit: int
) -> tuple[Sequence[FindingOverride], int]:
    """A page, newest first, and how many there are."""
    unscoped("of a job that a guard handed over")
    return await _page(session, col(FindingOverride.job_id) == job_id, offset, limit)


async def of_glossary(
    session: AsyncSession, who: Principal, glossary_id: UUID, *, offset: int, limit: int
) -> tuple[Sequence[FindingOverride], int]:
    """Of the jobs that `who` sees: others of the client may not be theirs."""
    seen_jobs = sa.select(col(Job.id)).where(seen(who, Job))
    where = sa.and_(
        col(FindingOverride.glossary_id) == glossary_id, col(FindingOverride.job_id).in_(seen_jobs)
    )
    return await _page(session, where, offset, limit)


async def _page(
    session: AsyncSession, where: sa.ColumnElement[bool], offset: int, limit: int
) -> tuple[Sequence[FindingOverride], int]:
    unscoped("its callers narrow it")
    total = await session.scalar(sa.select(sa.func.count()).select_from(FindingOverride).where(where))
    found = await session.scalars(
        sa.select(FindingOverride)
        .where(where)
        .order_by(col(FindingOverride.created_at).desc(), col(FindingOverride.id))
        .offset(offset)
        .limit(limit)
    )
    return found.all(), total or 0
