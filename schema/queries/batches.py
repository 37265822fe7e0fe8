"""Batches: made, shown, and followed by their rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.contracts.batches import BatchInput, Packed
from schema.enums import BatchAction, BatchStatus
from schema.permissions import Principal
from schema.queries import service_tokens, users
from schema.queries.arrays import unnested
from schema.queries.named import COUNT_LIMIT
from schema.queries.seen import seen
from schema.queries.visibility import unscoped
from schema.tables import Batch, BatchItem, now

_JUST_MADE = timedelta(seconds=5)
ENDED = (BatchStatus.COMPLETED, BatchStatus.CANCELLED, BatchStatus.FAILED)


async def insert_named(session: AsyncSession, batch: Batch, job_ids: Sequence[UUID]) -> None:
    """The row, and an item for each of these jobs, in their order; nothing where the same request made it before."""
    unscoped("whoever asks for it makes it")
    values = batch.model_dump()
    made = await session.scalar(
        insert(Batch).values(**values).on_conflict_do_nothing().returning(col(Batch.id))
    )
    if made is None or not job_ids:
        return
    given = unnested(
        "given",
        job_id=(sa.Uuid(), job_ids),
        position=(sa.Integer(), range(1, len(job_ids) + 1)),
    )
    rows = sa.select(sa.literal(batch.id, sa.Uuid()), given.c.job_id, given.c.position)
    await session.execute(
        insert(BatchItem).from_select(["batch_id", "job_id", "position"], rows.select_from(given))
    )


async def load(session: AsyncSession, batch_id: UUID, *, lock: bool = False) -> Batch | None:
    """The batch as it is now, for its workers, or for whom a guard let in."""
    unscoped("a worker's, of its batch, or handed over by a guard")
    query = sa.select(Batch).where(col(Batch.id) == batch_id).execution_options(populate_existing=True)
    return await session.scalar(query.with_for_update() if lock else query)


async def visible(session: AsyncSession, who: Principal, batch_id: UUID) -> Batch | None:
    return await session.scalar(
        sa.select(Batch)
        .where(col(Batch.id) == batch_id, seen(who, Batch))
        .execution_options(populate_existing=True)
    )


async def listed(
    session: AsyncSession, who: Principal, *, status: Sequence[BatchStatus], offset: int, limit: int
) -> tuple[Sequence[Batch], int]:
    """A page of those that the caller sees, the newest first; how many there are, up to 10,001."""
    query = sa.select(Batch).where(seen(who, Batch))
    if status:
        query = query.where(col(Batch.status).in_(status))
    counted = query.with_only_columns(col(Batch.id)).limit(COUNT_LIMIT + 1).subquery()
    total = await session.scalar(sa.select(sa.func.count()).select_from(counted)) or 0
    ordered = query.order_by(col(Batch.created_at).desc(), col(Batch.id).desc())
    return (await session.scalars(ordered.offset(offset).limit(limit))).all(), total


async def owner(session: AsyncSession, batch: Batch) -> Principal | None:
    """In whose name it acts, as they are now; None where they may not sign in any more, as a service whose token has
    expired."""
    if batch.owner_id is None:
        return Principal.staff()
    who = await users.principal(session, batch.owner_id)
    if who is not None and who.is_service and await service_tokens.has_expired(session, who.user_id):
        return None
    return who


async def record(session: AsyncSession, batch_id: UUID, status: BatchStatus, *, ended: bool) -> None:
    """The row follows the workflow; `ended` says that nothing of it is in flight any more. A file that was finished in
    the moment of a cancellation is the sweep's to delete."""
    unscoped("a worker's, of its batch")
    await session.execute(
        sa.update(Batch)
        .where(col(Batch.id) == batch_id, col(Batch.finished_at).is_(None))
        .values(status=status, finished_at=now() if ended else None)
    )
    if ended and status is not BatchStatus.COMPLETED:
        packs = (col(Batch.id) == batch_id, col(Batch.action) == BatchAction.DOWNLOAD)
        await session.execute(sa.update(Batch).where(*packs).values(expires_at=now()))


async def mark_started(session: AsyncSession, batch_id: UUID) -> None:
    unscoped("of a batch that was just made, or a worker's")
    status: Any = col(Batch.status)
    await session.execute(
        sa.update(Batch)
        .where(col(Batch.id) == batch_id)
        .values(
            started_at=sa.func.coalesce(col(Batch.started_at), now()),
            status=sa.case((status == BatchStatus.CREATED, BatchStatus.RUNNING.value), else_=status),
        )
    )


