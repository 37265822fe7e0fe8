"""The audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from api.bodies.base import Out
from schema.tables import AuditEntry


class AuditOut(Out):
    """Who did what to which thing."""

    id: UUID
    """The entry's."""
    created_at: datetime
    """When it was done."""
    actor_id: UUID | None
    """Who did it; null of what nobody signed in for."""
    actor: str | None
    """Their name."""
    action: str
    """What was done: a noun and a verb, such as `job.delete`."""
    thing: str | None
    """To what kind of thing."""
    thing_id: str | None
    """To which one."""
    address: str | None
    """From which address."""
    security: bool
    """Whether it is about a sign-in, a secret, or who reaches a client or a job."""
    before: dict[str, Any] | None
    """What was so before, where it is told."""
    after: dict[str, Any] | None
    """What is so since."""

    @classmethod
    def of(cls, entry: AuditEntry, actor: str | None) -> Self:
        told = {name: _told(getattr(entry, name)) for name in ("before", "after")}
        names = ("id", "created_at", "actor_id", "action", "thing", "thing_id", "address", "security")
        return cls(actor=actor, **{name: getattr(entry, name) for name in names}, **told)


class AuditForgotten(Out):
    """What a cleanup of the audit log, of mails and of batches did."""

    before: datetime
    """What is of earlier moments was to go."""
    entries: int
    """How many those were."""
    mails: int
    """Mails of earlier moments that were sent, or that nobody wanted any more."""
    batches: int
    """Batches that had ended earlier."""
    batch_items: int
    """The jobs of those: what became of each."""
    complete: bool
    """Whether all of them are gone; else ask again."""


def _told(value: Any) -> dict[str, Any] | None:
    return value if value is None or isinstance(value, dict) else {"value": value}
