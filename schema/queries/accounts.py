"""Accounts: lists for admins, protection of the last admin, and links that set a password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.enums import Role
from schema.errors import Conflict
from schema.queries import pages
from schema.queries.arrays import among
from schema.queries.common import having_words
from schema.queries.visibility import unscoped
from schema.tables import (
    ClientManager,
    Identity,
    JobLanguage,
    Membership,
    PasswordReset,
    TeamMember,
    User,
    now,
)
from schema.tables.jobs import Job
from schema.tables.people import USERS

_ID = (User.metadata.tables["users"].c.id,)
_ADMINS = 0x61646D696E
"""A Postgres advisory lock for the transaction, which serialises changes of who is an admin."""


@dataclass(frozen=True, slots=True)
class UserFilter:
    """The filters of a list; None does not filter."""

    q: str | None = None
    """Words, each a prefix of a word in the name or the address."""
    role: Role | None = None
    org_id: UUID | None = None
    disabled: bool | None = None


async def page(
    session: AsyncSession, wanted: UserFilter, asked: pages.Asked
) -> tuple[list[User], pages.Found]:
    """One page of all people who are not deleted.

    Raises:
        Invalid: the page is beyond what is counted, or the cursor is of another list.
    """
    unscoped("admins see all users")
    filters: list[sa.ColumnElement[bool]] = []
    if wanted.org_id is not None:
        members = sa.select(col(Membership.user_id)).where(col(Membership.org_id) == wanted.org_id)
        filters.append(col(User.id).in_(members))
    if wanted.role is not None:
        # In the statement itself, so that Postgres knows how many have it: of admins there are few.
        filters.append(sa.literal_column(f"users.role = '{Role(wanted.role).value}'"))
    if wanted.disabled is not None:
        off = col(User.disabled_at)
        filters.append(off.is_not(None) if wanted.disabled else off.is_(None))
    found = await pages.page(
        session,
        USERS,
        _ID,
        [pages.Scope(also=(col(User.is_service).is_(False),))],
        (),
        asked,
        narrowed=False,
        filters=filters,
        inverted=having_words(col(User.search), wanted.q),
    )
    ids = [row[0] for row in found.rows]
    rows = {user.id: user for user in await session.scalars(sa.select(User).where(among(col(User.id), ids)))}
    return [rows[user_id] for user_id in ids], found


async def one(
    session: AsyncSession, user_id: UUID, *, lock: bool = False, with_deleted: bool = False
) -> User | None:
    unscoped("admins see all users")
    query = sa.select(User).where(col(User.id) == user_id).execution_options(populate_existing=True)
    query = query if with_deleted else query.where(col(User.deleted_at).is_(None))
    return await session.scalar(query.with_for_update() if lock else query)


async def keep_an_admin(session: AsyncSession, user: User) -> None:
    """Call before an admin ceases to be one.

    Raises:
        Conflict: they are the last admin.
    """
    unscoped("whether there is another admin")
    await session.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADMINS)))
    other = await session.scalar(
        sa.select(col(User.id))
        .where(
            col(User.role) == Role.ADMIN,
            col(User.id) != user.id,
            col(User.deleted_at).is_(None),
            col(User.disabled_at).is_(None),
        )
        .limit(1)
    )
    if other is None:
        raise Conflict(f"{user.name} is the last admin. Make another one first.")


async def leave_everything(session: AsyncSession, user_id: UUID) -> None:
    """Ends all memberships and credentials of a deleted user. Their past work keeps their name."""
    unscoped("of a user whom a guard handed over")
    for table in (Membership, TeamMember, ClientManager, Identity):
        await session.execute(sa.delete(table).where(col(table.user_id) == user_id))


async def at_work(session: AsyncSession, user_id: UUID) -> int:
    """How many languages of jobs somebody is assigned to."""
    unscoped("a number, of a user whom a guard handed over")
    mine = sa.or_(col(JobLanguage.linguist_id) == user_id, col(JobLanguage.reviewer_id) == user_id)
    counted = sa.select(sa.func.count()).select_from(JobLanguage).join(Job).where(mine)
    return await session.scalar(counted.where(col(Job.deleted_at).is_(None))) or 0


async def rehash(session: AsyncSession, user: User, hashed: str) -> None:
    """Stores the same password hashed with current parameters. Does nothing if the password was changed since `user`
    was read."""
    unscoped("of the user who signs in")
    await session.execute(
        sa.update(User)
        .where(col(User.id) == user.id, col(User.password_hash) == user.password_hash)
        .values(password_hash=hashed)
    )


async def reset_by_link(session: AsyncSession, link_hash: str) -> tuple[PasswordReset, User] | None:
    """A valid reset link and its user, locked so that it is used once."""
    unscoped("by a link that only its owner has")
    row = (
        await session.execute(
            sa.select(PasswordReset, User)
            .join(User, col(User.id) == col(PasswordReset.user_id))
            .where(
                col(PasswordReset.link_hash) == link_hash,
                col(PasswordReset.used_at).is_(None),
                col(PasswordReset.expires_at) > now(),
                col(User.deleted_at).is_(None),
                col(User.disabled_at).is_(None),
            )
            .with_for_update()
        )
    ).first()
    return (row[0], row[1]) if row else None


async def end_resets(session: AsyncSession, user_id: UUID, at: datetime) -> None:
    """Invalidates older links after a newer one was made or the password was changed."""
    unscoped("of a user whom a guard handed over, or who asks")
    await session.execute(
        sa.update(PasswordReset)
        .where(col(PasswordReset.user_id) == user_id, col(PasswordReset.used_at).is_(None))
        .values(used_at=at)
    )


async def has_identity(session: AsyncSession, user_id: UUID) -> bool:
    unscoped("of the user who asks")
    return (
        await session.scalar(sa.select(col(Identity.id)).where(col(Identity.user_id) == user_id)) is not None
    )
