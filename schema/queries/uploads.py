"""Announced uploads, each of which becomes one job."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.tables import Upload


async def announced(session: AsyncSession, upload_id: UUID) -> Upload | None:
    return await session.scalar(sa.select(Upload).where(col(Upload.id) == upload_id))


async def locked(session: AsyncSession, user_id: UUID, object_name: str) -> Upload | None:
    """The user's upload to this object, locked until commit: it can be claimed once."""
    return await session.scalar(
        sa.select(Upload)
        .where(col(Upload.object_name) == object_name, col(Upload.user_id) == user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
