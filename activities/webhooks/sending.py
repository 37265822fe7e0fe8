"""What the workflow of a webhook does: it takes events from the log, and sends one delivery after another. At least once: a
crash between the receiver's answer and the row sends it again, under the same `webhook-id`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.webhooks.patience import GONE, Patience
from activities.webhooks.posting import Answer, Poster
from schema.contracts.webhooks import (
    DeliverInput,
    DeliverResult,
    Taken,
    WebhookData,
    WebhookInput,
    WebhookMessage,
    WebhookTest,
)
from schema.db import Database
from schema.enums import DeliveryOutcome
from schema.queries import audit, webhook_deliveries, webhooks
from schema.queries.webhook_deliveries import Sending
from schema.tables import Job, JobEvent, Webhook, WebhookDelivery, now
from schema.webhooks import headers_of, keys_of

_LOOKED_AT = 200
"""Events per transaction."""
_PAGE = 20
"""Deliveries that are sent before the workflow checks again."""
_PURGED = "What it tells of is there no longer."
_GONE = "The receiver answered 410 (Gone): it wants nothing more."
_NOTHING_TAKEN = "Nothing was taken for 3 days. The last that was said: {}"


class WebhookActivities:
    """`secret` is the deployment's, from which the keys of webhooks are derived."""

    def __init__(
        self, database: Database, poster: Poster, secret: str, patience: Patience = Patience()
    ) -> None:
        self._database = database
        self._poster = poster
        self._secret = secret
        self._patience = patience

    @activity.defn(name="take_webhook_events")
    async def take_webhook_events(self, inputs: WebhookInput) -> Taken:
        async with self._database.begin() as session:
            webhook = await webhooks.load(session, inputs.webhook_id, lock=True)
            if webhook is None or webhook.disabled_at is not None:
                return Taken(over=True)
            more = await webhook_deliveries.take(session, webhook, limit=_LOOKED_AT)
            due, next_at = await webhook_deliveries.due(session, webhook.id, limit=_PAGE)
        return Taken(deliveries=due, more=more or bool(due), next_at=next_at)

    @activity.defn(name="deliver_webhook")
    async def deliver_webhook(self, inputs: DeliverInput) -> DeliverResult:
        async with self._database.begin() as session:
            found = await webhook_deliveries.to_send(session, inputs.delivery_id)
            if found is None or found.webhook.disabled_at is not None:
                return DeliverResult(outcome=DeliveryOutcome.FAILED, over=True)
            due_at = found.delivery.next_attempt_at
            if due_at is None or due_at > await webhook_deliveries.clock(session):
                return DeliverResult(outcome=webhook_deliveries.outcome_of(found.delivery))
        message = message_of(found)
        if message is None:
            return await self._settle(found.delivery, Answer(error=_PURGED), None)
        body, at = message.model_dump_json().encode(), now()
        webhook = found.webhook
        keys = keys_of(self._secret, webhook.id, webhook.counter, webhook.rotated_at, at)
        headers = {"Content-Type": "application/json", **headers_of(found.delivery.id, at, body, keys)}
        answer = await self._poster.post(webhook.url, headers, body)
        return await self._written(found.delivery, answer)

    async def _written(self, delivery: WebhookDelivery, answer: Answer) -> DeliverResult:
        next_at = None
        if answer.error is not None and answer.status != GONE:
            attempts = delivery.attempts + 1
            next_at = self._patience.next_at(answer, attempts, delivery.asked_at, now())
        return await self._settle(delivery, answer, next_at)

    async def _settle(
        self, delivery: WebhookDelivery, answer: Answer, next_at: datetime | None
    ) -> DeliverResult:
        """Locks the webhook first, in the same order as disabling it does."""
        at, taken = now(), answer.error is None
        outcome: dict[str, Any] = {
            "next_attempt_at": next_at,
            "last_status": answer.status,
            "last_error": answer.error,
            "delivered_at": at if taken else None,
            "failed_at": at if not taken and next_at is None else None,
        }
        async with self._database.begin() as session:
            webhook = await webhooks.load(session, delivery.webhook_id, lock=True)
            if webhook is None:
                return DeliverResult(outcome=DeliveryOutcome.FAILED, over=True)
            if not await webhook_deliveries.settle(session, delivery, **outcome):
                return DeliverResult(outcome=DeliveryOutcome.FAILED, over=webhook.disabled_at is not None)
            if taken:
                webhook.delivered_at = at
            elif next_at is None:
                await self._given_up(session, webhook, delivery, answer)
            over = webhook.disabled_at is not None
        waits = DeliveryOutcome.WAITING if next_at else DeliveryOutcome.FAILED
        return DeliverResult(outcome=DeliveryOutcome.DELIVERED if taken else waits, over=over)

    async def _given_up(
        self, session: AsyncSession, webhook: Webhook, delivery: WebhookDelivery, answer: Answer
    ) -> None:
        """Disables a webhook that accepts nothing."""
        taken_since = webhook.delivered_at is not None and webhook.delivered_at > delivery.asked_at
        if answer.status == GONE:
            await _disable(session, webhook, _GONE)
        elif answer.error != _PURGED and not taken_since:
            await _disable(session, webhook, _NOTHING_TAKEN.format(answer.error))


async def _disable(session: AsyncSession, webhook: Webhook, reason: str) -> None:
    if webhook.disabled_at is not None:
        return
    await webhooks.disable(session, webhook, reason)
    await audit.record(
        session,
        actor_id=None,
        action="webhook.disable",
        thing="webhook",
        thing_id=webhook.id,
        before={"enabled": True},
        after={"enabled": False, "reason": reason, "by": "The platform's policy"},
        security=True,
    )


def message_of(found: Sending) -> WebhookMessage | None:
    """The message from the current rows; None if they are gone."""
    delivery, webhook = found.delivery, found.webhook
    if delivery.event_id is None:
        data = WebhookTest(webhook_id=webhook.id, org_id=webhook.org_id)
        return WebhookMessage(type=delivery.type, timestamp=delivery.created_at, data=data)
    if found.event is None or found.job is None or found.job.org_id != webhook.org_id:
        return None
    said = _data(delivery.event_id, found.event, found.job)
    return WebhookMessage(type=delivery.type, timestamp=found.event.at, data=said)


def _data(event_id: int, event: JobEvent, job: Job) -> WebhookData:
    said = event.data
    return WebhookData(
        event_id=event_id,
        job_id=job.id,
        org_id=job.org_id,
        client_id=job.client_id,
        project_id=job.project_id,
        reference=job.reference or "",
        status=said.get("status", job.status),
        language=event.language,
        stage=said.get("stage"),
        qc_state=said.get("qc_state"),
        kind=said.get("kind"),
        version=said.get("version"),
    )
