"""Batches: created, shown, and updated from their workflows."""

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
    """Inserts the row, and an item for each of these jobs in order. Does nothing if the same request made it before."""
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
    """The current batch, for its workers, or for a caller whom a guard let in."""
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
    """A page of the batches that the caller sees, newest first, and their number, up to 10,001."""
    query = sa.select(Batch).where(seen(who, Batch))
    if status:
        query = query.where(col(Batch.status).in_(status))
    counted = query.with_only_columns(col(Batch.id)).limit(COUNT_LIMIT + 1).subquery()
    total = await session.scalar(sa.select(sa.func.count()).select_from(counted)) or 0
    ordered = query.order_by(col(Batch.created_at).desc(), col(Batch.id).desc())
    return (await session.scalars(ordered.offset(offset).limit(limit))).all(), total


async def owner(session: AsyncSession, batch: Batch) -> Principal | None:
    """The user in whose name it acts, with their current rights; None if they may not sign in any more, such as a
    service whose token has expired."""
    if batch.owner_id is None:
        return Principal.staff()
    who = await users.principal(session, batch.owner_id)
    if who is not None and who.is_service and await service_tokens.has_expired(session, who.user_id):
        return None
    return who


async def record(session: AsyncSession, batch_id: UUID, status: BatchStatus, *, ended: bool) -> None:
    """Updates the row from the workflow. `ended` means that nothing is in flight any more. A file that was finished at
    the moment of a cancellation is left to the sweep."""
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
    """The input with which its workflow starts, or starts again. The workflow counts the jobs of a filter."""
    return BatchInput(
        batch_id=batch.id,
        org_id=batch.org_id,
        action=batch.action,
        total=batch.total,
        paused=batch.status is BatchStatus.PAUSED,
    )


async def never_started(session: AsyncSession, *, limit: int) -> Sequence[Batch]:
    """Batches that are committed and whose start was lost. Unordered, so that those that cannot be started do not block
    the others."""
    unscoped("the sweep serves all organisations")
    found = await session.scalars(
        sa.select(Batch)
        .where(col(Batch.started_at).is_(None), col(Batch.created_at) < now() - _JUST_MADE)
        .order_by(sa.func.random())
        .limit(limit)
    )
    return found.all()


async def unfinished(session: AsyncSession, *, older_than: timedelta, limit: int) -> Sequence[Batch]:
    """Batches that were started and have not ended. Their workflow may be gone. Unordered, so that those that merely
    take long do not block the others."""
    unscoped("the sweep serves all organisations")
    found = await session.scalars(
        sa.select(Batch)
        .where(col(Batch.started_at) < now() - older_than, col(Batch.finished_at).is_(None))
        .order_by(sa.func.random())
        .limit(limit)
    )
    return found.all()


async def bury(session: AsyncSession, batch_id: UUID, status: BatchStatus) -> bool:
    """Ends the row of a batch whose workflow ended without an update. Returns False if the workflow had written one
    meanwhile."""
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
    """Expired downloads. Unordered, as above."""
    unscoped("the sweep serves all organisations")
    found = await session.scalars(
        sa.select(Batch).where(col(Batch.expires_at) < now()).order_by(sa.func.random()).limit(limit)
    )
    return found.all()


async def drop(session: AsyncSession, batch_id: UUID) -> None:
    """Removes the archive from the row."""
    unscoped("the sweep's")
    await session.execute(
        sa.update(Batch).where(col(Batch.id) == batch_id).values(result=None, expires_at=None)
    )


def _finished_before(before: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Downloads whose archive was swept first."""
    return (col(Batch.finished_at) < before, col(Batch.expires_at).is_(None))


async def older(session: AsyncSession, before: datetime) -> tuple[int, int]:
    """How many batches ended before `before`, and how many items they have."""
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
    """Deletes at most `limit` of those batches that have no items left. Returns how many."""
    unscoped("by age, for an admin")
    has_items = sa.exists().where(col(BatchItem.batch_id) == col(Batch.id))
    some = sa.select(col(Batch.id)).where(*_finished_before(before), ~has_items).limit(limit)
    deleted = await session.execute(
        sa.delete(Batch).where(col(Batch.id).in_(some)).execution_options(synchronize_session=False)
    )
    return deleted.rowcount  # type: ignore[attr-defined, no-any-return]
