"""Webhooks of an organisation, and their deliveries."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from api.bodies.base import SHOWN_ONCE, Body, Out, Shown
from schema.contracts.bounds import NounName, one_line
from schema.enums import DeliveryOutcome, WebhookEvent
from schema.queries.webhook_deliveries import outcome_of
from schema.tables import Webhook

_TYPES = "\n".join(f"| `{each.value}` | {each.meaning} |" for each in WebhookEvent)
SENT = f"""One event, as a webhook gets it: a POST, signed as [Standard Webhooks](https://www.standardwebhooks.com) has it.

- `webhook-id` is the same however often an event is sent: overlook what has been seen before.
- `webhook-timestamp` is the attempt's, in seconds: refuse what is older than some minutes.
- `webhook-signature` holds one signature or, for 24 hours after a rotation, two with a space between them: `v1,` and, in
  base64, the HMAC-SHA256 of `id.timestamp.body`. The key is what stands behind `whsec_`, decoded from base64.

An answer of 2xx within ten seconds takes it. Whatever else is answered, redirects too, it is sent again for three days,
further and further apart; 410 disables the webhook, and so does taking nothing for three days. What happened to a job is
sent in its order, but for what has to be sent again: a higher `event_id` is newer.

| `type` | Says |
| --- | --- |
{_TYPES}

An event is sent once, as the first of those that it is and the webhook wants: a completion is `job.completed`, and
`job.status_changed` where `job.completed` is not wanted.
"""
"""The payloads, for the OpenAPI document."""
WebhookUrl = Annotated[str, StringConstraints(min_length=1, max_length=2000), AfterValidator(one_line)]
Events = Annotated[list[WebhookEvent], Field(max_length=50)]


class WebhookBody(Body):
    """A new webhook: a URL of another system that receives events."""

    name: NounName
    """Name, on one line. Unique in the organisation, case-insensitively."""
    url: WebhookUrl
    """URL that events are POSTed to: https, without user information, and with a public address."""
    events: Events = []
    """The event types that are sent. Empty means all, including future ones."""


class WebhookPatch(Body):
    """A change to a webhook. Absent fields stay unchanged."""

    name: NounName | None = None
    """New name."""
    url: WebhookUrl | None = None
    """New URL. Pending deliveries are sent there too."""
    events: Events | None = None
    """New event types, from the next event on."""
    enabled: bool | None = None
    """`false` stops the webhook and drops pending deliveries. `true` resumes with events from now on."""
    rotate_secret: bool = False
    """True makes a new secret, which the response shows. For 24 hours, deliveries are signed with both."""


class WebhookOut(Out):
    """A webhook, without its secret."""

    id: UUID
    """Id of the webhook."""
    org_id: UUID
    """Id of the organisation whose events are sent."""
    name: str
    """Name."""
    url: str
    """URL that events are POSTed to."""
    events: list[WebhookEvent]
    """The event types that are sent; empty means all."""
    enabled: bool
    """Whether events are sent."""
    disabled_at: datetime | None
    """When the webhook was disabled."""
    disabled_reason: str | None
    """Why the webhook was disabled: by a person, by the receiver's 410, or after three days without a successful
    delivery."""
    delivered_at: datetime | None
    """When a delivery last succeeded."""
    rotated_at: datetime | None
    """When the secret was last rotated."""
    created_by: UUID
    """Id of the creator."""
    created_at: datetime
    """When it was created."""

    @classmethod
    def of(cls, row: Webhook) -> Self:
        return cls(**_fields(row))


class WebhookMade(WebhookOut):
    """A new webhook. Its secret is shown only once."""

    secret: Shown
    """Secret that verifies `webhook-signature`: `whsec_` followed by base64, as in Standard Webhooks."""


class WebhookChanged(WebhookOut):
    """A changed webhook. If its secret was rotated, the new one is included, and shown only once."""

    secret: Annotated[str | None, SHOWN_ONCE] = None
    """New secret that verifies `webhook-signature`; null if it was not rotated."""


class DeliveryOut(Out):
    """One event for one webhook."""

    id: UUID
    """Id of the delivery, sent as `webhook-id`. It stays the same across attempts."""
    type: WebhookEvent
    """The event type."""
    event_id: int | None
    """Id of the event in the log; null for `webhook.test`."""
    job_id: UUID | None
    """Id of the job that the event is about."""
    outcome: DeliveryOutcome
    """The outcome."""
    attempts: int
    """Number of attempts."""
    last_status: int | None
    """The receiver's last HTTP status; null if it did not answer."""
    last_error: str | None
    """Why the last attempt failed."""
    next_attempt_at: datetime | None
    """When the next attempt is due."""
    delivered_at: datetime | None
    """When the receiver accepted it."""
    failed_at: datetime | None
    """When the last attempt failed and no more are made."""
    created_at: datetime
    """When it was written."""

    @classmethod
    def of(cls, row: object) -> Self:
        """Builds a delivery from a `row` with its columns."""
        kept = {name: getattr(row, name) for name in cls.model_fields if name != "outcome"}
        return cls(outcome=outcome_of(row), **kept)


def _fields(row: Webhook) -> dict[str, object]:
    kept = {name: getattr(row, name) for name in WebhookOut.model_fields if hasattr(row, name)}
    return {**kept, "events": row.event_types, "enabled": row.disabled_at is None}
