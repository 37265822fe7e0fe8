"""What a webhook is sent, and how it is signed: Standard Webhooks 1.0 (standardwebhooks.com), symmetric."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from schema import links
from schema.enums import Event, JobAction, JobStatus, LanguageStage, QCState, WebhookEvent
from schema.links import Purpose

ROTATION = timedelta(hours=24)
"""So long the secret before signs too."""
_PREFIX = "whsec_"


def secret_of(root: str, webhook_id: UUID, counter: int) -> str:
    """What the receiver verifies with. `root` is the deployment's own secret."""
    key = links.key(root, Purpose.WEBHOOK, webhook_id, counter)
    return _PREFIX + base64.b64encode(key).decode()


def keys_of(
    root: str, webhook_id: UUID, counter: int, rotated_at: datetime | None, at: datetime
) -> list[bytes]:
    """What signs `at` a time: the newest key first, and the one before for a while."""
    counters = [counter]
    if rotated_at is not None and at < rotated_at + ROTATION:
        counters.append(counter - 1)
    return [links.key(root, Purpose.WEBHOOK, webhook_id, each) for each in counters]


def headers_of(message_id: UUID, at: datetime, body: bytes, keys: Sequence[bytes]) -> dict[str, str]:
    """The three headers of one attempt. The id stays the same however often it is sent; the time is the attempt's."""
    timestamp = str(int(at.timestamp()))
    signed = f"{message_id}.{timestamp}.".encode() + body
    signatures = (base64.b64encode(hmac.digest(key, signed, "sha256")).decode() for key in keys)
    return {
        "webhook-id": str(message_id),
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{each}" for each in signatures),
    }


@dataclass(frozen=True, slots=True)
class Said:
    """An event of the log, with what the one before it said of the same job, or of the same language of it."""

    id: int
    job_id: UUID
    type: str
    language: str | None
    data: Mapping[str, Any]
    before: Mapping[str, Any] | None


def type_of(event: Said, wanted: Sequence[str]) -> WebhookEvent | None:
    """What an event is told as: the first of what it may be told as that is wanted. None where it is nobody's business
    outside, or not wanted; empty `wanted` are all."""
    return next((each for each in _types(event) if not wanted or each in wanted), None)


_OF_JOB = {
    Event.CREATED.value: WebhookEvent.JOB_CREATED,
    Event.CHANGED.value: WebhookEvent.JOB_UPDATED,
    Event.DELETED.value: WebhookEvent.JOB_DELETED,
    Event.RESTORED.value: WebhookEvent.JOB_RESTORED,
    Event.TEXT_SAVED.value: WebhookEvent.TEXT_SAVED,
}
_OF_STATUS = {
    JobStatus.COMPLETED.value: WebhookEvent.JOB_COMPLETED,
    JobStatus.FAILED.value: WebhookEvent.JOB_FAILED,
    JobStatus.REJECTED.value: WebhookEvent.JOB_REJECTED,
    JobStatus.CANCELLED.value: WebhookEvent.JOB_CANCELLED,
}
_UPDATES = frozenset({JobAction.CHANGE_OUTPUTS.value, JobAction.CHANGE_PRIORITY.value})


def _types(event: Said) -> Sequence[WebhookEvent]:
    """What narrows most comes first: an event is told once."""
    if event.type in _OF_JOB:
        return [_OF_JOB[event.type]]
    before = event.before or {}
    if event.language is not None and "stage" in event.data:
        return _of_language(event.data, before)
    found: list[WebhookEvent] = []
    status = event.data.get("status")
    if event.language is None and status is not None and status != before.get("status"):
        found += [_OF_STATUS[status]] if status in _OF_STATUS else []
        found.append(WebhookEvent.JOB_STATUS_CHANGED)
    if event.type in _UPDATES:
        found.append(WebhookEvent.JOB_UPDATED)
    return found


def _of_language(said: Mapping[str, Any], before: Mapping[str, Any]) -> Sequence[WebhookEvent]:
    changed = {name for name in ("stage", "qc_state") if said.get(name) != before.get(name)}
    if not changed:
        return []
    found = []
    if "stage" in changed and said["stage"] == LanguageStage.FAILED:
        found.append(WebhookEvent.LANGUAGE_FAILED)
    if "qc_state" in changed and said.get("qc_state") == QCState.APPROVED:
        found.append(WebhookEvent.LANGUAGE_APPROVED)
    return [*found, WebhookEvent.LANGUAGE_STATUS_CHANGED]
