"""People of whom nothing but their work is to be kept."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.queries.visibility import unscoped
from schema.tables import AuditEntry, Invitation, Mail, PasswordReset, User
from schema.tables.records import IS_SECURITY

NAME = "Somebody who has left"
_OF_A_PERSON = ("email", "name")
"""Fields of what the audit log tells of an account."""


def is_purged(user: User) -> bool:
    return user.email == _address(user)


async def purge(session: AsyncSession, user: User) -> None:
    """Replaces the name and the address of somebody who is deleted, wherever they stand, and forgets where they came
    from. What they did stays under the id of a row that tells nothing of them."""
    unscoped("of a user whom a guard handed over")
    email, replaced = user.email, _address(user)
    for table in (Mail, PasswordReset):
        await session.execute(sa.delete(table).where(col(table.user_id) == user.id))
    invited = sa.or_(col(Invitation.accepted_by) == user.id, col(Invitation.email) == email)
    await session.execute(sa.update(Invitation).where(invited).values(email=replaced))
    await _forget_in_the_log(session, user)
    user.name, user.email, user.password_hash = NAME, replaced, None
    user.language, user.time_zone, user.mails_off = "en", "UTC", []


async def _forget_in_the_log(session: AsyncSession, user: User) -> None:
    unscoped("of a user whom a guard handed over")
    by = col(AuditEntry.actor_id) == user.id
    await session.execute(sa.update(AuditEntry).where(by).values(address=None))
    named = col(AuditEntry.thing_id) == user.email
    await session.execute(sa.update(AuditEntry).where(named).values(thing_id=str(user.id)))
    told = [col(column)["email"].astext == user.email for column in (AuditEntry.before, AuditEntry.after)]
    about = sa.or_(
        col(AuditEntry.thing_id) == str(user.id),
        sa.and_(sa.literal_column(IS_SECURITY, sa.Boolean()), sa.or_(*told)),
    )
    values = {name: _without(getattr(AuditEntry, name)) for name in ("before", "after")}
    await session.execute(sa.update(AuditEntry).where(about).values(values))


def _without(column: Any) -> Any:
    kept = column
    for field in _OF_A_PERSON:
        kept = sa.cast(kept, JSONB).op("-")(field)
    return sa.case((sa.func.jsonb_typeof(column) == "object", kept), else_=column)


def _address(user: User) -> str:
    """Which nobody can have."""
    return f"{user.id}@purged.invalid"
