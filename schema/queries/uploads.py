"""Announced uploads, each of which becomes one job."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.tables import Upload


async def announce(session: AsyncSession, upload: Upload) -> Upload:
    """The upload as it is stored: the first of those with this id."""
    values = upload.model_dump(exclude_none=True)
    await session.execute(insert(Upload).values(**values).on_conflict_do_nothing(index_elements=["id"]))
    stored = await session.scalar(sa.select(Upload).where(col(Upload.id) == upload.id))
    assert stored is not None
    return stored


async def of_user(session: AsyncSession, user_id: UUID, object_name: str) -> Upload | None:
    """The user's upload to this object."""
    return await session.scalar(
        sa.select(Upload).where(col(Upload.object_name) == object_name, col(Upload.user_id) == user_id)
    )


async def locked(session: AsyncSession, user_id: UUID, object_name: str) -> Upload | None:
    """The user's upload to this object, locked until commit: it can be claimed once."""
    return await session.scalar(
        sa.select(Upload)
        .where(col(Upload.object_name) == object_name, col(Upload.user_id) == user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
