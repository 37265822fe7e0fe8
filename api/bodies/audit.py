"""The audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from api.bodies.base import Out
from schema.tables import AuditEntry


class AuditOut(Out):
    """An entry of the audit log."""

    id: UUID
    """Id of the entry."""
    created_at: datetime
    """When this happened."""
    actor_id: UUID | None
    """Id of the user who did it; null if nobody was signed in."""
    actor: str | None
    """Name of that user."""
    action: str
    """What was done: a noun and a verb, such as `job.delete`."""
    thing: str | None
    """The kind of object that was acted on."""
    thing_id: str | None
    """The id of that object."""
    address: str | None
    """The client's IP address."""
    security: bool
    """Whether this is a security event: a sign-in, a secret, or access to a client or a job."""
    before: dict[str, Any] | None
    """The values before the change, if they are recorded."""
    after: dict[str, Any] | None
    """The values after the change."""

    @classmethod
    def of(cls, entry: AuditEntry, actor: str | None) -> Self:
        told = {name: _told(getattr(entry, name)) for name in ("before", "after")}
        names = ("id", "created_at", "actor_id", "action", "thing", "thing_id", "address", "security")
        return cls(actor=actor, **{name: getattr(entry, name) for name in names}, **told)


class AuditForgotten(Out):
    """The result of deleting old audit entries, mails and batches."""

    before: datetime
    """Everything older than this was to be deleted."""
    entries: int
    """How many audit entries were deleted."""
    mails: int
    """How many old mails were deleted, sent or dropped."""
    batches: int
    """How many old batches were deleted."""
    batch_items: int
    """How many results of jobs in those batches were deleted."""
    complete: bool
    """Whether everything was deleted; if false, send the request again."""


def _told(value: Any) -> dict[str, Any] | None:
    return value if value is None or isinstance(value, dict) else {"value": value}
