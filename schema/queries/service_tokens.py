"""Service tokens of organisations, and the service behind a presented token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.permissions import Principal
from schema.queries import named
from schema.queries.seen import seen
from schema.queries.users import OF_PRINCIPAL, principal_of
from schema.queries.visibility import unscoped
from schema.tables import Membership, Organization, ServiceToken, User, now

EACH = timedelta(minutes=1)
"""Precision of the last-used time."""
_PRESENTED = (
    sa.select(
        col(ServiceToken.id),
        col(ServiceToken.user_id),
        col(ServiceToken.expires_at),
        col(ServiceToken.last_used_at),
        sa.or_(
            col(ServiceToken.deleted_at).is_not(None),
            col(User.deleted_at).is_not(None),
            col(User.disabled_at).is_not(None),
        ).label("has_ended"),
        *OF_PRINCIPAL,
    )
    .select_from(ServiceToken)
    .join(User, col(User.id) == col(ServiceToken.user_id))
    .outerjoin(Membership, col(Membership.user_id) == col(User.id))
    .where(col(ServiceToken.token_hash) == sa.bindparam("token_hash"))
)
"""Runs for every request of a service, so it is built once."""
_ITS_OWN = 5
"""Number of columns of `_PRESENTED` before those of the principal."""


@dataclass(frozen=True, slots=True)
class Presented:
    """A presented token, as it is now."""

    id: UUID
    principal: Principal
    expires_at: datetime
    last_used_at: datetime | None
    has_ended: bool

    @property
    def is_noted(self) -> bool:
        """Whether its use is already recorded."""
        return self.last_used_at is not None and now() - self.last_used_at < EACH


async def presented(session: AsyncSession, token_hash: str) -> Presented | None:
    """A token, even if it has ended, and its service. In one query."""
    unscoped("by a token that only those have whom it was given")
    rows = (await session.execute(_PRESENTED, {"token_hash": token_hash})).all()
    if not rows:
        return None
    first: Any = rows[0]
    principal = principal_of(first.user_id, [row[_ITS_OWN:] for row in rows])
    assert principal is not None
    return Presented(first.id, principal, first.expires_at, first.last_used_at, first.has_ended)


async def has_expired(session: AsyncSession, user_id: UUID) -> bool:
    """Whether the token of the service has expired."""
    unscoped("of whom a batch acts as")
    ends = sa.select(col(ServiceToken.expires_at)).where(col(ServiceToken.user_id) == user_id)
    expires_at = await session.scalar(ends)
    return expires_at is not None and expires_at <= now()


async def note_use(session: AsyncSession, token_id: UUID) -> None:
    """Records its use. Does nothing if another request just did."""
    unscoped("of the token that was shown")
    last = col(ServiceToken.last_used_at)
    await session.execute(
        sa.update(ServiceToken)
        .where(col(ServiceToken.id) == token_id, sa.or_(last.is_(None), last < now() - EACH))
        .values(last_used_at=now())
    )


async def page(
    session: AsyncSession, who: Principal, org_id: UUID, wanted: named.Wanted
) -> named.Found[ServiceToken]:
    """Tokens of an organisation that are not deleted."""
    query = sa.select(ServiceToken).where(
        col(ServiceToken.org_id) == org_id, col(ServiceToken.deleted_at).is_(None), seen(who, ServiceToken)
    )
    return await named.page(session, query, ServiceToken, wanted)


async def one(
    session: AsyncSession, org_id: UUID, token_id: UUID, *, lock: bool = False
) -> ServiceToken | None:
    """One token, even if it is deleted."""
    unscoped("of an organisation that a guard handed over")
    query = (
        sa.select(ServiceToken)
        .where(col(ServiceToken.org_id) == org_id, col(ServiceToken.id) == token_id)
        .execution_options(populate_existing=True)
    )
    return await session.scalar(query.with_for_update() if lock else query)


async def count(session: AsyncSession, org_id: UUID) -> int:
    """How many tokens the organisation has. Concurrent creations wait until commit."""
    unscoped("a number, of an organisation that a guard handed over")
    org = sa.select(col(Organization.id)).where(col(Organization.id) == org_id)
    await session.execute(org.with_for_update(key_share=True))
    counted = sa.select(sa.func.count()).select_from(ServiceToken)
    kept = (col(ServiceToken.org_id) == org_id, col(ServiceToken.deleted_at).is_(None))
    return await session.scalar(counted.where(*kept)) or 0
