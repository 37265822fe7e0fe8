"""Webhooks of an organisation."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.authn import Caller
from api.bodies.webhooks import (
    DeliveryOut,
    WebhookBody,
    WebhookChanged,
    WebhookMade,
    WebhookOut,
    WebhookPatch,
)
from api.errors import errors
from api.guards.organizations import IntegrableOrganization
from api.guards.webhooks import ManageableWebhook, RepeatableDelivery, WebhookId
from api.headers import located
from api.idempotency import KeyedRoute, Once
from api.operations import webhooks
from api.pagination import Naming, Page, Paging, Walking
from schema.enums import DeliveryOutcome

router = APIRouter(prefix="/organizations/{org_id}/webhooks", tags=["Webhooks"], route_class=KeyedRoute)
_ERRORS = errors(400, 401, 403, 404, 409)
_ONE = "/{webhook_id}"


@router.get("", responses=errors(401, 403, 404))
async def list_webhooks(
    organization: IntegrableOrganization, caller: Caller, wanted: Naming, paging: Paging
) -> Page[WebhookOut]:
    """Where the organisation's jobs are told of."""
    return await webhooks.listing(caller, organization, wanted, paging)


@router.post("", status_code=201, responses=_ERRORS)
async def create_webhook(
    organization: IntegrableOrganization, body: WebhookBody, caller: Caller, once: Once, response: Response
) -> WebhookMade:
    """Another system is told what happens from now on, and is sent a `webhook.test` first. Its secret is shown once. What
    it gets is under *Webhooks* in this document."""
    made = await webhooks.create(caller, organization, body, once)
    located(caller.parts.settings, response, f"/organizations/{organization.id}/webhooks/{made.id}")
    return made


@router.get(_ONE, responses=errors(401, 403, 404))
async def get_webhook(webhook: ManageableWebhook) -> WebhookOut:
    """One webhook."""
    return WebhookOut.of(webhook)


@router.patch(_ONE, responses=_ERRORS)
async def change_webhook(
    webhook: ManageableWebhook, body: WebhookPatch, caller: Caller, once: Once
) -> WebhookChanged:
    """Another name, address or types; disabled, or enabled again; with a new secret, which is shown once."""
    return await webhooks.change(caller, webhook, body, once)


@router.delete(_ONE, status_code=204, responses=_ERRORS)
async def delete_webhook(
    organization: IntegrableOrganization, webhook_id: WebhookId, caller: Caller, once: Once
) -> None:
    """Nothing more is sent, not even what waits."""
    await webhooks.delete(caller, organization, webhook_id, once)


@router.get(_ONE + "/deliveries", responses=errors(400, 401, 403, 404))
async def list_deliveries(
    webhook: ManageableWebhook,
    caller: Caller,
    paging: Walking,
    outcome: Annotated[DeliveryOutcome | None, Query(description="These alone.")] = None,
) -> Page[DeliveryOut]:
    """What it was sent in the last 30 days, and what waits, newest first."""
    return await webhooks.deliveries(caller, webhook, outcome, paging)


@router.post(_ONE + "/deliveries/{delivery_id}/redeliver", status_code=202, responses=_ERRORS)
async def redeliver(found: RepeatableDelivery, caller: Caller, once: Once) -> DeliveryOut:
    """Sends it now, with the same `webhook-id`: again, or sooner than it would have been."""
    return await webhooks.redeliver(caller, found, once)
