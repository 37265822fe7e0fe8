"""Organisations and their members."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.permissions import Principal
from schema.queries import named, people
from schema.queries.seen import member_seen, seen
from schema.queries.visibility import unscoped
from schema.tables import ClientManager, Membership, Organization, Team, TeamMember, User
from schema.tables.people import Client


async def visible(session: AsyncSession, who: Principal, org_id: UUID) -> Organization | None:
    return await session.scalar(
        sa.select(Organization).where(col(Organization.id) == org_id, seen(who, Organization))
    )


async def listed(session: AsyncSession, who: Principal, wanted: named.Wanted) -> named.Found[Organization]:
    return await named.page(
        session, sa.select(Organization).where(seen(who, Organization)), Organization, wanted
    )


async def of_user(session: AsyncSession, who: Principal) -> Sequence[tuple[Membership, Organization]]:
    """The caller's own memberships, by name."""
    rows = await session.execute(
        sa.select(Membership, Organization)
        .join(Organization, col(Organization.id) == col(Membership.org_id))
        .where(col(Membership.user_id) == who.user_id, seen(who, Membership))
        .order_by(col(Organization.name_key))
    )
    return [(row[0], row[1]) for row in rows]


async def members(
    session: AsyncSession, who: Principal, org_id: UUID, wanted: named.Wanted
) -> named.Found[tuple[Membership, User]]:
    """A page of the members whom the caller sees."""
    conditions = [col(User.is_service).is_(False), member_seen(who, org_id)]
    return await people.page(session, Membership, col(Membership.org_id) == org_id, conditions, wanted)


async def membership(
    session: AsyncSession, org_id: UUID, user_id: UUID, *, lock: bool = False
) -> tuple[Membership, User] | None:
    """A person's membership in an organisation from a guard."""
    unscoped("of an organisation that a guard handed over")
    query = (
        sa.select(Membership, User)
        .join(User, col(User.id) == col(Membership.user_id))
        .where(
            col(Membership.org_id) == org_id,
            col(Membership.user_id) == user_id,
            col(User.is_service).is_(False),
            col(User.deleted_at).is_(None),
        )
    )
    row = (await session.execute(query.with_for_update(of=Membership) if lock else query)).first()
    return (row[0], row[1]) if row else None


async def active_member(
    session: AsyncSession, org_id: UUID, *, user_id: UUID | None, email: str | None
) -> tuple[Membership, User] | None:
    """An active member, by id or by address. The membership cannot be ended or changed until commit."""
    unscoped("of an organisation that a guard handed over")
    whom = col(User.id) == user_id if email is None else col(User.email) == email.strip().lower()
    row = (
        await session.execute(
            sa.select(Membership, User)
            .join(User, col(User.id) == col(Membership.user_id))
            .where(
                col(Membership.org_id) == org_id,
                whom,
                col(User.disabled_at).is_(None),
                col(User.deleted_at).is_(None),
            )
            .with_for_update(read=True, of=Membership)
        )
    ).first()
    return (row[0], row[1]) if row else None


async def leave(session: AsyncSession, org_id: UUID, user_id: UUID) -> tuple[list[str], list[str]]:
    """Ends a person's roles in the organisation's clients. Returns (names of teams, names of managed clients)."""
    unscoped("of an organisation that a guard handed over")
    clients = sa.select(col(Client.id)).where(col(Client.org_id) == org_id)
    teams = sa.select(col(Team.id)).where(col(Team.client_id).in_(clients))
    left = await session.scalars(
        sa.select(col(Team.name)).where(
            col(Team.id).in_(
                sa.delete(TeamMember)
                .where(col(TeamMember.user_id) == user_id, col(TeamMember.team_id).in_(teams))
                .returning(col(TeamMember.team_id))
                .cte("left_teams")
                .select()
            )
        )
    )
    team_names = sorted(left)
    managed = await session.scalars(
        sa.select(col(Client.name)).where(
            col(Client.id).in_(
                sa.delete(ClientManager)
                .where(col(ClientManager.user_id) == user_id, col(ClientManager.client_id).in_(clients))
                .returning(col(ClientManager.client_id))
                .cte("left_clients")
                .select()
            )
        )
    )
    return team_names, sorted(managed)
