"""Webhooks of an organisation, and what they were sent."""

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
"""For the document."""
WebhookUrl = Annotated[str, StringConstraints(min_length=1, max_length=2000), AfterValidator(one_line)]
Events = Annotated[list[WebhookEvent], Field(max_length=50)]


class WebhookBody(Body):
    """An address of another system, which is to be told what happens."""

    name: NounName
    """One line; no other webhook of the organisation has the same, in any case of letters."""
    url: WebhookUrl
    """Where it is sent to, by POST: https, without a user, and to an address of the Internet."""
    events: Events = []
    """The types that are sent. Empty: all, and those that there will be."""


class WebhookPatch(Body):
    """What is absent stays."""

    name: NounName | None = None
    """Another name."""
    url: WebhookUrl | None = None
    """Another address: what waits is sent there too."""
    events: Events | None = None
    """Other types, from the next event on."""
    enabled: bool | None = None
    """`false`: nothing more is sent, and what waits is given up. `true`: it begins again with what happens from now on."""
    rotate_secret: bool = False
    """Makes a new secret, which the answer shows. For 24 hours what is sent is signed with both."""


class WebhookOut(Out):
    """A webhook, without what it signs with."""

    id: UUID
    """The webhook's."""
    org_id: UUID
    """The organisation whose jobs it tells of."""
    name: str
    """What people call it."""
    url: str
    """Where it is sent to."""
    events: list[WebhookEvent]
    """The types that are sent; empty: all."""
    enabled: bool
    """Whether anything is sent."""
    disabled_at: datetime | None
    """Since when nothing is."""
    disabled_reason: str | None
    """Why: a person, the receiver's 410, or three days in which it took nothing."""
    delivered_at: datetime | None
    """When it took something last."""
    rotated_at: datetime | None
    """When its secret was rotated last."""
    created_by: UUID
    """Who made it."""
    created_at: datetime
    """When it was made."""

    @classmethod
    def of(cls, row: Webhook) -> Self:
        return cls(**_fields(row))


class WebhookMade(WebhookOut):
    """Its secret is told once."""

    secret: Shown
    """Verifies `webhook-signature`: `whsec_` and base64, as Standard Webhooks has it."""


class WebhookChanged(WebhookOut):
    """With its new secret, where that was rotated: it is told once."""

    secret: Annotated[str | None, SHOWN_ONCE] = None
    """Verifies `webhook-signature` from now on."""


class DeliveryOut(Out):
    """One event for one webhook."""

    id: UUID
    """The delivery's: the `webhook-id` that it is sent with, each time the same."""
    type: WebhookEvent
    """What it tells of."""
    event_id: int | None
    """The event's in the log; none of `webhook.test`."""
    job_id: UUID | None
    """The job's that it tells of."""
    outcome: DeliveryOutcome
    """What became of it."""
    attempts: int
    """How often it was sent."""
    last_status: int | None
    """What the receiver answered last; none where no answer came."""
    last_error: str | None
    """Why it was not taken last."""
    next_attempt_at: datetime | None
    """When it is sent next."""
    delivered_at: datetime | None
    """When the receiver took it."""
    failed_at: datetime | None
    """When it was given up."""
    created_at: datetime
    """When it was written."""

    @classmethod
    def of(cls, row: object) -> Self:
        """`row` has the columns of a delivery."""
        kept = {name: getattr(row, name) for name in cls.model_fields if name != "outcome"}
        return cls(outcome=outcome_of(row), **kept)


def _fields(row: Webhook) -> dict[str, object]:
    kept = {name: getattr(row, name) for name in WebhookOut.model_fields if hasattr(row, name)}
    return {**kept, "events": row.event_types, "enabled": row.disabled_at is None}
