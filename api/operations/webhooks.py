"""Webhooks of an organisation: created, changed and deleted, and their deliveries."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from temporalio.service import RPCError

from api.asked import Asked
from api.bodies.webhooks import (
    DeliveryOut,
    WebhookBody,
    WebhookChanged,
    WebhookMade,
    WebhookOut,
    WebhookPatch,
)
from api.context import Context
from api.guards.webhooks import DeliveryOfWebhook
from api.pagination import Page, Slice
from schema.enums import DeliveryOutcome
from schema.errors import Conflict, NotFound
from schema.outbound import checked_url, origin_of
from schema.queries import events, named, webhook_deliveries, webhooks
from schema.queries.keyset import Walk
from schema.queries.named import Wanted, one_of_its_name
from schema.tables import Organization, Webhook, WebhookDelivery, now
from schema.webhooks import secret_of
from workflows.names import WAKE, webhook_workflow_id
from workflows.start import wake_webhook

MOST = 20
"""Maximum number of webhooks per organisation."""
_BY_HAND = "Somebody has disabled it: the audit log says who."
logger = logging.getLogger(__name__)


async def listing(
    ctx: Context, organization: Organization, wanted: Wanted, paging: Slice
) -> Page[WebhookOut]:
    found = await webhooks.page(ctx.session, ctx.principal, organization.id, wanted)
    return paging.of([WebhookOut.of(row) for row in found.items], found.total, capped=found.capped)


async def create(ctx: Context, organization: Organization, body: WebhookBody, once: Asked) -> WebhookMade:
    """Raises:
    Invalid: the URL is not allowed.
    Conflict: the name is taken, or the organisation has too many webhooks.
    """
    webhook_id = once.uuid("webhook")
    made = await named.made(ctx.session, Webhook, webhook_id)
    if made is None:
        checked_url(body.url, private=ctx.parts.settings.webhook_private_addresses)
        if await webhooks.count(ctx.session, organization.id) >= MOST:
            raise Conflict(f"The organisation has {MOST} webhooks: delete one first.")
        made = Webhook(
            id=webhook_id,
            org_id=organization.id,
            name=body.name,
            url=body.url,
            event_types=[*dict.fromkeys(body.events)],
            cursor=await events.newest(ctx.session),
            created_by=ctx.principal.user_id,
        )
        async with one_of_its_name(ctx.session, Webhook, body.name, org_id=organization.id):
            ctx.session.add(made)
        at = await webhook_deliveries.clock(ctx.session)
        ctx.session.add(webhook_deliveries.a_test(made, once.uuid("test"), at))
    await ctx.record(once, "webhook.create", "webhook", made.id, after=_told(made), security=True)
    await ctx.session.commit()
    await _wake(ctx, made)
    return WebhookMade(**WebhookOut.of(made).model_dump(), secret=_secret(ctx, made))


async def change(ctx: Context, webhook: Webhook, body: WebhookPatch, once: Asked) -> WebhookChanged:
    """Raises:
    Invalid: the URL is not allowed.
    Conflict: the name is taken.
    """
    done = await ctx.done(once, "webhook.change", webhook.id)
    row = await _locked(ctx, webhook.id)
    if done is None:
        before = _told(row)
        await _change(ctx, row, body)
        after = {**_told(row), **({"secret": "rotated"} if body.rotate_secret else {})}
        await ctx.record(once, "webhook.change", "webhook", row.id, before=before, after=after, security=True)
    await ctx.session.commit()
    if row.disabled_at is None:
        await _wake(ctx, row)
    secret = _secret(ctx, row) if body.rotate_secret else None
    return WebhookChanged(**WebhookOut.of(row).model_dump(), secret=secret)


async def _change(ctx: Context, row: Webhook, body: WebhookPatch) -> None:
    if body.url is not None:
        row.url = checked_url(body.url, private=ctx.parts.settings.webhook_private_addresses)
    if body.name is not None:
        async with one_of_its_name(ctx.session, Webhook, body.name, org_id=row.org_id):
            row.name = body.name
    if body.events is not None:
        row.event_types = [*dict.fromkeys(body.events)]
    if body.rotate_secret:
        row.counter += 1
        row.rotated_at = now()
    if body.enabled is True and row.disabled_at is not None:
        row.disabled_at = row.disabled_reason = None
        row.cursor = await events.newest(ctx.session)
    if body.enabled is False and row.disabled_at is None:
        await webhooks.disable(ctx.session, row, _BY_HAND)


async def delete(ctx: Context, organization: Organization, webhook_id: UUID, once: Asked) -> None:
    """Deletes a webhook with its pending deliveries, and ends its workflow.

    Raises:
        NotFound: it does not exist, and this request did not delete it.
    """
    if await ctx.done(once, "webhook.delete", webhook_id):
        return
    if await webhooks.one(ctx.session, ctx.principal, organization.id, webhook_id) is None:
        raise NotFound("Webhook not found")
    row = await _locked(ctx, webhook_id)
    await ctx.record(once, "webhook.delete", "webhook", webhook_id, before=_told(row), security=True)
    await ctx.session.delete(row)
    await ctx.session.commit()
    try:
        await ctx.temporal.get_workflow_handle(webhook_workflow_id(webhook_id)).signal(WAKE)
    except (RPCError, RuntimeError) as error:  # it has ended, or will notice when it looks next
        logger.info("the workflow of webhook %s was not told: %s", webhook_id, error)


async def deliveries(
    ctx: Context, webhook: Webhook, outcome: DeliveryOutcome | None, paging: Slice
) -> Page[DeliveryOut]:
    walk = Walk(paging.size, paging.offset, paging.after)
    found = await webhook_deliveries.page(ctx.session, ctx.principal, webhook.id, outcome, walk)
    return paging.walked([DeliveryOut.of(row) for row in found.rows], found)


async def redeliver(ctx: Context, found: DeliveryOfWebhook, once: Asked) -> DeliveryOut:
    """Raises:
    Conflict: it is about to be sent, or the webhook is disabled.
    """
    done = await ctx.done(once, "webhook.redeliver", found.delivery.id)
    webhook = await _locked(ctx, found.webhook.id)
    row = await named.locked(ctx.session, WebhookDelivery, found.delivery.id)
    if done is None:
        if webhook.disabled_at is not None:
            raise Conflict("The webhook is disabled: enable it first.")
        at = await webhook_deliveries.clock(ctx.session)
        if row.next_attempt_at is not None and row.next_attempt_at <= at:
            raise Conflict("It is about to be sent: look again in a moment.")
        before = {"outcome": webhook_deliveries.outcome_of(row), "attempts": row.attempts}
        row.asked_at = row.next_attempt_at = at
        row.delivered_at = row.failed_at = None
        await ctx.record(
            once,
            "webhook.redeliver",
            "webhook_delivery",
            row.id,
            before=before,
            after=_of(row),
            security=True,
        )
    await ctx.session.commit()
    await _wake(ctx, webhook)
    return DeliveryOut.of(row)


async def _locked(ctx: Context, webhook_id: UUID) -> Webhook:
    row = await webhooks.load(ctx.session, webhook_id, lock=True)
    if row is None:
        raise NotFound("Webhook not found")
    return row


async def _wake(ctx: Context, webhook: Webhook) -> None:
    """Wakes the workflow. If Temporal is unavailable, the sweep does it later; nobody waits for a receiver."""
    try:
        await wake_webhook(ctx.temporal, webhook.id, webhook.org_id, webhook.name)
    except (RPCError, RuntimeError) as error:
        logger.warning("webhook %s waits for the sweep: %s", webhook.id, error)


def _secret(ctx: Context, webhook: Webhook) -> str:
    return secret_of(ctx.parts.settings.jwt_secret.get_secret_value(), webhook.id, webhook.counter)


def _told(row: Webhook) -> dict[str, Any]:
    return {
        "org_id": str(row.org_id),
        "name": row.name,
        "origin": origin_of(row.url),
        "events": row.event_types,
        "enabled": row.disabled_at is None,
    }


def _of(row: WebhookDelivery) -> dict[str, Any]:
    return {"webhook_id": str(row.webhook_id), "type": row.type, "job_id": row.job_id and str(row.job_id)}
