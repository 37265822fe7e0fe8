"""Invitations."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.permissions import Principal
from schema.queries.visibility import seen, unscoped
from schema.tables import Invitation, Membership, Organization, Team, TeamMember, User, now
from schema.tables.people import Client


async def page(
    session: AsyncSession, who: Principal, org_id: UUID, *, offset: int, limit: int
) -> tuple[list[Invitation], int]:
    """Of an organisation, newest first."""
    query = sa.select(Invitation).where(col(Invitation.org_id) == org_id, seen(who, Invitation))
    total = await session.scalar(
        sa.select(sa.func.count()).select_from(query.with_only_columns(col(Invitation.id)).subquery())
    )
    rows = await session.scalars(
        query.order_by(col(Invitation.created_at).desc(), col(Invitation.id)).offset(offset).limit(limit)
    )
    return list(rows), total or 0


async def one(
    session: AsyncSession, who: Principal, org_id: UUID, invitation_id: UUID, *, lock: bool = False
) -> Invitation | None:
    query = sa.select(Invitation).where(
        col(Invitation.org_id) == org_id, col(Invitation.id) == invitation_id, seen(who, Invitation)
    )
    return await session.scalar(query.with_for_update() if lock else query)


async def open_one(session: AsyncSession, org_id: UUID, email: str) -> Invitation | None:
    """The invitation of an address that is neither accepted nor revoked, also one that has expired; locked."""
    unscoped("of an organisation that a guard handed over")
    return await session.scalar(
        sa.select(Invitation)
        .where(
            col(Invitation.org_id) == org_id,
            col(Invitation.email) == email,
            col(Invitation.accepted_at).is_(None),
            col(Invitation.revoked_at).is_(None),
        )
        .with_for_update()
    )


async def by_link(
    session: AsyncSession, link_hash: str, *, lock: bool = False
) -> tuple[Invitation, Organization, User] | None:
    """A link that may still be accepted, where to, and who sent it."""
    unscoped("by a link that only the invited has")
    query = (
        sa.select(Invitation, Organization, User)
        .join(Organization, col(Organization.id) == col(Invitation.org_id))
        .join(User, col(User.id) == col(Invitation.invited_by))
        .where(
            col(Invitation.link_hash) == link_hash,
            col(Invitation.accepted_at).is_(None),
            col(Invitation.revoked_at).is_(None),
            col(Invitation.expires_at) > now(),
        )
    )
    row = (await session.execute(query.with_for_update(of=Invitation) if lock else query)).first()
    return (row[0], row[1], row[2]) if row else None


async def teams_of(
    session: AsyncSession, org_id: UUID, team_ids: Sequence[UUID]
) -> list[tuple[Team, Client]]:
    """Those of `team_ids` that are teams of the organisation's clients."""
    unscoped("of an organisation that a guard handed over, or of an invitation")
    rows = await session.execute(
        sa.select(Team, Client)
        .join(Client, col(Client.id) == col(Team.client_id))
        .where(col(Team.id).in_(team_ids), col(Client.org_id) == org_id, col(Client.deleted_at).is_(None))
    )
    return [(row[0], row[1]) for row in rows]


async def join(
    session: AsyncSession, org_id: UUID, user: User, invitation: Invitation, teams: Sequence[Team]
) -> None:
    """Makes somebody a member, and one of the teams; what they are already they stay."""
    unscoped("of an invitation whose link was shown")
    membership = await session.scalar(
        sa.select(Membership)
        .where(col(Membership.org_id) == org_id, col(Membership.user_id) == user.id)
        .with_for_update()
    )
    role = None if user.role is invitation.role else invitation.role
    if membership is None:
        session.add(Membership(org_id=org_id, user_id=user.id, role=role))
    elif membership.role is None:
        membership.role = role
    already = set(
        await session.scalars(
            sa.select(col(TeamMember.team_id)).where(
                col(TeamMember.user_id) == user.id, col(TeamMember.team_id).in_([team.id for team in teams])
            )
        )
    )
    session.add_all(TeamMember(team_id=team.id, user_id=user.id) for team in teams if team.id not in already)
