"""Webhook deliveries: written from the event log, which is the outbox, and read when they are sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from schema.contracts.webhooks import Due
from schema.enums import DeliveryOutcome, WebhookEvent
from schema.permissions import Principal
from schema.queries import keyset
from schema.queries.pages import Found
from schema.queries.seen import seen
from schema.queries.visibility import unscoped
from schema.tables import Job, JobEvent, Webhook, WebhookDelivery
from schema.webhooks import Said, type_of

_waits = col(WebhookDelivery.next_attempt_at).is_not(None)
_OUTCOMES: dict[DeliveryOutcome, sa.ColumnElement[bool]] = {
    DeliveryOutcome.WAITING: _waits,
    DeliveryOutcome.DELIVERED: sa.and_(~_waits, col(WebhookDelivery.failed_at).is_(None)),
    DeliveryOutcome.FAILED: sa.and_(~_waits, col(WebhookDelivery.failed_at).is_not(None)),
}


def outcome_of(delivery: Any) -> DeliveryOutcome:
    """The outcome of a row."""
    if delivery.next_attempt_at is not None:
        return DeliveryOutcome.WAITING
    return DeliveryOutcome.DELIVERED if delivery.failed_at is None else DeliveryOutcome.FAILED


async def page(
    session: AsyncSession,
    who: Principal,
    webhook_id: UUID,
    outcome: DeliveryOutcome | None,
    walk: keyset.Walk,
) -> Found:
    """Of a webhook, newest first. Two statements.

    Raises:
        Invalid: the cursor is invalid.
    """
    query = sa.select(*WebhookDelivery.metadata.tables["webhook_deliveries"].c).where(
        col(WebhookDelivery.webhook_id) == webhook_id, seen(who, WebhookDelivery)
    )
    return await keyset.page(session, [query.where(_OUTCOMES[outcome]) if outcome else query], walk)


async def one(
    session: AsyncSession, who: Principal, webhook_id: UUID, delivery_id: UUID
) -> WebhookDelivery | None:
    return await session.scalar(
        sa.select(WebhookDelivery).where(
            col(WebhookDelivery.webhook_id) == webhook_id,
            col(WebhookDelivery.id) == delivery_id,
            seen(who, WebhookDelivery),
        )
    )


async def clock(session: AsyncSession) -> datetime:
    """The database's clock, which all workers share, so that due times are consistent."""
    told: datetime | None = await session.scalar(sa.select(sa.func.clock_timestamp()))
    assert told is not None
    return told


async def take(session: AsyncSession, webhook: Webhook, *, limit: int) -> bool:
    """Writes a delivery for each wanted event after the cursor, and advances the cursor; reads at most `limit` events.
    Returns whether there may be more. `webhook` is locked."""
    unscoped("a worker's, of its webhook")
    events = await _after(session, webhook, limit)
    if not events:
        return False
    at = await clock(session)
    wanted = [(event, told) for event in events if (told := type_of(event, webhook.event_types)) is not None]
    if wanted:
        rows = [
            WebhookDelivery(
                id=uuid4(), webhook_id=webhook.id, type=told, event_id=event.id, job_id=event.job_id,
                created_at=moment, asked_at=moment, next_attempt_at=moment,
            ).model_dump()
            for place, (event, told) in enumerate(wanted)
            if (moment := at + timedelta(microseconds=place))
        ]  # fmt: skip
        await session.execute(insert(WebhookDelivery).values(rows).on_conflict_do_nothing())
    webhook.cursor = events[-1].id
    return len(events) == limit


async def _after(session: AsyncSession, webhook: Webhook, limit: int) -> Sequence[Said]:
    """The events after the cursor. Ids appear in commit order, so that no earlier one comes later."""
    unscoped("a worker's, of its webhook")
    earlier = aliased(JobEvent)
    of_job = col(JobEvent.language).is_(None)
    said = sa.case((of_job, sa.literal("status")), else_=sa.literal("stage"))
    before = (
        sa.select(col(earlier.data))
        .where(
            col(earlier.job_id) == col(JobEvent.job_id),
            col(earlier.id) < col(JobEvent.id),
            col(earlier.language).is_not_distinct_from(col(JobEvent.language)),
            col(earlier.data).has_key(said),  # type: ignore[attr-defined]
        )
        .order_by(col(earlier.id).desc())
        .limit(1)
        .scalar_subquery()
    )
    told = sa.case((col(JobEvent.data).has_key(said), before))  # type: ignore[attr-defined]
    found = await session.execute(
        sa.select(
            col(JobEvent.id), col(JobEvent.job_id), col(JobEvent.type), col(JobEvent.language), col(JobEvent.data),
            told.label("before"),
        )
        .where(col(JobEvent.org_id) == webhook.org_id, col(JobEvent.id) > webhook.cursor)
        .order_by(col(JobEvent.id))
        .limit(limit)
    )  # fmt: skip
    return [Said(*row) for row in found]


async def due(
    session: AsyncSession, webhook_id: UUID, *, limit: int
) -> tuple[tuple[Due, ...], datetime | None]:
    """Deliveries that are due or, if there is none, when the next one will be."""
    unscoped("a worker's, of its webhook")
    row, when = WebhookDelivery, col(WebhookDelivery.next_attempt_at)
    waiting: Any = (
        sa.select(col(row.id), col(row.job_id), when)
        .where(col(row.webhook_id) == webhook_id, when.is_not(None))
        .order_by(when, col(row.event_id))
        .limit(limit)
    )
    found = [(*row,) for row in await session.execute(waiting)]
    at = await clock(session)
    ripe = tuple(Due(delivery_id=key, job_id=job_id) for key, job_id, time in found if time <= at)
    return ripe, (found[0][2] if found and not ripe else None)


@dataclass(frozen=True, slots=True)
class Sending:
    """The data for one attempt. `event` and `job` are None if they are gone, or for a test."""

    delivery: WebhookDelivery
    webhook: Webhook
    event: JobEvent | None
    job: Job | None


async def to_send(session: AsyncSession, delivery_id: UUID) -> Sending | None:
    unscoped("a worker's, of its webhook")
    row = WebhookDelivery
    found = await session.execute(
        sa.select(row, Webhook, JobEvent, Job)
        .join(Webhook, col(Webhook.id) == col(row.webhook_id))
        .outerjoin(JobEvent, col(JobEvent.id) == col(row.event_id))
        .outerjoin(Job, col(Job.id) == col(JobEvent.job_id))
        .where(col(row.id) == delivery_id)
    )
    first = found.first()
    return Sending(first[0], first[1], first[2], first[3]) if first else None


async def settle(session: AsyncSession, delivery: WebhookDelivery, **outcome: Any) -> bool:
    """Writes the result of an attempt. Returns False if another result was written meanwhile."""
    unscoped("a worker's, of its webhook")
    row = WebhookDelivery
    changed = await session.execute(
        sa.update(row)
        .where(col(row.id) == delivery.id, col(row.attempts) == delivery.attempts, _waits)
        .values(attempts=delivery.attempts + 1, **outcome)
        .returning(col(row.id))
    )
    return changed.first() is not None


def a_test(webhook: Webhook, delivery_id: UUID, at: datetime) -> WebhookDelivery:
    """A test delivery, without an event."""
    return WebhookDelivery(
        id=delivery_id,
        webhook_id=webhook.id,
        type=WebhookEvent.TEST,
        created_at=at,
        asked_at=at,
        next_attempt_at=at,
    )
