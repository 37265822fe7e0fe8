"""Purges the personal data of deleted people, whose work is kept."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.queries.visibility import unscoped
from schema.tables import AuditEntry, Invitation, Mail, PasswordReset, User, now
from schema.tables.records import IS_SECURITY

NAME = "Somebody who has left"
_OF_A_PERSON = ("email", "name")
"""Fields of audit entries about an account."""


def is_purged(user: User) -> bool:
    return user.email == _address(user)


async def purge(session: AsyncSession, user: User) -> None:
    """Replaces the name and the address of a deleted person everywhere, and deletes their IP addresses. Their work
    stays under the id of an anonymous row. If somebody else has the address now, by an account or an invitation since
    then, their data is kept: rows with only the address are deleted if they are older than the deletion."""
    unscoped("of a user whom a guard handed over")
    replaced = _address(user)
    for table in (Mail, PasswordReset):
        await session.execute(sa.delete(table).where(col(table.user_id) == user.id))
    again = await _is_somebodys(session, user)
    await _forget_invitations(session, user, again=again)
    await _forget_in_the_log(session, user, again=again)
    user.name, user.email, user.password_hash = NAME, replaced, None
    user.language, user.time_zone, user.mails_off = "en", "UTC", []


async def _is_somebodys(session: AsyncSession, user: User) -> bool:
    """Whether another account has the address, or an invitation was sent to it since the deletion."""
    unscoped("whether there is one")
    account = sa.exists().where(col(User.email) == user.email, col(User.deleted_at).is_(None))
    invited = sa.exists().where(
        col(Invitation.email) == user.email,
        col(Invitation.created_at) > user.deleted_at,
        col(Invitation.revoked_at).is_(None),
        col(Invitation.accepted_at).is_(None),
        col(Invitation.expires_at) > now(),
    )
    return bool(await session.scalar(sa.select(sa.or_(account, invited))))


def _up_to_deletion(table: type[Invitation] | type[AuditEntry], user: User, *, again: bool) -> Any:
    return col(table.created_at) <= user.deleted_at if again else sa.true()


async def _forget_invitations(session: AsyncSession, user: User, *, again: bool) -> None:
    """Deletes open invitations, which lead to an account that no longer exists."""
    unscoped("of a user whom a guard handed over")
    nobodys = sa.and_(
        col(Invitation.email) == user.email,
        col(Invitation.accepted_by).is_(None),
        _up_to_deletion(Invitation, user, again=again),
    )
    is_open = sa.and_(col(Invitation.accepted_at).is_(None), col(Invitation.revoked_at).is_(None))
    ended = sa.case((is_open, now()), else_=col(Invitation.revoked_at))
    await session.execute(
        sa.update(Invitation)
        .where(sa.or_(col(Invitation.accepted_by) == user.id, nobodys))
        .values(email=_address(user), revoked_at=ended)
    )


async def _forget_in_the_log(session: AsyncSession, user: User, *, again: bool) -> None:
    unscoped("of a user whom a guard handed over")
    by = col(AuditEntry.actor_id) == user.id
    await session.execute(sa.update(AuditEntry).where(by).values(address=None))
    theirs = _up_to_deletion(AuditEntry, user, again=again)
    named = sa.and_(col(AuditEntry.thing_id) == user.email, theirs)
    await session.execute(sa.update(AuditEntry).where(named).values(thing_id=str(user.id)))
    told = [col(column)["email"].astext == user.email for column in (AuditEntry.before, AuditEntry.after)]
    about = sa.or_(
        col(AuditEntry.thing_id) == str(user.id),
        sa.and_(sa.literal_column(IS_SECURITY, sa.Boolean()), sa.or_(*told), theirs),
    )
    values = {name: _without(getattr(AuditEntry, name)) for name in ("before", "after")}
    await session.execute(sa.update(AuditEntry).where(about).values(values))


def _without(column: Any) -> Any:
    kept = column
    for field in _OF_A_PERSON:
        kept = sa.cast(kept, JSONB).op("-")(field)
    return sa.case((sa.func.jsonb_typeof(column) == "object", kept), else_=column)


def _address(user: User) -> str:
    """A placeholder address that nobody can have."""
    return f"{user.id}@purged.invalid"
