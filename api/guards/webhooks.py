"""Guards of an organisation's webhooks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path

from api.authn import Caller
from api.guards.base import GUARDS, Rule
from api.guards.organizations import IntegrableOrganization
from schema.errors import NotFound
from schema.permissions import Permission
from schema.queries import webhook_deliveries, webhooks
from schema.tables import Webhook, WebhookDelivery

WebhookId = Annotated[UUID, Path(description="The webhook's.")]
DeliveryId = Annotated[UUID, Path(description="The delivery's: the `webhook-id` that it is sent with.")]


@dataclass(frozen=True, slots=True)
class DeliveryOfWebhook:
    """A delivery that the caller may redeliver."""

    webhook: Webhook
    delivery: WebhookDelivery


async def _webhook(organization: IntegrableOrganization, webhook_id: WebhookId, ctx: Caller) -> Webhook:
    found = await webhooks.one(ctx.session, ctx.principal, organization.id, webhook_id)
    if found is None:
        raise NotFound("Webhook not found")
    return found


async def _delivery(
    organization: IntegrableOrganization, webhook_id: WebhookId, delivery_id: DeliveryId, ctx: Caller
) -> DeliveryOfWebhook:
    webhook = await _webhook(organization, webhook_id, ctx)
    found = await webhook_deliveries.one(ctx.session, ctx.principal, webhook.id, delivery_id)
    if found is None:
        raise NotFound("Delivery not found")
    return DeliveryOfWebhook(webhook, found)


GUARDS[_webhook] = GUARDS[_delivery] = Rule(Permission.INTEGRATE)

ManageableWebhook = Annotated[Webhook, Depends(_webhook)]
RepeatableDelivery = Annotated[DeliveryOfWebhook, Depends(_delivery)]
