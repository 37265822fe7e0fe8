"""Announced uploads. A video becomes one job; other files are kept once something refers to them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.queries.visibility import unscoped
from schema.tables import Upload, now


async def announce(session: AsyncSession, upload: Upload) -> Upload:
    """The stored upload: the first one with this id."""
    values = upload.model_dump(exclude_none=True)
    await session.execute(insert(Upload).values(**values).on_conflict_do_nothing(index_elements=["id"]))
    stored = await session.scalar(sa.select(Upload).where(col(Upload.id) == upload.id))
    assert stored is not None
    return stored


async def of_user(session: AsyncSession, user_id: UUID, object_name: str) -> Upload | None:
    """The user's upload to this object."""
    return await session.scalar(_open(user_id, object_name))


async def locked(session: AsyncSession, user_id: UUID, object_name: str) -> Upload | None:
    """The user's upload to this object, locked until commit, so that it is claimed once."""
    return await session.scalar(_open(user_id, object_name).with_for_update())


async def use(session: AsyncSession, user_id: UUID, object_names: Collection[str]) -> None:
    """Marks the user's uploads to these objects as used."""
    unscoped("of the user who asks")
    await session.execute(
        sa.update(Upload)
        .where(
            col(Upload.user_id) == user_id,
            col(Upload.object_name).in_(object_names),
            sa.or_(col(Upload.used_at).is_(None), col(Upload.unused_since).is_not(None)),
        )
        .values(used_at=sa.func.coalesce(col(Upload.used_at), now()), unused_since=None, unused_by=None)
    )


async def let_go(session: AsyncSession, job_id: UUID, object_names: Collection[str]) -> None:
    """Marks these objects as replaced in a job."""
    unscoped("of a job that a guard handed over, or a worker's")
    if object_names:
        await session.execute(
            sa.update(Upload)
            .where(col(Upload.object_name).in_(object_names))
            .values(unused_since=now(), unused_by=job_id)
        )


def object_of(uri: str) -> str:
    """The object that `uri` names in its bucket. What staff typed may be in another bucket, and is not an upload."""
    return uri.removeprefix("gs://").partition("/")[2]


async def replaced(session: AsyncSession, before: datetime, *, limit: int) -> Sequence[Upload]:
    """Uploads that were released before `before`, earliest first."""
    unscoped("the sweep serves all organisations")
    query = sa.select(Upload).where(col(Upload.unused_since) < before)
    return (await session.scalars(query.order_by(col(Upload.unused_since)).limit(limit))).all()


async def release(session: AsyncSession, upload: Upload) -> bool:
    """Treats the upload like one that was never used, so that the sweep of those deletes it. Returns False if it was
    used or released again since it was looked at."""
    return await _look_again(
        session, upload, unused_since=None, used_at=None, claimed_at=None, expires_at=now()
    )


async def postpone(session: AsyncSession, upload: Upload) -> None:
    """Something still refers to it: it is checked again after the same time."""
    await _look_again(session, upload, unused_since=now())


async def _look_again(session: AsyncSession, upload: Upload, **values: object) -> bool:
    unscoped("the sweep serves all organisations")
    changed = await session.execute(
        sa.update(Upload)
        .where(col(Upload.id) == upload.id, col(Upload.unused_since) == upload.unused_since)
        .values(**values)
        .returning(col(Upload.id))
    )
    return changed.first() is not None


def _open(user_id: UUID, object_name: str) -> sa.Select[Upload]:
    """Whether the upload can be used. An expired one cannot, even before a sweep deletes it, unless it is in use."""
    return sa.select(Upload).where(
        col(Upload.object_name) == object_name,
        col(Upload.user_id) == user_id,
        sa.or_(
            col(Upload.claimed_at).is_not(None),
            col(Upload.used_at).is_not(None),
            col(Upload.expires_at) > now(),
        ),
    )
