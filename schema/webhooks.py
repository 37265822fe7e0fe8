"""The content and signature of webhook messages: Standard Webhooks 1.0 (standardwebhooks.com), symmetric."""

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
"""How long the previous secret still signs."""
_PREFIX = "whsec_"


def secret_of(root: str, webhook_id: UUID, counter: int) -> str:
    """The receiver's secret. `root` is the deployment's own secret."""
    key = links.key(root, Purpose.WEBHOOK, webhook_id, counter)
    return _PREFIX + base64.b64encode(key).decode()


def keys_of(
    root: str, webhook_id: UUID, counter: int, rotated_at: datetime | None, at: datetime
) -> list[bytes]:
    """The keys that sign `at` a time: the newest first, and the previous one for a while."""
    counters = [counter]
    if rotated_at is not None and at < rotated_at + ROTATION:
        counters.append(counter - 1)
    return [links.key(root, Purpose.WEBHOOK, webhook_id, each) for each in counters]


def headers_of(message_id: UUID, at: datetime, body: bytes, keys: Sequence[bytes]) -> dict[str, str]:
    """The three headers of one attempt. The id stays the same across attempts; the time is the attempt's."""
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
    """An event of the log, with the previous one of the same job, or of the same language of it."""

    id: int
    job_id: UUID
    type: str
    language: str | None
    data: Mapping[str, Any]
    before: Mapping[str, Any] | None


def type_of(event: Said, wanted: Sequence[str]) -> WebhookEvent | None:
    """The type under which an event is sent: the first of its types that is wanted. None if it is internal or not
    wanted. An empty `wanted` means all."""
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
    """The possible types, most specific first, because an event is sent once."""
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
