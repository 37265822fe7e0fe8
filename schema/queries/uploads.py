"""Announced uploads: a video becomes one job, and what else is sent is kept once something refers to it."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.queries.visibility import unscoped
from schema.tables import Upload, now


async def announce(session: AsyncSession, upload: Upload) -> Upload:
    """The upload as it is stored: the first of those with this id."""
    values = upload.model_dump(exclude_none=True)
    await session.execute(insert(Upload).values(**values).on_conflict_do_nothing(index_elements=["id"]))
    stored = await session.scalar(sa.select(Upload).where(col(Upload.id) == upload.id))
    assert stored is not None
    return stored


async def of_user(session: AsyncSession, user_id: UUID, object_name: str) -> Upload | None:
    """The user's upload to this object."""
    return await session.scalar(_open(user_id, object_name))


async def locked(session: AsyncSession, user_id: UUID, object_name: str) -> Upload | None:
    """The user's upload to this object, locked until commit: it can be claimed once."""
    return await session.scalar(_open(user_id, object_name).with_for_update())


async def use(session: AsyncSession, user_id: UUID, object_names: Collection[str]) -> None:
    """The user's uploads to these objects are kept from now on."""
    unscoped("of the user who asks")
    await session.execute(
        sa.update(Upload)
        .where(
            col(Upload.user_id) == user_id,
            col(Upload.object_name).in_(object_names),
            col(Upload.used_at).is_(None),
        )
        .values(used_at=now())
    )


def _open(user_id: UUID, object_name: str) -> sa.Select[Upload]:
    """One that has expired is gone, also before a sweep takes it; one that is needed stays."""
    return sa.select(Upload).where(
        col(Upload.object_name) == object_name,
        col(Upload.user_id) == user_id,
        sa.or_(
            col(Upload.claimed_at).is_not(None),
            col(Upload.used_at).is_not(None),
            col(Upload.expires_at) > now(),
        ),
    )
