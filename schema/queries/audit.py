"""The audit log, with one entry per request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.permissions import Principal
from schema.queries import keyset
from schema.queries.pages import Found
from schema.queries.seen import seen
from schema.queries.visibility import unscoped
from schema.tables import AuditEntry
from schema.tables.records import IS_SECURITY

_NAMESPACE = UUID("0d0a53c6-3f0e-4e1b-8c0a-6d2f43f7d1aa")
_THING_CHARS = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters of the log; None does not filter. `action` is one action, such as `job.delete`, or a noun for all of
    its actions: `job`."""

    actor_id: UUID | None = None
    action: str | None = None
    thing: str | None = None
    thing_id: str | None = None
    address: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    security: bool = False
    about: UUID | None = None
    """A user: their actions, and actions on their account."""


def key_of(request_id: str, action: str, thing_id: object) -> UUID:
    """The entry's id: the same each time that the same request does the same."""
    return uuid5(_NAMESPACE, f"{request_id}/{action}/{thing_id}")


async def earlier(session: AsyncSession, request_id: str, action: str, thing_id: object) -> AuditEntry | None:
    """The entry of the same request, if it was sent before; otherwise None."""
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
    """Appends an entry in the transaction of the change. Returns False if the same request already has one. `before`
    and `after` are JSON, and contain no secrets."""
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


async def in_turn(session: AsyncSession, request_id: str) -> None:
    """Serialises requests with the same id, until the end of the transaction."""
    await session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(request_id, 0))))


async def page(session: AsyncSession, who: Principal, wanted: Wanted, walk: keyset.Walk) -> Found:
    """Entries, newest first. Two statements.

    Raises:
        Invalid: the cursor is invalid.
    """
    query = sa.select(*AuditEntry.metadata.tables["audit_log"].c).where(
        seen(who, AuditEntry), *_conditions(wanted)
    )
    if wanted.about is None:
        return await keyset.page(session, [query], walk)
    by = query.where(col(AuditEntry.actor_id) == wanted.about)
    of = query.where(col(AuditEntry.thing_id) == str(wanted.about))
    return await keyset.page(session, [by, of], walk)


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    for column in ("actor_id", "thing", "thing_id", "address"):
        if (value := getattr(wanted, column)) is not None:
            found.append(getattr(AuditEntry, column) == value)
    if wanted.action is not None:
        of_noun = col(AuditEntry.action).startswith(f"{wanted.action}.", autoescape=True)
        found.append(sa.or_(col(AuditEntry.action) == wanted.action, of_noun))
    if wanted.since is not None:
        found.append(col(AuditEntry.created_at) >= wanted.since)
    if wanted.until is not None:
        found.append(col(AuditEntry.created_at) < wanted.until)
    if wanted.security:
        found.append(sa.literal_column(IS_SECURITY, sa.Boolean()))
    return found


async def older(session: AsyncSession, before: datetime) -> int:
    """How many entries were written before `before`."""
    unscoped("a number, for an admin")
    counted = sa.select(sa.func.count()).select_from(AuditEntry).where(col(AuditEntry.created_at) < before)
    return await session.scalar(counted) or 0


async def forget(session: AsyncSession, before: datetime, *, limit: int) -> int:
    """Deletes at most `limit` entries that were written before `before`. Returns how many."""
    unscoped("by age, for an admin")
    some = (
        sa.select(col(AuditEntry.id))
        .where(col(AuditEntry.created_at) < before)
        .order_by(col(AuditEntry.created_at), col(AuditEntry.id))
        .limit(limit)
    )
    deleted = await session.execute(
        sa.delete(AuditEntry).where(col(AuditEntry.id).in_(some)).execution_options(synchronize_session=False)
    )
    return deleted.rowcount  # type: ignore[attr-defined, no-any-return]
