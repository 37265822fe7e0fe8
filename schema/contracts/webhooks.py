"""What a receiver is sent, and what the workflow of a webhook is told. Ids and states alone: a receiver asks the API for
more."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from schema.contracts.base import Contract
from schema.enums import DeliveryOutcome, JobStatus, Kind, LanguageStage, QCState, WebhookEvent


class WebhookTest(Contract):
    """Of `webhook.test`."""

    webhook_id: UUID
    """The webhook that it was sent for."""
    org_id: UUID
    """Its organisation."""


class WebhookData(Contract):
    """What happened, of every other type."""

    event_id: int
    """Counts on: what is sent again comes late, and what has a higher one is newer."""
    job_id: UUID
    """The job's."""
    org_id: UUID
    """Its organisation."""
    client_id: UUID
    """Its client."""
    project_id: UUID
    """Its project."""
    reference: str
    """What another system calls the job; empty where nobody has said."""
    status: JobStatus
    """The job's: as the event says it, else as it is at this moment."""
    language: str | None
    """BCP 47 code, where it is about one language."""
    stage: LanguageStage | None
    """Where that language is."""
    qc_state: QCState | None
    """Where the QC of that language is."""
    kind: Kind | None
    """Of `text.saved`: which text."""
    version: int | None
    """Of `text.saved`: the new one."""


class WebhookMessage(Contract):
    """The body of a POST to a webhook."""

    type: WebhookEvent
    """What it tells of. Overlook what you do not know."""
    timestamp: datetime
    """When it happened; when it was sent is in `webhook-timestamp`."""
    data: WebhookData | WebhookTest
    """Ids and states."""


class WebhookInput(Contract):
    webhook_id: UUID
    org_id: UUID
    """Organisations share the workers."""
    in_flight: int = 4
    """Deliveries at once: a receiver that is slow holds up its own, and few slots."""
    pages_a_run: int = 50
    """Each has some twenty deliveries, of three events in the history."""


class Due(Contract):
    """A delivery whose time has come."""

    delivery_id: UUID
    job_id: UUID | None
    """What happened to one job is sent in its order."""


class Taken(Contract):
    deliveries: tuple[Due, ...] = ()
    more: bool = False
    """There may be more events, or deliveries, to be sent now."""
    next_at: datetime | None = None
    """When the next delivery is due, where none is now."""
    over: bool = False
    """There is no such webhook any more, or it is disabled."""


class DeliverInput(Contract):
    webhook_id: UUID
    org_id: UUID
    delivery_id: UUID


class DeliverResult(Contract):
    outcome: DeliveryOutcome
    over: bool = False
    """The webhook is gone, or disabled."""
