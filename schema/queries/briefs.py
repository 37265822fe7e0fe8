"""Briefs: what a client asks for, before there is a job."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.permissions import Principal
from schema.queries.visibility import seen
from schema.tables import Brief


async def visible(session: AsyncSession, who: Principal, brief_id: UUID, client_id: UUID) -> Brief | None:
    """The client's brief, where `who` may see it."""
    return await session.scalar(
        sa.select(Brief).where(col(Brief.id) == brief_id, col(Brief.client_id) == client_id, seen(who, Brief))
    )
