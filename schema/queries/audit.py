"""The audit log: who did what to which thing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from schema.tables import AuditEntry


def record(
    session: AsyncSession,
    *,
    actor_id: UUID | None,
    action: str,
    thing: str | None = None,
    thing_id: object = None,
    address: str | None = None,
    before: Any = None,
    after: Any = None,
    security: bool = False,
) -> None:
    """Appends an entry in the caller's transaction. `before` and `after` are JSON, and hold no secrets."""
    session.add(
        AuditEntry(
            actor_id=actor_id,
            action=action,
            security=security,
            thing=thing,
            thing_id=None if thing_id is None else str(thing_id),
            address=address,
            before=before,
            after=after,
        )
    )
