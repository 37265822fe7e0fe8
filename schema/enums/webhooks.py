"""Enumerations of webhooks: event types and delivery outcomes."""

from __future__ import annotations

from enum import StrEnum

from schema.enums.meanings import Meant


class WebhookEvent(Meant):
    """The `type` of a webhook message."""

    JOB_CREATED = "job.created", "A job was made."
    JOB_UPDATED = "job.updated", "Its title, notes, labels, priority or requested outputs were changed."
    JOB_STATUS_CHANGED = "job.status_changed", "It has another `status`."
    JOB_COMPLETED = "job.completed", "It was completed: its outputs can be fetched."
    JOB_FAILED = "job.failed", "A step failed for good: somebody has to retry it."
    JOB_REJECTED = "job.rejected", "A reviewer, or the final review, rejected it."
    JOB_CANCELLED = "job.cancelled", "It was cancelled."
    JOB_DELETED = "job.deleted", "It was deleted, and can be restored for a while."
    JOB_RESTORED = "job.restored", "It was deleted, and is back."
    LANGUAGE_STATUS_CHANGED = (
        "language.status_changed",
        "A language of a job has another `stage` or `qc_state`.",
    )
    LANGUAGE_APPROVED = "language.approved", "The texts of a target language were approved."
    LANGUAGE_FAILED = "language.failed", "A step of a language failed for good."
    TEXT_SAVED = "text.saved", "A person saved another `version` of the captions or of the audio description."
    TEST = "webhook.test", "Sent once when a webhook is made, and whenever that delivery is asked for again."


class DeliveryOutcome(StrEnum):
    """The outcome of a delivery."""

    WAITING = "waiting"
    """To be sent, for the first time or again."""
    DELIVERED = "delivered"
    """The receiver answered 2xx."""
    FAILED = "failed"
    """Given up."""