def to_start(batch: Batch) -> BatchInput:
    """What its workflow begins with, or begins with again. Those of a filter are counted by the workflow."""
    return BatchInput(
        batch_id=batch.id,
        org_id=batch.org_id,
        action=batch.action,
        total=batch.total,
        paused=batch.status is BatchStatus.PAUSED,
    )


async def never_started(session: AsyncSession, *, limit: int) -> Sequence[Batch]:
    """Those that are committed and whose start was lost, in no order: those that cannot be started must not stand in the
    way of the others."""
    unscoped("the sweep serves all organisations")
    found = await session.scalars(
        sa.select(Batch)
        .where(col(Batch.started_at).is_(None), col(Batch.created_at) < now() - _JUST_MADE)
        .order_by(sa.func.random())
        .limit(limit)
    )
    return found.all()


async def unfinished(session: AsyncSession, *, older_than: timedelta, limit: int) -> Sequence[Batch]:
    """Those that were started and have not ended, in no order: their workflow may be gone, and those that only take
    long must not stand in the way of the others."""
    unscoped("the sweep serves all organisations")
    found = await session.scalars(
        sa.select(Batch)
        .where(col(Batch.started_at) < now() - older_than, col(Batch.finished_at).is_(None))
        .order_by(sa.func.random())
        .limit(limit)
    )
    return found.all()


async def bury(session: AsyncSession, batch_id: UUID, status: BatchStatus) -> bool:
    """The row of a batch whose workflow has ended without a word; False where it had said so meanwhile."""
    batch = await load(session, batch_id, lock=True)
    if batch is None or batch.finished_at is not None:
        return False
    await record(session, batch_id, status, ended=True)
    return True


async def packed(session: AsyncSession, batch_id: UUID, result: Packed, until: datetime) -> None:
    unscoped("a worker's, of its batch")
    values: dict[str, Any] = {"result": result.model_dump(mode="json"), "expires_at": until}
    await session.execute(sa.update(Batch).where(col(Batch.id) == batch_id).values(**values))


async def expired(session: AsyncSession, *, limit: int) -> Sequence[Batch]:
    """Downloads that are over, in no order, as above."""
    unscoped("the sweep serves all organisations")
    found = await session.scalars(
        sa.select(Batch).where(col(Batch.expires_at) < now()).order_by(sa.func.random()).limit(limit)
    )
    return found.all()


async def drop(session: AsyncSession, batch_id: UUID) -> None:
    """What it packed is gone."""
    unscoped("the sweep's")
    await session.execute(
        sa.update(Batch).where(col(Batch.id) == batch_id).values(result=None, expires_at=None)
    )


def _finished_before(before: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """What a download has packed is swept first."""
    return (col(Batch.finished_at) < before, col(Batch.expires_at).is_(None))


async def older(session: AsyncSession, before: datetime) -> tuple[int, int]:
    """How many batches have ended before `before`, and how many items those have."""
    unscoped("numbers, for an admin")
    batches = sa.select(sa.func.count()).select_from(Batch).where(*_finished_before(before))
    items = (
        sa.select(sa.func.count())
        .select_from(BatchItem)
        .join(Batch, col(Batch.id) == col(BatchItem.batch_id))
        .where(*_finished_before(before))
    )
    return await session.scalar(batches) or 0, await session.scalar(items) or 0


async def forget_items(session: AsyncSession, before: datetime, *, limit: int) -> int:
    """Deletes at most `limit` items of those batches. Returns how many."""
    unscoped("by age, for an admin")
    key = sa.tuple_(col(BatchItem.batch_id), col(BatchItem.job_id))
    some = (
        sa.select(col(BatchItem.batch_id), col(BatchItem.job_id))
        .join(Batch, col(Batch.id) == col(BatchItem.batch_id))
        .where(*_finished_before(before))
        .limit(limit)
    )
    deleted = await session.execute(
        sa.delete(BatchItem).where(key.in_(some)).execution_options(synchronize_session=False)
    )
    return deleted.rowcount  # type: ignore[attr-defined, no-any-return]


async def forget(session: AsyncSession, before: datetime, *, limit: int) -> int:
    """Deletes at most `limit` of those batches that have no items any more. Returns how many."""
    unscoped("by age, for an admin")
    has_items = sa.exists().where(col(BatchItem.batch_id) == col(Batch.id))
    some = sa.select(col(Batch.id)).where(*_finished_before(before), ~has_items).limit(limit)
    deleted = await session.execute(
        sa.delete(Batch).where(col(Batch.id).in_(some)).execution_options(synchronize_session=False)
    )
    return deleted.rowcount  # type: ignore[attr-defined, no-any-return]
