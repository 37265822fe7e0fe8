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
    """Lists the organisation's webhooks."""
    return await webhooks.listing(caller, organization, wanted, paging)


@router.post("", status_code=201, responses=_ERRORS)
async def create_webhook(
    organization: IntegrableOrganization, body: WebhookBody, caller: Caller, once: Once, response: Response
) -> WebhookMade:
    """Creates a webhook for events from now on, and sends a `webhook.test` first. Its secret is shown only once. The
    payloads are under *Webhooks* in this document."""
    made = await webhooks.create(caller, organization, body, once)
    located(caller.parts.settings, response, f"/organizations/{organization.id}/webhooks/{made.id}")
    return made


@router.get(_ONE, responses=errors(401, 403, 404))
async def get_webhook(webhook: ManageableWebhook) -> WebhookOut:
    """Returns one webhook."""
    return WebhookOut.of(webhook)


@router.patch(_ONE, responses=_ERRORS)
async def change_webhook(
    webhook: ManageableWebhook, body: WebhookPatch, caller: Caller, once: Once
) -> WebhookChanged:
    """Changes name, URL or event types, disables or enables it, or rotates its secret, which is shown only once."""
    return await webhooks.change(caller, webhook, body, once)


@router.delete(_ONE, status_code=204, responses=_ERRORS)
async def delete_webhook(
    organization: IntegrableOrganization, webhook_id: WebhookId, caller: Caller, once: Once
) -> None:
    """Deletes a webhook. Pending deliveries are not sent."""
    await webhooks.delete(caller, organization, webhook_id, once)


@router.get(_ONE + "/deliveries", responses=errors(400, 401, 403, 404))
async def list_deliveries(
    webhook: ManageableWebhook,
    caller: Caller,
    paging: Walking,
    outcome: Annotated[DeliveryOutcome | None, Query(description="These alone.")] = None,
) -> Page[DeliveryOut]:
    """Lists the deliveries of the last 30 days and pending ones, newest first."""
    return await webhooks.deliveries(caller, webhook, outcome, paging)


@router.post(_ONE + "/deliveries/{delivery_id}/redeliver", status_code=202, responses=_ERRORS)
async def redeliver(found: RepeatableDelivery, caller: Caller, once: Once) -> DeliveryOut:
    """Sends a delivery now, again or ahead of time, with the same `webhook-id`."""
    return await webhooks.redeliver(caller, found, once)
