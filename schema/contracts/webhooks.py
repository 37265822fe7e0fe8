"""The payloads of webhooks, and the contracts of their workflow. They contain only ids and states; a receiver asks the
API for more."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from schema.contracts.base import Contract
from schema.enums import DeliveryOutcome, JobStatus, Kind, LanguageStage, QCState, WebhookEvent


class WebhookTest(Contract):
    """The data of `webhook.test`."""

    webhook_id: UUID
    """Id of the webhook."""
    org_id: UUID
    """Id of the organisation."""


class WebhookData(Contract):
    """The data of every other event type."""

    event_id: int
    """Increasing event id. Retries arrive late; a higher id is newer."""
    job_id: UUID
    """Id of the job."""
    org_id: UUID
    """Id of the organisation."""
    client_id: UUID
    """Id of the client."""
    project_id: UUID
    """Id of the project."""
    reference: str
    """The job's reference in another system; empty if none was given."""
    status: JobStatus
    """Status of the job: from the event, or else the current one."""
    language: str | None
    """BCP 47 code, if the event is about one language."""
    stage: LanguageStage | None
    """Stage of that language."""
    qc_state: QCState | None
    """QC state of that language."""
    kind: Kind | None
    """For `text.saved`: the text."""
    version: int | None
    """For `text.saved`: the new version."""


class WebhookMessage(Contract):
    """The body of a POST to a webhook."""

    type: WebhookEvent
    """The event type. Ignore unknown ones."""
    timestamp: datetime
    """When it happened. The time of sending is in `webhook-timestamp`."""
    data: WebhookData | WebhookTest
    """The data: ids and states."""


class WebhookInput(Contract):
    webhook_id: UUID
    org_id: UUID
    """For fair sharing of the workers between organisations."""
    in_flight: int = 4
    """Parallel deliveries: a slow receiver only delays its own, and uses few slots."""
    pages_a_run: int = 50
    """Rounds before continue-as-new. Each has about twenty deliveries, with three history events each."""


class Due(Contract):
    """A delivery that is due."""

    delivery_id: UUID
    job_id: UUID | None
    """The deliveries of one job keep their order."""


class Taken(Contract):
    deliveries: tuple[Due, ...] = ()
    more: bool = False
    """Whether there may be more events or deliveries to send now."""
    next_at: datetime | None = None
    """When the next delivery is due, if none is now."""
    over: bool = False
    """Whether the webhook is gone or disabled."""


class DeliverInput(Contract):
    webhook_id: UUID
    org_id: UUID
    delivery_id: UUID


class DeliverResult(Contract):
    outcome: DeliveryOutcome
    over: bool = False
    """Whether the webhook is gone or disabled."""
