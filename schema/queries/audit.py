"""The audit log: who did what to which thing, once a request."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4, uuid5

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.queries.visibility import unscoped
from schema.tables import AuditEntry

_NAMESPACE = UUID("0d0a53c6-3f0e-4e1b-8c0a-6d2f43f7d1aa")
_THING_CHARS = 200


def key_of(request_id: str, action: str, thing_id: object) -> UUID:
    """The entry's id: the same each time that the same is done by the same request."""
    return uuid5(_NAMESPACE, f"{request_id}/{action}/{thing_id}")


async def earlier(session: AsyncSession, request_id: str, action: str, thing_id: object) -> AuditEntry | None:
    """The entry of the same request, sent before; None where it has not been done."""
    unscoped("by the id that only the same request makes")
    key = key_of(request_id, action, thing_id)
    return await session.scalar(sa.select(AuditEntry).where(col(AuditEntry.id) == key))


async def record(
    session: AsyncSession,
    *,
    actor_id: UUID | None,
    action: str,
    request_id: str | None = None,
    thing: str | None = None,
    thing_id: object = None,
    address: str | None = None,
    before: Any = None,
    after: Any = None,
    security: bool = False,
) -> bool:
    """Appends an entry in the transaction of what it tells of; False where the same request has one already.
    `before` and `after` are JSON, and hold no secrets."""
    entry = AuditEntry(
        id=key_of(request_id, action, thing_id) if request_id else uuid4(),
        actor_id=actor_id,
        action=action,
        security=security,
        thing=thing,
        thing_id=None if thing_id is None else str(thing_id)[:_THING_CHARS],
        address=address,
        before=before,
        after=after,
    )
    made = await session.scalar(
        insert(AuditEntry).values(**entry.model_dump()).on_conflict_do_nothing().returning(col(AuditEntry.id))
    )
    return made is not None
