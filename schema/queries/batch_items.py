"""The jobs of a batch: selected once, settled one by one, and counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.contracts.batches import BatchAsked
from schema.contracts.providers import Engines
from schema.enums import Outcome
from schema.permissions import Principal
from schema.queries import audit
from schema.queries.arrays import among, unnested
from schema.queries.batches import owner
from schema.queries.chosen import narrowed
from schema.queries.visibility import unscoped, visible_to
from schema.tables import Batch, BatchItem, Job, now
from schema.transitions import AT_WORK

_REASONS = 10


async def listed(
    session: AsyncSession, batch_id: UUID, *, outcome: Outcome | None, offset: int, limit: int
) -> tuple[Sequence[BatchItem], int]:
    """The items of a batch from a guard, in order, and their number."""
    unscoped("of a batch that a guard handed over")
    query = sa.select(BatchItem).where(col(BatchItem.batch_id) == batch_id)
    if outcome is not None:
        query = query.where(col(BatchItem.outcome) == outcome)
    counted = query.with_only_columns(col(BatchItem.position)).subquery()
    total = await session.scalar(sa.select(sa.func.count()).select_from(counted)) or 0
    found = await session.scalars(query.order_by(col(BatchItem.position)).offset(offset).limit(limit))
    return found.all(), total


async def choose(session: AsyncSession, batch: Batch, engines: Callable[[], Engines]) -> int:
    """Adds the jobs of the batch's filter, as its owner sees them now. This happens once, so that a job whose state
    changes meanwhile is taken once. Returns their number."""
    if batch.total is not None:
        return batch.total
    asked = BatchAsked.kept(batch.asked)
    who = await owner(session, batch)
    if asked.filter is not None and who is not None:
        some = (
            sa.select(col(Job.id), col(Job.created_at))
            .where(*narrowed(who, batch.action, asked.filter, engines()))
            .order_by(col(Job.created_at), col(Job.id))
            .limit(asked.max_jobs)
            .subquery("some")
        )
        place = sa.func.row_number().over(order_by=[some.c.created_at, some.c.id])
        rows = sa.select(sa.literal(batch.id, sa.Uuid()), some.c.id, place)
        await session.execute(
            insert(BatchItem).from_select(["batch_id", "job_id", "position"], rows).on_conflict_do_nothing()
        )
    counted = sa.select(sa.func.count()).where(col(BatchItem.batch_id) == batch.id)
    batch.total = await session.scalar(counted) or 0
    if batch.org_id is not None and await _is_elsewhere(session, batch.id, batch.org_id):
        batch.org_id = None
    return batch.total


async def _is_elsewhere(session: AsyncSession, batch_id: UUID, org_id: UUID) -> bool:
    """Whether a job of the batch is in another organisation. Its owner may see more jobs now than when they requested
    the batch or made the schedule."""
    unscoped("a worker's, of its batch")
    other = (
        sa.select(sa.literal(1))
        .select_from(BatchItem)
        .join(Job, col(Job.id) == col(BatchItem.job_id))
        .where(col(BatchItem.batch_id) == batch_id, col(Job.org_id) != org_id)
    )
    return await session.scalar(other.limit(1)) is not None


async def waiting(session: AsyncSession, batch_id: UUID, first: int, last: int) -> Sequence[UUID]:
    """The jobs at these positions that have no outcome yet."""
    unscoped("a worker's, of its batch")
    found = await session.scalars(
        sa.select(col(BatchItem.job_id))
        .where(*_within(batch_id, first, last), col(BatchItem.outcome).is_(None))
        .order_by(col(BatchItem.position))
    )
    return found.all()


async def settle(
    session: AsyncSession, batch_id: UUID, found: Mapping[UUID, tuple[Outcome, str | None]]
) -> None:
    """Stores outcomes of these jobs. Earlier outcomes are kept. One statement."""
    unscoped("a worker's, of its batch")
    given = unnested(
        "given",
        job_id=(sa.Uuid(), found),
        outcome=(sa.String(), [outcome.value for outcome, _ in found.values()]),
        reason=(sa.String(), [reason[:1000] if reason else None for _, reason in found.values()]),
    )
    await session.execute(
        sa.update(BatchItem)
        .where(
            col(BatchItem.batch_id) == batch_id,
            col(BatchItem.job_id) == given.c.job_id,
            col(BatchItem.outcome).is_(None),
        )
        .values(outcome=given.c.outcome, reason=given.c.reason, at=now())
    )


async def tally(
    session: AsyncSession, batch_id: UUID, first: int, last: int
) -> tuple[dict[Outcome, int], dict[str, int]]:
    """For these positions: the number of jobs by outcome, and the most frequent reasons."""
    unscoped("a worker's, of its batch")
    found = await session.execute(
        sa.select(col(BatchItem.outcome), col(BatchItem.reason), sa.func.count())
        .where(*_within(batch_id, first, last), col(BatchItem.outcome).is_not(None))
        .group_by(col(BatchItem.outcome), col(BatchItem.reason))
    )
    counts: dict[Outcome, int] = {}
    reasons: dict[str, int] = {}
    for outcome, reason, number in found:
        assert outcome is not None
        counts[outcome] = counts.get(outcome, 0) + number
        if reason is not None and outcome is not Outcome.DONE:
            reasons[reason] = reasons.get(reason, 0) + number
    often = sorted(reasons, key=lambda each: (-reasons[each], each))[:_REASONS]
    return counts, {reason: reasons[reason] for reason in often}


async def at_work(session: AsyncSession, batch_id: UUID) -> int:
    """How many of its jobs are in automatic steps, without a decision since."""
    unscoped("a worker's, of its batch")
    decided_by: Any = col(Job.state)["batch_id"]
    counted = (
        sa.select(sa.func.count())
        .select_from(BatchItem)
        .join(Job, col(Job.id) == col(BatchItem.job_id))
        .where(
            col(BatchItem.batch_id) == batch_id,
            col(BatchItem.outcome) == Outcome.DONE,
            col(Job.status).in_(AT_WORK),
            decided_by.astext == str(batch_id),
        )
    )
    return await session.scalar(counted) or 0


async def was_hidden(session: AsyncSession, request_id: str, job_id: UUID) -> bool:
    """Whether this batch deleted the job."""
    return await audit.earlier(session, request_id, "job.delete", job_id) is not None


async def settle_rest(session: AsyncSession, batch_id: UUID, *, cancelled: bool) -> None:
    """Settles the jobs without an outcome when the batch ends."""
    unscoped("a worker's, of its batch")
    outcome = Outcome.SKIPPED if cancelled else Outcome.FAILED
    reason = "The batch was cancelled before its turn." if cancelled else "It could not be asked."
    await session.execute(
        sa.update(BatchItem)
        .where(col(BatchItem.batch_id) == batch_id, col(BatchItem.outcome).is_(None))
        .values(outcome=outcome, reason=reason, at=now())
    )


def named(job_ids: Sequence[UUID]) -> sa.ColumnElement[bool]:
    """Selects the named jobs."""
    return among(col(Job.id), job_ids)


async def one_place(session: AsyncSession, who: Principal, job_ids: Sequence[UUID]) -> UUID | None:
    """The organisation of all of these jobs that `who` sees, if it is the same."""
    places = await session.scalars(
        sa.select(col(Job.org_id))
        .where(named(job_ids), visible_to(who, with_deleted=True))
        .distinct()
        .limit(2)
    )
    found = places.all()
    return found[0] if len(found) == 1 else None


async def counts(session: AsyncSession, batch_ids: Sequence[UUID]) -> dict[UUID, dict[Outcome, int]]:
    """Number of items by batch and outcome, for batches from a guard or a list."""
    unscoped("of batches that a guard or a list handed over")
    found = await session.execute(
        sa.select(col(BatchItem.batch_id), col(BatchItem.outcome), sa.func.count())
        .where(among(col(BatchItem.batch_id), batch_ids), col(BatchItem.outcome).is_not(None))
        .group_by(col(BatchItem.batch_id), col(BatchItem.outcome))
    )
    counted: dict[UUID, dict[Outcome, int]] = {}
    for batch_id, outcome, number in found:
        assert outcome is not None
        counted.setdefault(batch_id, {})[outcome] = number
    return counted


async def sees_all_packed(session: AsyncSession, who: Principal, batch_id: UUID) -> bool:
    """Whether `who` now sees every job that was packed."""
    hidden = (
        sa.select(sa.literal(1))
        .where(
            col(BatchItem.batch_id) == batch_id,
            col(BatchItem.outcome) == Outcome.DONE,
            col(BatchItem.job_id).not_in(sa.select(col(Job.id)).where(visible_to(who, with_deleted=True))),
        )
        .limit(1)
    )
    return await session.scalar(hidden) is None


def _within(batch_id: UUID, first: int, last: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        col(BatchItem.batch_id) == batch_id,
        col(BatchItem.position) >= first,
        col(BatchItem.position) <= last,
    )
