"""Webhooks of an organisation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.permissions import Principal
from schema.queries import named
from schema.queries.seen import seen
from schema.queries.visibility import unscoped
from schema.tables import JobEvent, Organization, Webhook, WebhookDelivery, now

_DISABLED = "The webhook was disabled before it was sent."


async def page(
    session: AsyncSession, who: Principal, org_id: UUID, wanted: named.Wanted
) -> named.Found[Webhook]:
    query = sa.select(Webhook).where(col(Webhook.org_id) == org_id, seen(who, Webhook))
    return await named.page(session, query, Webhook, wanted)


async def one(session: AsyncSession, who: Principal, org_id: UUID, webhook_id: UUID) -> Webhook | None:
    return await session.scalar(
        sa.select(Webhook).where(
            col(Webhook.org_id) == org_id, col(Webhook.id) == webhook_id, seen(who, Webhook)
        )
    )


async def count(session: AsyncSession, org_id: UUID) -> int:
    """How many webhooks an organisation has. Concurrent creations wait until commit."""
    unscoped("a number, of an organisation that a guard handed over")
    await session.execute(
        sa.select(col(Organization.id)).where(col(Organization.id) == org_id).with_for_update(key_share=True)
    )
    counted = sa.select(sa.func.count()).select_from(Webhook).where(col(Webhook.org_id) == org_id)
    return await session.scalar(counted) or 0


async def load(session: AsyncSession, webhook_id: UUID, *, lock: bool = False) -> Webhook | None:
    """The current row, locked until commit."""
    unscoped("a worker's, of its webhook")
    query = sa.select(Webhook).where(col(Webhook.id) == webhook_id)
    query = query.execution_options(populate_existing=True)
    return await session.scalar(query.with_for_update(key_share=True) if lock else query)


async def enabled(session: AsyncSession, org_id: UUID) -> Sequence[Webhook]:
    """The enabled webhooks of an organisation."""
    unscoped("a worker's, of the organisation of its job")
    found = await session.scalars(
        sa.select(Webhook).where(col(Webhook.org_id) == org_id, col(Webhook.disabled_at).is_(None))
    )
    return found.all()


async def behind(session: AsyncSession, *, overdue: timedelta, limit: int) -> Sequence[Webhook]:
    """Webhooks with events that were not read, or with deliveries that were due `overdue` ago. Their workflow may not
    know. Unordered, so that those that cannot be started do not block the others."""
    unscoped("the sweep serves all organisations")
    events = sa.exists().where(
        col(JobEvent.org_id) == col(Webhook.org_id), col(JobEvent.id) > col(Webhook.cursor)
    )
    deliveries = sa.exists().where(
        col(WebhookDelivery.webhook_id) == col(Webhook.id),
        col(WebhookDelivery.next_attempt_at) < now() - overdue,
    )
    found = await session.scalars(
        sa.select(Webhook)
        .where(col(Webhook.disabled_at).is_(None), sa.or_(events, deliveries))
        .order_by(sa.func.random())
        .limit(limit)
    )
    return found.all()


async def disable(session: AsyncSession, webhook: Webhook, reason: str) -> None:
    """Disables a locked webhook and drops its pending deliveries."""
    unscoped("of a webhook that a guard or a workflow handed over")
    webhook.disabled_at, webhook.disabled_reason = now(), reason
    await session.execute(
        sa.update(WebhookDelivery)
        .where(
            col(WebhookDelivery.webhook_id) == webhook.id, col(WebhookDelivery.next_attempt_at).is_not(None)
        )
        .values(
            next_attempt_at=None,
            failed_at=webhook.disabled_at,
            last_error=sa.func.coalesce(col(WebhookDelivery.last_error), _DISABLED),
        )
    )
