"""The objects that belong to a job."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.enums import AssetKind
from schema.tables import Asset

INTERNAL = frozenset(
    {AssetKind.MEDIA_REPORT, AssetKind.SPEECH_AUDIO, AssetKind.WORDS, AssetKind.SIGHT, AssetKind.PLAN}
)
"""What steps leave for one another."""


async def of_job(session: AsyncSession, job_id: UUID, *, internal: bool = False) -> Sequence[Asset]:
    """By language and kind; what only steps read is left out unless `internal`."""
    query = sa.select(Asset).where(col(Asset.job_id) == job_id)
    if not internal:
        query = query.where(col(Asset.kind).not_in(INTERNAL))
    return (await session.scalars(query.order_by(col(Asset.language), col(Asset.kind)))).all()


async def put(session: AsyncSession, asset: Asset) -> None:
    """Make `asset` the current one of its job, language and kind; the object it replaces stays in the bucket."""
    values = asset.model_dump(exclude={"created_at"})
    await session.execute(
        insert(Asset)
        .values(**values)
        .on_conflict_do_update(
            index_elements=["job_id", "language", "kind"],
            set_={
                key: value for key, value in values.items() if key not in ("id", "job_id", "language", "kind")
            },
        )
    )
